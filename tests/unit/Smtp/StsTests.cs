using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.MtaSts;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Sts;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>S3-31: what an MTA-STS policy comes to for mail. What is expected follows from RFC 8461 sections 2, 3.4, 4 and 5.</summary>
public sealed class StsTests
{
    private const string Sent = "2.0.0 sent (250 2.0.0 Ok: queued as SINK)";
    private const string NotNamed = "4.7.5 deferred (MX host mx.test not in the MTA-STS policy of dest.test)";
    private const string NotVerified = "4.7.5 deferred (Server certificate not verified (MTA-STS enforce))";
    private const string NotOffered = "4.7.4 deferred (TLS is required, but was not offered by host mx.test[127.0.0.31] (MTA-STS enforce))";

    private static readonly long s_now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static KnownPolicy Policy(StsMode mode, params string[] mx) => new("dest.test", "1", new StsPolicy(mode, TimeSpan.FromDays(1), mx), s_now);

    private static Func<PolicyQuestion, PolicyAnswer> Says(KnownPolicy? known) => _ => new PolicyAnswer(known, null);

    private static X509Certificate2 Certificate(string which) => which switch
    {
        "expired" => TestCertificates.Expired("mx.test"),
        "not yet" => TestCertificates.NotYetValid("mx.test"),
        "self-signed" => TestCertificates.SelfSigned("mx.test"),
        "of the domain" => TestCertificates.For("dest.test", "dest.test"),
        "of another" => TestCertificates.For("mx.evil.test", "mx.evil.test"),
        "common name" => TestCertificates.For("mx.test"),
        "wildcard" => TestCertificates.For("any", "*.test.test", "*.test"),
        _ => TestCertificates.For("any", "other.test", "MX.test"),
    };

