using PostfixNet.MtaSts;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>The policy, RFC 8461 sections 3.2 and 4.1: what is expected follows from its grammar and its words.</summary>
public sealed class StsPolicyTests
{
    private const string Good = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\nmax_age: 604800\r\n";

    // The example of section 3.2, with CR LF and with LF; the last line may do without.
    [Theory]
    [InlineData("\r\n", true)]
    [InlineData("\n", true)]
    [InlineData("\r\n", false)]
    [InlineData("\n", false)]
    public void The_example_of_the_RFC_is_read(string ending, bool endsLast)
    {
        string text = Good.Replace("\r\n", ending, StringComparison.Ordinal);
        StsPolicy policy = StsPolicy.Parse(endsLast ? text : text[..^ending.Length]);
        Assert.Equal(StsMode.Enforce, policy.Mode);
        Assert.Equal(TimeSpan.FromDays(7), policy.MaxAge);
        Assert.Equal(["mail.example.com", "*.example.net", "backupmx.example.com"], policy.Mx);
    }

    [Theory]
    [InlineData("mode:testing\nmax_age:0\nversion:STSv1\nmx:a.b", "testing 0 a.b")] // any order, blanks are optional
    [InlineData("version: STSv1 \t\nmode:\t testing\nmax_age: 1\nmx: A.B  \n", "testing 1 a.b")]
    [InlineData("version: STSv1\nmode: none\nmax_age: 86400\n", "none 86400 ")] // "required at least once, except when mode is none"
    [InlineData("version: STSv1\nmode: enforce\nmode: none\nmax_age: 1\nmax_age: 2\nversion: STSv2\nmx: a.b\nmx: c.d\n", "enforce 1 a.b c.d")] // of those that are repeated the first counts
    [InlineData("version: STSv1\nmode: enforce\nmode: nonsense\nmax_age: 1\nmax_age: x\nmx: a.b\n", "enforce 1 a.b")] // "all entries except for the first SHALL be ignored"
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.b\nx-1_y.z: caf\u00e9 au lait: yes\n", "enforce 1 a.b")] // not known
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 31557600\nmx: a.b\n", "enforce 31557600 a.b")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 31557601\nmx: a.b\n", "enforce 31557600 a.b")] // "maximum value is 31557600"
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 9999999999\nmx: a.b\n", "enforce 31557600 a.b")]
    [InlineData("version: STSv1\n\nmode: enforce\nmax_age: 1\nmx: a.b\r\n\r\n", "enforce 1 a.b")] // lenient: empty lines
    public void A_policy_is_read(string text, string expected)
    {
        StsPolicy policy = StsPolicy.Parse(text);
        Assert.Equal(expected, $"{StsPolicy.WordFor(policy.Mode)} {policy.MaxAge.TotalSeconds} {string.Join(' ', policy.Mx)}");
    }

    [Theory]
    [InlineData("", "it has no version")]
    [InlineData("mode: enforce\nmax_age: 1\nmx: a.b\n", "it has no version")]
    [InlineData("version: STSv1\nmax_age: 1\nmx: a.b\n", "it has no mode")]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.b\n", "it has no max_age")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\n", "it has no mx")]
    [InlineData("version: STSv1\nmode: testing\nmax_age: 1\n", "it has no mx")]
    [InlineData("version: STSv2\nmode: enforce\nmax_age: 1\nmx: a.b\n", "its version is not STSv1")]
    [InlineData("version: stsv1\nmode: enforce\nmax_age: 1\nmx: a.b\n", "its version is not STSv1")]
    [InlineData("Version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.b\n", "it has no version")]
    [InlineData("version: STSv1\nmode: Enforce\nmax_age: 1\nmx: a.b\n", "its mode is not enforce, testing or none")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: -1\nmx: a.b\n", "its max_age is no number of seconds")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 10000000000\nmx: a.b\n", "its max_age is no number of seconds")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1d\nmx: a.b\n", "its max_age is no number of seconds")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: *\n", "an mx field")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: *.\n", "an mx field")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.*.b\n", "an mx field")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: *a.b\n", "an mx field")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: *.*.b\n", "an mx field")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: .b\n", "an mx field")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.b, c.d\n", "an mx field")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: b\u00fccher.example\n", "an mx field")] // A-labels only
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx:\n", "the field mx has no proper value")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.b\nx: a\u0001b\n", "the field x has no proper value")]
    [InlineData("version: STSv1\rmode: enforce\rmax_age: 1\rmx: a.b\r", "the field version has no proper value")] // CR alone ends nothing
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.b\nnonsense\n", "a line is no \"name: value\"")]
    [InlineData(" version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.b\n", "a line is no \"name: value\"")]
    [InlineData("version : STSv1\nmode: enforce\nmax_age: 1\nmx: a.b\n", "a line is no \"name: value\"")]
    [InlineData("<!DOCTYPE html>\n<html>", "a line is no \"name: value\"")]
    public void What_is_no_policy_is_refused(string text, string why) =>
        Assert.StartsWith(why, Assert.Throws<FormatException>(() => StsPolicy.Parse(text)).Message);

    [Fact]
    public void The_number_of_patterns_has_a_limit()
    {
        string Text(int count) => Good + string.Concat(Enumerable.Repeat("mx: a.example\n", count - 3));
        Assert.Equal(StsPolicy.MostPatterns, StsPolicy.Parse(Text(StsPolicy.MostPatterns)).Mx.Count);
        Assert.Throws<FormatException>(() => StsPolicy.Parse(Text(StsPolicy.MostPatterns + 1)));
    }

    // Section 4.1: "the mx pattern "*.example.com" matches the MX host "mail.example.com" but not "example.com" or "foo.bar.example.com"".
    [Theory]
    [InlineData("*.example.com", "mail.example.com", true)]
    [InlineData("*.example.com", "MAIL.Example.COM.", true)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.example.com", "foo.bar.example.com", false)]
    [InlineData("*.example.com", ".example.com", false)]
    [InlineData("*.example.com", "mail.example.com.evil.test", false)]
    [InlineData("*.example.com", "mailexample.com", false)]
    [InlineData("mail.example.com", "mail.example.com", true)]
    [InlineData("mail.example.com", "Mail.example.com.", true)]
    [InlineData("mail.example.com", "mail2.example.com", false)]
    [InlineData("mail.example.com", "example.com", false)]
    [InlineData("mail.example.com", "a.mail.example.com", false)]
    [InlineData("mail.example.com", "", false)]
    public void A_host_matches_a_pattern(string pattern, string host, bool matches) =>
        Assert.Equal(matches, new StsPolicy(StsMode.Enforce, TimeSpan.FromDays(1), [pattern]).Matches(host));
}
