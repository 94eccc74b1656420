using PostfixNet.Mail;

namespace PostfixNet.Checks;

/// <summary>What a table of checks wants, header_checks(5).</summary>
public enum CheckWord
{
    /// <summary>No action of header_checks(5).</summary>
    Unknown,
    /// <summary>Somebody gets a copy.</summary>
    Bcc,
    /// <summary>The message is taken, and thrown away.</summary>
    Discard,
    /// <summary>Nothing; the line has been looked at.</summary>
    Dunno,
    /// <summary>The message goes through a content filter.</summary>
    Filter,
    /// <summary>It goes on hold.</summary>
    Hold,
    /// <summary>The line is removed.</summary>
    Ignore,
    /// <summary>A line in the log.</summary>
    Info,
    /// <summary>What follows is not looked at.</summary>
    Pass,
    /// <summary>A line before this one.</summary>
    Prepend,
    /// <summary>The message goes to somebody else.</summary>
    Redirect,
    /// <summary>It is refused.</summary>
    Reject,
    /// <summary>A line in the place of this one.</summary>
    Replace,
    /// <summary>The line is removed, with a line in the log.</summary>
    Strip,
    /// <summary>A warning in the log.</summary>
    Warn,
}

/// <summary>What a table looks at, which decides what can be done.</summary>
public enum CheckUse
{
    /// <summary>Mail that comes in: everything can.</summary>
    Incoming,
    /// <summary>Mail on its way out: it can be changed.</summary>
    Outgoing,
    /// <summary>Headers that a milter adds: everything but PASS and PREPEND.</summary>
    OfMilters,
}

/// <summary>A result of a table of checks, taken apart.</summary>
/// <param name="Word">The action.</param>
/// <param name="Text">What follows it; empty: nothing.</param>
public readonly record struct CheckAction(CheckWord Word, string Text)
{
    /// <summary>Reads a result.</summary>
    public static CheckAction Parse(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        int end = value.AsSpan().IndexOfAny(' ', '\t');
        string word = end < 0 ? value : value[..end];
        CheckWord found = word.ToUpperInvariant() switch
        {
            "BCC" => CheckWord.Bcc,
            "DISCARD" => CheckWord.Discard,
            "DUNNO" or "OK" => CheckWord.Dunno,
            "FILTER" => CheckWord.Filter,
            "HOLD" => CheckWord.Hold,
            "IGNORE" => CheckWord.Ignore,
            "INFO" => CheckWord.Info,
            "PASS" => CheckWord.Pass,
            "PREPEND" => CheckWord.Prepend,
            "REDIRECT" => CheckWord.Redirect,
            "REJECT" => CheckWord.Reject,
            "REPLACE" => CheckWord.Replace,
            "STRIP" => CheckWord.Strip,
            "WARN" => CheckWord.Warn,
            _ => CheckWord.Unknown,
        };
        return new CheckAction(found, end < 0 ? "" : value[end..].TrimStart(' ', '\t'));
    }

    /// <summary>Why it cannot be done, in the words of Postfix's warning; null: it can.</summary>
    /// <param name="value">The whole result.</param>
    /// <param name="table">Parameter of the table.</param>
    /// <param name="ofHeader">It is for a header, not for a line of text.</param>
    /// <param name="use">What the table is for.</param>
    public string? Problem(string value, string table, bool ofHeader, CheckUse use = CheckUse.Incoming) => Word switch
    {
        CheckWord.Unknown or CheckWord.Pass or CheckWord.Bcc or CheckWord.Discard or CheckWord.Filter or CheckWord.Hold or CheckWord.Redirect or CheckWord.Reject
            when use == CheckUse.Outgoing => $"unsupported command in {table} map: {value}",
        CheckWord.Unknown or CheckWord.Pass or CheckWord.Prepend when use == CheckUse.OfMilters => $"unsupported command in {table} map: {value}",
        CheckWord.Unknown => $"unknown command in {table} map: {value}",
        CheckWord.Filter when Text.Length == 0 => $"missing FILTER command argument in {table} map",
        CheckWord.Filter when !Text.Contains(':', StringComparison.Ordinal) => $"bad FILTER command {Text} in {table} -- need transport:destination",
        CheckWord.Prepend when Text.Length == 0 => $"PREPEND action without text in {table} map",
        CheckWord.Replace when Text.Length == 0 => $"REPLACE action without text in {table} map",
        CheckWord.Prepend or CheckWord.Replace when ofHeader && HeaderNames.Length(ByteText.Encode(Text), out _) == 0 =>
            $"bad {(Word == CheckWord.Prepend ? "PREPEND" : "REPLACE")} header text \"{Text}\" in {table} map -- need \"headername: headervalue\"",
        CheckWord.Redirect when !Text.Contains('@', StringComparison.Ordinal) => $"bad REDIRECT target \"{Text}\" in {table} map -- need user@domain",
        CheckWord.Bcc when !Text.Contains('@', StringComparison.Ordinal) => $"bad BCC address \"{Text}\" in {table} map -- need user@domain",
        _ => null,
    };
}
