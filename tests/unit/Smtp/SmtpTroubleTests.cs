using System.Diagnostics;
using PostfixNet.Mail;
using PostfixNet.Net;
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

    // S2-07, S2-20
    [Fact]
    public void What_cannot_be_is_a_bug_that_stops_the_process()
    {
        using SmtpRig rig = new();
        ServerTurn turn = Turn(rig, "u1@x.test", "u2@x.test");
        SmtpTrouble trouble = new(turn);
        List<AttemptRecipient> recipients = turn.State.Open;
        trouble.RecipientFails(recipients[0], SmtpTrouble.Why("5.1.1", "no"));
        Assert.Throws<UnreachableException>(() => trouble.RecipientFails(recipients[0], SmtpTrouble.Why("5.1.1", "no")));
        Assert.Throws<UnreachableException>(() => trouble.StreamFails(new ConnectionException((StreamFailure)99), SmtpStage.Mail));
        SmtpTrouble withoutServer = new(ServerTurn.Nobody(turn.Delivery, turn.State));
        Assert.Throws<UnreachableException>(() => withoutServer.StreamFails(new ConnectionException(StreamFailure.Lost), SmtpStage.Mail));
        Assert.Single(rig.Results);
    }

    // S2-07
    [Fact]
    public void A_decided_recipient_is_not_looked_at_again()
    {
        using SmtpRig rig = new();
        ServerTurn turn = Turn(rig, "u1@x.test", "u2@x.test");
        SmtpTrouble trouble = new(turn);
        List<AttemptRecipient> recipients = turn.State.Open;
        trouble.RecipientFails(recipients[0], SmtpTrouble.Why("5.1.1", "no"));
        trouble.MessageFails(SmtpTrouble.Why("4.3.0", "later"));
        trouble.StreamFails(new ConnectionException(StreamFailure.Lost), SmtpStage.Quit);
        Assert.Equal(["u1@x.test 5.1.1 bounced", "u2@x.test 4.3.0 deferred"], rig.Results.Select(r => $"{r[0]} {r[2]} {r[3]}"));
        Assert.Null(turn.State.HopTrouble);
    }

    // S2-12
    [Theory] // trouble, hard, last server, a session was completed: reported to the queue manager
    [InlineData("site", false, true, false, true)]
    [InlineData("site", false, true, true, false)]
    [InlineData("site", false, false, false, false)]
    [InlineData("site", true, true, false, false)] // nobody was deferred
    [InlineData("stream", false, true, false, true)]
    [InlineData("stream", false, true, true, false)]
    [InlineData("message", false, true, false, false)]
    [InlineData("data", false, true, false, false)]
    [InlineData("stopping", false, true, false, false)]
    public void A_destination_is_throttled_for_its_own_trouble_only(string kind, bool hard, bool last, bool completed, bool reported)
    {
        using SmtpRig rig = new();
        ServerTurn turn = Turn(rig, "u@x.test");
        turn.State.HasCompletedSession = completed;
        turn.IsFinal = last;
        SmtpTrouble trouble = new(turn);
        Dsn why = SmtpTrouble.Why(hard ? "5.7.1" : "4.7.1", "first");
        switch (kind)
        {
            case "site":
                trouble.SiteFails(why);
                break;
            case "stream":
                trouble.StreamFails(new ConnectionException(StreamFailure.TimedOut), SmtpStage.Data);
                break;
            case "message":
                trouble.MessageFails(why);
                break;
            case "data":
                trouble.DataFails("unreadable");
                break;
            default:
                trouble.Stopping();
                break;
        }
        Assert.Equal(reported, turn.State.HopTrouble is not null);
    }

    // S2-12
    [Fact]
    public void Only_the_first_trouble_is_kept()
    {
        using SmtpRig rig = new();
        ServerTurn turn = Turn(rig, "u1@x.test", "u2@x.test");
        SmtpTrouble trouble = new(turn);
        List<AttemptRecipient> recipients = turn.State.Open;
        recipients[1].Mark = RecipientMark.Done;
        trouble.SiteFails(SmtpTrouble.Why("4.4.1", "first"));
        recipients[1].Mark = RecipientMark.Open;
        trouble.SiteFails(SmtpTrouble.Why("4.4.2", "second"));
        Assert.Equal("first", turn.State.HopTrouble?.Reason);
    }

    private static ServerTurn Turn(SmtpRig rig, params string[] recipients)
    {
        DeliveryContext delivery = rig.Delivery(SmtpRig.Request("x.test", recipients));
        Destination destination = new("x.test", NextHop.Parse("x.test", rig.Options)!, TlsPolicy.None, rig.Options);
        return new ServerTurn(delivery, new DeliveryState(delivery.Request.Recipients), destination, new SmtpPeer("mx", "192.0.2.1", 25)) { IsFinal = true };
    }
}
