using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Delivery;
using PostfixNet.Smtp.Dane;
using PostfixNet.Tls;

namespace PostfixNet.Smtp;

/// <summary>Judges the certificate of one server. It never ends the handshake: what follows from the judgement is decided
/// by the <see cref="TlsPolicy"/>, and the line about the connection is logged first.</summary>
internal sealed class CertificateCheck(TlsPolicy policy, SmtpPeer peer, TlsSettings settings, Log log) : ICertificateCheck
{
    /// <summary>null: the server showed none.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>A trusted authority vouches for it, now and for use as a server; or a TLSA record does.</summary>
    internal bool IsTrusted { get; private set; }

    /// <summary>It is the one that the policy asks for: by fingerprint, or trusted and with the right name.</summary>
    public bool IsMatched { get; private set; }

    /// <summary>Why it is not what the MTA-STS policy of the next hop asks for; null: it is, or there is none.</summary>
    internal string? StsTrouble { get; private set; }

    /// <summary>Why it is not the one that the policy asks for, as a report has it; null: it is, or the policy does not care.</summary>
    internal (TlsResultType Type, string Reason)? Trouble { get; private set; }

    /// <summary>As log lines begin.</summary>
    internal string Verdict => Certificate is null ? "Anonymous" : IsMatched && policy.Level != TlsLevel.HalfDane ? "Verified" : IsTrusted ? "Trusted" : "Untrusted";

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    internal bool Look(X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is null || chain is null)
            return true;
        // The one of the handshake is closed with it.
        Certificate = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        string? trouble = policy.Tlsa is { } tlsa ? TroubleWith(tlsa, Certificate, chain) : CertificateTrust.Trouble(Certificate, chain, settings.VerifyDepth);
        IsTrusted |= trouble is null;
        if (policy.Sts is not null && policy.Tlsa is null)
            StsTrouble = trouble ?? (HasName(CertificateNames.Alternatives(Certificate), [policy.StsName]) ? null : $"its certificate does not have its name as a DNS name, but {Shown(CertificateNames.Alternatives(Certificate))}");
        if (policy.Tlsa is not null)
            IsMatched = trouble is null;
        else if (policy.Level == TlsLevel.Fingerprint)
            IsMatched = HasFingerprint(Certificate);
        else if (policy.IsAuthenticated)
            IsMatched = IsTrusted && HasName(Names(Certificate), policy.NamesFor(peer));

        if (policy.IsAuthenticated && !IsMatched)
        {
            if (policy.Level == TlsLevel.Fingerprint)
                trouble = $"fingerprint {Fingerprint(Certificate.RawData)}, of its public key {Fingerprint(Certificate.PublicKey.ExportSubjectPublicKeyInfo())}, is none that is expected";
            trouble ??= $"its names {Shown(Names(Certificate))} do not match {string.Join(", ", policy.NamesFor(peer))}";
            log.CertificateFails(peer, trouble);
            Trouble = (TypeOf(trouble), trouble);
        }
        else if (StsTrouble is not null)
        {
            Trouble = (TypeOf(StsTrouble), StsTrouble);
        }
        if (settings.LogLevel > 1)
        {
            log.Certificate(peer, CertificateText.Printable(Certificate.Subject), CertificateText.Printable(Certificate.Issuer), Fingerprint(Certificate.RawData),
                Fingerprint(Certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        }
        return true;
    }

    // RFC 8460 section 4.3.
    private TlsResultType TypeOf(string trouble) => IsTrusted ? TlsResultType.CertificateHostMismatch
        : trouble.StartsWith("certificate has expired", StringComparison.Ordinal) ? TlsResultType.CertificateExpired
        : policy.Tlsa is not null ? TlsResultType.ValidationFailure
        : TlsResultType.CertificateNotTrusted;

    private string? TroubleWith(TlsaSet tlsa, X509Certificate2 certificate, X509Chain chain)
    {
        DaneVerdict verdict = new DaneVerification(tlsa, settings.VerifyDepth).Judge(certificate, chain.ChainPolicy.ExtraStore);
        IsTrusted = verdict.IsTrusted;
        if (settings.LogLevel > 1 && verdict is { Trouble: null })
            log.DaneMatches(peer, verdict.Match);
        return verdict.Trouble;
    }

    // RFC 8461 section 4.2 knows no common names.
    private List<string> Names(X509Certificate2 certificate) => policy.IsBySts ? CertificateNames.Alternatives(certificate) : CertificateNames.Of(certificate);

    private static string Shown(List<string> names) => names.Count > 0 ? CertificateText.Printable(string.Join(", ", names)) : "none";

    private static bool HasName(List<string> names, List<string> wanted) =>
        names.Exists(name => wanted.Exists(want => CertificateNames.Matches(name, want)));

    private bool HasFingerprint(X509Certificate2 certificate)
    {
        string own = Fingerprint(certificate.RawData);
        string key = Fingerprint(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        return policy.Match.Any(expected => expected == own || expected == key);
    }

    private string Fingerprint(byte[] data) => CertificateText.Fingerprint(data, settings.FingerprintDigest);
}
