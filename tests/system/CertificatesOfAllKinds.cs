using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>Servers of other people show good and bad certificates, at each level of TLS. What becomes of the mail is what the RFCs want, and Postfix's posttls-finger says the same of the
/// same server.</summary>
public sealed class CertificatesOfAllKinds
{
    private const string Finger = "/usr/sbin/posttls-finger", Resolver = "127.0.0.153";

    private static readonly string[] s_levels = ["may", "encrypt", "verify", "secure", "fingerprint", "dane"];

    /// <summary>At which levels a certificate is good enough, and whether fingerprints that are listed, and TLSA records, have it. At "may" and "encrypt" nobody looks at it. A record of
    /// usage 2 (the authority) asks for names and dates as well, RFC 7672 section 3.1.2; one of usage 3, and a fingerprint, do not.</summary>
    private sealed record Kind(string Name, TestCertificate Certificate, bool IsListed, string Tlsa, string GoodAt);

    // S3-32, S3-39
    [FingerTheory]
    [InlineData("postfix")]
    [InlineData("exim")]
    public void TheVerdictIsThatOfTheRulesAndOfPostfix(string name)
    {
        string[] names = [.. s_levels.Select(static level => $"{level}.relay.test")];
        using TestCertificate authority = TestCertificate.Authority("Test authority"), stranger = TestCertificate.Authority("Nobody's authority");
        using TestCertificate right = authority.Issue(2, names), wrong = stranger.Issue(2, names), expired = authority.Issue(-1, names), self = TestCertificate.SelfSigned(names),
            other = authority.Issue(2, "other.test");
        string byAuthority = $"2 1 1 {authority.KeyDigest}";
        Kind[] kinds =
        [
            new("right", right, true, byAuthority, "verify secure fingerprint dane"),
            new("wrong", wrong, false, byAuthority, ""),
            new("expired", expired, true, byAuthority, "fingerprint"),
            new("self", self, true, $"3 1 1 {self.KeyDigest}", "fingerprint dane"),
            new("mismatch", other, false, byAuthority, ""),
        ];
        int[] ports = [.. kinds.Select(static _ => Ports.Take("127.0.0.1"))];
        StringBuilder zone = new();
        foreach (string level in s_levels)
            zone.Append(CultureInfo.InvariantCulture, $"{level} A 127.0.0.1\n");
        for (int i = 0; i < kinds.Length; i++)
            zone.Append(CultureInfo.InvariantCulture, $"_{ports[i]}._tcp.dane TLSA {kinds[i].Tlsa}\n");
        using ValidatingNameServer dns = new("relay.test", zone.ToString(), Resolver);
        string[] listed = [.. kinds.Where(static kind => kind.IsListed).Select(static kind => kind.Certificate.Fingerprint)];
        MailSystem.Run((mail, receiver) =>
        {
            using Peer peer = CertifiedServers.Start(name, kinds.Zip(ports).ToDictionary(static pair => pair.Second, static pair => pair.First.Certificate.Chain), receiver.Port);
            peer.During(() =>
            {
                Prepare(mail, dns, authority, listed);
                StringBuilder transports = new("[transport_maps]\n");
                foreach ((Kind kind, int port) in kinds.Zip(ports))
                {
                    foreach (string level in s_levels)
                    {
                        transports.Append(CultureInfo.InvariantCulture, $"\"{kind.Name}-{level}.test\" = \"smtp:[{level}.relay.test]:{port}\"\n");
                        mail.AddTable($"[destination.\"{kind.Name}-{level}.test\"]\ntls = \"{level}\"");
                    }
                }
                mail.AddTable(transports.ToString());
                mail.Start();
                foreach (Kind kind in kinds)
                    mail.Submit(MailSystem.Message(kind.Name), ["-f", "alice@origin.test", .. s_levels.Select(level => $"u@{kind.Name}-{level}.test")]);
                List<string> expected = [], seen = [], postfix = [];
                foreach ((Kind kind, int port) in kinds.Zip(ports))
                {
                    foreach (string level in s_levels)
                    {
                        bool isGood = kind.GoodAt.Split(' ').Contains(level), isSent = isGood || level is "may" or "encrypt";
                        string line = mail.WaitForLog($@"to=<u@{kind.Name}-{level}\.test>, .*status=");
                        expected.Add($"{kind.Name} {level}: {(isSent ? "sent" : "4.7.5 deferred")}, {(isGood ? "Verified" : "not Verified")}");
                        seen.Add($"{kind.Name} {level}: {(line.Contains("status=sent", StringComparison.Ordinal) ? "sent" : Regex.Match(line, "dsn=(4[.0-9]+), status=deferred").Groups[1].Value + " deferred")}, "
                            + $"{(line.Contains("verified=nobody", StringComparison.Ordinal) ? "not Verified" : "Verified")}");
                        Assert.Matches("protocol=TLSv1.3, ", line);
                        string said = Ask(mail, level, $"[{level}.relay.test]:{port}", listed);
                        string verdict = Regex.Match(said, @"posttls-finger: (\w+) TLS connection established to ").Groups[1].Value;
                        Assert.True(verdict.Length > 0, said);
                        postfix.Add($"{kind.Name} {level}: {(verdict == "Verified" ? "Verified" : "not Verified")}");
                    }
                }
                Assert.Equal(expected, seen);
                Assert.Equal(expected.Select(static line => Regex.Replace(line, ": .*, ", ": ")), postfix);
                Wait.For("what was sent, behind the peer", () => receiver.Messages.Sum(static message => message.Recipients.Count) == expected.Count(static line => line.Contains(": sent,", StringComparison.Ordinal)));
            });
        });
    }

