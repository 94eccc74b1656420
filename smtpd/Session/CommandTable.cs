namespace PostfixNet.Smtpd;

/// <summary>The commands of a session by name.</summary>
internal static class CommandTable
{
    /// <summary>Makes them.</summary>
    internal static Dictionary<string, Command> Of(Surroundings surroundings, Session session)
    {
        LoginCommands login = new(surroundings, session);
        Greeting greeting = new(surroundings, session, login);
        SecurityCommands security = new(surroundings, session);
        EnvelopeCommands envelope = new(surroundings, session);
        ContentCommands content = new(surroundings, session);
        OtherCommands others = new(surroundings, session);
        ClientCommands clients = new(surroundings, session);
        Command[] commands =
        [
            new("HELO", greeting.Helo) { MustWait = true, IsBeforeTls = true },
            new("EHLO", greeting.Ehlo) { MustWait = true, IsBeforeTls = true },
            new("STARTTLS", security.StartTls) { MustWait = true, IsBeforeTls = true },
            new("AUTH", login.Auth) { MustWait = true },
            new("MAIL", envelope.Mail),
            new("RCPT", envelope.Rcpt),
            new("DATA", content.Data) { MustWait = true, EndsMessage = true },
            new("BDAT", content.Bdat) { EndsMessage = true },
            new("RSET", envelope.Reset) { IsJunk = true },
            new("NOOP", OtherCommands.Noop) { IsJunk = true, IsBeforeTls = true },
            new("VRFY", others.Vrfy) { IsJunk = true },
            new("HELP", OtherCommands.Help) { IsJunk = true, IsBeforeTls = true },
            new("ETRN", OtherCommands.Etrn) { IsJunk = true },
            new("XCLIENT", clients.XClient) { MustWait = true, IsBeforeTls = true },
            new("XFORWARD", clients.XForward) { IsBeforeTls = true },
            new("QUIT", others.Quit) { IsBeforeTls = true },
        ];
        return commands.ToDictionary(static command => command.Name, StringComparer.Ordinal);
    }
}
