using System.Buffers;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Completes the header block: RFC 5322 section 3.6 wants Date: and From:, and a Message-Id: should be there.</summary>
internal static class MissingHeaders
{
    private static readonly SearchValues<char> s_phraseSpecials = SearchValues.Create("()<>[]:;@\\,.\"");

    /// <summary>Writes what is missing, at the end of the headers; logs the message id.</summary>
    internal static void Write(CleanupOptions options, Message message, HeaderSection headers)
    {
        bool isWanted = message.HeaderCompletion is not null || options.AlwaysAddMissingHeaders;
        (HeaderName messageId, HeaderName date, HeaderName from, string prefix) = headers.IsResent
            ? (HeaderName.ResentMessageId, HeaderName.ResentDate, HeaderName.ResentFrom, "Resent-")
            : (HeaderName.MessageId, HeaderName.Date, HeaderName.From, "");
        bool hasMessageId = headers.Has(HeaderName.MessageId);
        if (isWanted && !headers.Has(messageId))
        {
            // A short queue id comes again some day; with the time it is unique.
            string time = message.Id.IsLong ? "" : $"{MailTime.MessageIdStamp(message.CreateTime)}.";
            string id = $"<{time}{message.Id}@{options.MyHostname}>";
            Add(headers, $"{prefix}Message-Id: {id}");
            message.Log.MessageId(message, headers.IsResent ? "resent-" : "", id);
            message.MessageId = headers.IsResent ? message.MessageId : id;
            hasMessageId |= !headers.IsResent;
        }
        if (!hasMessageId)
            message.Log.MessageId(message, "", "<>");
        if (!isWanted)
            return;
        if (!headers.Has(date))
            Add(headers, $"{prefix}Date: {MailTime.HeaderDate(message.Arrival ?? message.CreateTime)}");
        if (!headers.Has(from))
            Add(headers, $"{prefix}From: {Author(message)}");
        if (options.UndisclosedRecipientsHeader.Length > 0 && !headers.Has(HeaderName.To) && !headers.Has(HeaderName.Cc)
            && !headers.Has(HeaderName.ResentTo) && !headers.Has(HeaderName.ResentCc))
            Add(headers, options.UndisclosedRecipientsHeader);
    }

    private static void Add(HeaderSection headers, string header) => headers.Write(ByteText.Encode(header));

    private static string Author(Message message)
    {
        if (message.Sender is not { Length: > 0 } sender)
            return "MAILER-DAEMON";
        string address = Address.ToExternal(sender);
        string name = WithoutControls(message.FullName);
        if (name.Length == 0)
            return address;
        if (!ByteText.IsAscii(name))
        {
            name = EncodedWords.Of(name, firstLineUsed: "Resent-From: ".Length);
            // RFC 2047 section 2: lines with encoded words are short.
            int length = "Resent-From: ".Length + name.Length + address.Length + 3;
            return length > EncodedWords.LongestLine || name.Contains('\n') ? $"{name}\n <{address}>" : $"{name} <{address}>";
        }
        if (name.AsSpan().ContainsAny(s_phraseSpecials))
            name = $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        return $"{name} <{address}>";
    }

    private static string WithoutControls(string name) =>
        string.Create(name.Length, name, static (plain, given) =>
        {
            for (int i = 0; i < plain.Length; i++)
                plain[i] = char.IsControl(given[i]) ? ' ' : given[i];
        }).Trim();
}
