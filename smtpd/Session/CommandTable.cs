namespace PostfixNet.Smtpd;

/// <summary>The commands of a session by name.</summary>
internal static class CommandTable
{
    /// <summary>Makes them.</summary>
    internal static Dictionary<string, Command> Of(Surroundings surroundings, Session session)
    {
        Greeting greeting = new(surroundings, session);
        EnvelopeCommands envelope = new(surroundings, session);
        ContentCommands content = new(surroundings, session);
        OtherCommands others = new(surroundings, session);
        Command[] commands =
        [
            new("HELO", greeting.Helo) { MustWait = true },
            new("EHLO", greeting.Ehlo) { MustWait = true },
            new("MAIL", envelope.Mail),
            new("RCPT", envelope.Rcpt),
            new("DATA", content.Data) { MustWait = true },
            new("BDAT", content.Bdat),
            new("RSET", envelope.Reset) { IsJunk = true },
            new("NOOP", OtherCommands.Noop) { IsJunk = true },
            new("VRFY", others.Vrfy) { IsJunk = true },
            new("HELP", OtherCommands.Help) { IsJunk = true },
            new("ETRN", OtherCommands.Etrn) { IsJunk = true },
            new("QUIT", others.Quit),
        ];
        return commands.ToDictionary(static command => command.Name, StringComparer.Ordinal);
    }
}
