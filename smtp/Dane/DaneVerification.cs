using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Dns;
using PostfixNet.Tls;

namespace PostfixNet.Smtp.Dane;

/// <summary>What TLSA records say of the certificate that a server has shown.</summary>
/// <param name="Trouble">What is wrong; null: nothing.</param>
/// <param name="IsTrusted">A record vouches for the certificate; what is wrong then is its name.</param>
/// <param name="Match">The record, and what it matched, for the log; empty when there is none.</param>
internal sealed record DaneVerdict(string? Trouble, bool IsTrusted, string Match = "");

/// <summary>Verifies the certificate of a server by its TLSA records (RFC 7671 section 5, RFC 7672 section 3).</summary>
/// <param name="depthLimit">Certificates above that of the server at most, with that of the trust anchor.</param>
internal sealed class DaneVerification(TlsaSet tlsa, int depthLimit)
{
    // What a record vouches for has no dates.
    private static readonly DateTimeOffset s_everBegins = DateTimeOffset.UnixEpoch, s_everEnds = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // Keys in the records each cost a chain.
    private const int MostKeys = 4;

    /// <param name="certificate">The server's own.</param>
    /// <param name="sent">The others that it sent.</param>
    internal DaneVerdict Judge(X509Certificate2 certificate, X509Certificate2Collection sent)
    {
        // Neither its names nor its dates count (RFC 7672 section 3.1.1).
        if (tlsa.Records.FirstOrDefault(record => record.Usage == TlsaSet.EndEntity && TlsaSet.IsAbout(record, certificate)) is { } own)
            return new DaneVerdict(null, true, $"EE certificate at depth 0: {TlsaSet.Text(own)}");
        List<TlsaRecord> anchors = [.. tlsa.Records.Where(static record => record.Usage == TlsaSet.TrustAnchor)];
        if (anchors.Count == 0)
            return new DaneVerdict("its certificate and key are none of those in the TLSA records", false);
        string trouble;
        try
        {
            (string match, trouble) = FindAnchor(certificate, sent, anchors);
            if (match.Length > 0)
            {
                return CertificateNames.Of(certificate).Any(name => tlsa.Names.Any(wanted => CertificateNames.Matches(name, wanted)))
                    ? new DaneVerdict(null, true, match)
                    : new DaneVerdict($"its names {CertificateText.Printable(string.Join(", ", CertificateNames.Of(certificate)))} do not match {string.Join(", ", tlsa.Names)}", true, match);
            }
        }
        catch (CryptographicException e)
        {
            trouble = CertificateText.Printable(e.Message);
        }
        return new DaneVerdict(trouble, false);
    }

    private (string Match, string Trouble) FindAnchor(X509Certificate2 certificate, X509Certificate2Collection sent, List<TlsaRecord> anchors)
    {
        X509Certificate2Collection roots = [];
        try
        {
            // Those of the records themselves need not be sent (RFC 7671 section 5.2.2).
            foreach (TlsaRecord record in anchors.Where(static record => record is { Selector: TlsaSet.Certificate, MatchingType: TlsaSet.Full }))
                roots.Add(TlsaSet.CertificateIn(record)!);
            (string match, string trouble, X500DistinguishedName? issuer) = Build(certificate, sent, roots, anchors);
            if (match.Length > 0 || issuer is null)
                return (match, trouble);
            // A bare key has no name: it is given that of whoever the chain lacks.
            foreach (TlsaRecord record in anchors.Where(static record => record is { Selector: TlsaSet.PublicKey, MatchingType: TlsaSet.Full }).Take(MostKeys))
            {
                using X509Certificate2 root = RootFor(issuer, TlsaSet.PublicKeyIn(record)!);
                (match, _, _) = Build(certificate, sent, [root], [record]);
                if (match.Length > 0)
                    return (match, "");
            }
            return ("", trouble);
        }
        finally
        {
            foreach (X509Certificate2 root in roots)
                root.Dispose();
        }
    }

    // issuer: of the last certificate, if its own is not there.
    private (string Match, string Trouble, X500DistinguishedName? Issuer) Build(X509Certificate2 certificate, X509Certificate2Collection sent, X509Certificate2Collection roots, List<TlsaRecord> anchors)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.Build(certificate);
        try
        {
            for (int depth = 0; depth < chain.ChainElements.Count && depth <= depthLimit; depth++)
            {
                X509ChainElement element = chain.ChainElements[depth];
                // The server's own certificate is no authority, not even where it vouches for itself.
                TlsaRecord? anchor = depth > 0 ? anchors.Find(record => TlsaSet.IsAbout(record, element.Certificate)) : null;
                // Where the chain ends, and whom others trust, says nothing here: the records say whom to trust.
                X509ChainStatusFlags ignored = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;
                // Dates are no part of a trust anchor (RFC 5280 section 6.1.1); those of a root count all the same, as OpenSSL has it.
                if (anchor is not null && !IsSelfIssued(element.Certificate))
                    ignored |= X509ChainStatusFlags.NotTimeValid;
                X509ChainStatusFlags flags = X509ChainStatusFlags.NoError;
                foreach (X509ChainStatus status in element.ChainElementStatus)
                    flags |= status.Status & ~ignored;
                if (flags != X509ChainStatusFlags.NoError)
                    return ("", flags.HasFlag(X509ChainStatusFlags.NotTimeValid) ? "certificate has expired, or is not yet valid" : flags.ToString(), null);
                if (anchor is not null)
                    return ($"TA certificate at depth {depth}: {TlsaSet.Text(anchor)}", "", null);
            }
            X509Certificate2? last = chain.ChainElements.Count is var count and > 0 && count <= depthLimit ? chain.ChainElements[^1].Certificate : null;
            return ("", "no certificate or key of its chain is in the TLSA records", last is not null && !IsSelfIssued(last) ? last.IssuerName : null);
        }
        finally
        {
            foreach (X509ChainElement element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    // Who signed it does not matter: what is trusted is not verified.
    private static X509Certificate2 RootFor(X500DistinguishedName name, PublicKey key)
    {
        using ECDsa anybody = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.Create(name, X509SignatureGenerator.CreateForECDsa(anybody), s_everBegins, s_everEnds, [1]);
    }
}
