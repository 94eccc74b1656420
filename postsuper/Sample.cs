using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Selection;

namespace PostfixNet.Postsuper;

/// <summary>Some of the messages that would be acted on, a line each on standard output.</summary>
internal static class Sample
{
    internal static void Show(QueuedMail mail)
    {
        string first = "";
        int count = 0;
        foreach (WaitingRecipient recipient in mail.Recipients())
        {
            if (count++ == 0)
                first = Address.ToExternal(recipient.Address);
        }
        string more = count > 1 ? string.Create(CultureInfo.InvariantCulture, $" and {count - 1} more") : "";
        _ = StandardStreams.TryWriteOutput(string.Create(CultureInfo.InvariantCulture,
            $"{mail.Id} {mail.State} {AgeText.Of(mail.Age)} {mail.Size} from=<{PrintableText.Of(Address.ToExternal(mail.Sender))}> to=<{PrintableText.Of(first)}>{more}\n"));
    }
}
