using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>What the SMTP client tells of TLS with servers, for reports of RFC 8460.</summary>
public sealed class TlsResultsTests
{
    private static readonly TlsSettings s_may = TlsRig.Usual with { SecurityLevel = TlsLevel.May };

    private static TlsRig Rig(TlsSettings settings, string script = TlsRig.Offers)
    {
        TlsRig tls = new(settings, script);
        tls.Rig.Options = tls.Rig.Options with { TlsReports = new TlsReportOptions("tlsrpt@origin.test", SkipsReused: false) };
        return tls;
    }

    private static List<string> Results(TlsRig tls) => [.. tls.Rig.TlsAttempts.SelectMany(static attempt => attempt.Results.Select(result =>
        $"{attempt.Domain}: {AppliedTlsPolicy.WordOf(result.Policy.Origin)} {result.Policy.Domain}: {(result.Failure is null ? "good" : $"{TlsFailure.WordOf(result.Failure.Type)} {result.Failure.MxHost}[{result.Failure.ReceivingIp}]")}"))];

    [Fact]
    public void S3_23_Each_session_is_a_result()
    {
        using TlsRig good = Rig(s_may);
        good.Deliver();
        Assert.Equal(["dest.test: no-policy-found dest.test: good"], Results(good));

        using TlsRig plain = Rig(s_may, "{}");
        plain.Deliver();
        Assert.Equal(["dest.test: no-policy-found dest.test: starttls-not-supported mx.test[127.0.0.31]"], Results(plain));

        using TlsRig refused = Rig(s_may, """{"ext": ["STARTTLS"], "starttls": "454 4.7.0 no"}""");
        refused.Deliver();
        Assert.Contains("starttls-not-supported", Results(refused).First(), StringComparison.Ordinal);

        using TlsRig broken = Rig(s_may with { SecurityLevel = TlsLevel.Encrypt }, """{"ext": ["STARTTLS"], "tls": "DROP"}""");
        broken.Deliver();
        Assert.Equal(["dest.test: no-policy-found dest.test: validation-failure mx.test[127.0.0.31]"], Results(broken));
        TlsFailure failure = broken.Rig.TlsAttempts[0].Results[0].Failure!;
        Assert.StartsWith("127.0.0.", failure.SendingIp, StringComparison.Ordinal);
        Assert.NotEqual("", failure.MxHelo);
    }

    // The domain has not asked for a certificate of a certain kind.
    [Fact]
    public void What_main_toml_demands_is_no_policy_of_the_domain()
    {
        using TlsRig tls = Rig(s_may with { SecurityLevel = TlsLevel.Fingerprint });
        tls.Deliver();
        Assert.StartsWith("4.7.5", tls.Result, StringComparison.Ordinal);
        Assert.Equal(["dest.test: no-policy-found dest.test: good"], Results(tls));
    }

