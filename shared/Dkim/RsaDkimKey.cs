using System.Globalization;
using System.Security.Cryptography;

namespace PostfixNet.Dkim;

/// <summary>RSA with SHA-256, RFC 6376 section 3.3.1, with keys as RFC 8301 wants them.</summary>
internal sealed class RsaDkimKey(RSA key) : DkimKey
{
    // RFC 8301 section 3.2: verifiers take no shorter ones, and need not take longer ones.
    private const int FewestBits = 1024, MostBits = 4096;

    public override string Algorithm => "rsa-sha256";

    public override string Kind => "rsa";

    public override int Bits => key.KeySize;

    public override byte[] PublicKey => key.ExportSubjectPublicKeyInfo();

    public override byte[] Sign(ReadOnlySpan<byte> hash) => key.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public override string ToPem() => key.ExportPkcs8PrivateKeyPem();

    /// <exception cref="CryptographicException">It is no private key of RSA.</exception>
    /// <exception cref="FormatException">It is too short or too long.</exception>
    internal static RsaDkimKey From(byte[] octets, bool isPkcs1)
    {
        RSA key = RSA.Create();
        try
        {
            if (isPkcs1)
                key.ImportRSAPrivateKey(octets, out _);
            else
                key.ImportPkcs8PrivateKey(octets, out _);
            if (key.KeySize is < FewestBits or > MostBits)
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"an RSA key of {key.KeySize} bits, which receivers do not accept (RFC 8301); {FewestBits} to {MostBits} can be used, 2048 is usual"));
            return new RsaDkimKey(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    protected override void Dispose(bool disposing) => key.Dispose();
}
