using PostfixNet.Delivery;
using PostfixNet.Tlsrpt;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>When reports go, and what becomes of those that do not arrive: RFC 8460 sections 4.1 and 5.5.</summary>
public sealed class ReportSenderTests
{
    private const string Mail = "mailto:reports@example.com", Web = "https://reports.example.com/tls";
    private static readonly TlsAttempt s_good = Samples.Attempt(new TlsResult(Samples.None, null));

    private static ReportRig WithResults()
    {
        ReportRig rig = new();
        rig.Book.Take(s_good);
        rig.Turn();
        return rig;
    }

    private static DomainDay Report(ReportRig rig) => rig.Book.All.First();

    private static List<string> Handed(ReportRig rig) => [.. rig.Events.Where(static happened => happened.StartsWith("hand", StringComparison.Ordinal)).Select(static happened => happened[5..])];

    [Fact]
    public void A_report_leaves_within_four_hours_after_its_day_to_each_place_once()
    {
        ReportRig rig = WithResults();
        rig.Clock.Advance(16 * 3600 - 1);
        rig.Turn();
        Assert.Empty(Handed(rig));
        Assert.InRange(Report(rig).Due - RetryPlan.EndOf(Report(rig).Day), 1, 4 * 3600);
        rig.Clock.Advance(1 + (int)RetryPlan.Spread.TotalSeconds);
        rig.Turn();
        Assert.Equal([Mail, Web], Handed(rig));
        for (int i = 0; i < 3; i++)
        {
            rig.Clock.Advance(3600);
            rig.Turn();
            rig.Restart();
        }
        Assert.Equal([Mail, Web], Handed(rig));
        Assert.Equal(SendingState.Sent, Report(rig).Sending.State);
    }

    // And not those whose names come first: a few slow places would keep all others.
    [Fact]
    public void What_has_waited_longest_goes_first()
    {
        ReportRig rig = new();
        for (char c = 'a'; c <= 'h'; c++)
        {
            rig.Records[$"{c}.test"] = Samples.Record;
            rig.Book.Take(new TlsAttempt($"{c}.test", [new TlsResult(AppliedTlsPolicy.NotFound($"{c}.test"), null)]));
        }
        rig.ADayLater();
        rig.Events.Clear();
        rig.Gate = new TaskCompletionSource();
        rig.Turn();
        string[] first = [.. rig.Book.Past.OrderBy(static report => report.Due).Take(4).Select(static report => $"ask {report.Domain}")];
        Assert.Equal(first, rig.Events.Where(static happened => happened.StartsWith("ask", StringComparison.Ordinal)));
    }

    [Fact]
    public void Times_of_sending_are_spread()
    {
        long[] dues = [.. Enumerable.Range(0, 200).Select(static _ => RetryPlan.DueAfter(new DateOnly(2026, 11, 21), Random.Shared))];
        Assert.InRange(dues.Max() - dues.Min(), 3600, 4 * 3600);
    }

