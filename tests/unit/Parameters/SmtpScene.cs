using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Native;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>A delivery to a server that follows a script: what was said, logged, and put on record.</summary>
/// <remarks>The server is mx.test, 127.0.0.31, the mail exchanger of dest.test. In main.toml PORT stands for its port, DIR for a
/// directory with certificates and the like.</remarks>
internal sealed record SmtpScene
{
    private const string Usual = """
        myhostname = "mta.golden.test"
        queue_directory = "DIR"
        """;

    /// <summary>See <see cref="ScriptedServer"/>.</summary>
    internal string Script { get; init; } = "{}";

    /// <summary>Script of another server with the same port, 127.0.0.32; null: nobody listens there.</summary>
    internal string? Second { get; init; }

    /// <summary>smtp or lmtp.</summary>
    internal string Service { get; init; } = "smtp";

    internal string NextHop { get; init; } = "dest.test:PORT";

    internal string Recipient { get; init; } = "u@dest.test";

    /// <summary>What is special about the message.</summary>
    internal Func<DeliveryRequest, DeliveryRequest> Message { get; init; } = static request => request;

    /// <summary>Lines of its content.</summary>
    internal IEnumerable<string> Content { get; init; } = ["Subject: s", "", "text"];

    /// <summary>Messages, one after the other.</summary>
    internal int Times { get; init; } = 1;

    /// <summary>The server is late with its answer to this, by more than a second; empty: never.</summary>
    internal string Late { get; init; } = "";

    /// <summary>Names of a server that can do TLS, of which the authority of the tests knows; empty: it cannot.</summary>
    internal string[] CertificateFor { get; init; } = [];

    /// <summary>What else the server has to say about TLS.</summary>
    internal Action<SslServerAuthenticationOptions> Tls { get; init; } = static _ => { };

    /// <summary>TLS comes before the greeting.</summary>
    internal bool IsWrapped { get; init; }

    /// <summary>Names besides those that there always are.</summary>
    internal Action<SmtpRig> Names { get; init; } = static _ => { };

