using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Dns;

namespace PostfixNet.Smtp.Dane;

/// <summary>The TLSA records by which a server proves who it is: those that are of use, at least one.</summary>
/// <param name="BaseDomain">The name below which they stand.</param>
/// <param name="Names">Of which the certificate must have one where a trust anchor vouches for it (usage 2).</param>
/// <param name="Records">In the order in which they are tried.</param>
internal sealed record TlsaSet(string BaseDomain, IReadOnlyList<string> Names, IReadOnlyList<TlsaRecord> Records)
{
    /// <summary>Usage DANE-TA: the record has an authority that vouches for the server.</summary>
    internal const byte TrustAnchor = 2;

    /// <summary>Usage DANE-EE: the record has the server's own certificate or key.</summary>
    internal const byte EndEntity = 3;

    /// <summary>Matching type 0: the record has the certificate or key itself, and not its digest.</summary>
    internal const byte Full = 0;

    /// <summary>Selector 0: it is about a certificate; 1: about a public key.</summary>
    internal const byte Certificate = 0, PublicKey = 1;

    /// <summary>Takes the records that are of use (RFC 7672 sections 3.1.3 and 2.1.1), and of digests of one kind only those by
    /// the best hash function that somebody published (RFC 7671 section 9).</summary>
    /// <param name="digests">Matching types, 1 and 2, the best first; those that are missing are of no use.</param>
    internal static IReadOnlyList<TlsaRecord> Usable(IEnumerable<TlsaRecord> records, IReadOnlyList<byte> digests)
    {
        List<TlsaRecord> usable = [.. records.Where(record => IsUsable(record, digests))];
        return
        [
            .. usable.Where(record => record.MatchingType == Full || !usable.Exists(other => other.Usage == record.Usage && other.Selector == record.Selector
                    && other.MatchingType != Full && Rank(other, digests) < Rank(record, digests)))
                // The server's own certificate costs no chain.
                .OrderByDescending(static record => record.Usage),
        ];
    }

    private static int Rank(TlsaRecord record, IReadOnlyList<byte> digests)
    {
        int rank = 0;
        while (rank < digests.Count && digests[rank] != record.MatchingType)
            rank++;
        return rank;
    }

    private static bool IsUsable(TlsaRecord record, IReadOnlyList<byte> digests) =>
        record is { Usage: TrustAnchor or EndEntity, Selector: Certificate or PublicKey } && record.MatchingType switch
        {
            Full => IsWhole(record),
            1 => record.Data.Length == SHA256.HashSizeInBytes && digests.Contains(record.MatchingType),
            2 => record.Data.Length == SHA512.HashSizeInBytes && digests.Contains(record.MatchingType),
            _ => false,
        };

    private static bool IsWhole(TlsaRecord record)
    {
        if (record.Selector == Certificate)
        {
            using X509Certificate2? certificate = CertificateIn(record);
            return certificate is not null;
        }
        return PublicKeyIn(record) is not null;
    }

    /// <summary>The certificate of a record with selector and matching type 0; null: what is there is none.</summary>
    internal static X509Certificate2? CertificateIn(TlsaRecord record)
    {
        try
        {
            X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(record.Data.Span);
            if (certificate.RawData.AsSpan().SequenceEqual(record.Data.Span))
                return certificate;
            // PEM, or something after it.
            certificate.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The key of a record with selector 1 and matching type 0; null: what is there is none.</summary>
    internal static PublicKey? PublicKeyIn(TlsaRecord record)
    {
        try
        {
            PublicKey key = System.Security.Cryptography.X509Certificates.PublicKey.CreateFromSubjectPublicKeyInfo(record.Data.Span, out int length);
            return length == record.Data.Length ? key : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>A record is about this certificate (RFC 6698 sections 2.1.2 and 2.1.3).</summary>
    internal static bool IsAbout(TlsaRecord record, X509Certificate2 certificate)
    {
        byte[] selected = record.Selector == Certificate ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        byte[] data = record.MatchingType switch
        {
            Full => selected,
            1 => SHA256.HashData(selected),
            _ => SHA512.HashData(selected),
        };
        return record.Data.Span.SequenceEqual(data);
    }

    /// <summary>The record as log lines show it: <c>3 1 1 0A1B...</c>, long data only with its beginning and end.</summary>
    internal static string Text(TlsaRecord record)
    {
        const int Shown = 32;
        ReadOnlySpan<byte> data = record.Data.Span;
        string hex = data.Length <= 2 * Shown ? Convert.ToHexString(data) : $"{Convert.ToHexString(data[..Shown])}...{Convert.ToHexString(data[^Shown..])}";
        return $"{record.Usage} {record.Selector} {record.MatchingType} {hex}";
    }
}
