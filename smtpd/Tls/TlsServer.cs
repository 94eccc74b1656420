using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Native;
using PostfixNet.Tls;

namespace PostfixNet.Smtpd;

/// <summary>TLS with clients: RFC 8446, 5246 and 3207.</summary>
internal sealed class TlsServer(TlsServerSettings settings, Log log)
{
    internal TlsServerSettings Settings => settings;

    /// <summary>Does the handshake; the session goes on over TLS.</summary>
    /// <returns>False: it failed, and the connection is of no more use.</returns>
    internal async ValueTask<bool> Begin(Session session)
    {
        Chat chat = session.Chat;
        chat.DropInput();
        ClientCertificate client = new(settings);
        string asked = "";
        SslStream tls = new(chat.Connection, leaveInnerStreamOpen: true);
        TimeSpan patience = chat.Timeout;
        chat.Connection.Patience = settings.Timeout;
        chat.Connection.Limit = Deadline.In(settings.Timeout);
        try
        {
            await tls.AuthenticateAsServerAsync((_, hello, _, _) =>
            {
                asked = hello.ServerName;
                return new ValueTask<SslServerAuthenticationOptions>(Options(asked, client));
            }, null);
        }
        // Whatever a client sends in the place of a handshake, and whichever exception that comes to, this connection alone has failed.
        catch (Exception e)
        {
            log.HandshakeFailed(session, Reason(e));
            await tls.DisposeAsync();
            return false;
        }
        finally
        {
            chat.Connection.Patience = patience;
        }
        chat.Continue(tls);
        CipherSuite? cipher = CipherSuites.Find(tls.NegotiatedCipherSuite);
        session.Tls = new TlsInfo(TlsProtocols.NameOf(tls.SslProtocol), cipher?.Name ?? tls.NegotiatedCipherSuite.ToString(), cipher?.Bits ?? 0,
            client.Subject, client.Issuer, client.Fingerprint, client.KeyFingerprint, client.IsTrusted)
        { ServerEndPoint = settings.Certificates.ServerEndPoint(asked) };
        if (settings.LogLevel > 0)
            log.Secured(session, CipherSuites.Describe(tls.NegotiatedCipherSuite));
        return true;
    }

    // Built of strings, by OpenSSL: once is enough.
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Interoperability", "CA1416", Justification = "this system runs on Linux")]
    private readonly Lazy<CipherSuitesPolicy?> _ciphers = new(() => settings.ExcludedCiphers.Count > 0 ? new CipherSuitesPolicy(CipherSuites.Without(settings.ExcludedCiphers)) : null);

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Interoperability", "CA1416", Justification = "this system runs on Linux")]
    private SslServerAuthenticationOptions Options(string name, ClientCertificate client) => new()
    {
        ServerCertificateContext = settings.Certificates.Find(name),
        EnabledSslProtocols = settings.Protocols,
        ClientCertificateRequired = settings.AsksCertificate,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = settings.AsksCertificate ? settings.Certificates.ClientPolicy() : null,
        RemoteCertificateValidationCallback = client.Check,
        CipherSuitesPolicy = _ciphers.Value,
        // A session that is taken up again shows no certificate.
        AllowTlsResume = !settings.AsksCertificate,
    };

    private static string Reason(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e is TimeoutException ? "timeout" : CertificateText.Printable(e.Message);
    }

    /// <summary>What a client shows of itself.</summary>
    private sealed class ClientCertificate(TlsServerSettings settings)
    {
        internal string Subject { get; private set; } = "";

        internal string Issuer { get; private set; } = "";

        internal string Fingerprint { get; private set; } = "";

        internal string KeyFingerprint { get; private set; } = "";

        internal bool IsTrusted { get; private set; }

        // A certificate that nobody vouches for may still be known by its fingerprint.
        internal bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (certificate is X509Certificate2 shown)
            {
                Subject = CertificateText.Printable(shown.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
                Issuer = CertificateText.Printable(shown.GetNameInfo(X509NameType.SimpleName, forIssuer: true));
                Fingerprint = CertificateText.Fingerprint(shown.RawData, settings.Digest);
                KeyFingerprint = CertificateText.Fingerprint(shown.PublicKey.ExportSubjectPublicKeyInfo(), settings.Digest);
                IsTrusted = chain is not null && CertificateTrust.Trouble(shown, chain, settings.VerifyDepth) is null;
            }
            return !settings.DemandsCertificate || IsTrusted;
        }
    }
}
