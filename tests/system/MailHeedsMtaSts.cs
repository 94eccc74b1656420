using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>MTA-STS with all processes: a real DNS, a real HTTPS server, and somebody in the middle.</summary>
/// <remarks>Policies are served at port 443: where nobody may listen there, these tests are skipped, with the reason.</remarks>
public sealed class MailHeedsMtaSts
{
    private const string PolicyAddress = "127.0.0.143", Domain = "dest.test";
    private const string Enforce = "version: STSv1\r\nmode: enforce\r\nmx: mx.dest.test\r\nmax_age: 604800\r\n";

    // S3-31
    [PolicyHostFact]
    public void MailGoesToServersOfThePolicyAndWaitsWhenSomebodyIsInTheWay() => Run(Enforce, "mx.dest.test", static (mail, receiver, web) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("protected"), "-f", "alice@origin.test", $"bob@{Domain}");
        mail.WaitForLog(@"policy of dest\.test: mode=enforce, id=1, ");
        mail.WaitForLog(@"/smtp\[\d+\]: Verified TLS connection established to mx\.dest\.test\[127\.0\.0\.1\]");
        mail.WaitForLog(@"to=<bob@dest\.test>, relay=mx\.dest\.test.*, status=sent");
        string shown = mail.Master("mta-sts", Domain).Ok().Output;
        Assert.Matches(@"(?m)^mode +enforce$", shown);
        Assert.Matches(@"(?m)^exchanger 10 +mx\.dest\.test, in the policy$", shown);
        Assert.Contains("\"mode\": \"enforce\", \"id\": \"1\", \"mx\": [\"mx.dest.test\"], \"max_age\": 604800", mail.Master("mta-sts", Domain, "--json").Ok().Output);
        Assert.Single(web.Requests);
        // Its service reads no mail.
        Assert.Equal(0, mail.Master("mta-sts", Domain, "--refresh").Status);
        Assert.Equal(2, web.Requests.Count);

