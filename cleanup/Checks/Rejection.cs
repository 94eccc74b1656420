using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>What REJECT of a check means.</summary>
internal static class Rejection
{
    /// <summary>The refusal.</summary>
    /// <param name="text">After the word: "5.7.1 text", "4.7.1 text", "text" or nothing.</param>
    /// <param name="log">Hears of a status that is none for a refusal.</param>
    internal static Refusal Of(string text, Log log)
    {
        (string status, string reason) = Split(text.Length > 0 ? text : "message content rejected");
        if (status[0] is not ('4' or '5'))
        {
            log.CheckTrouble($"bad DSN action in {text} -- need 4.x.x or 5.x.x");
            status = $"4{status[1..]}";
        }
        bool isTemporary = status[0] == '4';
        return new Refusal(reason, isTemporary, status) { Reply = $"{(isTemporary ? 451 : 550)} {status} {reason}" };
    }

    private static (string Status, string Reason) Split(string text)
    {
        int end = text.IndexOf(' ', StringComparison.Ordinal);
        string first = end < 0 ? text : text[..end];
        return Dsn.IsStatus(first) ? (first, end < 0 ? "" : text[end..].TrimStart()) : ("5.7.1", text);
    }
}