    // Debian's OpenSMTPD cannot use its key with the OpenSSL of the same Debian: each handshake fails.
    // S2-17
    [FingerTheory]
    [InlineData("opensmtpd")]
    public void AServerWhoseTlsIsBrokenGetsMailInPlainTextWhereNothingSpeaksAgainstIt(string name)
    {
        string[] levels = [.. s_levels.Except(["dane"])];
        using TestCertificate authority = TestCertificate.Authority("Test authority"), right = authority.Issue(2, [.. levels.Select(static level => $"{level}.relay.test")]);
        int port = Ports.Take("127.0.0.1");
        using ValidatingNameServer dns = new("relay.test", string.Concat(levels.Select(static level => $"{level} A 127.0.0.1\n")), Resolver);
        MailSystem.Run((mail, receiver) =>
        {
            using Peer peer = CertifiedServers.Start(name, new Dictionary<int, string> { [port] = right.Chain }, receiver.Port);
            peer.During(() =>
            {
                Prepare(mail, dns, authority, [right.Fingerprint]);
                mail.AddTable("[transport_maps]\n" + string.Concat(levels.Select(level => $"\"{level}.test\" = \"smtp:[{level}.relay.test]:{port}\"\n")));
                foreach (string level in levels)
                    mail.AddTable($"[destination.\"{level}.test\"]\ntls = \"{level}\"");
                mail.Start();
                mail.Submit(MailSystem.Message("broken"), ["-f", "alice@origin.test", .. levels.Select(static level => $"u@{level}.test")]);
                foreach (string level in levels)
                {
                    mail.WaitForLog($@"to=<u@{level}\.test>, .*, dsn=4\.7\.5, status=deferred \(Cannot start TLS: handshake failure");
                    Assert.Matches("posttls-finger: SSL_connect error to |posttls-finger: Cannot start TLS", Ask(mail, level, $"[{level}.relay.test]:{port}", [right.Fingerprint]));
                }
                // It has waited for minimal_backoff_time then.
                mail.WaitForLog(@"to=<u@may\.test>, .*tls=may:none, .*status=sent");
                Wait.For("the one behind the peer", () => receiver.Messages.Count == 1);
                Assert.Equal("u@may.test", Assert.Single(receiver.Messages[0].Recipients).Address);
                Assert.Empty(mail.Log("to=<u@(encrypt|verify|secure|fingerprint)\\.test>, .*status=sent"));
            });
        });
    }

    private static void Prepare(MailSystem mail, ValidatingNameServer dns, TestCertificate authority, string[] fingerprints)
    {
        mail.Set("relayhost", "");
        mail.Set("disable_dns_lookups", false);
        mail.SetRaw("dns_nameservers", dns.Toml);
        mail.Set("smtp_tls_security_level", "may");
        mail.Set("smtp_log_tls_feature_status", true);
        File.WriteAllText(mail.PathOf("authority.pem"), authority.Pem);
        mail.Set("smtp_tls_CAfile", mail.PathOf("authority.pem"));
        mail.Set("smtp_tls_fingerprint_digest", "sha256");
        mail.SetRaw("smtp_tls_fingerprint_cert_match", $"\"{string.Join(' ', fingerprints)}\"");
        Directory.CreateDirectory(mail.PathOf("postfix"));
        File.WriteAllText(mail.PathOf("postfix/main.cf"), "compatibility_level = 3.6\ninet_protocols = ipv4\n");
        File.WriteAllText(mail.PathOf("postfix/master.cf"), "");
        File.WriteAllText(mail.PathOf("resolv.conf"), $"nameserver {Resolver}\noptions edns0 trust-ad\n");
    }

    // It knows no other file of name servers.
    private static string Ask(MailSystem mail, string level, string server, string[] fingerprints)
    {
        string[] match = level == "fingerprint" ? fingerprints : [];
        CommandResult result = Command.Run("unshare", ["--mount", "sh", "-c", "mount --bind \"$1\" /etc/resolv.conf; shift; MAIL_CONFIG=$1; export MAIL_CONFIG; shift; exec \"$@\"", "sh",
            mail.PathOf("resolv.conf"), mail.PathOf("postfix"), Finger, "-c", "-l", level, "-d", "sha256", "-F", mail.PathOf("authority.pem"), server, .. match]);
        return result.Output + result.Error;
    }

    /// <summary>Skipped, with the reason, where the servers, the name server or Postfix are missing.</summary>
    private sealed class FingerTheoryAttribute : TheoryAttribute
    {
        public FingerTheoryAttribute() => Skip = new PeerTheoryAttribute().Skip ?? ValidatingNameServer.WhyNot ?? (File.Exists(Finger) ? null : $"there is no {Finger}: install the Debian package postfix");
    }
}
