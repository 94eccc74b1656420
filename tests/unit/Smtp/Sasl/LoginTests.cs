using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Log;
using PostfixNet.Login;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Smtp;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>Whole deliveries with a login, over loopback.</summary>
public sealed class LoginTests : IDisposable
{
    private const string Password = "s3cret-pa55word";
    private const string Entry = "\"mx.test\" = \"user:" + Password + "\"";
    private const string Plain = "AUTH PLAIN AHVzZXIAczNjcmV0LXBhNTV3b3Jk";
    private const string Good = """{"ext": ["AUTH PLAIN LOGIN CRAM-MD5"], "auth": ["235 2.7.0 ok"]}""";

    private readonly string _directory = Directory.CreateTempSubdirectory("login").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Mail_is_sent_after_a_login()
    {
        using SmtpRig rig = Rig("smtp_sasl_mechanism_filter = \"plain\"");
        using ScriptedServer server = Serve(rig, Good);
        Deliver(rig);
        server.Dispose();
        Assert.Equal("sent", Result(rig).Status);
        Assert.Equal(["EHLO mta.golden.test", Plain, "MAIL FROM:<sf@origin.test>"], server.Commands.Take(3));
    }

    // That the relay's other address is dead as well is not what somebody has to mend.
    [Fact]
    public void A_refused_login_is_told_where_the_other_address_is_dead()
    {
        using SmtpRig rig = Rig();
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH PLAIN"], "auth": ["535 5.7.8 no"]}""");
        rig.Resolver.Mx("dest.test", (10, "mx.test"), (20, "dead.test"));
        rig.Resolver.A("dead.test", "127.0.0.99");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        server.Dispose();
        Assert.Equal(("4.7.8", "deferred", $"SASL authentication failed; server {Name(server)} said: 535 5.7.8 no"), Result(rig));
        Assert.StartsWith("SASL authentication failed", report.Trouble!.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTH LOGIN")]
    [InlineData("AUTH=LOGIN")]
    [InlineData("AUTH=LOGIN GSSAPI")]
    [InlineData("auth login")]
    public void Login_in_two_answers(string announced)
    {
        using SmtpRig rig = Rig();
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["{{announced}}"], "auth": ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"]}""");
        Deliver(rig);
        server.Dispose();
        Assert.Equal("sent", Result(rig).Status);
        Assert.Equal(["AUTH LOGIN", "dXNlcg==", Base64(Password)], server.Commands.Skip(1).Take(3));
    }

