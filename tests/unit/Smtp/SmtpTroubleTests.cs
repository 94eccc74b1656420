using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

public sealed class SmtpTroubleTests
{
    [Theory] // hard, last server, soft_bounce, another server may do it: verdict
    [InlineData(false, false, false, false, "TryNextHost")]
    [InlineData(false, true, false, false, "Defer")]
    [InlineData(true, false, false, false, "Bounce")] // another MX would say the same
    [InlineData(true, true, false, false, "Bounce")]
    [InlineData(false, false, true, false, "TryNextHost")]
    [InlineData(false, true, true, false, "Defer")]
    [InlineData(true, false, true, false, "TryNextHost")] // S2-10
    [InlineData(true, true, true, false, "Bounce")] // and the bounce becomes a deferral
    [InlineData(true, false, false, true, "TryNextHost")] // S2-19
    [InlineData(true, true, false, true, "Bounce")]
    public void Decide(bool hard, bool last, bool softBounce, bool elsewhere, string want) =>
        Assert.Equal(want, SmtpTrouble.Decide(hard, last, softBounce, elsewhere).ToString());

    [Theory] // S2-15, S2-16
    [InlineData(450, "4.2.0", "4.2.0", "host mx[192.0.2.1] said: TEXT (in reply to RCPT TO command)")]
    [InlineData(550, "5.1.1", "5.1.1", "host mx[192.0.2.1] said: TEXT (in reply to RCPT TO command)")]
    [InlineData(354, "5.5.0", "5.5.0", "host mx[192.0.2.1] said: TEXT (in reply to RCPT TO command)")]
    [InlineData(250, "2.1.5", "5.5.0", "Protocol error: host mx[192.0.2.1] said: TEXT (in reply to RCPT TO command)")]
    public void A_refusing_reply_names_server_and_command(int code, string status, string wantStatus, string wantReason)
    {
        var dsn = SmtpTrouble.FromReply(new SmtpPeer("mx", "192.0.2.1", 25), SmtpStage.Rcpt, new SmtpReply(code, status, ["TEXT"], false));
        Assert.Equal((wantStatus, wantReason, "smtp", "TEXT", "mx"), (dsn.Status, dsn.Reason, dsn.DiagnosticType, dsn.DiagnosticText, dsn.RemoteMta));
    }
}
