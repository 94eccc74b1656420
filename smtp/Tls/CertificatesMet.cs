using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Tls;

namespace PostfixNet.Smtp;

/// <summary>The certificates that servers have shown this process: a server's is logged when it is new.</summary>
internal sealed class CertificatesMet
{
    // A process that meets more begins anew, and says some of them again.
    private const int Most = 1000;

    private readonly HashSet<(string Host, int Port, string Fingerprint)> _known = [];

    /// <summary>A server showed a certificate.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    internal void Note(SmtpPeer peer, X509Certificate2 certificate, Log log, long now)
    {
        string fingerprint = CertificateText.Fingerprint(certificate.RawData, "sha256");
        if (_known.Count == Most)
            _known.Clear();
        if (!_known.Add((peer.Host, peer.Port, fingerprint)))
            return;
        int days = (int)Math.Floor((certificate.NotAfter.ToUniversalTime() - DateTime.UnixEpoch.AddMicroseconds(now)).TotalDays);
        log.NewCertificate(peer, CertificateText.Printable(certificate.Subject), CertificateText.Printable(certificate.Issuer), fingerprint,
            string.Create(CultureInfo.InvariantCulture, $"{certificate.NotBefore.ToUniversalTime():yyyy-MM-dd} to {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}, {(days < 0 ? "expired" : $"{days} days left")}"));
    }
}