    /// <summary>mode × pattern × certificate (or what the server does instead of showing one) × smtp_tls_security_level → result, and what is told of a test.</summary>
    [Theory]
    // "Sending MTAs MUST NOT deliver the message to hosts that fail MX matching or certificate validation or that do not support STARTTLS" (5).
    [InlineData("enforce", "mx.test", "good", "may", Sent, null)]
    [InlineData("enforce", "mx.test", "good", "none", Sent, null)]
    [InlineData("enforce", "mx.test", "good", "encrypt", Sent, null)]
    [InlineData("enforce", "mx.test", "good", "verify", Sent, null)]
    [InlineData("enforce", "other.test MX.TEST", "good", "may", Sent, null)]
    [InlineData("enforce", "other.test", "good", "may", NotNamed, null)]
    [InlineData("enforce", "other.test", "good", "none", NotNamed, null)]
    [InlineData("enforce", "*.mx.test", "good", "may", NotNamed, null)]
    [InlineData("enforce", "mx.test", "expired", "may", NotVerified, null)]
    [InlineData("enforce", "mx.test", "not yet", "may", NotVerified, null)]
    [InlineData("enforce", "mx.test", "self-signed", "may", NotVerified, null)]
    [InlineData("enforce", "mx.test", "of the domain", "may", NotVerified, null)]
    [InlineData("enforce", "mx.test", "of another", "may", NotVerified, null)]
    [InlineData("enforce", "mx.test", "common name", "may", NotVerified, null)] // "MUST have a subject alternative name with a DNS-ID" (4.2)
    [InlineData("enforce", "mx.test", "no TLS", "may", NotOffered, null)]
    [InlineData("enforce", "mx.test", "no TLS", "none", NotOffered, null)]
    [InlineData("enforce", "mx.test", "454 4.7.0 no", "may", "4.7.0 deferred (TLS is required, but host mx.test[127.0.0.31] refused to start TLS: 454 4.7.0 no)", null)]
    // "MUST NOT permanently fail" (5).
    [InlineData("enforce", "mx.test", "554 5.7.3 no", "may", "4.7.3 deferred (TLS is required, but host mx.test[127.0.0.31] refused to start TLS: 554 5.7.3 no)", null)]
    [InlineData("enforce", "mx.test", "broken", "may", "4.7.5 deferred (Cannot start TLS: handshake failure)", null)]
    // "messages may be delivered as though there were no MTA-STS validation failure" (5); that is told.
    [InlineData("testing", "mx.test", "good", "may", Sent, null)]
    [InlineData("testing", "other.test", "good", "may", Sent, "mx.test: it is not in the policy")]
    [InlineData("testing", "mx.test", "expired", "may", Sent, "mx.test[127.0.0.31]:25: certificate has expired")]
    [InlineData("testing", "mx.test", "self-signed", "may", Sent, "mx.test[127.0.0.31]:25: self-signed certificate")]
    [InlineData("testing", "mx.test", "of another", "encrypt", Sent, "mx.test[127.0.0.31]:25: its certificate does not have its name as a DNS name, but mx.evil.test")]
    [InlineData("testing", "mx.test", "common name", "may", Sent, "mx.test[127.0.0.31]:25: its certificate does not have its name as a DNS name, but none")]
    [InlineData("testing", "mx.test", "no TLS", "may", Sent, "mx.test[127.0.0.31]:25: it does not offer TLS")]
    [InlineData("testing", "mx.test", "554 5.7.3 no", "may", Sent, "mx.test[127.0.0.31]:25: it refuses to start TLS: 554 5.7.3 no")]
    [InlineData("testing", "mx.test", "broken", "may", Sent, "mx.test[127.0.0.31]:25: TLS fails")]
    // "should treat the Policy Domain as though it does not have any active policy" (5); and so where there is none.
    [InlineData("none", "other.test", "self-signed", "may", Sent, null)]
    [InlineData("none", "other.test", "no TLS", "may", Sent, null)]
    [InlineData("-", "", "expired", "may", Sent, null)]
    public void A_policy_and_a_server(string mode, string mx, string shows, string level, string result, string? told)
    {
        string script = shows switch
        {
            "no TLS" => "{}",
            "broken" => """{"ext": ["STARTTLS"], "tls": ["DROP"]}""",
            _ when char.IsAsciiDigit(shows[0]) => $$"""{"ext": ["STARTTLS"], "starttls": "{{shows}}"}""",
            _ => TlsRig.Offers,
        };
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsPolicy.LevelOf(level)!.Value }, script, Certificate(shows));
        List<string> asked = [];
        tls.Rig.Policies = question =>
        {
            asked.Add(question.Domain);
            return mode == "-" ? PolicyAnswer.None : new PolicyAnswer(Policy(StsPolicy.ModeOf(mode)!.Value, mx.ToLowerInvariant().Split(' ')), null);
        };
        // Old enough to go in plain text where that is allowed (S2-17).
        tls.Deliver(TlsRig.OldRequest());
        Assert.Equal(result, tls.Result);
        // Once for a message; not where main.toml names the authorities itself.
        Assert.Equal(level == "verify" ? [] : ["dest.test"], asked);
        Assert.Equal(told is null ? [] : [$"MTA-STS policy of dest.test, mode testing: {told}; mail goes there all the same"],
            tls.OtherLines.Where(static line => line.StartsWith("MTA-STS", StringComparison.Ordinal)));
        if (mode == "enforce")
        {
            // Downgrade: not an octet of mail in plain text, and nothing at all where the server is not one of the policy's.
            Assert.Equal(result == Sent, tls.Server.Messages.Count > 0);
            Assert.Equal(result == Sent ? 1 : 0, tls.Server.Commands.Count(static command => command.StartsWith("MAIL", StringComparison.Ordinal)));
            if (result == NotNamed)
                Assert.Equal(0, tls.Server.Connections);
        }
    }

    // Each question to a service that hangs would hold mail up for its time limit; one that ended is there again at once.
    [Theory]
    [InlineData(15, 1)]
    [InlineData(0, 2)]
    public void A_service_that_hangs_is_left_alone_for_a_while(int seconds, int askedSoon)
    {
        ManualClock clock = new();
        int asked = 0;
        StsPolicies policies = new(Ask, new PolicyFiles("/nonexistent"), clock, PostfixNet.Smtp.Log.Silent);
        NextHop hop = new("dest.test", 25, UsesMx: true, null);
        StsAnswer answer = policies.For(hop);
        Assert.Equal((null, true), (answer.Policy, answer.IsUnknown));
        clock.Advance(59);
        answer = policies.For(hop);
        Assert.Equal((askedSoon, askedSoon == 1, askedSoon == 1), (asked, answer.IsUnknown, answer.Policy is null));
        clock.Advance(2);
        answer = policies.For(hop);
        Assert.NotNull(answer.Policy);
        Assert.Equal((askedSoon + 1, false), (asked, answer.IsUnknown));

        PolicyAnswer Ask(PolicyQuestion question)
        {
            if (++asked > 1)
                return new PolicyAnswer(Policy(StsMode.Enforce, "mx.test"), null);
            clock.Advance(seconds);
            throw new IpcException("no answer");
        }
    }

    // Authorities that the operator named for "verify" are not put aside for those of the world.
    [Fact]
    public void Verify_with_authorities_of_its_own_comes_first()
    {
        using TlsRig tls = new(TlsRig.Usual);
        TlsPolicies own = new(tls.Rig.Options.Tls!.Settings with { SecurityLevel = TlsLevel.Verify });
        Assert.False(ServerPolicies.HeedsSts(own.For("dest.test", "dest.test")));
        Assert.True(ServerPolicies.HeedsSts(new TlsPolicies(own.Settings with { CAFile = "" }).For("dest.test", "dest.test")));
        Assert.True(ServerPolicies.HeedsSts(new TlsPolicies(own.Settings with { SecurityLevel = TlsLevel.Encrypt }).For("dest.test", "dest.test")));
    }

    [Theory]
    [InlineData("wildcard", "mx.test", Sent)]
    [InlineData("good", "*.test", Sent)]
    public void Wildcards_stand_for_the_first_label(string certificate, string mx, string result)
    {
        using TlsRig tls = new(TlsRig.Usual, certificate: certificate == "wildcard" ? TestCertificates.For("any", "*.dest.test") : null);
        tls.Rig.Resolver.A("mx.dest.test", "127.0.0.31");
        if (certificate == "wildcard")
            tls.Rig.Resolver.Mx("dest.test", (10, "mx.dest.test"));
        tls.Rig.Policies = Says(Policy(StsMode.Enforce, certificate == "wildcard" ? "mx.dest.test" : mx));
        tls.Deliver();
        Assert.Equal(result, tls.Result);
    }

    // "For each candidate MX, in order of MX priority" (5.1): one that the policy does not have is passed over.
    [Fact]
    public void The_next_server_gets_the_mail_when_the_first_is_not_in_the_policy()
    {
        using TlsRig tls = new(TlsRig.Usual);
        tls.Rig.Resolver.A("mx.evil.test", "127.0.0.31");
        tls.Rig.Resolver.Mx("dest.test", (5, "mx.evil.test"), (10, "mx.test"));
        tls.Rig.Policies = Says(Policy(StsMode.Enforce, "mx.test"));
        tls.Deliver();
        Assert.Equal(Sent, tls.Result);
        Assert.Contains("warning: TLS policy lookup for dest.test/mx.evil.test: MX host mx.evil.test not in the MTA-STS policy of dest.test", tls.Rig.Lines);
        Assert.Equal("mx.test[127.0.0.31]:" + tls.Server.Port, tls.Rig.Results.Single()[1]);
    }

    // The name in the MX record counts, whatever it is an alias for; and it goes out with SNI.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_name_is_that_of_the_MX_record(bool cnameOverrides)
    {
        using TlsRig tls = new(TlsRig.Usual);
        tls.Rig.Resolver.Alias("mx.test", "host.provider.test", "127.0.0.31");
        tls.Rig.Options = tls.Rig.Options with { CnameOverridesServerName = cnameOverrides };
        tls.Rig.Policies = Says(Policy(StsMode.Enforce, "mx.test"));
        tls.Deliver();
        Assert.Equal(Sent, tls.Result);
    }

    // "the sending MTA MUST set the ... SNI ... to the MX host name" in both modes: servers choose their certificate by it.
    [Theory]
    [InlineData(StsMode.Enforce)]
    [InlineData(StsMode.Testing)]
    public void The_name_goes_out_with_SNI(StsMode mode)
    {
        TlsPolicies policies = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May });
        TlsPolicy asked = policies.For("dest.test", "dest.test");
        HostAddress host = new("host.provider.test", System.Net.IPAddress.Loopback, 10) { Origin = new NameOrigin("mx.test", "host.provider.test", false) };
        TlsPolicy policy = new StsServers(new PostfixNet.Smtp.Log(new LogRecord())).For(Policy(mode, "mx.test"), asked, asked, policies, host).Tls;
        Assert.Equal("mx.test", policy.ServerNameFor(host.At(25)));
        Assert.Equal(mode == StsMode.Enforce ? TlsLevel.Verify : TlsLevel.May, policy.Level);
        Assert.Equal(mode == StsMode.Enforce ? Verification.Sts : Verification.None, policy.Verifier);
    }

    // Section 3.4: the domain that is looked up; no address, no host in brackets. And what the operator says of a next hop holds.
    [Theory]
    [InlineData("dest.test", "", null, "dest.test")]
    [InlineData("Dest.Test", "", null, "dest.test")]
    [InlineData("[mx.test]", "", null, null)]
    [InlineData("[127.0.0.31]", "", null, null)]
    [InlineData("dest.test", "dest.test=may", null, null)]
    [InlineData("dest.test", "dest.test=none", null, null)]
    [InlineData("dest.test", "elsewhere.test=none", null, "dest.test")]
    [InlineData("dest.test", "", TlsLevel.Encrypt, null)]
    public void A_policy_is_that_of_the_domain_whose_exchangers_are_looked_up(string nextHop, string entry, object? level, string? asked)
    {
        using TlsRig tls = new(TlsRig.Usual with { PolicyMaps = entry.Length == 0 ? null : SmtpConfig.Read(PostfixNet.Configuration.MainConfig.FromText($"myhostname = 'm.test'\nsmtp_tls_policy_maps = 'inline:{{{entry}}}'"), "smtp").Tls!.Settings.PolicyMaps });
        tls.Rig.Options = tls.Rig.Options with { TlsLevel = (TlsLevel?)level };
        tls.Rig.Resolver.Mx("Dest.Test", (10, "mx.test"));
        List<string> questions = [];
        tls.Rig.Policies = question =>
        {
            questions.Add(question.Domain);
            return PolicyAnswer.None;
        };
        tls.Deliver(SmtpRig.Request(nextHop, "u@dest.test"));
        Assert.Equal(asked is null ? [] : [asked], questions.Distinct());
        Assert.Equal(Sent, tls.Result);
    }

    /// <summary>DANE (TLSA records: right, wrong, none, not to be had; MX records authentic or not) beside a policy that enforces, which the server satisfies or not.</summary>
    [Theory]
    // "MUST NOT allow MTA-STS Policy validation to override a failing DANE validation" (2).
    [InlineData("right", true, true, Sent)]
    [InlineData("right", true, false, Sent)] // DANE alone decides
    [InlineData("wrong", true, true, "4.7.5 deferred (Server certificate not verified)")]
    [InlineData("failing", true, true, "4.7.5 deferred (TLSA lookup error for mx.test:25)")]
    [InlineData("none", true, true, Sent)]
    [InlineData("none", true, false, NotNamed)]
    // RFC 7672 section 2.2.1: without authentic MX records it is not DANE.
    [InlineData("right", false, true, Sent)]
    [InlineData("right", false, false, NotNamed)]
    public void DANE_comes_first(string tlsa, bool isMxAuthentic, bool satisfies, string result)
    {
        X509Certificate2 certificate = TestCertificates.For("any", "mx.test");
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Dane }, certificate: certificate);
        tls.Rig.Resolver.Vouch(isMxAuthentic ? ["dest.test", "mx.test"] : ["mx.test"]);
        string name = $"_{tls.Server.Port}._tcp.mx.test";
        if (tlsa is "right" or "wrong")
            tls.Rig.Resolver.Tlsa(name, (3, 1, 1, tlsa == "right" ? SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()) : new byte[32]));
        else if (tlsa == "failing")
            tls.Rig.Resolver.Fails(name, DnsType.Tlsa, DnsStatus.TryAgain);
        tls.Rig.Policies = Says(Policy(StsMode.Enforce, satisfies ? "mx.test" : "other.test"));
        tls.Deliver();
        Assert.Equal(result, tls.Result.Replace($":{tls.Server.Port}", ":25", StringComparison.Ordinal));
    }

    /// <summary>The service is dead; what it kept is a policy that holds, one that has expired, or nothing.</summary>
    [Theory]
    [InlineData("enforce", NotVerified, "the one that is kept holds, mode=enforce")]
    [InlineData("expired", Sent, "mail goes as without one")]
    [InlineData("nothing", Sent, "mail goes as without one")]
    public void Where_the_service_does_not_answer_what_is_kept_holds(string kept, string result, string told)
    {
        using TemporaryDirectory directory = new();
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, certificate: TestCertificates.SelfSigned("mx.test"));
        if (kept != "nothing")
            new PolicyFiles(directory.Path).Write(Policy(StsMode.Enforce, "mx.test") with { Fetched = kept == "expired" ? s_now - 90_000 : s_now - 80_000 });
        tls.Rig.PoliciesKept = directory.Path;
        tls.Rig.Policies = static _ => throw new IpcException("private/mtasts: connection refused");
        tls.Deliver();
        Assert.Equal(result, tls.Result);
        Assert.Contains($"warning: MTA-STS policy of dest.test not told: private/mtasts: connection refused; {told}", tls.Rig.Lines);
    }

    // S3-33: mail that must be safe comes back only when it is known that it cannot be: not because nobody here knows at the moment.
    [Theory]
    [InlineData("dead")]
    [InlineData("slow")]
    [InlineData("none")]
    public void Mail_that_must_be_safe_waits_while_it_is_not_known_if_there_is_a_policy(string service)
    {
        using TemporaryDirectory directory = new();
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, """{"ext": ["STARTTLS", "REQUIRETLS"]}""");
        tls.Rig.PoliciesKept = directory.Path;
        tls.Rig.Policies = service switch
        {
            "dead" => static _ => throw new IpcException("private/mtasts: connection refused"),
            "slow" => static _ => new PolicyAnswer(null, "it takes long to find out"),
            _ => Says(null),
        };
        tls.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { RequireTls = RequireTls.Yes });
        Assert.StartsWith(service == "none" ? "5.7.30 bounced" : "4.7.30 deferred", tls.Result, StringComparison.Ordinal);
    }

    // RFC 8461 section 5: "MUST NOT permanently fail"; what is said before TLS may be somebody's on the way.
    [Theory]
    [InlineData("enforce", true)]
    [InlineData("-", false)]
    public void What_is_said_before_TLS_returns_no_mail_that_a_policy_protects(string policy, bool waits)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, """{"ehlo": "554 5.7.1 go away", "helo": "554 5.7.1 go away"}""");
        tls.Rig.Policies = Says(policy == "-" ? null : Policy(StsMode.Enforce, "mx.test"));
        tls.Deliver();
        Assert.StartsWith(waits ? "4.7.1 deferred" : "5.7.1 bounced", tls.Result, StringComparison.Ordinal);
    }

    // A session that was made under less is no good; under the same it is.
    [Theory]
    [InlineData("-", "enforce 1", 2)]
    [InlineData("testing 1", "enforce 2", 2)]
    [InlineData("enforce 1", "enforce 2", 2)]
    [InlineData("enforce 1", "enforce 1", 1)]
    [InlineData("-", "-", 1)]
    public void An_open_session_is_used_again_under_the_same_policy_only(string first, string second, int connections)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May });
        KnownPolicy? Of(string text) => text == "-" ? null : Policy(StsPolicy.ModeOf(text.Split(' ')[0])!.Value, "mx.test") with { Id = text.Split(' ')[1] };
        tls.Rig.Policies = Says(Of(first));
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { MoreWaits = true });
        tls.Rig.Policies = Says(Of(second));
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        tls.Rig.CloseSession();
        tls.Server.Dispose();
        Assert.Equal(2, tls.Server.Messages.Count);
        Assert.Equal(connections, tls.Server.Connections);
    }

    // RFC 8689 section 4.2.2: what the domain of the recipient wants is passed over; and a server that satisfies a policy is one that REQUIRETLS can go to.
    [Theory]
    [InlineData(RequireTls.No, "other.test", "{}", Sent)]
    [InlineData(RequireTls.No, "mx.test", """{"ext": ["STARTTLS"], "tls": ["DROP"]}""", Sent)]
    [InlineData(RequireTls.Yes, "mx.test", """{"ext": ["STARTTLS", "REQUIRETLS"]}""", Sent)]
    [InlineData(RequireTls.Yes, "other.test", """{"ext": ["STARTTLS", "REQUIRETLS"]}""", NotNamed)]
    public void What_the_sender_wants_of_TLS(object wish, string mx, string script, string result)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, script);
        tls.Rig.Policies = Says(Policy(StsMode.Enforce, mx));
        tls.Deliver(SmtpRig.Request("dest.test", "u@dest.test") with { RequireTls = (RequireTls)wish });
        Assert.Equal(result, tls.Result);
    }

    // A server that takes no message under a policy that enforces has it next time, when the domain says so.
    [Fact]
    public void A_new_policy_lets_mail_go_that_the_old_one_held_up()
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May });
        tls.Rig.Policies = Says(Policy(StsMode.Enforce, "old.test"));
        tls.Rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        Assert.Equal(NotNamed, tls.Result);
        tls.Rig.Lines.Clear();
        tls.Rig.Policies = Says(Policy(StsMode.Enforce, "mx.test") with { Id = "2" });
        tls.Deliver();
        Assert.Equal(Sent, tls.Result);
    }
}
