using System.Net;
using System.Net.Security;
using System.Text.RegularExpressions;
using PostfixNet.Dns;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp.Dane;

/// <summary>The SMTP client beside real Postfix: tests/vectors/dane.txt. Its certificates are shown by a server, its names are in memory.</summary>
public sealed class DaneVectorTests
{
    private static readonly string[][] s_cases = [.. File.ReadAllLines(Path.Join(AppContext.BaseDirectory, "vectors", "dane.txt")).Where(static line => !line.StartsWith('#')).Select(static line => line.Split(" | "))];

    // SslStream sends no root: see DaneVerificationTests.
    public static TheoryData<string> Names => [.. s_cases.Select(static c => c[0]).Where(static name => name != "root sent")];

    // Where the name alone is wrong, the chain is trusted; so Postfix 3.12 has it, too.
    private static readonly string[] s_onlyTheName = ["2 other name", "alias, its own name"];

    [Fact]
    public void There_are_forty_cases_and_more() => Assert.True(s_cases.Length > 40);

    [Theory]
    [MemberData(nameof(Names))]
    public void As_Postfix_has_it(string name)
    {
        string[] it = s_cases.Single(c => c[0] == name);
        Assert.Equal(s_onlyTheName.Contains(name) ? $"Trusted{it[6].AsSpan("Untrusted".Length)}" : it[6], Outcome(it));
    }

    private static string Outcome(string[] it)
    {
        string[] levels = it[1].Split(' '), chain = it[5].Split(' ');
        bool isPlain = it[5] == "plain";
        using TlsRig tls = new(
            TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(levels[0])!.Value, DaneInsecureMxPolicy = TlsPolicy.LevelOf(levels[1])!.Value, LogLevel = 1 },
            isPlain ? "{}" : TlsRig.Offers, server: isPlain ? null : new SslServerAuthenticationOptions { ServerCertificateContext = ContextOf(chain) });
        FakeResolver names = tls.Rig.Resolver;
        names.A("mx.test", "127.0.0.31");
        bool isSecure = it[3] is "secure" or "alias";
        string canonical = it[3].StartsWith("alias", StringComparison.Ordinal) ? "canonical.test" : "mx.test";
        names.Says("mx.test", DnsType.A, new DnsReply(DnsStatus.Ok, [new AddressRecord(canonical, 60, IPAddress.Parse("127.0.0.31"))], canonical, isSecure));
        names.Says("mx.test", DnsType.Cname, new DnsReply(DnsStatus.Ok, [new CnameRecord("mx.test", 60, canonical)], "mx.test", true));
        names.Mx("dest.test", (10, "mx.test"));
        if (it[2] == "none")
        {
            names.Says("dest.test", DnsType.Mx, new DnsReply(DnsStatus.NoData, [], "dest.test", true));
            names.Says("dest.test", DnsType.A, new DnsReply(DnsStatus.Ok, [new AddressRecord("dest.test", 60, IPAddress.Parse("127.0.0.31"))], "dest.test", true));
        }
        else if (it[2] == "secure")
        {
            names.Vouch("dest.test");
        }
        AddTlsa(names, it[4], tls.Server.Port, it[2] == "none" ? "dest.test" : "mx.test");
        _ = tls.Deliver();

        string[] result = tls.Rig.Results.Single();
        Match established = Regex.Match(string.Join('\n', tls.Rig.Lines), @"(?m)^(\w+) TLS connection established");
        string reason = result[4].Replace($":{tls.Server.Port}", ":25", StringComparison.Ordinal).Replace(it[2] == "none" ? "dest.test" : "mx.test", "mx.test", StringComparison.Ordinal);
        return $"{(established.Success ? established.Groups[1].Value : "-")}, {result[3]}{(result[3] == "sent" ? "" : $" {result[2]}, {reason}")}";
    }

    private static void AddTlsa(FakeResolver names, string text, int port, string host)
    {
        string below = $"_{port}._tcp.";
        switch (text)
        {
            case "none":
                break;
            case "fails":
                names.Fails(below + host, DnsType.Tlsa, DnsStatus.TryAgain);
                break;
            case "insecure":
                names.Says(below + host, DnsType.Tlsa, new DnsReply(DnsStatus.Ok, [.. DaneVerificationTests.Records("3 1 1 leaf")], below + host, false));
                break;
            default:
                foreach (string part in text.Split("; "))
                {
                    string[] words = part.Split(": ");
                    string owner = below + (words[0] == "mx" ? host : "canonical.test");
                    names.Says(owner, DnsType.Tlsa, new DnsReply(DnsStatus.Ok, [.. DaneVerificationTests.Records(words[1])], owner, true));
                }
                break;
        }
    }

    // What is sent is what stands there: nothing is added, and nothing left out.
    private static SslStreamCertificateContext ContextOf(string[] chain) =>
        SslStreamCertificateContext.Create(DaneCertificates.Named(chain[0]), [.. chain.Skip(1).Select(DaneCertificates.Named)], offline: true, trust: null);
}
