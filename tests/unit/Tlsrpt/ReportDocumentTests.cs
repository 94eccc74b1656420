using System.IO.Compression;
using System.Text.Json;
using MimeKit;
using PostfixNet.Delivery;
using PostfixNet.Tlsrpt;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>Documents and mail, against RFC 8460 sections 4.4, 4.5 and 5.</summary>
public sealed class ReportDocumentTests
{
    [Fact]
    public void The_document_has_the_members_of_section_4_4()
    {
        DomainDay day = Samples.Day(Samples.Attempt(new TlsResult(Samples.Sts, null)), Samples.Attempt(new TlsResult(Samples.Sts, Samples.Failure(TlsResultType.CertificateExpired, "expired"))));
        using JsonDocument document = JsonDocument.Parse(ReportDocument.Json(day, Samples.Submitter));
        using JsonDocument expected = JsonDocument.Parse("""
            {
              "organization-name": "Sender Inc.",
              "date-range": { "start-datetime": "2026-11-20T00:00:00Z", "end-datetime": "2026-11-20T23:59:59Z" },
              "contact-info": "tls@sender.example",
              "report-id": "20261120.0123456789abcdef@mta.sender.example",
              "policies": [{
                "policy": {
                  "policy-type": "sts",
                  "policy-string": ["version: STSv1", "mode: testing", "mx: *.example.com", "max_age: 86400"],
                  "policy-domain": "example.com",
                  "mx-host": ["*.example.com"]
                },
                "summary": { "total-successful-session-count": 1, "total-failure-session-count": 1 },
                "failure-details": [{
                  "result-type": "certificate-expired",
                  "sending-mta-ip": "192.0.2.1",
                  "receiving-mx-hostname": "mx.example.com",
                  "receiving-mx-helo": "mx.example.com",
                  "receiving-ip": "192.0.2.25",
                  "failed-session-count": 1,
                  "failure-reason-code": "expired"
                }]
              }]
            }
            """);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, document.RootElement), document.RootElement.GetRawText());
    }

    // Section 4.3.
    [Fact]
    public void Result_types_have_the_words_of_the_registry() => Assert.Equal(
        ["starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted", "validation-failure", "tlsa-invalid", "dnssec-invalid", "dane-required",
            "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"], Enum.GetValues<TlsResultType>().Select(TlsFailure.WordOf));

    [Fact]
    public void The_document_is_compressed()
    {
        using GZipStream gzip = new(new MemoryStream(ReportDocument.Compressed(Samples.Full(), Samples.Submitter)), CompressionMode.Decompress);
        using MemoryStream plain = new();
        gzip.CopyTo(plain);
        Assert.Equal(ReportDocument.Json(Samples.Full(), Samples.Submitter), plain.ToArray());
    }

    // Section 5.1: sender "!" policy-domain "!" begin "!" end ["!" unique-id] "." extension.
    [Fact]
    public void The_file_has_a_name_of_section_5_1() =>
        Assert.Equal("sender.example!example.com!1795132800!1795219199!202611200123456789abcdefmtasende.json.gz", ReportDocument.FileName(Samples.Day(), Samples.Submitter));

    [Fact]
    public void The_mail_is_a_report_of_section_5_3()
    {
        using MemoryStream output = new();
        ReportMessage.Write(output, Samples.Full(), Samples.Submitter, "reports@example.com", 1_795_224_000);
        string text = System.Text.Encoding.UTF8.GetString(output.ToArray());
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), static line => Assert.InRange(line.Length, 0, 200));
        output.Position = 0;
        using MimeMessage message = MimeMessage.Load(output);
        MultipartReport report = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("tlsrpt", report.ReportType);
        Assert.Equal("Report Domain: example.com\tSubmitter: sender.example\tReport-ID: <20261120.0123456789abcdef@mta.sender.example>", message.Subject);
        Assert.Equal(("example.com", "sender.example"), (message.Headers["TLS-Report-Domain"], message.Headers["TLS-Report-Submitter"]));
        Assert.Equal("No", message.Headers["TLS-Required"]);
        Assert.Equal("tlsrpt@sender.example", message.From.Mailboxes.Single().Address);
        Assert.Equal("20261120.0123456789abcdef@mta.sender.example", message.MessageId);
        Assert.Equal("text/plain", report[0].ContentType.MimeType);
        MimePart part = Assert.IsType<MimePart>(report[1]);
        Assert.Equal("application/tlsrpt+gzip", part.ContentType.MimeType);
        Assert.Equal(ReportDocument.FileName(Samples.Full(), Samples.Submitter), part.FileName);
        using MemoryStream content = new();
        part.Content!.DecodeTo(content);
        Assert.Equal(ReportDocument.Compressed(Samples.Full(), Samples.Submitter), content.ToArray());
    }

    [Fact]
    public void Long_names_of_domains_stay_whole()
    {
        string domain = string.Join('.', Enumerable.Repeat(new string('a', 55), 4));
        DomainDay day = new(new DateOnly(2026, 11, 20), domain, "id@mta.example", 0);
        using MemoryStream output = new();
        ReportMessage.Write(output, day, Samples.Submitter, "reports@example.com", 1_795_224_000);
        output.Position = 0;
        using MimeMessage message = MimeMessage.Load(output);
        Assert.Equal(domain, message.Headers["TLS-Report-Domain"]);
        Assert.StartsWith($"sender.example!{domain}!", Assert.IsType<MimePart>(Assert.IsType<MultipartReport>(message.Body)[1]).FileName, StringComparison.Ordinal);
    }
}
