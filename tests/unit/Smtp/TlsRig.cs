using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>An SMTP client that trusts the authority of the tests, and a server that can do TLS: mx.test, the mail exchanger
/// of dest.test.</summary>
internal sealed class TlsRig : IDisposable
{
    internal const string Offers = """{"ext": ["STARTTLS", "PIPELINING"]}""";

    /// <summary>The defaults.</summary>
    internal static TlsSettings Usual { get; } =
        SmtpConfig.Read(MainConfig.FromText("myhostname = 'mta.golden.test'\nsmtp_tls_security_level = 'may'"), "smtp").Tls!.Settings with { SecurityLevel = TlsLevel.None };

    private readonly string _authority = Path.GetTempFileName();

    /// <param name="server">null: a certificate for mx.test that the authority vouches for.</param>
    internal TlsRig(
        TlsSettings settings, string script = Offers, X509Certificate2? certificate = null, SslServerAuthenticationOptions? server = null,
        bool wrapped = false, byte[]? content = null)
    {
        File.WriteAllText(_authority, TestCertificates.Authority.ExportCertificatePem());
        Rig = new SmtpRig(content);
        server ??= new SslServerAuthenticationOptions();
        server.ServerCertificateContext ??= SslStreamCertificateContext.Create(certificate ?? TestCertificates.For("mx.test", "mx.test"), null, offline: true);
        Server = new ScriptedServer("127.0.0.31", 0, script, tls: server, wrapped: wrapped);
        Rig.Resolver.A("mx.test", "127.0.0.31");
        Rig.Resolver.Mx("dest.test", (10, "mx.test"));
        Use(settings);
    }

    internal SmtpRig Rig { get; }

    internal ScriptedServer Server { get; }

    /// <summary>The one result as "status word (reason)"; why a handshake failed is the library's to say.</summary>
    internal string Result => ClientCase.WithoutCause($"{Rig.Results.Single()[2]} {Rig.Results.Single()[3]} ({Rig.Results.Single()[4]})");

    internal IEnumerable<string> OtherLines => Rig.Lines.Where(l => !l.Contains("status=", StringComparison.Ordinal) && !l.Contains(": certificate subject=", StringComparison.Ordinal)).Select(ClientCase.WithoutCause)
        .Select(l => l.Replace($":{Server.Port}", ":25", StringComparison.Ordinal));

    internal void Use(TlsSettings settings) => Rig.Options = Rig.Options with
    {
        TcpPort = Server.Port,
        Tls = new TlsPolicies(settings with { CAFile = settings.CAFile.Length > 0 ? settings.CAFile : _authority, StsCAFile = _authority }),
    };

    /// <summary>Delivers, lets the server end, and returns the report.</summary>
    internal DeliveryReport Deliver(DeliveryRequest? request = null)
    {
        DeliveryReport report = Rig.Deliver(request ?? SmtpRig.Request("dest.test", "u@dest.test"));
        Rig.CloseSession();
        Server.Dispose();
        return report;
    }

    /// <summary>A message that has waited longer than the minimal backoff time.</summary>
    internal static DeliveryRequest OldRequest()
    {
        DeliveryRequest request = SmtpRig.Request("dest.test", "u@dest.test");
        return request with { ArrivalMicroseconds = request.ActiveMicroseconds - 300_000_000 };
    }

    public void Dispose()
    {
        Rig.Dispose();
        Server.Dispose();
        File.Delete(_authority);
    }
}