        // The policy host is gone, and the system is started anew; the policy is known all the same. MX records are spoofed, and lead to a server without TLS.
        mail.Stop();
        web.Dispose();
        using var spoofed = Names(mail, "@ IN MX 10 mx.evil\nmx.evil IN A 127.0.0.1");
        mail.Start();
        mail.Submit(MailSystem.Message("secret"), "-f", "alice@origin.test", $"bob@{Domain}");
        mail.WaitForLog(@"to=<bob@dest\.test>, relay=none, .*, dsn=4\.7\.5, status=deferred \(MX host mx\.evil\.dest\.test not in the MTA-STS policy of dest\.test\)");
        shown = mail.Master("mta-sts", Domain).Output;
        Assert.Matches(@"(?m)^exchanger 10 +mx\.evil\.dest\.test, NOT in the policy$", shown);
        Assert.Equal("protected", Assert.Single(receiver.Messages).Header("Subject"));
    });

    [PolicyHostFact]
    public void AServerWithoutTheRightCertificateOrWithoutTlsGetsNothing()
    {
        foreach ((string? certificate, string why) in ((string?, string)[])
        [
            ("mx.evil.test", @"Server certificate not verified \(MTA-STS enforce\)"),
            (null, @"TLS is required, but was not offered by host mx\.dest\.test\[127\.0\.0\.1\] \(MTA-STS enforce\)"), // STARTTLS stripped
        ])
        {
            Run(Enforce, certificate, (mail, receiver, _) =>
            {
                mail.Start();
                mail.Submit(MailSystem.Message("secret"), "-f", "alice@origin.test", $"bob@{Domain}");
                mail.WaitForLog(@"to=<bob@dest\.test>, .*, dsn=4\.7\.\d, status=deferred \(" + why);
                Assert.Empty(receiver.Messages);
            });
        }
    }

    // Somebody stands in for the policy host, without a certificate for its name: at first, and when a policy is known, which holds then. Domains that want reports hear of it.
    [PolicyHostFact]
    public void AFalsePolicyHostIsNotBelieved() => Run(Enforce.Replace("mode: enforce", "mode: none", StringComparison.Ordinal), "mx.dest.test", static (mail, receiver, web) =>
    {
        mail.Set("smtp_tls_security_level", "may");
        mail.Set("smtp_tlsrpt_enable", true);
        mail.Start();
        mail.Submit(MailSystem.Message("unprotected"), "-f", "alice@origin.test", $"bob@{Domain}");
        mail.WaitForLog(@"/mtasts\[\d+\]: .*its certificate is not for mta-sts\.dest\.test: mta-sts\.evil\.test");
        mail.WaitForLog(@"to=<bob@dest\.test>, .*, status=sent");
        Assert.Equal(1, mail.Master("mta-sts", Domain).Status);
        Assert.All(web.Requests, static request => Assert.Equal("", request));
        Wait.For("the result", () => mail.Master("tlsrpt", Domain).Output.Contains("sts-webpki-invalid", StringComparison.Ordinal));

        web.UseRightCertificate();
        web.Policy = Enforce;
        mail.Master("mta-sts", Domain, "--refresh").Ok();
        web.UseWrongCertificate();
        web.Policy = Enforce.Replace("mode: enforce", "mode: none", StringComparison.Ordinal);
        mail.Stop();
        using var spoofed = Names(mail, $"@ IN MX 10 mx.evil\nmx.evil IN A 127.0.0.1\n_mta-sts IN TXT \"v=STSv1; id=2;\"\nmta-sts IN A {PolicyAddress}");
        mail.Start();
        mail.Submit(MailSystem.Message("secret"), "-f", "alice@origin.test", $"carol@{Domain}");
        mail.WaitForLog(@"to=<carol@dest\.test>, relay=none, .*, dsn=4\.7\.5, status=deferred \(MX host mx\.evil\.dest\.test not in the MTA-STS policy of dest\.test\)");
        Assert.Equal("unprotected", Assert.Single(receiver.Messages).Header("Subject"));
    }, "mta-sts.evil.test");

    // RFC 8461 section 5.1: until it expires a policy holds, though nobody says any more that there is one. Then it does not, and whoever holds back the new one for as long has mail without.
    [PolicyHostFact]
    public void APolicyHoldsUntilItExpiresAndNoLonger() => Run(Enforce, "mx.dest.test", static (mail, receiver, web) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("first"), "-f", "alice@origin.test", $"bob@{Domain}");
        mail.WaitForLog(@"to=<bob@dest\.test>, .*, status=sent");
        web.Dispose();
        mail.Stop();
        using var spoofed = Names(mail, "@ IN MX 10 mx.evil\nmx.evil IN A 127.0.0.1");
        string kept = Assert.Single(Directory.GetFiles(Path.Combine(mail.QueueDirectory, "mtasts")));
        Age(kept, 604_800 - 60);
        mail.Start();
        mail.Submit(MailSystem.Message("secret"), "-f", "alice@origin.test", $"carol@{Domain}");
        mail.WaitForLog(@"to=<carol@dest\.test>, relay=none, .*status=deferred \(MX host mx\.evil\.dest\.test not in the MTA-STS policy of dest\.test\)");
        mail.Stop();
        Age(kept, 604_800 + 60);
        mail.Start();
        mail.Submit(MailSystem.Message("later"), "-f", "alice@origin.test", $"dora@{Domain}");
        mail.WaitForLog(@"to=<dora@dest\.test>, relay=mx\.evil\.dest\.test.*, status=sent");
    });

    // As if it had been fetched so many seconds ago.
    private static void Age(string file, long seconds) => File.WriteAllText(file, System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(file), @"(?m)^(since|used|fetched): \d+$",
        match => $"{match.Groups[1].Value}: {DateTimeOffset.UtcNow.ToUnixTimeSeconds() - seconds}"));

    // A service that dies, while somebody waits for it or not, costs no mail and no policy.
    [PolicyHostFact]
    public void TheServiceIsKilledWhileItFetches() => Run("", "mx.dest.test", static (mail, receiver, web) =>
    {
        mail.Start();
        mail.Submit(MailSystem.Message("first"), "-f", "alice@origin.test", $"bob@{Domain}");
        Wait.For("a fetch", () => web.Requests.Count == 1);
        RunningPrograms.Kill(Assert.Single(mail.Pids("mtasts")));
        mail.WaitForLog(@"warning: MTA-STS policy of dest\.test not told: private/mtasts: .*; mail goes as without one$");
        mail.WaitForLog(@"to=<bob@dest\.test>, .*, status=sent");
        // The next one gets it, and keeps it.
        web.Policy = Enforce;
        mail.Submit(MailSystem.Message("second"), "-f", "alice@origin.test", $"carol@{Domain}");
        mail.WaitForLog(@"policy of dest\.test: mode=enforce, id=1, ");
        mail.WaitForLog(@"to=<carol@dest\.test>, .*, status=sent");
        string kept = Assert.Single(Directory.GetFiles(Path.Combine(mail.QueueDirectory, "mtasts")));
        Assert.Contains("mode: enforce", File.ReadAllText(kept));
        RunningPrograms.Kill(Assert.Single(mail.Pids("mtasts")));
        Assert.Contains("mode: enforce", File.ReadAllText(kept));
    });

    // wrong: the name in the certificate that the policy host shows at first; null: the right one.
    private static void Run(string policy, string? certificate, Action<MailSystem, SmtpReceiver, PolicyServer> scenario, string? wrong = null)
    {
        using X509Certificate2 authority = Authority();
        X509Certificate2 right = Issue(authority, $"mta-sts.{Domain}");
        using var web = new PolicyServer(right, wrong is null ? right : Issue(authority, wrong), policy);
        using var receiver = Ports.Receiver(new ReceiverOptions { Certificate = certificate is null ? null : Issue(authority, certificate) });
        MailSystem.Run(mail =>
        {
            mail.Set("relayhost", "");
            mail.Set("disable_dns_lookups", false);
            mail.Set("smtp_tcp_port", receiver.Port.ToString(CultureInfo.InvariantCulture));
            mail.Set("smtp_mta_sts", true);
            mail.Set("smtp_tls_loglevel", 1);
            string file = mail.PathOf("authority.pem");
            File.WriteAllText(file, authority.ExportCertificatePem());
            mail.Set("mta_sts_tls_CAfile", file);
            using var dns = Names(mail, $"@ IN MX 10 mx\nmx IN A 127.0.0.1\n_mta-sts IN TXT \"v=STSv1; id=1;\"\nmta-sts IN A {PolicyAddress}\n_smtp._tls IN TXT \"v=TLSRPTv1; rua=mailto:tls@{Domain}\"");
            scenario(mail, receiver, web);
        });
    }

    private static NameServer Names(MailSystem mail, string records)
    {
        NameServer dns = new((Domain, records));
        mail.SetRaw("dns_nameservers", dns.Toml);
        return dns;
    }

    private static X509Certificate2 Authority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=any", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 bare = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 certificate = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Serves one policy; while it has none, it lets clients wait.</summary>
    internal sealed class PolicyServer : IDisposable
    {
        private readonly Socket listener;
        private readonly X509Certificate2 right, wrong;
        private X509Certificate2 certificate;

        /// <param name="wrong">The one that is shown first.</param>
        public PolicyServer(X509Certificate2 right, X509Certificate2 wrong, string policy)
        {
            (this.right, this.wrong, certificate, Policy) = (right, wrong, wrong, policy);
            listener = Listen();
            _ = Serve();
        }

        public string Policy { get; set; }

        public ConcurrentQueue<string> Requests { get; } = new();

        public void UseRightCertificate() => certificate = right;

        public void UseWrongCertificate() => certificate = wrong;

        public static Socket Listen()
        {
            Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                listener.Bind(new IPEndPoint(IPAddress.Parse(PolicyAddress), 443));
                listener.Listen();
                return listener;
            }
            catch (SocketException)
            {
                listener.Dispose();
                throw;
            }
        }

        private async Task Serve()
        {
            try
            {
                while (true)
                    _ = Answer(await listener.AcceptAsync());
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
            }
        }

        private async Task Answer(Socket socket)
        {
            try
            {
                using SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
                await tls.AuthenticateAsServerAsync(certificate);
                byte[] buffer = new byte[4096];
                int count = await tls.ReadAsync(buffer);
                Requests.Enqueue(Encoding.Latin1.GetString(buffer, 0, count));
                if (Policy.Length == 0)
                    _ = await tls.ReadAsync(buffer); // until the client leaves
                else
                    await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {Policy.Length}\r\n\r\n{Policy}"));
            }
            catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
            {
            }
        }

        public void Dispose() => listener.Dispose();
    }
}

/// <summary>A test with a policy host; skipped, with the reason, where nobody may listen at its port.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PolicyHostFactAttribute : FactAttribute
{
    public PolicyHostFactAttribute()
    {
        try
        {
            MailHeedsMtaSts.PolicyServer.Listen().Dispose();
        }
        catch (SocketException error)
        {
            Skip = $"policies are served at port 443 of loopback, where this user may not listen: {error.Message}";
        }
    }
}
