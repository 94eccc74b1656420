using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Tlsrpt;

/// <summary>Puts a report into the queue, by way of cleanup, as notices are.</summary>
/// <remarks>Nobody hears of one that cannot be delivered: NOTIFY=NEVER. The sender's address is his all the same, so that receivers can tell by it who sends.</remarks>
internal sealed class MailHandOver(INoticeSubmitter submitter, string sender)
{
    internal HandOver Run(string recipient, byte[] message)
    {
        try
        {
            using INoticeDraft draft = submitter.Begin(sender, recipient, SmtpUtf8.None);
            draft.Content.Write(message);
            string id = draft.Id.ToString();
            return draft.Finish() is { } why ? new HandOver(false, draft.IsRefused, why) : new HandOver(true, false, $"queued as {id}");
        }
        catch (IOException e)
        {
            return new HandOver(false, false, e.Message);
        }
    }
}
