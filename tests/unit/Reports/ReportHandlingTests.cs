using PostfixNet.Mail;
using PostfixNet.Reports;
using PostfixNet.ReturnPaths;
using PostfixNet.Suppression;
using PostfixNet.UnitTests.Qmgr;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Reports;

/// <summary>What a report leads to; a forged, replayed or old one to nothing. S3-47, S3-50.</summary>
public sealed class ReportHandlingTests : IReportOutside, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly VirtualClock _clock = new();
    private readonly ReturnPathMaker _paths = new(new byte[32], "bounces.test", 30 * 86_400);
    private readonly SentMail _sent;
    private readonly List<string> _done = [], _recorded = [];
    private bool _isFull;

    public ReportHandlingTests()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "reports"));
        _sent = new SentMail(_directory.Path);
    }

    public void Dispose()
    {
        _sent.Close();
        _directory.Dispose();
    }

    private long Now => MailTime.Microseconds(_clock) / 1_000_000;

    SentRecipient? IReportOutside.Find(int day, long place) => _sent.Find(day, place);

    void IReportOutside.Tell(ReportedResult result) => _done.Add($"tell {result.Address} {(result.IsComplaint ? "complaint" : result.Status)} of {result.Sender}");

    void IReportOutside.Record(ReturnedReport report, string recipient, SentRecipient? sent) => _recorded.Add($"{report.Kind} for {recipient} of {sent?.QueueId}");

    string? IReportOutside.Forward(string recipient)
    {
        if (_isFull)
            return "no space left";
        _done.Add($"forward {recipient}");
        return null;
    }

    private string Sent(string recipient = "bob@q.test")
    {
        int day = ReturnPathMaker.DayOf(Now);
        return _paths.Make(day, _sent.Add(day, _paths.FirstDay(Now), new SentRecipient("4A5B", "news@a.test", recipient))!.Value, recipient);
    }

    private Handled Handle(string address, ReturnedReport report) => new ReportHandling(_paths, new SeenReports(_directory.Path), this, _clock).Handle(address, () => report);

    private static ReturnedReport Failure(string status = "5.1.1", string address = "bob@q.test") => new(ReportKind.Failure, [new ReportedRecipient(address, ReportKind.Failure, status, "550 who?")]);

    [Fact]
    public void A_failure_reaches_the_sender_and_the_suppression_list()
    {
        Assert.Equal(new Handled("2.0.0", "failure 5.1.1 of 4A5B for <bob@q.test>, forwarded to <news@a.test>"), Handle(Sent(), Failure()));
        Assert.Equal(["forward news@a.test", "tell bob@q.test 5.1.1 of news@a.test"], _done);
        Assert.Equal(["Failure for bob@q.test of 4A5B"], _recorded);
    }

    [Fact]
    public void The_address_that_mail_went_to_counts_whatever_the_report_names()
    {
        Handle(Sent(), Failure(address: "victim@q.test"));
        Assert.Equal("tell bob@q.test 5.1.1 of news@a.test", _done[^1]);
    }

    [Fact]
    public void A_complaint_suppresses_and_others_are_only_forwarded()
    {
        Handle(Sent(), new ReturnedReport(ReportKind.Complaint, [], "abuse"));
        Assert.Equal("tell bob@q.test complaint of news@a.test", _done[^1]);
        _done.Clear();
        foreach (ReportKind kind in (ReportKind[])[ReportKind.Delay, ReportKind.Success, ReportKind.Other])
            Handle(Sent(), new ReturnedReport(kind, []));
        Assert.Equal(["forward news@a.test", "forward news@a.test", "forward news@a.test"], _done);
    }

    [Fact]
    public void The_same_again_does_nothing_also_in_capitals_and_in_the_next_process()
    {
        string address = Sent();
        Handle(address, Failure());
        _done.Clear();
        Assert.StartsWith("replayed: ", Handle(address, Failure()).Text, StringComparison.Ordinal);
        Assert.StartsWith("replayed: ", Handle(address.ToUpperInvariant(), Failure("5.7.1")).Text, StringComparison.Ordinal);
        Assert.Empty(_done);
        Assert.Single(_recorded);
        // Another kind is another report; and so is that of another recipient.
        Handle(address, new ReturnedReport(ReportKind.Complaint, [], "abuse"));
        Handle(Sent("carol@q.test"), Failure(address: "carol@q.test"));
        Assert.Equal(4, _done.Count);
    }

    // Each octet of it changed in turn.
    [Fact]
    public void A_forged_return_path_does_nothing()
    {
        string address = Sent();
        for (int i = 0; i < address.IndexOf('@', StringComparison.Ordinal); i++)
        {
            foreach (char other in "abz27-=")
            {
                if (address[i] != other)
                    Assert.Equal("5.1.1", Handle($"{address[..i]}{other}{address[(i + 1)..]}", Failure()).Status);
            }
        }
        foreach (string forged in (string[])["bob@bounces.test", "@bounces.test", "r@bounces.test", address.Replace("bounces", "other", StringComparison.Ordinal), $"x{address}", address.Replace("@", "a@", StringComparison.Ordinal)])
            Assert.Equal("5.1.1", Handle(forged, Failure()).Status);
        Assert.Equal("5.1.1", new ReportHandling(new ReturnPathMaker([1, .. new byte[31]], "bounces.test", 1_000_000), new SeenReports(_directory.Path), this, _clock).Handle(address, static () => Failure()).Status);
        Assert.Empty(_done);
    }

    [Fact]
    public void One_that_is_too_old_does_nothing()
    {
        string address = Sent();
        _clock.RunFor(32 * 86_400);
        Assert.Equal(new Handled("5.1.1", "too old: its time is over"), Handle(address, Failure()));
        Assert.Empty(_done);
    }

    [Fact]
    public void What_could_not_be_forwarded_is_tried_again_and_is_no_replay()
    {
        string address = Sent();
        _isFull = true;
        Assert.Equal(new Handled("4.3.0", "no space left"), Handle(address, Failure()));
        _isFull = false;
        Assert.Equal("2.0.0", Handle(address, Failure()).Status);
        Assert.Equal(2, _done.Count);
    }

    // The power took the line: the return path is still good for the address that it was made for.
    [Fact]
    public void Without_the_record_only_the_right_recipient_is_suppressed_and_nobody_is_told()
    {
        string address = _paths.Make(ReturnPathMaker.DayOf(Now), 4711, "Bob@q.test");
        Assert.EndsWith("its sender is not known any more", Handle(address, Failure()).Text, StringComparison.Ordinal);
        Assert.Equal(["tell bob@q.test 5.1.1 of "], _done);
        _done.Clear();
        Handle(_paths.Make(ReturnPathMaker.DayOf(Now), 4712, "bob@q.test"), Failure(address: "victim@q.test"));
        Assert.Empty(_done);
    }

    [Fact]
    public void Return_paths_fit_into_a_mailbox_name_and_all_differ()
    {
        HashSet<string> all = [];
        for (int i = 0; i < 200; i++)
        {
            string address = Sent($"u{i}@q.test");
            Assert.InRange(Address.Split(address).Local.Length, 1, 64);
            Assert.True(all.Add(address) && Address.IsDotAtom(Address.Split(address).Local));
            Assert.Equal(ReturnPathState.Good, _paths.Verify(address.ToUpperInvariant(), Now, out ReturnPath path));
            Assert.Equal(new SentRecipient("4A5B", "news@a.test", $"u{i}@q.test"), _sent.Find(path.Day, path.Place));
        }
    }

    [Fact]
    public void Days_that_are_over_are_forgotten()
    {
        Handle(Sent(), Failure());
        _clock.RunFor(40 * 86_400);
        Handle(Sent(), Failure());
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_directory.Path, "reports")).Length);
    }
}
