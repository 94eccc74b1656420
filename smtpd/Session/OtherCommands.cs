namespace PostfixNet.Smtpd;

/// <summary>Commands that are about no message.</summary>
internal sealed class OtherCommands(Surroundings surroundings, Session session)
{
    internal static ValueTask<Reply> Noop(CommandLine line) => new(Reply.Ok);

    // RFC 2034 and 5321 allow "help"; what there is to know is in the manual.
    internal static ValueTask<Reply> Help(CommandLine line) => new(new Reply(214, "2.0.0", "See RFC 5321; the postmaster of this system knows more"));

    internal ValueTask<Reply> Quit(CommandLine line)
    {
        session.EndTransaction();
        return new(new Reply(221, "2.0.0", "Bye") { IsLast = true });
    }

    // RFC 5321 section 3.5.3: nobody is told which addresses exist.
    internal ValueTask<Reply> Vrfy(CommandLine line)
    {
        if (surroundings.Options.IsVrfyDisabled)
            return new(new Reply(502, "5.5.1", "VRFY command is disabled"));
        if (session.Milters?.Standing is { } standing)
            return new(standing);
        if (line.Argument.Length == 0)
            return new(new Reply(501, "5.5.4", "Syntax: VRFY address [SMTPUTF8]"));
        if (PathSyntax.Read(line.Argument, surroundings.Options) is { Address.Length: > 0 } path
            && (path.Parameters.Length == 0 || path.Parameters.Equals("SMTPUTF8", StringComparison.OrdinalIgnoreCase)))
            return new(new Reply(252, "2.0.0", line.Argument[..^path.Parameters.Length].TrimEnd()));
        surroundings.Log.NoAddress(session, "VRFY", line.Argument);
        return new(new Reply(501, "5.1.3", "Bad recipient address syntax"));
    }

    // The queue is flushed by who runs it.
    internal static ValueTask<Reply> Etrn(CommandLine line) => new(new Reply(502, "5.5.1", "ETRN command is not supported"));
}