    [Fact]
    public void Scram_with_a_server_that_proves_itself()
    {
        using SmtpRig rig = Rig();
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH PLAIN SCRAM-SHA-256"]}""");
        server.Authenticator = new ScramServer(Password).Answer;
        Deliver(rig);
        server.Dispose();
        Assert.Equal("sent", Result(rig).Status);
        Assert.DoesNotContain(server.Commands, c => c.Contains(Base64(Password), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, "wrong server signature: the server does not know the password", "*")]
    [InlineData(true, "the server did not prove that it knows the password", null)]
    public void Scram_with_a_server_that_does_not(bool skipsProof, string why, string? last)
    {
        using SmtpRig rig = Rig();
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH SCRAM-SHA-256"]}""");
        server.Authenticator = new ScramServer(Password, knowsPassword: false, skipsProof).Answer;
        Deliver(rig);
        server.Dispose();
        Assert.Equal(("4.7.0", "deferred", $"SASL authentication failed; cannot authenticate to server {Name(server)}: {why}"), Result(rig));
        Assert.DoesNotContain(server.Commands, c => c.StartsWith("MAIL", StringComparison.Ordinal));
        if (last is not null)
            Assert.Equal(last, server.Commands[^2]);
        Assert.Equal("QUIT", server.Commands[^1]);
    }

    [Theory] // over TLS the login is bound to the certificate that this side saw
    [InlineData("SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,", true, "sent")]
    [InlineData("SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,", false, "deferred")] // somebody between has another
    [InlineData("SCRAM-SHA-256", "y,,", true, "sent")]
    [InlineData("SCRAM-SHA-256", "n,,", true, "deferred")] // the server wants no word of binding, and gets one
    public void Scram_over_TLS(string offer, string header, bool rightCertificate, string want)
    {
        using X509Certificate2 certificate = TestCertificates.For("mx.test", "mx.test");
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.Encrypt }, $$"""{"ext": ["STARTTLS", "AUTH PLAIN {{offer}}"]}""", certificate);
        byte[]? hash = header[0] == 'p' ? SHA256.HashData(rightCertificate ? certificate.RawData : [1]) : null;
        tls.Server.Authenticator = new ScramServer(Password, endPoint: hash, header: header).Answer;
        tls.Rig.Options = tls.Rig.Options with { Login = LoginSettings.Read(MainConfig.FromText($"[smtp_sasl_password_maps]\n{Entry}\n"), "smtp") };
        tls.Deliver();
        Assert.Equal(want, Result(tls.Rig).Status);
    }

    [Theory] // a server that knows tls-exporter alone: whoever is in between would say so, too
    [InlineData("secure", "sent", 2)]
    [InlineData("encrypt", "deferred", 1)]
    public void Another_channel_binding_is_believed_of_a_server_that_has_proved_its_name(string level, string want, int logins)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = level == "secure" ? TlsLevel.Verify : TlsLevel.Encrypt }, """{"ext": ["STARTTLS", "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256"]}""");
        ScramServer plain = new(Password, header: "n,,");
        tls.Server.Authenticator = line => line.StartsWith("AUTH SCRAM-SHA-256-PLUS", StringComparison.Ordinal) ? "535 5.7.0 channel binding not supported" : plain.Answer(line);
        tls.Rig.Options = tls.Rig.Options with { Login = LoginSettings.Read(MainConfig.FromText($"[smtp_sasl_password_maps]\n{Entry}\n"), "smtp") };
        tls.Deliver();
        Assert.Equal(want, Result(tls.Rig).Status);
        Assert.Equal(logins, tls.Server.Commands.Count(static command => command.StartsWith("AUTH ", StringComparison.Ordinal)));
    }

    [Theory] // smtp_sasl_tls_security_options: over TLS, and not without
    [InlineData("STARTTLS", true)]
    [InlineData("SIZE", false)]
    public void Plain_over_TLS_only(string extension, bool isSent)
    {
        using TlsRig tls = new(TlsRig.Usual with { SecurityLevel = TlsLevel.May }, $$"""{"ext": ["{{extension}}", "AUTH PLAIN"], "auth": ["235 ok"]}""");
        MainConfig config = MainConfig.FromText($"smtp_sasl_tls_security_options = \"noanonymous\"\n[smtp_sasl_password_maps]\n{Entry}\n");
        tls.Rig.Options = tls.Rig.Options with { Login = LoginSettings.Read(config, "smtp") };
        tls.Deliver();
        Assert.Equal(isSent ? "sent" : "deferred", Result(tls.Rig).Status);
        Assert.Equal(isSent, tls.Server.Commands.Contains(Plain));
    }

    [Theory] // as Postfix: a login that is refused is a matter between the servers' operators, and puts mail off
    [InlineData("535 5.7.8 no", "yes", "4.7.8", "deferred")]
    [InlineData("535 no", "yes", "4.0.0", "deferred")]
    [InlineData("454 4.7.0 later", "yes", "4.7.0", "deferred")]
    [InlineData("535 5.7.8 no", "no", "5.7.8", "bounced")]
    [InlineData("454 4.7.0 later", "no", "4.7.0", "deferred")]
    [InlineData("199 what", "no", "4.5.0", "deferred")]
    [InlineData("421 4.3.2 closing", "yes", "4.3.2", "deferred")]
    public void Refused(string reply, string softBounce, string status, string result)
    {
        using SmtpRig rig = Rig($"smtp_sasl_auth_soft_bounce = \"{softBounce}\"");
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["AUTH CRAM-MD5"], "auth": ["334 PGE+", "{{reply}}"]}""");
        Assert.Equal(result == "deferred", Deliver(rig).Trouble is not null);
        server.Dispose();
        Assert.Equal((status, result, $"SASL authentication failed; server {Name(server)} said: {reply}"), Result(rig));
        Assert.Equal("QUIT", server.Commands[^1]);
    }

    [Fact]
    public void The_next_server_gets_its_chance()
    {
        using SmtpRig rig = Rig(entries: Entry + "\n\"mx2.test\" = \"other:pw\"");
        using ScriptedServer first = new("127.0.0.31", 0, """{"ext": ["AUTH CRAM-MD5"], "auth": ["535 5.7.8 no"]}""");
        using ScriptedServer second = new("127.0.0.32", first.Port, """{"ext": ["AUTH CRAM-MD5"], "auth": ["235 ok"]}""");
        rig.Options = rig.Options with { TcpPort = first.Port };
        rig.Resolver.Mx("mx.test", (1, "mx.test"), (2, "mx2.test"));
        rig.Resolver.A("mx.test", "127.0.0.31");
        rig.Resolver.A("mx2.test", "127.0.0.32");
        Deliver(rig);
        Assert.Equal("sent", Result(rig).Status);
        Assert.Contains(rig.Lines, l => l.Contains("SASL authentication failed; server mx.test[127.0.0.31]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("334 !!!!", "challenge not understood")]
    [InlineData("334 AAA", "challenge not understood")]
    [InlineData("334 PGE+ PGE+", "challenge not understood")]
    [InlineData("334-PGE+\n334 PGE+", "challenge not understood")]
    [InlineData("334", "unexpected challenge")]
    [InlineData("334 ", "unexpected challenge")]
    public void Garbage_is_answered_with_a_star(string challenge, string why)
    {
        using SmtpRig rig = Rig();
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH CRAM-MD5"]}""");
        server.Authenticator = line => line == "*" ? "501 5.5.2 cancelled" : challenge;
        Deliver(rig);
        server.Dispose();
        Assert.Equal(("4.7.0", "deferred", $"SASL authentication failed; cannot authenticate to server {Name(server)}: {why}"), Result(rig));
        Assert.Equal(["*", "QUIT"], server.Commands.TakeLast(2));
    }

    [Theory] // RFC 4954 section 4: a line has at most 12288 octets
    [InlineData(12280, null)]
    [InlineData(12284, "challenge not understood")]
    [InlineData(100_000, "challenge not understood")]
    public void A_challenge_may_be_long_but_not_longer(int length, string? why)
    {
        using SmtpRig rig = Rig();
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH CRAM-MD5"]}""");
        server.Authenticator = line => line == "*" ? "501 cancelled"
            : line.StartsWith("AUTH", StringComparison.Ordinal) ? "334 " + new string('A', length) : "235 ok";
        Deliver(rig);
        server.Dispose();
        Assert.Equal(why is null ? "sent" : "deferred", Result(rig).Status);
        if (why is not null)
            Assert.EndsWith(why, Result(rig).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_asks_without_end_is_left()
    {
        using SmtpRig rig = Rig(Anything, Token());
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH XOAUTH2"]}""");
        server.Authenticator = line => line == "*" ? "501 cancelled" : "334 PGE+";
        Deliver(rig);
        server.Dispose();
        Assert.EndsWith("too many challenges", Result(rig).Reason, StringComparison.Ordinal);
        Assert.True(server.Commands.Count < 20);
    }

    [Theory]
    [InlineData("DROP")]
    [InlineData("RST")]
    public void A_lost_connection_is_tried_again_later(string reply)
    {
        using SmtpRig rig = Rig();
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["AUTH CRAM-MD5"], "auth": ["334 PGE+", "{{reply}}"]}""");
        Deliver(rig);
        server.Dispose();
        Assert.Equal(("4.4.2", "deferred", $"lost connection with {Name(server)} while performing the EHLO handshake"), Result(rig));
    }

    [Fact]
    public void A_silent_server_is_given_the_time_of_the_handshake()
    {
        using SmtpRig rig = Rig();
        rig.Options = rig.Options with { HeloTimeout = TimeSpan.FromSeconds(1) };
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH CRAM-MD5"], "auth": ["HANG"]}""");
        Deliver(rig);
        server.Dispose();
        Assert.Equal(("4.4.2", "deferred", $"conversation with {Name(server)} timed out while performing the EHLO handshake"), Result(rig));
    }

    [Fact]
    public void Without_an_entry_mail_goes_without_login()
    {
        using SmtpRig rig = Rig(entries: "\"elsewhere.test\" = \"user:pw\"");
        using ScriptedServer server = Serve(rig, Good);
        Deliver(rig);
        server.Dispose();
        Assert.Equal("sent", Result(rig).Status);
        Assert.DoesNotContain(server.Commands, c => c.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no", "sent", "250 2.0.0 Ok: queued as SINK")]
    [InlineData("yes", "deferred", "offered no compatible authentication mechanisms for this type of connection security")]
    public void A_server_without_AUTH(string enforce, string status, string reason)
    {
        using SmtpRig rig = Rig($"smtp_sasl_auth_enforce = \"{enforce}\"");
        using ScriptedServer server = Serve(rig, """{"ext": ["PIPELINING"]}""");
        Deliver(rig);
        Assert.Equal(status, Result(rig).Status);
        Assert.EndsWith(reason, Result(rig).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", "", "cannot authenticate to server {0}: no mechanism available")]
    [InlineData("AUTH GSSAPI", Anything, "cannot authenticate to server {0}: no mechanism available")]
    [InlineData("AUTH PLAIN", "smtp_sasl_mechanism_filter = \"login\"", "server {0} offered no compatible authentication mechanisms for this type of connection security")]
    [InlineData("AUTH", "", "server {0} offered no compatible authentication mechanisms for this type of connection security")]
    public void Nothing_that_may_be_used(string announced, string setting, string reason)
    {
        using SmtpRig rig = Rig(setting.Length > 0 ? setting : "smtp_sasl_mechanism_filter = []");
        if (setting.Length == 0)
            rig.Options = rig.Options with { Login = rig.Options.Login! with { Demands = SecurityOptions.NoPlaintext } };
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["{{announced}}"], "auth": ["235 ok"]}""");
        Deliver(rig);
        server.Dispose();
        Assert.Equal("4.7.0", Result(rig).Dsn);
        Assert.EndsWith(reason.Replace("{0}", Name(server), StringComparison.Ordinal), Result(rig).Reason, StringComparison.Ordinal);
        // No password left this system.
        Assert.DoesNotContain(server.Commands, c => c.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public void A_session_serves_one_login_only()
    {
        using SmtpRig rig = Rig("smtp_sender_dependent_authentication = true", "\"ann@a.test\" = \"ann:pw\"\n" + Entry);
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH PLAIN"], "auth": ["235 2.7.0 ok"]}""");
        foreach (string sender in (string[])["ann@a.test", "ann@a.test", "bob@a.test", "eve@a.test", "ann@a.test"])
            rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { MoreWaits = true, Sender = sender });
        rig.CloseSession();
        server.Dispose();
        Assert.Equal(["ann", "ann", "user", "user", "ann"], server.Commands.Aggregate(
            (Name: "", Users: new List<string>()), (state, line) =>
            {
                if (line.StartsWith("AUTH PLAIN ", StringComparison.Ordinal))
                    return (Encoding.ASCII.GetString(Convert.FromBase64String(line[11..])).Split('\0')[1], state.Users);
                if (line.StartsWith("MAIL", StringComparison.Ordinal))
                    state.Users.Add(state.Name);
                return state;
            }).Users);
        Assert.Equal(3, server.Connections);
    }

    [Theory]
    [InlineData("yes", "MAIL FROM:<sf@origin.test> AUTH=<>")]
    [InlineData("no", "MAIL FROM:<sf@origin.test>")]
    public void Dummy_auth_of_MAIL(string setting, string want)
    {
        using SmtpRig rig = Rig($"smtp_send_dummy_mail_auth = \"{setting}\"");
        using ScriptedServer server = Serve(rig, Good);
        Deliver(rig);
        server.Dispose();
        Assert.Contains(want, server.Commands);
    }

    [Theory] // both mechanisms answer the description of the error, and then get the reply
    [InlineData("XOAUTH2", "")]
    [InlineData("OAUTHBEARER", "AQ==")]
    public void A_refused_token_is_fetched_anew_once(string mechanism, string answer)
    {
        using SmtpRig rig = Rig(Anything, Token($"echo x >>{_directory}/runs; echo token-$(grep -c x {_directory}/runs)"));
        using ScriptedServer server = Serve(rig, $$"""{"ext": ["AUTH {{mechanism}}"]}""");
        int refusals = 0;
        server.Authenticator = line => !line.StartsWith("AUTH", StringComparison.Ordinal) ? "535 5.7.8 no"
            : refusals++ == 0 ? "334 eyJzdGF0dXMiOiI0MDEifQ==" : "235 ok";
        Deliver(rig);
        Deliver(rig);
        server.Dispose();
        Assert.All(rig.Results, r => Assert.Equal("sent", r[3]));
        string[] tokens = server.Commands.Where(c => c.StartsWith("AUTH", StringComparison.Ordinal))
            .Select(c => Encoding.ASCII.GetString(Convert.FromBase64String(c.Split(' ')[2]))).Select(t => t[t.IndexOf("token-", StringComparison.Ordinal)..].TrimEnd('\u0001')).ToArray();
        Assert.Equal(["token-1", "token-2", "token-2"], tokens);
        Assert.Equal(answer, server.Commands[2]);
    }

    [Fact]
    public void A_token_that_stays_bad_puts_mail_off()
    {
        using SmtpRig rig = Rig(Anything, Token());
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH XOAUTH2"]}""");
        server.Authenticator = line => line.Length == 0 ? "535 5.7.8 no" : "334 e30=";
        Deliver(rig);
        server.Dispose();
        Assert.Equal("4.7.8", Result(rig).Dsn);
        Assert.Equal(2, server.Commands.Count(c => c.StartsWith("AUTH", StringComparison.Ordinal)));
    }

    [Fact]
    public void Without_a_token_mail_is_put_off_with_the_reason()
    {
        using SmtpRig rig = Rig(Anything, Token("exit 7"));
        using ScriptedServer server = Serve(rig, """{"ext": ["AUTH XOAUTH2"]}""");
        Deliver(rig);
        Assert.EndsWith("token command /bin/sh: exit status 7", Result(rig).Reason, StringComparison.Ordinal);
    }

    public static TheoryData<string> Echoes => new()
    {
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["535 5.7.8 wrong: {{Plain[11..]}}"]}""",
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["535-5.7.8 wrong:\n535-{{Password}}\n535 5.7.8 user={{Base64("user:" + Password)}}"]}""",
        $$"""{"ext": ["AUTH LOGIN"], "auth": ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "535 {{Base64(Password)}}"]}""",
        $$"""{"ext": ["AUTH LOGIN"], "auth": ["334 VXNlcm5hbWU6", "334 {{Password}}"]}""",
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["334 {{Password}}", "501 {{Password}}"]}""",
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["235 hello {{Password}}"], "mail": "550 5.1.0 {{Password}}"}""",
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["235 ok"], "rcpt": "550 5.1.1 {{Plain}}"}""",
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["235 ok"], "dot": "250 2.0.0 {{Password}}"}""",
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["235 ok"], "mail": "{{Password}}\n{{Password}} more\n250 ok"}""",
        $$"""{"ext": ["AUTH PLAIN", "PIPELINING"], "auth": ["235 ok"], "mail": "{{Password}}\n{{Password}} more\n250 ok"}""",
        $$"""{"ext": ["AUTH PLAIN"], "auth": ["{{Password}}\n535 {{Password}}{{new string('x', 20_000)}}"]}""",
    };

    [Theory]
    [MemberData(nameof(Echoes))]
    public void What_the_server_repeats_is_seen_nowhere(string script)
    {
        using SmtpRig rig = Rig();
        Notices notices = new();
        rig.Options = rig.Options with
        {
            Login = rig.Options.Login! with { AuthSoftBounce = false },
            Verbosity = new Verbosity(".", "smtp", PeerList.Read(["127.0.0.31"])),
            ErrorNotices = new ErrorNotices(ErrorClasses.Protocol, "double-bounce@x.test", "postmaster", isLmtp: false, notices),
        };
        using ScriptedServer server = Serve(rig, script);
        Deliver(rig);
        server.Dispose();
        Assert.NotEmpty(rig.Results);
        // Log lines with all that was said, what notices and queue listing are made of, and the postmaster's transcript.
        string seen = string.Join('\n', [.. rig.Lines, .. rig.Records_, notices.Text]);
        Assert.Contains("AUTH", seen, StringComparison.Ordinal);
        foreach (string secret in (string[])[Password, Base64(Password), Plain[11..], Base64("user:" + Password), Base64("\0user\0" + Password)])
            Assert.DoesNotContain(secret, seen, StringComparison.OrdinalIgnoreCase);
    }

    private const string Explanation = """{"status":"401","schemes":"bearer","scope":"https://mail.test/"}""";

    [Theory] // RFC 4954 section 4: a command is no longer than 512 octets; and what servers do with initial responses
    [InlineData("any", 300, "AUTH XOAUTH2 x", "sent")]
    [InlineData("any", 2500, "AUTH XOAUTH2|x", "sent")]
    [InlineData("not over 512", 2500, "AUTH XOAUTH2|x", "sent")]
    [InlineData("no initial response", 300, "AUTH XOAUTH2 x|AUTH XOAUTH2|x", "sent")]
    [InlineData("no initial response", 2500, "AUTH XOAUTH2|x", "sent")]
    [InlineData("only initial response", 300, "AUTH XOAUTH2 x", "sent")]
    [InlineData("only initial response", 2500, "AUTH XOAUTH2|AUTH XOAUTH2 x", "sent")]
    [InlineData("none", 300, "AUTH XOAUTH2 x|AUTH XOAUTH2", "deferred")]
    public void A_login_of_any_length(string server, int length, string want, string status)
    {
        string token = new('t', length);
        using SmtpRig rig = Rig(entries: Token($"echo {token}"));
        using ScriptedServer scripted = Serve(rig, """{"ext": ["AUTH XOAUTH2"]}""");
        string right = Convert.ToBase64String(Encoding.ASCII.GetBytes($"user=user\u0001auth=Bearer {token}\u0001\u0001"));
        scripted.Authenticator = line => line.Split(' ') switch
        {
            ["AUTH", ..] when server == "none" => "504 5.5.4 unrecognized",
            ["AUTH", _, _] when server == "not over 512" && line.Length + 2 > 512 => "500 5.5.2 Line too long",
            ["AUTH", _, _] when server == "no initial response" => "501 5.5.4 no initial response",
            ["AUTH", _] when server == "only initial response" => "504 5.5.4 initial response required",
            ["AUTH", _] => "334 ",
            [.., var response] => response == right ? "235 ok" : "535 5.7.8 no",
            _ => "500 what",
        };
        Deliver(rig);
        scripted.Dispose();
        Assert.Equal(status, Result(rig).Status);
        Assert.Equal(want, string.Join('|', scripted.Commands.Skip(1).TakeWhile(c => !c.StartsWith("MAIL", StringComparison.Ordinal) && c != "QUIT").Select(c => c.Replace(right, "x", StringComparison.Ordinal))));
        Assert.DoesNotContain(rig.Lines, line => line.Contains(token, StringComparison.Ordinal) || line.Contains(right[..40], StringComparison.Ordinal));
    }

    [Theory] // the only place where the server says why: RFC 7628 section 3.2.2
    [InlineData("XOAUTH2", "base64", "")]
    [InlineData("OAUTHBEARER", "base64", "AQ==")]
    [InlineData("XOAUTH2", "two lines", "")]
    [InlineData("OAUTHBEARER", "two lines", "AQ==")]
    [InlineData("XOAUTH2", "plain", "")]
    [InlineData("OAUTHBEARER", "plain", "AQ==")]
    [InlineData("XOAUTH2", "long", "")]
    [InlineData("XOAUTH2", "empty", "")]
    public void Why_a_token_was_refused_is_told(string mechanism, string form, string answer)
    {
        using SmtpRig rig = Rig(entries: Token());
        using ScriptedServer scripted = Serve(rig, $$"""{"ext": ["AUTH {{mechanism}}"]}""");
        string text = Base64(form == "long" ? Explanation[..^1] + new string('s', 3000) + "}" : Explanation);
        string challenge = form switch
        {
            "two lines" => $"334-{text[..40]}\n334 {text[40..]}",
            "plain" => $"334 {Explanation}",
            "empty" => "334 ",
            _ => $"334 {text}",
        };
        scripted.Authenticator = line => line.StartsWith("AUTH", StringComparison.Ordinal) ? challenge : "535 5.7.8 Username and Password not accepted";
        Deliver(rig);
        scripted.Dispose();
        Assert.Equal(("4.7.8", "deferred"), (Result(rig).Dsn, Result(rig).Status));
        string said = $"SASL authentication failed; server {Name(scripted)} said: 535 5.7.8 Username and Password not accepted";
        if (form == "empty")
            Assert.Equal(said, Result(rig).Reason);
        else
            Assert.StartsWith($"{said} ({Explanation[..^1]}", Result(rig).Reason, StringComparison.Ordinal);
        Assert.Equal(form != "empty", rig.Lines.Any(l => l.StartsWith($"warning: host mx.test[127.0.0.31]:{scripted.Port}: {mechanism} login refused: {Explanation[..^1]}", StringComparison.Ordinal)));
        Assert.True(Result(rig).Reason.Length < 600);
        Assert.Equal(answer, scripted.Commands[2]);
    }

    [Theory] // A challenge that cannot be answered does not hide that the login was refused.
    [InlineData("334 this is not base64!")]
    [InlineData("334-PGE+\n334 PGE+")]
    public void The_final_reply_is_told(string challenge)
    {
        using SmtpRig rig = Rig();
        using ScriptedServer scripted = Serve(rig, """{"ext": ["AUTH CRAM-MD5"]}""");
        scripted.Authenticator = line => line.StartsWith("AUTH", StringComparison.Ordinal) ? challenge : "535 5.7.8 Account disabled";
        Deliver(rig);
        Assert.Equal(("4.7.8", "deferred"), (Result(rig).Dsn, Result(rig).Status));
        Assert.EndsWith("said: 535 5.7.8 Account disabled", Result(rig).Reason, StringComparison.Ordinal);
    }

    private const string Anything = "smtp_sasl_security_options = \"noanonymous\"";

    private static SmtpRig Rig(string setting = Anything, string entries = Entry)
    {
        string options = setting.StartsWith("smtp_sasl_security_options", StringComparison.Ordinal) ? "" : Anything;
        MainConfig config = MainConfig.FromText($"smtp_sasl_auth_enable = true\n{options}\n{setting}\n[smtp_sasl_password_maps]\n{entries}\n");
        SmtpRig rig = new();
        rig.Options = rig.Options with { Login = LoginSettings.Read(config, "smtp") };
        return rig;
    }

    // The command has no shell that would take quotes away.
    private string Token(string script = "echo token")
    {
        File.WriteAllText(_directory + "/run", script);
        return $"\"mx.test\" = \"user:token-command=/bin/sh {_directory}/run\"";
    }

    private static ScriptedServer Serve(SmtpRig rig, string script)
    {
        ScriptedServer server = new("127.0.0.31", 0, script);
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.Mx("mx.test", (1, "mx.test"));
        rig.Resolver.A("mx.test", "127.0.0.31");
        return server;
    }

    private static DeliveryReport Deliver(SmtpRig rig) => rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test"));

    private static (string Dsn, string Status, string Reason) Result(SmtpRig rig)
    {
        string[] result = rig.Results[^1];
        return (result[2], result[3], result[4]);
    }

    private static string Name(ScriptedServer _) => "mx.test[127.0.0.31]";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    /// <summary>Keeps what would be sent.</summary>
    private sealed class Notices : INoticeSubmitter, INoticeDraft
    {
        private readonly MemoryStream _content = new();

        internal string Text => Encoding.Latin1.GetString(_content.ToArray());

        public QueueId Id => default;

        public Stream Content => _content;

        public INoticeDraft Begin(string sender, string recipient, SmtpUtf8 smtpUtf8, RequireTls requireTls) => this;

        public string? Finish() => null;

        public void Dispose()
        {
        }
    }
}
