using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>REQUIRETLS and "TLS-Required: No": which servers get such mail, and what is said to them. Expected values follow from RFC 8689 section 4.2.</summary>
public sealed class RequireTlsTests
{
    private const string Both = "STARTTLS REQUIRETLS", StartTls = "STARTTLS", Promise = "REQUIRETLS";

    // S3-05, S3-33: what the operator's policy is, what the server announces, whose certificate it has, how far it must hold to it;
    // what becomes of the mail, and whether MAIL says it.
    [Theory]
    [InlineData("none", Both, "mx.test", "enforce", "5.7.30 bounced", false)]
    [InlineData("may", Both, "mx.test", "enforce", "5.7.30 bounced", false)]
    [InlineData("encrypt", Both, "mx.test", "enforce", "5.7.30 bounced", false)]
    [InlineData("verify", Both, "mx.test", "enforce", "2.0.0 sent", true)]
    [InlineData("secure", Both, "dest.test", "enforce", "2.0.0 sent", true)]
    [InlineData("fingerprint", Both, "mx.test", "enforce", "2.0.0 sent", true)]
    [InlineData("verify", StartTls, "mx.test", "enforce", "5.7.30 bounced", false)]
    [InlineData("verify", "", "mx.test", "enforce", "4.7.4 deferred", false)] // the policy's own demand
    [InlineData("verify", Promise, "mx.test", "enforce", "4.7.4 deferred", false)] // said in plain text, it means nothing
    [InlineData("verify", Both, "other.test", "enforce", "4.7.5 deferred", false)] // a certificate can be put right
    [InlineData("may", Both, "other.test", "opportunistic+starttls", "2.0.0 sent", true)]
    [InlineData("may", StartTls, "other.test", "opportunistic+starttls", "2.0.0 sent", false)]
    [InlineData("may", "", "mx.test", "opportunistic+starttls", "5.7.10 bounced", false)]
    [InlineData("none", Both, "mx.test", "opportunistic+starttls", "5.7.10 bounced", false)]
    [InlineData("may", Both, "other.test", "opportunistic", "2.0.0 sent", true)]
    [InlineData("may", "", "mx.test", "opportunistic", "2.0.0 sent", false)]
    [InlineData("may", Promise, "mx.test", "opportunistic", "2.0.0 sent", false)]
    [InlineData("none", Promise, "mx.test", "opportunistic", "2.0.0 sent", false)]
    [InlineData("verify", Both, "mx.test", "disable", "2.0.0 sent", false)]
    [InlineData("none", "", "mx.test", "error", "4.7.5 deferred", false)]
    [InlineData("verify", Both, "mx.test", "inline:{other.test=disable}", "2.0.0 sent", true)] // no item is for it: enforce
    [InlineData("none", "", "mx.test", "inline:{dest.test=opportunistic} enforce", "2.0.0 sent", false)]
    [InlineData("none", "", "mx.test", "inline:{.test=opportunistic} enforce", "2.0.0 sent", false)]
    [InlineData("none", "", "mx.test", "inline:{dest.test=perhaps} opportunistic", "4.7.5 deferred", false)]
    public void A_server_gets_such_mail_when_it_is_safe_there(string level, string announced, string certificate, string action, string result, bool isSaid)
    {
        TlsSettings settings = TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value };
        X509Certificate2 shown = TestCertificates.For(certificate, certificate);
        using TlsRig tls = new(settings with { FingerprintCertMatch = [TestCertificates.Fingerprint(shown.RawData)] }, Script(announced), shown);
        Hold(tls.Rig, action);
        tls.Rig.Resolver.Vouch("dest.test");
        tls.Deliver(Required("u@dest.test"));
        string[] seen = tls.Rig.Results.Single();
        Assert.Equal(result, $"{seen[2]} {seen[3]}");
        Assert.Equal(isSaid ? ["MAIL FROM:<sf@origin.test> RET=FULL REQUIRETLS"] : [], tls.Server.Commands.Where(static command => command.EndsWith("REQUIRETLS", StringComparison.Ordinal)));
        Assert.Equal(result.EndsWith("sent", StringComparison.Ordinal) ? 1 : 0, tls.Server.Messages.Count);
    }

    // S2-19, S3-33
    [Theory] // what the two servers of a domain announce, or answer; what becomes of the mail
    [InlineData(StartTls, Both, "2.0.0 sent")]
    [InlineData(Both, StartTls, "2.0.0 sent")]
    [InlineData(StartTls, StartTls, "5.7.30 bounced")]
    [InlineData(StartTls, "421 4.3.2 later", "4.3.2 deferred")]
    [InlineData("421 4.3.2 later", StartTls, "4.7.30 deferred")] // the first may have it
    [InlineData("nobody listens", StartTls, "4.7.30 deferred")]
    public void Another_server_may_have_it(string first, string second, string result)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify }, Script(first));
        SslServerAuthenticationOptions own = new() { ServerCertificateContext = SslStreamCertificateContext.Create(TestCertificates.For("b.test", "b.test"), null, offline: true) };
        using ScriptedServer other = new("127.0.0.32", tls.Server.Port, Script(second), tls: own);
        tls.Rig.Resolver.Mx("two.test", (10, first == "nobody listens" ? "nobody.test" : "mx.test"), (20, "b.test"));
        tls.Rig.Resolver.A("b.test", "127.0.0.32");
        tls.Rig.Resolver.A("nobody.test", "127.0.0.33");
        tls.Rig.Resolver.Vouch("two.test");
        tls.Deliver(Required("u@two.test") with { NextHop = "two.test" });
        other.Dispose();
        string[] seen = tls.Rig.Results.Single();
        Assert.Equal(result, $"{seen[2]} {seen[3]}");
    }

    // RFC 8689 section 4.2.1: the name that the certificate has comes from DNSSEC, an MTA-STS policy, or the mail itself.
    [Theory]
    [InlineData("hostname", false, "5.7.30 bounced")]
    [InlineData("hostname", true, "2.0.0 sent")]
    [InlineData("mx.test", false, "2.0.0 sent")] // the operator's word
    public void A_name_that_anybody_could_have_said_is_none(string match, bool isAuthentic, string result)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify, VerifyCertMatch = [match] }, Script(Both));
        if (isAuthentic)
            tls.Rig.Resolver.Vouch("dest.test");
        tls.Deliver(Required("u@dest.test"));
        string[] seen = tls.Rig.Results.Single();
        Assert.Equal(result, $"{seen[2]} {seen[3]}");
    }

    [Fact]
    public void With_soft_bounce_nothing_goes_back()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify }, Script(StartTls));
        tls.Rig.Options = tls.Rig.Options with { SoftBounce = true };
        tls.Deliver(Required("u@dest.test"));
        Assert.Equal("SOFTBOUNCE", tls.Rig.Results.Single()[3]);
    }

    // RFC 8689 section 4.2.1: "The client MAY send other, unprotected messages to that server".
    [Fact]
    public void Other_mail_goes_over_the_session_that_is_no_good_for_it()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, Script(Both));
        DeliveryRequest other = SmtpRig.Request("dest.test", "u@dest.test") with { MoreWaits = true };
        tls.Rig.Deliver(other);
        tls.Rig.Deliver(Required("v@dest.test") with { MoreWaits = true });
        tls.Deliver(other);
        Assert.Equal(["sent", "bounced", "sent"], tls.Rig.Results.Select(static line => line[3]));
        Assert.Equal(1, tls.Server.Connections);
    }

    // RFC 8689 section 5: whatever the sender asked for, no more than headers come back by a way that is not safe.
    [Fact]
    public void A_server_that_does_not_promise_it_is_asked_to_return_headers_only()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, Script(StartTls));
        Hold(tls.Rig, "opportunistic");
        tls.Deliver(Required("u@dest.test"));
        Assert.Contains("MAIL FROM:<sf@origin.test> RET=HDRS", tls.Server.Commands);
    }

    [Fact]
    public void A_server_that_refuses_the_word_is_not_asked_without_it()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Verify }, """{"ext": ["STARTTLS", "REQUIRETLS"], "mail": "555 5.5.4 what is REQUIRETLS?"}""");
        tls.Rig.Resolver.Vouch("dest.test");
        tls.Deliver(Required("u@dest.test"));
        Assert.Equal("bounced", tls.Rig.Results.Single()[3]);
        Assert.Single(tls.Server.Commands, static command => command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("verify", Both, "enforce", "tls=verify/requiretls, protocol=TLSv1.3, ")]
    [InlineData("verify", StartTls, "enforce", "tls=verify/!requiretls:none,")]
    [InlineData("may", Both, "enforce", "tls=may/!requiretls:nocertmatch,")]
    [InlineData("may", Both, "opportunistic", "tls=may/requiretls:nocertmatch,")]
    [InlineData("may", StartTls, "opportunistic", "tls=may/requiretls:none,")]
    [InlineData("may", "", "opportunistic", "tls=may:none/requiretls:nostarttls,")]
    public void The_log_says_what_became_of_it(string level, string announced, string action, string words)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value }, Script(announced));
        Hold(tls.Rig, action);
        tls.Rig.Options = tls.Rig.Options with { LogTlsFeatureStatus = true };
        tls.Rig.Resolver.Vouch("dest.test");
        tls.Deliver(Required("u@dest.test"));
        Assert.Contains(words, tls.Rig.Lines.Single(static line => line.Contains("status=", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    // S3-34: TLS that does not work keeps mail that need not be safe for no time at all; and the operator's word stands.
    [Theory] // level; what the sender said; tls_required_enable
    [InlineData("may", RequireTls.No, true, "sent")]
    [InlineData("may", RequireTls.No, false, "deferred")]
    [InlineData("may", RequireTls.Unsaid, true, "deferred")]
    [InlineData("encrypt", RequireTls.No, true, "deferred")]
    [InlineData("verify", RequireTls.No, true, "deferred")]
    public void Mail_that_need_not_be_safe_goes_where_TLS_is_broken(string level, RequireTls wish, bool isHeeded, string result)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value }, """{"ext": ["STARTTLS"], "tls_garbage": "no TLS\r\n"}""");
        tls.Rig.Options = tls.Rig.Options with { RequireTls = tls.Rig.Options.RequireTls with { HeedsHeader = isHeeded } };
        tls.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { RequireTls = wish });
        Assert.Equal(result, tls.Rig.Results.Single()[3]);
    }

    // DANE: the domain of the recipient says how its servers are known, and the operator whether that must be.
    [Theory] // level; what the sender said; the key is the server's; what becomes of the mail
    [InlineData("dane", RequireTls.Yes, true, "2.0.0 sent")]
    [InlineData("dane", RequireTls.Yes, false, "4.7.5 deferred")]
    [InlineData("dane", RequireTls.Yes, null, "5.7.30 bounced")] // no records: nobody says who it is
    [InlineData("dane-only", RequireTls.Yes, true, "2.0.0 sent")]
    [InlineData("dane", RequireTls.Unsaid, false, "4.7.5 deferred")]
    [InlineData("dane", RequireTls.No, false, "2.0.0 sent")]
    [InlineData("dane-only", RequireTls.No, false, "4.7.5 deferred")]
    public void DANE_is_the_recipients_word(string level, RequireTls wish, bool? isKey, string result)
    {
        X509Certificate2 certificate = TestCertificates.For("mx.test", "mx.test");
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value }, Script(Both), certificate);
        tls.Rig.Resolver.Vouch("dest.test", "mx.test");
        byte[] key = certificate.PublicKey.ExportSubjectPublicKeyInfo();
        if (isKey is { } isRight)
            tls.Rig.Resolver.Tlsa($"_{tls.Server.Port}._tcp.mx.test", (3, 1, 1, SHA256.HashData(isRight ? key : [1, 2, 3])));
        tls.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { RequireTls = wish });
        string[] seen = tls.Rig.Results.Single();
        Assert.Equal(result, $"{seen[2]} {seen[3]}");
        Assert.Equal(wish == RequireTls.Yes && result.EndsWith("sent", StringComparison.Ordinal), tls.Server.Commands.Exists(static command => command.EndsWith("REQUIRETLS", StringComparison.Ordinal)));
    }

    // Such mail waits for TLS that is broken, however long; in plain text it never goes.
    [Theory]
    [InlineData("opportunistic+starttls", "deferred")]
    [InlineData("opportunistic", "sent")]
    public void Mail_that_must_be_safe_does_not_go_in_plain_text_after_a_while(string action, string result)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, """{"ext": ["STARTTLS"], "tls_garbage": "no TLS\r\n"}""");
        Hold(tls.Rig, action);
        tls.Deliver(TlsRig.OldRequest() with { RequireTls = RequireTls.Yes });
        Assert.Equal(result, tls.Rig.Results.Single()[3]);
    }

    [Theory]
    [InlineData("smtp", "", RequireTlsLevel.Enforce)]
    [InlineData("lmtp", "", RequireTlsLevel.Opportunistic)]
    [InlineData("lmtp", "lmtp_requiretls_policy = 'enforce'", RequireTlsLevel.Enforce)]
    [InlineData("smtp", "requiretls_enable = false", RequireTlsLevel.Disable)]
    [InlineData("smtp", "smtp_requiretls_policy = []", RequireTlsLevel.Enforce)]
    [InlineData("smtp", "smtp_requiretls_policy = ['cidr:{{127.0.0.0/8 opportunistic}}', 'Opportunistic+StartTLS']", RequireTlsLevel.OpportunisticStartTls)]
    public void What_main_toml_says(string service, string toml, object level)
    {
        RequireTlsPolicy policy = SmtpConfig.Read(MainConfig.FromText($"myhostname = 'mta.golden.test'\n{toml}"), service).RequireTls;
        Assert.Equal(level, policy.LevelFor(RequireTls.Yes, "dest.test"));
        Assert.Equal(RequireTlsLevel.Disable, policy.LevelFor(RequireTls.No, "dest.test"));
    }

    [Fact]
    public void What_main_toml_may_not_say()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => SmtpConfig.Read(MainConfig.FromText("myhostname = 'mta.golden.test'\nsmtp_requiretls_policy = 'enforced'"), "smtp"));
        Assert.Contains("is empty: TLSA records would be of no use", Assert.Throws<ConfigurationException>(() => SmtpConfig.Read(MainConfig.FromText("myhostname = 'mta.golden.test'\nsmtp_tls_security_level = 'dane'\ntls_dane_digests = ''"), "smtp")).Message, StringComparison.Ordinal);
        Assert.Contains("\"enforced\" is not accepted; give one of enforce opportunistic+starttls opportunistic disable error, or a table", e.Message, StringComparison.Ordinal);
    }

    private static DeliveryRequest Required(string recipient) => SmtpRig.Request("dest.test", recipient) with { RequireTls = RequireTls.Yes, Return = DsnReturn.Full };

    private static void Hold(SmtpRig rig, string policy) => rig.Options = rig.Options with
    {
        RequireTls = SmtpConfig.Read(MainConfig.FromText($"myhostname = 'mta.golden.test'\nsmtp_requiretls_policy = '{policy}'"), "smtp").RequireTls,
    };

    // What is announced, before and after TLS; or a reply to EHLO.
    private static string Script(string announced) => announced.Length > 0 && char.IsAsciiDigit(announced[0]) ? $$"""{"ehlo": "{{announced}}"}"""
        : $$"""{"ext": ["SIZE 10240000", "DSN"{{string.Concat(announced.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(static word => word is Both or StartTls or Promise).Select(static word => $", \"{word}\""))}}]}""";
}
