using PostfixNet.Delivery;
using PostfixNet.Tlsrpt;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>What is counted for one domain on one day.</summary>
public sealed class DomainDayTests
{
    [Fact]
    public void S3_23_Sessions_are_counted_by_policy_and_failures_by_kind_and_server()
    {
        DomainDay day = Samples.Day(
            Samples.Attempt(new TlsResult(Samples.Sts, null), new TlsResult(Samples.Sts, Samples.Failure(TlsResultType.CertificateExpired))),
            Samples.Attempt(new TlsResult(Samples.Sts, Samples.Failure(TlsResultType.CertificateExpired))),
            Samples.Attempt(new TlsResult(Samples.Sts, Samples.Failure(TlsResultType.CertificateHostMismatch))),
            Samples.Attempt(new TlsResult(Samples.Tlsa, null)));
        Assert.Equal(2, day.Policies.Count);
        PolicyCount sts = day.Policies.First();
        Assert.Equal((1, 3), (sts.Successful, sts.Failed));
        Assert.Equal([2, 1], sts.Failures.Values);
        Assert.Equal((2, 3), day.Totals);
    }

    // The domain is its own host, which has TLSA records: what it has of no policy says nothing.
    [Fact]
    public void S3_29c_A_host_result_and_a_no_policy_result_are_not_both_counted_for_a_direct_host()
    {
        AppliedTlsPolicy host = Samples.Tlsa with { Domain = "example.com" };
        DomainDay direct = Samples.Day(Samples.Attempt(new TlsResult(host, null), new TlsResult(Samples.None, Samples.Failure(TlsResultType.StartTlsNotSupported))));
        Assert.Equal([TlsPolicyOrigin.Tlsa], direct.Policies.Select(static policy => policy.Policy.Origin));
        Assert.Equal((1, 0), direct.Totals);
        // Of several servers each counts.
        DomainDay servers = Samples.Day(Samples.Attempt(new TlsResult(Samples.Tlsa, null), new TlsResult(Samples.None, null)));
        Assert.Equal([TlsPolicyOrigin.Tlsa, TlsPolicyOrigin.None], servers.Policies.Select(static policy => policy.Policy.Origin));
    }

    [Fact]
    public void Ever_new_policies_and_failures_get_no_more_memory_and_are_counted_where_their_policy_is_known()
    {
        DomainDay day = Samples.Day();
        for (int i = 0; i < 20_000; i++)
        {
            day.Take(Samples.Attempt(new TlsResult(Samples.None, Samples.Failure(TlsResultType.ValidationFailure, $"{i} {new string('x', 5000)}"))));
            day.Take(Samples.Attempt(new TlsResult(Samples.Tlsa with { Strings = [$"3 1 1 {i:X8}"] }, null)));
        }
        PolicyCount none = day.Policies.First();
        Assert.Equal(20_000, none.Failed);
        Assert.InRange(none.Failures.Count, 10, 500);
        Assert.InRange(DomainDayFile.Write(day).Length, 1, 4 * DomainDay.Room);
    }

    [Fact]
    public void A_file_keeps_all_of_it()
    {
        DomainDay day = Samples.Full();
        day.Sending.Began = 5;
        day.Sending.Next = 7;
        day.Sending.Lookups = 2;
        day.Sending.Trouble = "no name server";
        day.Sending.Places.Add(new Sending.Place(day.Record!.Uris[0]) { Attempts = 1, Done = 6, Answer = "queued as \u00e9\"1\"" });
        day.Sending.Places.Add(new Sending.Place(day.Record.Uris[1]) { Attempts = 3, Next = 9, IsHopeless = true, Answer = "status 500" });
        byte[] written = DomainDayFile.Write(day);
        DomainDay read = DomainDayFile.Read(day.Day, day.Domain, written);
        Assert.Equal(written, DomainDayFile.Write(read));
        Assert.Equal(ReportDocument.Json(day, Samples.Submitter), ReportDocument.Json(read, Samples.Submitter));
        Assert.Equal((6L, true), (read.Sending.Places[0].Done, read.Sending.Places[1].IsHopeless));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"report_id\": 1, \"due\": 1, \"policies\": [], \"sending\": {}}")]
    [InlineData("{\"report_id\": \"a\", \"due\": \"x\", \"policies\": [], \"sending\": {}}")]
    public void A_damaged_file_is_an_error(string content) =>
        Assert.Throws<FormatException>(() => DomainDayFile.Read(new DateOnly(2026, 11, 20), "example.com", System.Text.Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void What_smtp_tells_arrives_as_it_was()
    {
        TlsAttempt attempt = Samples.Attempt(new TlsResult(Samples.Sts, Samples.Failure(TlsResultType.StsWebPkiInvalid, "why")), new TlsResult(Samples.None, null));
        TlsAttempt read = TlsAttempt.From(attempt.ToAttributes());
        Assert.Equal(attempt.Domain, read.Domain);
        Assert.Equal(attempt.Results.Select(static result => result.Failure), read.Results.Select(static result => result.Failure));
        Assert.Equal(attempt.Results.SelectMany(static result => result.Policy.Strings.Concat(result.Policy.MxPatterns)), read.Results.SelectMany(static result => result.Policy.Strings.Concat(result.Policy.MxPatterns)));
    }
}
