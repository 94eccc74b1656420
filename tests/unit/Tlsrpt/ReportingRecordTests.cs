using PostfixNet.Tlsrpt;

namespace PostfixNet.UnitTests.Tlsrpt;

/// <summary>The TXT record of RFC 8460 section 3: examples and grammar from there.</summary>
public sealed class ReportingRecordTests
{
    [Theory]
    // Section 3.1.
    [InlineData("v=TLSRPTv1;rua=mailto:reports@example.com", "mailto:reports@example.com")]
    [InlineData("v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", "https://reporting.example.com/v1/tlsrpt")]
    // Several places, blanks around delimiters, a delimiter at the end.
    [InlineData("v=TLSRPTv1; rua=mailto:a@example.com ,\thttps://b.example/x ; ", "mailto:a@example.com https://b.example/x")]
    // tlsrpt-extension: what is not known is passed over.
    [InlineData("v=TLSRPTv1; x-new.1=some:value; rua=mailto:a@example.com;z=1", "mailto:a@example.com")]
    [InlineData("v=TLSRPTv1;rua=mailto:a@example.com;rua=mailto:b@example.com", "mailto:a@example.com mailto:b@example.com")]
    // Schemes are told apart as RFC 3986 section 3.1 says; what is of another kind is passed over.
    [InlineData("v=TLSRPTv1;rua=ftp://example.com/x,MAILTO:a@example.com,http://example.com/", "MAILTO:a@example.com")]
    public void A_record_names_places(string text, string places) =>
        Assert.Equal(places, string.Join(' ', ReportingRecord.Parse(text)!.Uris.Select(static uri => uri.Text)));

    [Theory]
    [InlineData("")]
    [InlineData("v=TLSRPTv1")]
    [InlineData("v=TLSRPTv1;")]
    [InlineData("v=TLSRPTv2;rua=mailto:a@example.com")]
    // The version is in the case of %s"...", and so is rua.
    [InlineData("v=tlsrptv1;rua=mailto:a@example.com")]
    [InlineData("v=TLSRPTv1;RUA=mailto:a@example.com")]
    [InlineData(" v=TLSRPTv1;rua=mailto:a@example.com")]
    [InlineData("v=TLSRPTv1;rua=")]
    [InlineData("v=TLSRPTv1;rua=mailto:a@example.com;;z=1")]
    [InlineData("v=TLSRPTv1;rua=mailto:a@example.com;word")]
    [InlineData("v=TLSRPTv1;rua=mailto:a@example.com;a=b=c")]
    [InlineData("v=TLSRPTv1;rua=mailto:a@example.com;-a=b")]
    // '!' and ',' must be encoded.
    [InlineData("v=TLSRPTv1;rua=mailto:a@example.com!10m")]
    [InlineData("v=TLSRPTv1;rua=mailto:nobody")]
    [InlineData("v=TLSRPTv1;rua=mailto:@example.com")]
    [InlineData("v=TLSRPTv1;rua=mailto:a%0d%0ab@example.com")]
    [InlineData("v=TLSRPTv1;rua=https://user@example.com/")]
    [InlineData("v=TLSRPTv1;rua=https://192.0.2.1/")]
    [InlineData("v=TLSRPTv1;rua=https:///x")]
    public void What_is_no_record_names_none(string text) => Assert.Null(ReportingRecord.Parse(text));

    [Fact]
    public void A_mail_address_is_decoded_and_headers_are_not_taken()
    {
        Assert.True(ReportUri.TryParse("mailto:tls%2Breports@example.com?subject=x", out ReportUri? uri));
        Assert.Equal("tls+reports@example.com", uri.Address);
    }

    // "If the number of resulting records is not one, senders MUST assume the recipient domain does not implement TLSRPT."
    [Fact]
    public void One_record_must_be_there()
    {
        const string One = "v=TLSRPTv1;rua=mailto:a@example.com";
        Assert.NotNull(ReportingRecord.Of([One, "v=spf1 -all", "v=TLSRPTv2;rua=mailto:b@example.com"]));
        Assert.Null(ReportingRecord.Of([One, "v=TLSRPTv1;rua=mailto:b@example.com"]));
        Assert.Null(ReportingRecord.Of([One, "v=TLSRPTv1; nonsense"]));
        Assert.Null(ReportingRecord.Of([]));
    }

    [Fact]
    public void Places_beyond_ten_are_passed_over()
    {
        string many = string.Join(',', Enumerable.Range(0, 50).Select(static i => $"mailto:a{i}@example.com"));
        Assert.Equal(10, ReportingRecord.Parse($"v=TLSRPTv1;rua={many},{many}")!.Uris.Count);
    }
}
