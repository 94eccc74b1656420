namespace PostfixNet.Smtpd;

/// <summary>STARTTLS: RFC 3207.</summary>
internal sealed class SecurityCommands(Surroundings surroundings, Session session)
{
    internal async ValueTask<Reply> StartTls(CommandLine line)
    {
        if (line.Argument.Length > 0)
            return new Reply(501, "5.5.4", "Syntax: STARTTLS");
        if (session.Milters?.Standing is { } standing)
            return standing.Code >= 500 ? standing : LoginCommands.TryLater;
        if (session.Tls is not null)
            return new Reply(554, "5.5.1", "Error: TLS already active");
        if (surroundings.Tls is not { } tls || !surroundings.Options.Offers("STARTTLS"))
            return new Reply(502, "5.5.1", "Error: command not implemented");
        if (session.Transaction is not null)
            return new Reply(503, "5.5.1", "Error: MAIL transaction in progress");
        if (await surroundings.Events.NewTlsSession(session, surroundings.Options) is { } tooMany)
            return tooMany;
        session.Chat.Say(new Reply(220, "2.0.0", "Ready to start TLS"));
        await session.Chat.Flush();
        if (!await tls.Begin(session))
            throw new ClientGoneException(isTimeout: false);
        // Section 4.2: what was said before counts no more.
        session.Forget();
        return Reply.None;
    }
}
