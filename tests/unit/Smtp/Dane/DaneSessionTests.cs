using System.Net;
using System.Net.Security;
using PostfixNet.Dns;
using PostfixNet.Mail;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Dane;

namespace PostfixNet.UnitTests.Smtp.Dane;

/// <summary>Whole deliveries at the level dane: what a man in the middle may try, other servers, sessions that are used again.</summary>
public sealed class DaneSessionTests
{
    private static readonly TlsSettings s_dane = TlsRig.Usual with { SecurityLevel = TlsLevel.Dane, DaneInsecureMxPolicy = TlsLevel.Dane, LogLevel = 2 };

    // S3-32, S3-34
    [Theory] // what is done about STARTTLS
    [InlineData("{}", "TLS is required, but was not offered")] // taken out of the reply to EHLO
    [InlineData("""{"ext": ["STARTTLS"], "starttls": "454 4.7.0 not now"}""", "refused to start TLS")]
    [InlineData("""{"ext": ["STARTTLS"], "tls": "DROP"}""", "Cannot start TLS")]
    [InlineData("""{"ext": ["STARTTLS"], "starttls": "220 go\n250 injected"}""", "Cannot start TLS")]
    public void Nothing_goes_in_plain_text_where_there_are_records(string script, string why)
    {
        using TlsRig tls = Rig(script);
        _ = tls.Deliver(TlsRig.OldRequest());
        Assert.Contains("deferred", tls.Result, StringComparison.Ordinal);
        Assert.Contains(why, tls.Result, StringComparison.Ordinal);
        Assert.DoesNotContain(tls.Server.Commands, static command => command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public void The_name_of_the_records_goes_out_and_the_log_says_which_one_fits()
    {
        using TlsRig tls = Rig(TlsRig.Offers);
        _ = tls.Deliver();
        Assert.Equal("mx.test", tls.Server.Agreements.Single().ServerName);
        string record = $"Matched DANE EE certificate at depth 0: 3 1 1 {Convert.ToHexString(DaneCertificates.Data("self", 1, 1))}";
        Assert.Contains($"mx.test[127.0.0.31]:25: {record}", tls.OtherLines);
        Assert.Contains(tls.OtherLines, static line => line.StartsWith("Verified TLS connection established to mx.test[127.0.0.31]:25: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_session_is_used_again_under_the_same_demands_only()
    {
        using TlsRig tls = Rig(TlsRig.Offers);
        _ = tls.Rig.Deliver(SmtpRig.Request("dest.test", "u1@dest.test") with { MoreWaits = true });
        _ = tls.Rig.Deliver(SmtpRig.Request("dest.test", "u2@dest.test") with { MoreWaits = true });
        Assert.Equal(1, tls.Server.Connections);
        tls.Use(s_dane with { SecurityLevel = TlsLevel.DaneOnly });
        _ = tls.Deliver(SmtpRig.Request("dest.test", "u3@dest.test"));
        Assert.Equal(2, tls.Server.Connections);
        Assert.All(tls.Rig.Results, static result => Assert.Equal("sent", result[3]));
    }

    // S3-32
    [Fact]
    public void A_server_whose_records_cannot_be_looked_up_is_passed_over()
    {
        using TlsRig tls = Rig(TlsRig.Offers);
        using ScriptedServer better = new("127.0.0.32", tls.Server.Port, "{}");
        FakeResolver names = tls.Rig.Resolver;
        names.A("better.test", "127.0.0.32");
        names.Fails($"_{tls.Server.Port}._tcp.better.test", DnsType.Tlsa, DnsStatus.TryAgain);
        names.Mx("dest.test", (5, "better.test"), (10, "mx.test"));
        names.Vouch("better.test", "dest.test");
        _ = tls.Deliver();
        better.Dispose();
        Assert.Equal("sent", tls.Rig.Results.Single()[3]);
        Assert.Equal(0, better.Connections);
        Assert.Contains("TLS policy lookup for dest.test/better.test: TLSA lookup error for better.test:25", string.Join('\n', tls.OtherLines), StringComparison.Ordinal);
    }

    [Theory] // whether the MX records are secure; what becomes of mail that goes to nobody but those who are known for sure (RFC 8689 section 4.1)
    [InlineData(true, "sent")]
    [InlineData(false, "bounced")]
    public void Who_is_known_by_insecure_MX_records_is_not_known_for_sure(bool isSecure, string status)
    {
        using TlsRig tls = Rig("{\"ext\": [\"STARTTLS\", \"REQUIRETLS\"]}");
        if (!isSecure)
            tls.Rig.Resolver.Mx("dest.test", (10, "mx.test"));
        _ = tls.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { RequireTls = RequireTls.Yes });
        Assert.Contains(status, tls.Result, StringComparison.Ordinal);
    }

    [Theory] // level, records, by what the server is known to be the right one
    [InlineData(TlsLevel.Dane, true, "Dane")]
    [InlineData(TlsLevel.DaneOnly, true, "Dane")]
    [InlineData(TlsLevel.HalfDane, true, "None")] // whoever answers for the MX records chose the server
    [InlineData(TlsLevel.May, false, "None")]
    [InlineData(TlsLevel.Encrypt, false, "None")]
    public void By_what_a_server_is_verified(object level, bool hasRecords, string by)
    {
        TlsPolicies policies = new(s_dane);
        TlsPolicy asked = policies.For("dest.test", "dest.test");
        TlsPolicy policy = policies.At(asked, (TlsLevel)level, hasRecords ? new TlsaSet("mx.test", ["mx.test"], []) : null);
        Assert.Equal((by, hasRecords, asked.Key), (policy.Verifier.ToString(), policy.IsAuthenticated, policy.Key));
    }

    [Theory] // of the MX lookup, whether DNSSEC vouches for it; what is known of the address then
    [InlineData(DnsStatus.NoData, true, true)]
    [InlineData(DnsStatus.NoData, false, false)]
    [InlineData(DnsStatus.NotFound, false, false)]
    [InlineData(DnsStatus.TryAgain, false, false)] // ignore_mx_lookup_error
    public void That_there_are_no_mail_exchangers_must_be_certain(object status, bool isAuthentic, bool want)
    {
        FakeResolver names = new();
        names.A("dest.test", "192.0.2.1");
        names.Says("dest.test", DnsType.Mx, new DnsReply((DnsStatus)status, [], "dest.test", isAuthentic));
        foreach (DnsType type in (DnsType[])[DnsType.A, DnsType.Aaaa])
            names.Says("dest.test", type, names.Query("dest.test", type) with { IsAuthentic = true });
        SmtpOptions options = SmtpRig.Usual with { IgnoreMxLookupError = true };
        HostAddress host = Assert.Single(SmtpRig.Lookup(names, options).Find(NextHop.Parse("dest.test", options)!).Hosts);
        Assert.Equal((want, null), (host.Origin.IsAuthentic, host.Exchangers));
    }

    [Theory]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("192.0.2.0/24", false)]
    [InlineData("::1", false)]
    public void A_name_server_is_believed_only_where_it_is_trusted(string network, bool believed)
    {
        Assert.True(ResolverOptions.TryParseNetwork(network, out IPNetwork trusted));
        ResolverOptions options = new() { Servers = [new IPEndPoint(IPAddress.Loopback, 53)], TrustedServers = [trusted] };
        Assert.Equal(believed, options.HasTrustedServer);
    }

    private static TlsRig Rig(string script)
    {
        TlsRig tls = new(s_dane, script, server: new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(DaneCertificates.Named("self"), null, offline: true) });
        tls.Rig.Resolver.Vouch("mx.test", "dest.test");
        tls.Rig.Resolver.Tlsa($"_{tls.Server.Port}._tcp.mx.test", (3, 1, 1, DaneCertificates.Data("self", 1, 1)));
        return tls;
    }
}
