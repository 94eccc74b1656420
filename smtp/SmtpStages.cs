namespace PostfixNet.Smtp;

/// <summary>The steps of a session. A session may skip steps but never goes back, except that another message starts
/// again at <see cref="ForwardClient"/>.</summary>
internal enum SmtpStage
{
    Greeting,
    Ehlo,
    Helo,
    Lhlo,
    StartTls,
    Auth,
    ForwardClient,
    ForwardProtocol,
    Mail,
    Rcpt,
    Data,
    Body,
    Dot,
    Rset,
    Quit,
}

/// <summary>Names of the stages in log lines and notices; part of the log format.</summary>
internal static class SmtpStages
{
    /// <summary>Completes "lost connection with HOST while ...".</summary>
    internal static string Doing(SmtpStage stage) => stage switch
    {
        SmtpStage.Greeting => "receiving the initial server greeting",
        SmtpStage.Ehlo => "performing the EHLO handshake",
        SmtpStage.Helo => "performing the HELO handshake",
        SmtpStage.Lhlo => "performing the LHLO handshake",
        SmtpStage.StartTls => "receiving the STARTTLS response",
        // Postfix counts the login to the handshake.
        SmtpStage.Auth => "performing the EHLO handshake",
        SmtpStage.ForwardClient => "sending XFORWARD name/address",
        SmtpStage.ForwardProtocol => "sending XFORWARD protocol/helo_name",
        SmtpStage.Mail => "sending MAIL FROM",
        SmtpStage.Rcpt => "sending RCPT TO",
        SmtpStage.Data => "sending DATA command",
        SmtpStage.Body => "sending message body",
        SmtpStage.Dot => "sending end of data -- message may be sent more than once",
        SmtpStage.Rset => "sending RSET",
        SmtpStage.Quit => "sending QUIT",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, null),
    };

    /// <summary>Completes "host HOST said: ... (in reply to ...)".</summary>
    internal static string Command(SmtpStage stage) => stage switch
    {
        SmtpStage.ForwardClient => "XFORWARD name/address command",
        SmtpStage.ForwardProtocol => "XFORWARD helo/protocol command",
        SmtpStage.Mail => "MAIL FROM command",
        SmtpStage.Rcpt => "RCPT TO command",
        SmtpStage.Data => "DATA command",
        SmtpStage.Dot => "end of DATA command",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, null),
    };
}