    /// <summary>The scene, played with one main.toml.</summary>
    internal string Play(string toml)
    {
        using TemporaryDirectory directory = new();
        FileSystem.ChangeMode(directory.File("token", "#!/bin/sh\nsleep 1.5\necho token\n"u8.ToArray()), 0x1C0 /* 0700 */);
        directory.File("KEY", Encoding.ASCII.GetBytes(Dkim.DkimScene.EdPem));
        SslServerAuthenticationOptions? tls = null;
        if (CertificateFor.Length > 0)
        {
            X509Certificate2 certificate = TestCertificates.For(CertificateFor[0], CertificateFor);
            toml = toml.Replace("SHA1", TestCertificates.Fingerprint(certificate.RawData, "SHA1"), StringComparison.Ordinal)
                .Replace("SHA256", TestCertificates.Fingerprint(certificate.RawData), StringComparison.Ordinal);
            tls = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true) };
            Tls(tls);
            WriteCertificates(directory);
        }
        using ScriptedServer server = new("127.0.0.31", 0, Script, lmtp: Service == "lmtp", tls, IsWrapped);
        using ScriptedServer? second = Second is null ? null : new ScriptedServer("127.0.0.32", server.Port, Second);
        if (Late.Length > 0)
            server.WhenAsked = said => Thread.Sleep(said.StartsWith(Late, StringComparison.Ordinal) ? 1500 : 0);
        string Complete(string text) => text.Replace("PORT", $"{server.Port}", StringComparison.Ordinal).Replace("DIR", directory.Path, StringComparison.Ordinal);

        MainConfig config = Row.Config(Complete(Usual), Complete(toml));
        AgentSettings settings = AgentSettings.Read(config, Service);
        using SmtpRig rig = new(SmtpRig.Records(Content)) { Options = settings.Options };
        rig.Own = () => OwnAddresses.Find(settings.Interfaces, settings.ProxyInterfaces);
        AddNames(rig.Resolver);
        Names(rig);
        List<string> reports = [];
        for (int i = 0; i < Times; i++)
        {
            DeliveryReport report = rig.Deliver(Message(SmtpRig.Request(Complete(NextHop), Recipient)));
            reports.Add($"report: {(report.SomeDeferred ? "deferred" : "done")}");
        }
        rig.CloseSession();
        server.Dispose();
        second?.Dispose();
        return string.Join('\n', Seen(rig, server).Concat(reports).Concat(config.Remarks));
    }

    private static IEnumerable<string> Seen(SmtpRig rig, ScriptedServer server)
    {
        foreach (string command in server.Commands)
            yield return $"C: {command}";
        foreach (byte[] message in server.Messages)
            yield return message.Length < 2000 ? Encoding.Latin1.GetString(message) : $"{message.Length} octets";
        foreach (string client in server.Clients)
            yield return $"client {client}.";
        foreach (ScriptedServer.TlsAgreement agreed in server.Agreements)
            yield return $"TLS: {agreed.Protocol} {agreed.Cipher} for <{agreed.ServerName}>, client {agreed.ClientName ?? "unknown"}";
        if (server.Agreements is [var first, var other])
            yield return $"TLS was {(other.Octets < first.Octets / 2 ? "resumed" : "begun anew")}";
        foreach (string line in rig.Lines)
            yield return line.Replace($":{server.Port}", ":PORT", StringComparison.Ordinal);
        foreach (TlsResult result in rig.TlsAttempts.SelectMany(static attempt => attempt.Results))
            yield return $"TLS result: {(result.Failure is null ? "good" : TlsFailure.WordOf(result.Failure.Type))}";
        if (rig.TlsAttempts.Count > 0)
            yield return $"TLS results: {rig.TlsAttempts.Sum(static attempt => attempt.Results.Count)}";
        foreach (string record in rig.Records_)
            yield return record;
        yield return $"tried: {string.Join(' ', rig.Lines.Select(line => Regex.Match(line, @"^connect to ([^:]*\[[^]]*\])").Groups[1].Value).Where(name => name.Length > 0))}.";
        yield return $"delay has {(rig.Lines.Any(line => Regex.IsMatch(line, @" delay=\d+\.\d")) ? "a fraction" : "no fraction")}";
    }

    private static void AddNames(FakeResolver names)
    {
        names.A("mx.test", "127.0.0.31");
        names.A("dest.test", "127.0.0.31");
        names.Mx("dest.test", (10, "mx.test"));
        names.A("a.test", "127.0.0.31");
        names.A("b.test", "127.0.0.32");
        names.Mx("two.test", (10, "a.test"), (20, "b.test"));
        names.A("dead.test", "127.0.0.33");
        names.Mx("second.test", (10, "dead.test"), (20, "mx.test"));
        names.A("fail.test", "127.0.0.31");
        names.Fails("fail.test", DnsType.Mx, DnsStatus.TryAgain);
        names.Mx("nohost.test", (10, "nowhere.test"));
        names.Alias("alias.test", "real.test", "127.0.0.31");
        for (int i = 1; i <= 4; i++)
            names.A($"dead{i}.test", $"127.0.0.4{i}");
        names.Mx("equal.test", [.. Enumerable.Range(1, 4).Select(i => (10, $"dead{i}.test"))]);
        names.A("both.test", "127.0.0.41", "127.0.0.42", "127.0.0.43", "::1");
    }

    private static readonly Lazy<(string Name, string Text)[]> s_certificates = new(static () =>
    {
        using X509Certificate2 client = TestCertificates.SelfSigned("client.test"), other = TestCertificates.SelfSigned("other.test");
        string key = client.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem();
        return
        [
            ("ca.pem", TestCertificates.Authority.ExportCertificatePem()), ("other.pem", other.ExportCertificatePem()),
            ("client.pem", $"{key}\n{client.ExportCertificatePem()}\n"), ("client-cert.pem", client.ExportCertificatePem()), ("client-key.pem", key),
        ];
    });

    private static void WriteCertificates(TemporaryDirectory directory)
    {
        foreach ((string name, string text) in s_certificates.Value)
            directory.File(name, Encoding.ASCII.GetBytes(text));
        Directory.CreateDirectory($"{directory.Path}/trusted");
        File.Copy($"{directory.Path}/ca.pem", $"{directory.Path}/trusted/ca.pem");
    }
}
