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

/// <summary>What belongs to a stage. The words are part of the format of log lines and notices.</summary>
/// <param name="Doing">Completes "lost connection with HOST while ...".</param>
/// <param name="Command">Completes "host HOST said: ... (in reply to ...)"; empty where a refusal is told in other words.</param>
/// <param name="Timeout">How long to wait for the server. For replies: the whole reply; for content: until some of it is taken.</param>
internal readonly record struct StageInfo(string Doing, string Command, Func<SmtpOptions, TimeSpan> Timeout)
{
    internal static StageInfo Of(SmtpStage stage) => stage switch
    {
        SmtpStage.Greeting => new("receiving the initial server greeting", "", static o => o.GreetingTimeout),
        SmtpStage.Ehlo => new("performing the EHLO handshake", "", static o => o.HeloTimeout),
        SmtpStage.Helo => new("performing the HELO handshake", "", static o => o.HeloTimeout),
        SmtpStage.Lhlo => new("performing the LHLO handshake", "", static o => o.HeloTimeout),
        SmtpStage.StartTls => new("receiving the STARTTLS response", "", static o => o.StartTlsTimeout),
        // Postfix counts the login to the handshake.
        SmtpStage.Auth => new("performing the EHLO handshake", "", static o => o.HeloTimeout),
        SmtpStage.ForwardClient => new("sending XFORWARD name/address", "XFORWARD name/address command", static o => o.XForwardTimeout),
        SmtpStage.ForwardProtocol => new("sending XFORWARD protocol/helo_name", "XFORWARD helo/protocol command", static o => o.XForwardTimeout),
        SmtpStage.Mail => new("sending MAIL FROM", "MAIL FROM command", static o => o.MailTimeout),
        SmtpStage.Rcpt => new("sending RCPT TO", "RCPT TO command", static o => o.RcptTimeout),
        SmtpStage.Data => new("sending DATA command", "DATA command", static o => o.DataInitTimeout),
        SmtpStage.Body => new("sending message body", "", static o => o.DataXferTimeout),
        SmtpStage.Dot => new("sending end of data -- message may be sent more than once", "end of DATA command", static o => o.DataDoneTimeout),
        SmtpStage.Rset => new("sending RSET", "", static o => o.RsetTimeout),
        SmtpStage.Quit => new("sending QUIT", "", static o => o.QuitTimeout),
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, null),
    };
}