    [Fact]
    public void What_fails_is_tried_again_later_each_time_for_a_day_and_then_given_up()
    {
        ReportRig rig = WithResults();
        rig.Answer = static uri => uri.Address is not null ? new HandOver(true, false, "taken") : new HandOver(false, false, "status 503");
        rig.ADayLater();
        List<long> attempts = [];
        long began = rig.Book.Now;
        while (Report(rig).Sending.State == SendingState.Waiting)
        {
            int before = Handed(rig).Count;
            rig.Turn();
            if (Handed(rig).Count > before)
                attempts.Add((rig.Book.Now - began) / 60);
            rig.Clock.Advance(60);
        }
        Assert.Equal([0, 5, 15, 35, 75, 155, 315, 555, 795, 1035, 1275], attempts);
        Assert.Equal(1, Handed(rig).Count(static place => place == Mail));
        Assert.Equal(SendingState.GivenUp, Report(rig).Sending.State);
        Assert.Contains("warning: report of 2026-11-21 for example.com: not sent to https://reports.example.com/tls: status 503; tried again in 5 min", rig.Log.Lines);
        Assert.EndsWith("status 503; given up", rig.Log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_will_never_be_taken_is_not_tried_again()
    {
        ReportRig rig = WithResults();
        rig.Answer = static _ => new HandOver(false, true, "message file too big");
        rig.ADayLater();
        rig.Turn();
        Assert.Equal(SendingState.GivenUp, Report(rig).Sending.State);
    }

    // Each hand-over is stored before the next begins, so a kill repeats the one in hand, and under the same id.
    [Theory]
    [InlineData(0, "mailto:reports@example.com https://reports.example.com/tls")]
    [InlineData(1, "https://reports.example.com/tls")]
    public void A_process_that_is_killed_repeats_what_it_had_in_hand_and_nothing_else(int done, string repeated)
    {
        ReportRig rig = WithResults();
        rig.ADayLater();
        string id = Report(rig).ReportId;
        TaskCompletionSource gate = new();
        rig.Answer = uri =>
        {
            rig.Gate = gate;
            return new HandOver(true, false, "taken");
        };
        rig.Gate = done == 0 ? gate : null;
        rig.Turn();
        Assert.Equal(done + 1, Handed(rig).Count);
        rig.Events.Clear();
        (rig.Gate, rig.Answer) = (null, static _ => new HandOver(true, false, "taken"));
        rig.Restart();
        rig.Turn();
        Assert.Equal(repeated, string.Join(' ', Handed(rig)));
        Assert.Equal((id, SendingState.Sent), (Report(rig).ReportId, Report(rig).Sending.State));
    }

    [Fact]
    public void The_record_is_asked_for_anew_and_who_has_changed_his_mind_gets_no_report()
    {
        ReportRig rig = WithResults();
        rig.Records["example.com"] = null;
        rig.ADayLater();
        rig.Turn();
        Assert.Equal(SendingState.Unwanted, Report(rig).Sending.State);
        Assert.Empty(Handed(rig));
        rig = WithResults();
        rig.Answer = static _ => new HandOver(false, false, "no");
        rig.ADayLater();
        rig.Turn();
        rig.Records["example.com"] = "v=TLSRPTv1;rua=mailto:other@example.com";
        rig.Answer = static _ => new HandOver(true, false, "taken");
        rig.Clock.Advance(5 * 60);
        rig.Turn();
        Assert.Equal([Mail, Web, "mailto:other@example.com"], Handed(rig));
        Assert.Equal(SendingState.GivenUp, Report(rig).Sending.State);
    }

    [Fact]
    public void With_a_silent_DNS_the_report_goes_where_the_record_said()
    {
        ReportRig rig = WithResults();
        rig.Records.Remove("example.com");
        rig.ADayLater();
        rig.Turn();
        Assert.Equal([Mail, Web], Handed(rig));
    }

    [Fact]
    public void Where_the_record_was_never_known_it_is_asked_for_a_day_long()
    {
        ReportRig rig = new();
        rig.Records.Remove("example.com");
        rig.Book.Take(s_good);
        rig.ADayLater();
        rig.Turn();
        Assert.Contains("warning: report of 2026-11-21 for example.com: not sent: Host not found, try again", rig.Log.Lines);
        rig.Clock.Advance(24 * 3600 - 60);
        rig.Turn();
        Assert.Equal(SendingState.GivenUp, Report(rig).Sending.State);
        Assert.Empty(Handed(rig));
    }

    [Fact]
    public void An_operator_need_not_wait()
    {
        ReportRig rig = WithResults();
        rig.Clock.Advance(16 * 3600);
        rig.Answer = static _ => new HandOver(false, false, "no");
        Assert.True(rig.Sender.SendNow("other.test").IsCompletedSuccessfully);
        Assert.Empty(Handed(rig));
        Assert.True(rig.Sender.SendNow("example.com").IsCompletedSuccessfully);
        Assert.Equal([Mail, Web], Handed(rig));
        rig.Answer = static _ => new HandOver(true, false, "taken");
        Assert.True(rig.Sender.SendNow(null).IsCompletedSuccessfully);
        Assert.Equal([Mail, Web, Mail, Web], Handed(rig));
        Assert.Equal(SendingState.Sent, Report(rig).Sending.State);
    }

    // Of today more will come.
    [Fact]
    public void The_report_of_today_waits_for_tomorrow()
    {
        ReportRig rig = WithResults();
        Assert.True(rig.Sender.SendNow(null).IsCompletedSuccessfully);
        Assert.Empty(Handed(rig));
    }

    [Fact]
    public void Few_reports_are_under_way_at_once()
    {
        ReportRig rig = new() { Gate = new TaskCompletionSource() };
        for (int i = 0; i < 10; i++)
        {
            rig.Records[$"d{i}.test"] = Samples.Record;
            rig.Book.Take(s_good with { Domain = $"d{i}.test" });
        }
        rig.ADayLater();
        rig.Turn();
        rig.Turn();
        Assert.Equal(4, Handed(rig).Count);
    }
}
