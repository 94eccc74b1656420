namespace PostfixNet.Client;

/// <summary>A message that is in the queue, on stable storage: the mail system delivers it, or tells its sender that it could not.</summary>
/// <param name="QueueId">Its name there and in the log; empty when the server is another one, which does not tell.</param>
/// <param name="MessageId">Of the header Message-Id, without brackets; null: not known to the client.</param>
/// <param name="Refused">Recipients that were not taken; the others were.</param>
/// <param name="Reply">What the server said.</param>
public sealed record QueuedMessage(string QueueId, string? MessageId, IReadOnlyList<RefusedRecipient> Refused, SmtpReply Reply);

/// <summary>A recipient that the server did not take.</summary>
/// <param name="Address">As it was given.</param>
/// <param name="Reply">Why.</param>
public sealed record RefusedRecipient(string Address, SmtpReply Reply);

/// <summary>An answer of the server.</summary>
/// <param name="Code">200 to 599.</param>
/// <param name="EnhancedCode">RFC 3463, e.g. "5.1.1"; null: there is none.</param>
/// <param name="Text">The rest; lines are separated by a line feed.</param>
public sealed record SmtpReply(int Code, string? EnhancedCode, string Text)
{
    /// <summary>What was asked for was done.</summary>
    public bool IsSuccess => Code is >= 200 and < 300;

    /// <summary>The same may succeed later (4nn).</summary>
    public bool IsTransient => Code is >= 400 and < 500;

    /// <inheritdoc/>
    public override string ToString() => EnhancedCode is null ? $"{Code} {Text}" : $"{Code} {EnhancedCode} {Text}";

    /// <param name="lines">Lines without their code, joined by a line feed.</param>
    internal static SmtpReply Of(int code, string lines)
    {
        int blank = lines.IndexOf(' ', StringComparison.Ordinal);
        string first = blank < 0 ? lines : lines[..blank];
        bool isCode = first.Length is >= 5 and <= 9 && first[0] - '0' == code / 100 && first[1] == '.' && first.Count(static c => c == '.') == 2
            && first.All(static c => c == '.' || char.IsAsciiDigit(c)) && first[^1] != '.' && !first.Contains("..", StringComparison.Ordinal);
        return isCode ? new SmtpReply(code, first, (blank < 0 ? "" : lines[(blank + 1)..]).Replace($"\n{first} ", "\n", StringComparison.Ordinal)) : new SmtpReply(code, null, lines);
    }

    private const string QueuedAs = "queued as ";

    /// <summary>The queue ID in "Ok: queued as ID"; empty: there is none.</summary>
    internal string QueueId
    {
        get
        {
            int at = Text.IndexOf(QueuedAs, StringComparison.OrdinalIgnoreCase);
            return at < 0 ? "" : string.Concat(Text.Skip(at + QueuedAs.Length).TakeWhile(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'));
        }
    }
}
