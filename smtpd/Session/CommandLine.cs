namespace PostfixNet.Smtpd;

/// <summary>One line of a client, taken apart.</summary>
/// <param name="Verb">The first word, upper case.</param>
/// <param name="Argument">What follows it, without blanks around.</param>
internal readonly record struct CommandLine(string Verb, string Argument)
{
    internal static CommandLine Of(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().Trim(" \t\r");
        int end = text.IndexOfAny(' ', '\t');
        return end < 0 ? new CommandLine(text.ToString().ToUpperInvariant(), "") : new CommandLine(text[..end].ToString().ToUpperInvariant(), text[end..].Trim(" \t").ToString());
    }
}

/// <summary>A command that this server knows.</summary>
/// <param name="Name">Upper case; MAIL, not MAIL FROM.</param>
/// <param name="Run">Does it.</param>
internal sealed record Command(string Name, Func<CommandLine, ValueTask<Reply>> Run)
{
    /// <summary>It brings no mail further.</summary>
    internal bool IsJunk { get; init; }

    /// <summary>It brings the content of a message, or its last part.</summary>
    internal bool EndsMessage { get; init; }

    /// <summary>It is taken without TLS, too, where TLS is demanded.</summary>
    internal bool IsBeforeTls { get; init; }

    /// <summary>What follows must wait for the answer: RFC 2920 section 3.1.</summary>
    internal bool MustWait { get; init; }
}
