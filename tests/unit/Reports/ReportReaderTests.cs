using System.Text;
using PostfixNet.Reports;

namespace PostfixNet.UnitTests.Reports;

/// <summary>What comes back is read right, whoever sent it. S3-50.</summary>
public sealed class ReportReaderTests
{
    public static TheoryData<string> Names => [.. Samples.All.Select(static sample => sample.Name)];

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [MemberData(nameof(Names))]
    public void Reports_of_a_dozen_systems_and_more_are_read(string name)
    {
        (_, string message, string kind, string status, string address) = Samples.All.Single(sample => sample.Name == name);
        foreach (string text in (string[])[message, message.Replace("\n", "\r\n", StringComparison.Ordinal)])
        {
            ReturnedReport report = ReportReader.Read(Octets(text));
            ReportedRecipient? first = report.Recipients is [var found, ..] ? found : null;
            Assert.Equal((kind, status, address), (report.Kind.ToString(), first?.Status ?? "", first?.Address ?? ""));
        }
    }

    // Wherever it is cut: no exception, and no failure made of a success or a complaint.
    [Fact]
    public void A_message_that_is_cut_is_read_as_far_as_it_goes()
    {
        foreach ((string name, string message, string kind, _, _) in Samples.All)
        {
            byte[] octets = Octets(message);
            for (int length = 0; length < octets.Length; length += 7)
            {
                ReportKind read = ReportReader.Read(octets[..length]).Kind;
                if (kind == nameof(ReportKind.Success))
                    Assert.True(read is ReportKind.Success or ReportKind.Other or ReportKind.Failure, name);
                if (kind == nameof(ReportKind.Other))
                    Assert.True(read is ReportKind.Other, name);
            }
        }
    }

    [Fact]
    public void Parts_without_end_cost_little()
    {
        StringBuilder deep = new("From: x@y.test\nMIME-Version: 1.0\n");
        for (int i = 0; i < 5000; i++)
            deep.Append($"Content-Type: multipart/mixed; boundary=\"b{i}\"\n\n--b{i}\n");
        Assert.Equal(ReportKind.Other, ReportReader.Read(Octets(deep.ToString())).Kind);

        StringBuilder wide = new("From: x@y.test\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=\"b\"\n\n");
        for (int i = 0; i < 20_000; i++)
            wide.Append("--b\nContent-Type: message/delivery-status\n\nx: y\n\n");
        _ = ReportReader.Read(Octets(wide.ToString()));

        StringBuilder groups = new();
        for (int i = 0; i < 30_000; i++)
            groups.Append($"Final-Recipient: rfc822; u{i}@q.test\nAction: failed\nStatus: 5.1.1\n\n");
        ReturnedReport many = ReportReader.Read(Octets(Samples.Report("Undelivered", "No.\n", "Reporting-MTA: dns; x.test", groups.ToString())));
        Assert.InRange(many.Recipients.Count, 1, 1000);
        _ = ReportReader.Read(new byte[ReportReader.Limit]);
        _ = ReportReader.Read(Octets("Subject: " + new string('x', 1 << 20)));
    }

    [Theory]
    [InlineData("Final-Recipient: rfc822; bob@q.test\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; carol@q.test\nAction: delivered\nStatus: 2.0.0", "list@q.test", "Delay")]
    [InlineData("Final-Recipient: rfc822; bob@q.test\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; carol@q.test\nAction: failed\nStatus: 5.1.1", "list@q.test", "Failure")]
    [InlineData("Final-Recipient: rfc822; bob@q.test\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; carol@q.test\nAction: delivered\nStatus: 2.0.0", "bob@q.test", "Failure")]
    [InlineData("Final-Recipient: rfc822; bob@q.test\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; carol@q.test\nAction: delivered\nStatus: 2.0.0", "carol@q.test", "Success")]
    public void Of_several_recipients_ours_counts_and_a_list_lives_while_one_has_it(string status, string recipient, string kind) =>
        Assert.Equal(kind, ReportReader.Read(Octets(Samples.Report("Undelivered", "No.\n", "Reporting-MTA: dns; x.test", status))).Of(recipient).Kind.ToString());
}