    [Fact]
    public void S3_23_Mail_of_reports_and_next_hops_in_brackets_are_left_out()
    {
        using TlsRig tls = Rig(s_may);
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { Sender = "TLSRPT@origin.test" });
        tls.Rig.Deliver(SmtpRig.Request("[mx.test]", "u@dest.test"));
        tls.Rig.Deliver(SmtpRig.Request("[127.0.0.31]", "u@dest.test"));
        Assert.Empty(tls.Rig.TlsAttempts);
        tls.Rig.Options = tls.Rig.Options with { TlsReports = null };
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        Assert.Empty(tls.Rig.TlsAttempts);
        tls.Rig.Options = tls.Rig.Options with { TlsReports = new TlsReportOptions("tlsrpt@origin.test", false) };
        tls.Use(TlsRig.Usual);
        tls.Deliver();
        Assert.Empty(tls.Rig.TlsAttempts);
    }

    // RFC 7672, RFC 8460 section 4.3.2.1: name of the certificate aside, what the records say.
    [Theory]
    [InlineData("right", "dest.test: tlsa mx.test: good")]
    [InlineData("wrong", "dest.test: tlsa mx.test: validation-failure mx.test[127.0.0.31]")]
    [InlineData("unusable", "dest.test: tlsa mx.test: tlsa-invalid mx.test[127.0.0.31]")]
    [InlineData("silent", "dest.test: tlsa mx.test: dnssec-invalid mx.test[127.0.0.31]")]
    [InlineData("none", "dest.test: no-policy-found dest.test: good")]
    [InlineData("none, but demanded", "dest.test: tlsa mx.test: dane-required mx.test[127.0.0.31]")]
    public void Dane(string records, string result)
    {
        using TlsRig tls = Rig(s_may with { SecurityLevel = records.EndsWith("demanded", StringComparison.Ordinal) ? TlsLevel.DaneOnly : TlsLevel.Dane });
        tls.Rig.Resolver.Vouch("mx.test", "dest.test");
        string name = $"_{tls.Server.Port}._tcp.mx.test";
        byte[] key = TestCertificates.For("mx.test", "mx.test").PublicKey.ExportSubjectPublicKeyInfo();
        if (records is "right" or "wrong")
            tls.Rig.Resolver.Tlsa(name, (3, 1, 1, records == "right" ? System.Security.Cryptography.SHA256.HashData(key) : new byte[32]));
        else if (records == "unusable")
            tls.Rig.Resolver.Tlsa(name, (1, 1, 1, new byte[32]));
        else if (records == "silent")
            tls.Rig.Resolver.Fails(name, PostfixNet.Dns.DnsType.Tlsa, PostfixNet.Dns.DnsStatus.TryAgain);
        tls.Deliver();
        Assert.Equal([result], Results(tls));
        if (records == "wrong")
            Assert.Equal([$"3 1 1 {new string('0', 64)}"], tls.Rig.TlsAttempts[0].Results[0].Policy.Strings);
    }

    // RFC 8460 section 4.3.2.2. The mail goes as without a policy; what goes wrong with TLS itself is told in its place.
    [Theory]
    [InlineData("certificate", TlsRig.Offers, "dest.test: sts dest.test: sts-webpki-invalid mx.test[127.0.0.31]")]
    [InlineData("policy", TlsRig.Offers, "dest.test: sts dest.test: sts-policy-invalid mx.test[127.0.0.31]")]
    [InlineData("fetch", TlsRig.Offers, "dest.test: sts dest.test: sts-policy-fetch-error mx.test[127.0.0.31]")]
    [InlineData("of a newer service", TlsRig.Offers, "dest.test: sts dest.test: sts-policy-fetch-error mx.test[127.0.0.31]")]
    [InlineData(null, TlsRig.Offers, "dest.test: no-policy-found dest.test: good")]
    [InlineData("fetch", "{}", "dest.test: sts dest.test: starttls-not-supported mx.test[127.0.0.31]")]
    public void A_policy_that_cannot_be_had_is_told(string? fault, string script, string result)
    {
        using TlsRig tls = Rig(s_may, script);
        // As the service says it.
        AttributeList said = new AttributeList().Add("trouble", "why").AddOptional("fault", fault);
        tls.Rig.Policies = question => PostfixNet.MtaSts.PolicyAnswer.From(question.Domain, said);
        tls.Deliver();
        Assert.StartsWith("2.0.0 sent", tls.Result, StringComparison.Ordinal);
        Assert.Equal([result], Results(tls));
        if (result.Contains("sts-", StringComparison.Ordinal))
            Assert.Equal("why", tls.Rig.TlsAttempts[0].Results[0].Failure!.Reason);
    }

    private static readonly TlsAttempt s_attempt = new("dest.test", [new TlsResult(AppliedTlsPolicy.NotFound("dest.test"), null)]);

    [Fact]
    public void A_service_that_is_not_there_costs_counts_and_is_not_asked_each_time()
    {
        using TemporaryDirectory directory = new();
        LogRecord log = new();
        ManualClock clock = new();
        using TlsReporter reporter = new(clock, new(log), $"{directory.Path}/s");
        for (int i = 0; i < 5; i++)
            reporter.Tell(s_attempt);
        Assert.Single(log.Lines);
        Assert.Equal(4, reporter.Lost);
        using Descriptor listener = Descriptor.ListenUnix($"{directory.Path}/s", 0x180);
        reporter.Tell(s_attempt);
        Assert.Null(listener.TryAccept());
        clock.Advance(10);
        reporter.Tell(s_attempt);
        Assert.NotNull(listener.TryAccept());
    }

    // Nothing reads: the kernel keeps some, then each call returns at once.
    [Fact]
    public void A_service_that_does_not_read_is_not_waited_for()
    {
        using TemporaryDirectory directory = new();
        LogRecord log = new();
        ManualClock clock = new();
        using Descriptor listener = Descriptor.ListenUnix($"{directory.Path}/s", 0x180);
        using TlsReporter reporter = new(clock, new(log), $"{directory.Path}/s");
        for (int i = 0; i < 100_000; i++)
            reporter.Tell(s_attempt);
        Assert.InRange(reporter.Lost, 1, 99_999);
        Assert.Contains("service tlsrpt: it does not read: 1 results of TLS are not counted", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_that_has_begun_anew_gets_the_next_result()
    {
        using TemporaryDirectory directory = new();
        using Descriptor listener = Descriptor.ListenUnix($"{directory.Path}/s", 0x180);
        using TlsReporter reporter = new(new ManualClock(), new(new LogRecord()), $"{directory.Path}/s");
        reporter.Tell(s_attempt);
        listener.TryAccept()!.Dispose();
        reporter.Tell(s_attempt);
        using Descriptor again = listener.TryAccept()!;
        FrameBuffer frames = new(Channel.MessageLimit);
        frames.Filled(again.Read(frames.Room()));
        Assert.True(frames.TryTake(out AttributeList? message));
        Assert.Equal("dest.test", TlsAttempt.From(message).Domain);
        Assert.Equal(0, reporter.Lost);
    }
}
