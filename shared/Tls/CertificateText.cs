using System.Security.Cryptography;

namespace PostfixNet.Tls;

/// <summary>What log lines show of a certificate.</summary>
public static class CertificateText
{
    /// <summary>The fingerprint of a certificate or a public key: <c>AB:CD:...</c>.</summary>
    /// <param name="data">Its DER form.</param>
    /// <param name="digest">Name of the hash function: sha256.</param>
    public static string Fingerprint(byte[] data, string digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        byte[] hash = CryptographicOperations.HashData(new HashAlgorithmName(digest.ToUpperInvariant()), data);
        return BitConverter.ToString(hash).Replace('-', ':');
    }

    /// <summary>Text from a certificate, without control characters, and not more than 500 characters of it.</summary>
    public static string Printable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (char c in text)
        {
            if (char.IsControl(c))
                text = text.Replace(c, '?');
        }
        return text.Length <= 500 ? text : text[..500] + "...";
    }
}
