using PostfixNet.Delivery;
using PostfixNet.Tlsrpt;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>Which results are gathered, and when they are on stable storage.</summary>
public sealed class ReportBookTests
{
    private const string Today = "2026-11-21/example.com";
    private static readonly TlsAttempt s_good = Samples.Attempt(new TlsResult(Samples.None, null));

    [Fact]
    public void S3_29c_Results_are_grouped_by_UTC_day()
    {
        ReportRig rig = new();
        rig.Book.Take(s_good);
        rig.Clock.Advance(16 * 3600 - 1);
        rig.Book.Take(s_good);
        rig.Clock.Advance(1);
        rig.Book.Take(s_good);
        rig.Turn();
        Assert.Equal(["2026-11-21 2", "2026-11-22 1"], rig.Book.All.Select(static day => $"{day.Day:yyyy-MM-dd} {day.Totals.Successful}"));
        Assert.Equal([Today, "2026-11-22/example.com"], rig.Files.Keys.Order());
    }

    [Fact]
    public void A_domain_is_asked_once_a_day_and_without_record_nothing_is_kept()
    {
        ReportRig rig = new();
        rig.Records["none.test"] = null;
        for (int i = 0; i < 3; i++)
        {
            rig.Book.Take(s_good);
            rig.Book.Take(s_good with { Domain = "none.test" });
            rig.Turn();
        }
        Assert.Equal(["ask example.com", "ask none.test"], rig.Events.Where(static happened => happened.StartsWith("ask", StringComparison.Ordinal)));
        Assert.Equal([Today], rig.Files.Keys);
        Assert.Equal(["example.com"], rig.Book.All.Select(static day => day.Domain));
        rig.Clock.Advance(24 * 3600);
        rig.Book.Take(s_good with { Domain = "none.test" });
        Assert.Equal(2, rig.Events.Count(static happened => happened == "ask none.test"));
    }

    [Fact]
    public void A_domain_that_cannot_be_asked_is_asked_again_and_its_results_are_kept_meanwhile()
    {
        ReportRig rig = new();
        rig.Records.Remove("example.com");
        rig.Book.Take(s_good);
        rig.Turn();
        rig.Restart();
        rig.Turn();
        Assert.Equal(2, rig.Events.Count(static happened => happened == "ask example.com"));
        rig.Records["example.com"] = Samples.Record;
        rig.Clock.Advance(15 * 60);
        rig.Turn();
        rig.Book.Take(s_good);
        rig.Turn();
        Assert.Equal(2, rig.Book.All.Single().Totals.Successful);
        Assert.Equal(Samples.Record, rig.Book.All.Single().Record!.Text);
    }

    [Fact]
    public void Whoever_is_killed_has_lost_what_came_since_the_last_round()
    {
        ReportRig rig = new();
        rig.Book.Take(s_good);
        rig.Turn();
        string id = rig.Book.All.Single().ReportId;
        rig.Book.Take(s_good);
        rig.Restart();
        Assert.Equal((1, id), (rig.Book.All.Single().Totals.Successful, rig.Book.All.Single().ReportId));
        rig.Book.Take(s_good);
        rig.Turn();
        rig.Restart();
        Assert.Equal(2, rig.Book.All.Single().Totals.Successful);
    }

    [Fact]
    public void What_cannot_be_stored_is_stored_later_and_complained_of_once()
    {
        ReportRig rig = new() { DiskTrouble = "No space left on device" };
        rig.Book.Take(s_good);
        rig.Turn();
        rig.Turn();
        Assert.Equal(["warning: results are not on stable storage: No space left on device"], rig.Log.Lines);
        rig.DiskTrouble = null;
        rig.Turn();
        Assert.Equal([Today], rig.Files.Keys);
    }

    [Fact]
    public void Domains_are_so_many_at_most()
    {
        ReportRig rig = new();
        for (int i = 0; i < ReportBook.MostDomains + 10; i++)
        {
            rig.Records[$"d{i}.test"] = Samples.Record;
            rig.Book.Take(s_good with { Domain = $"d{i}.test" });
        }
        Assert.Equal(ReportBook.MostDomains, rig.Book.All.Count());
        Assert.Single(rig.Log.Lines, static line => line.Contains("are not counted: 10000 domains", StringComparison.Ordinal));
        rig.Clock.Advance(24 * 3600);
        rig.Book.Take(s_good);
        Assert.Contains(rig.Book.All, static day => day.Domain == "example.com");
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../../etc")]
    [InlineData("a/b.test")]
    [InlineData("localhost")]
    [InlineData(".test")]
    [InlineData("")]
    [InlineData("192.0.2.1 x.test")]
    public void What_is_no_domain_has_no_file(string domain)
    {
        ReportRig rig = new();
        rig.Records[domain] = Samples.Record;
        rig.Book.Take(s_good with { Domain = domain });
        rig.Turn();
        Assert.Empty(rig.Files);
        Assert.Empty(rig.Events);
    }

    [Fact]
    public void Days_are_kept_for_two_more()
    {
        ReportRig rig = new();
        rig.Book.Take(s_good);
        rig.Turn();
        DateOnly? oldest = null;
        rig.Book.DayTurned = () => oldest = rig.Book.Oldest;
        rig.Clock.Advance(2 * 24 * 3600);
        rig.Turn();
        Assert.Single(rig.Book.All);
        rig.Clock.Advance(24 * 3600);
        rig.Turn();
        Assert.Empty(rig.Book.All);
        Assert.Equal(new DateOnly(2026, 11, 22), oldest);
    }
}
