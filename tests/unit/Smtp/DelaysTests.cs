using System.Text.RegularExpressions;
using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>The four parts of delays=, on a clock that only the server moves: connecting takes 2 s, EHLO 3 s, MAIL 4 s, RCPT
/// 5 s each, DATA 6 s, the final dot 7 s.</summary>
public sealed class DelaysTests
{
    // S2-11, S2-23
    [Theory] // script, delays of each result line
    [InlineData("{}", "u1 90/10/5/27|u2 90/10/5/27")]
    [InlineData("""{"banner": "421 4.3.2 no"}""", "u1 90/10/2/0|u2 90/10/2/0")] // all of it set-up
    [InlineData("""{"banner": "DROP"}""", "u1 90/10/2/0|u2 90/10/2/0")]
    [InlineData("""{"ehlo": "DROP"}""", "u1 90/10/5/0|u2 90/10/5/0")]
    [InlineData("""{"ehlo": "421 4.3.2 no"}""", "u1 90/10/5/0|u2 90/10/5/0")]
    [InlineData("""{"ext": ["DSN"], "mail": "450 4.1.8 no"}""", "u1 90/10/5/4|u2 90/10/5/4")]
    [InlineData("""{"ext": ["DSN"], "mail": "DROP"}""", "u1 90/10/5/4|u2 90/10/5/4")]
    [InlineData("""{"ext": ["DSN"], "rcpt": "550 5.1.1 no"}""", "u1 90/10/5/9|u2 90/10/5/14")] // each at its own reply
    [InlineData("""{"ext": ["DSN"], "rcpt": ["550 5.1.1 no", "250 2.1.5 ok"]}""", "u1 90/10/5/9|u2 90/10/5/27")]
    [InlineData("""{"ext": ["DSN"], "rcpt": ["250 2.1.5 ok", "DROP"]}""", "u1 90/10/5/14|u2 90/10/5/14")]
    [InlineData("""{"ext": ["DSN"], "data": "451 4.3.0 no"}""", "u1 90/10/5/20|u2 90/10/5/20")]
    [InlineData("""{"ext": ["DSN"], "dot": "451 4.3.0 no"}""", "u1 90/10/5/27|u2 90/10/5/27")]
    [InlineData("""{"dot": "DROP"}""", "u1 90/10/5/27|u2 90/10/5/27")]
    public void Parts_end_where_they_should(string script, string want)
    {
        ManualClock clock = new();
        using SmtpRig rig = new() { Clock = clock };
        // DSN only: no pipelining, so that the clock has moved for one command when the next is said.
        using ScriptedServer server = new("127.0.0.31", 0, script.Contains("ext", StringComparison.Ordinal) || script.Contains("banner", StringComparison.Ordinal)
            || script.Contains("ehlo", StringComparison.Ordinal) ? script : script.Replace("{", """{"ext": ["DSN"]""" + (script.Length > 2 ? "," : ""), StringComparison.Ordinal));
        server.WhenAsked = command => clock.Advance(Cost(command));
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.31");
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
        rig.Deliver(Request());
        Assert.Equal(want, string.Join('|', rig.Lines.Select(l => Regex.Match(l, "to=<(.*?)@.* delays=([^,]*),")).Where(m => m.Success).Select(m => $"{m.Groups[1].Value} {m.Groups[2].Value}")));
    }

    [Fact]
    public void Without_a_connection_all_time_after_the_queue_is_set_up() // S2-11
    {
        ManualClock clock = new();
        using SmtpRig rig = new() { Clock = clock };
        rig.Resolver.WhenAsked = () => clock.Advance(1);
        rig.Deliver(Request());
        Assert.All(rig.Lines.Where(l => l.Contains("status=", StringComparison.Ordinal)), l => Assert.Contains("relay=none", l, StringComparison.Ordinal));
        Assert.Matches(@"delays=90/10/[1-9]/0, dsn=5\.4\.4", rig.Lines[^1]);
    }

    // S2-11
    [Fact]
    public void All_recipients_of_one_failure_show_equal_delays()
    {
        ManualClock clock = new() { StepPerReading = 1_000_000 };
        using SmtpRig rig = new() { Clock = clock };
        using ScriptedServer server = new("127.0.0.31", 0, """{"dot": "450 4.3.0 later"}""");
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.31");
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
        rig.Deliver(SmtpRig.Request("mx.test", "a@mx.test", "b@mx.test", "c@mx.test") with { ArrivalMicroseconds = Now(0), ActiveMicroseconds = Now(0) });
        Assert.Equal(3, rig.Results.Count);
        Assert.Single(rig.Lines.Select(l => Regex.Match(l, "delay=.* dsn").Value).Where(t => t.Length > 0).Distinct());
    }

    // S2-23
    [Fact]
    public void A_session_that_is_used_again_has_no_set_up()
    {
        ManualClock clock = new();
        using SmtpRig rig = new() { Clock = clock };
        using ScriptedServer server = new("127.0.0.31", 0, """{"ext": ["DSN"]}""");
        server.WhenAsked = command => clock.Advance(Cost(command));
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.31");
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
        rig.Deliver(Request() with { MoreWaits = true });
        long now = MailTime.Microseconds(clock);
        rig.Deliver(Request() with { ArrivalMicroseconds = now - 9_000_000, ActiveMicroseconds = now - 1_000_000 });
        Assert.Contains("conn_use=2, delay=36, delays=8/1/0/27, dsn=2.0.0", rig.Lines[^1], StringComparison.Ordinal);
    }

    private static int Cost(string command) => command.Split(' ', ':')[0] switch
    {
        "CONNECT" => 2,
        "EHLO" => 3,
        "MAIL" => 4,
        "RCPT" => 5,
        "DATA" => 6,
        "." => 7,
        _ => 0,
    };

    private static DeliveryRequest Request() =>
        SmtpRig.Request("mx.test", "u1@mx.test", "u2@mx.test") with { ArrivalMicroseconds = Now(-100), ActiveMicroseconds = Now(-10) };

    private static long Now(int seconds) => ManualClock.Start.AddSeconds(seconds).ToUnixTimeMilliseconds() * 1000;
}
