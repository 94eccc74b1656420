using System.Net.Security;
using System.Security.Cryptography;
using PostfixNet.Configuration;
using PostfixNet.Net;
using PostfixNet.Smtp.Sts;
using PostfixNet.Tls;

namespace PostfixNet.Smtp;

/// <summary>Starts TLS over a connection. Nothing of this is loaded before the first server offers TLS and a policy wants it.</summary>
internal sealed class TlsClient(TlsSettings settings)
{
    /// <summary>What an error of them begins with.</summary>
    internal const string Files = "smtp_tls_CAfile, smtp_tls_CApath, smtp_tls_cert_file or smtp_tls_key_file";

    private readonly CertificatesMet _certificatesMet = new();
    private TrustedCertificates? _certificates, _ofSts;

    // Of destinations, by file and file of the key.
    private readonly Dictionary<OwnCertificate, SslStreamCertificateContext> _own = [];

    /// <summary>Does the handshake.</summary>
    /// <param name="lower">Carries the records; it stays the caller's when this fails.</param>
    /// <exception cref="ConnectionException"><see cref="StreamFailure.Tls"/>, whatever the reason; it was logged.</exception>
    /// <exception cref="StoppingException">This program was told to stop.</exception>
    /// <exception cref="ConfigurationException">A file with certificates cannot be used.</exception>
    internal TlsStream Start(ByteStream lower, ServerTurn turn)
    {
        (SmtpPeer peer, TlsPolicy policy, Log log) = (turn.Server, turn.Tls, turn.Delivery.Log);
        TrustedCertificates certificates = LoadCertificates();
        CertificateCheck check = new(policy, peer, settings, log);
        string serverName = policy.ServerNameFor(peer);
        // SslStream resumes sessions only by the name of the server and with its own choice of ciphers.
        // Nor does a resumed session show the chain again, which TLSA records may be about.
        bool resume = settings.ResumesSessions && policy.Tlsa is null && serverName.Length > 0 && policy.ExcludedCiphers.Count == 0;
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = serverName,
            EnabledSslProtocols = policy.Protocols,
#pragma warning disable CA1416 // There is no other platform than Linux.
            CipherSuitesPolicy = resume ? null : new CipherSuitesPolicy(CipherSuites.Without(policy.ExcludedCiphers)),
#pragma warning restore CA1416
            AllowRenegotiation = false,
            AllowTlsResume = resume,
            ClientCertificateContext = turn.Destination.Options.Certificate is { } own ? Load(own) : certificates.Own,
            CertificateChainPolicy = (policy.Sts is not null && (policy.IsBySts || !policy.IsAuthenticated) ? _ofSts! : certificates).NewChainPolicy(),
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => check.Look(certificate, chain),
        };
        try
        {
            TlsStream stream = TlsStream.Open(lower, options, turn.Destination.Options.StartTlsTimeout, check);
            turn.CertificateTrouble = check.Trouble;
            turn.IsResumed = stream.IsResumed;
            Count(stream.IsResumed);
            if (settings.LogLevel > 0)
            {
                log.TlsEstablished(peer, check.Verdict, TlsSummary.Of(stream, check.Certificate));
                if (check.Certificate is { } shown)
                    _certificatesMet.Note(peer, shown, log, turn.Delivery.Now);
            }
            StsResults.Note(turn, check.StsTrouble);
            return stream;
        }
        catch (ConnectionException e)
        {
            StsResults.Note(turn, "TLS fails");
            log.TlsFails(peer, e.Failure switch
            {
                StreamFailure.Lost => "lost connection",
                StreamFailure.TimedOut => "Connection timed out",
                _ => "-1",
            });
            if (e.Failure == StreamFailure.Tls)
                log.Warning($"TLS library problem: {e.Message}");
            throw new ConnectionException(StreamFailure.Tls, e.Failure == StreamFailure.Tls ? Reason(e.Message) : "");
        }
    }

    /// <summary>Handshakes that succeeded, and how many of them resumed a session; nobody may want to know.</summary>
    internal (int All, int Resumed) Handshakes { get; set; }

    private void Count(bool isResumed) => Handshakes = (Handshakes.All + 1, Handshakes.Resumed + (isResumed ? 1 : 0));

    // OpenSSL's "error:0A00018A:SSL routines::dh key too small": what matters comes last.
    private static string Reason(string detail)
    {
        int start = detail.LastIndexOf("::", StringComparison.Ordinal);
        return start < 0 ? detail : detail[(start + 2)..].Trim();
    }

    /// <summary>Reads the certificate of a destination, once.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal SslStreamCertificateContext Load(OwnCertificate files)
    {
        if (_own.TryGetValue(files, out SslStreamCertificateContext? own))
            return own;
        try
        {
            own = TrustedCertificates.ReadOwn(TlsFiles.Read(files.File), TlsFiles.Read(files.KeyFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ConfigurationException(files.Problem(e.Message));
        }
        _own.Add(files, own);
        return own;
    }

    /// <summary>Reads the files with certificates, once.</summary>
    /// <exception cref="ConfigurationException">One cannot be used.</exception>
    internal TrustedCertificates LoadCertificates()
    {
        try
        {
            _ofSts ??= new TrustedCertificates(new CertificateFiles("", "", settings.StsCAFile, "", WithSystem: false), TlsFiles.Read);
            return _certificates ??= new TrustedCertificates(
                new CertificateFiles(settings.CertFile, settings.KeyFile, settings.CAFile, settings.CAPath, settings.AppendDefaultCA), TlsFiles.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ConfigurationException($"{Files}: {e.Message}");
        }
    }
}
