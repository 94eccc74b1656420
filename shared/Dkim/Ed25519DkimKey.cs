using System.Formats.Asn1;
using System.Security.Cryptography;
using PostfixNet.Native;

namespace PostfixNet.Dkim;

/// <summary>Ed25519 with SHA-256, RFC 8463.</summary>
internal sealed class Ed25519DkimKey : DkimKey
{
    private const string ObjectIdentifier = "1.3.101.112"; // RFC 8410 section 3

    private readonly byte[] _seed;
    private readonly Ed25519 _key;

    internal Ed25519DkimKey(byte[] seed) => (_seed, _key) = (seed, new Ed25519(seed));

    public override string Algorithm => "ed25519-sha256";

    public override string Kind => "ed25519";

    public override int Bits => 8 * Ed25519.KeySize;

    public override byte[] PublicKey => _key.PublicKey;

    public override byte[] Sign(ReadOnlySpan<byte> hash) => _key.Sign(hash);

    public override string ToPem()
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            using (writer.PushSequence())
                writer.WriteObjectIdentifier(ObjectIdentifier);
            // RFC 8410 section 7: an octet string in another one.
            using (writer.PushOctetString())
                writer.WriteOctetString(_seed);
        }
        return PemEncoding.WriteString("PRIVATE KEY", writer.Encode());
    }

    /// <summary>The private key in a PKCS#8 structure; null: it holds another kind of key.</summary>
    /// <exception cref="CryptographicException">It is no such structure.</exception>
    internal static byte[]? SeedOf(byte[] octets)
    {
        try
        {
            AsnReader info = new AsnReader(octets, AsnEncodingRules.BER).ReadSequence();
            _ = info.ReadInteger();
            string kind = info.ReadSequence().ReadObjectIdentifier();
            return kind == ObjectIdentifier ? new AsnReader(info.ReadOctetString(), AsnEncodingRules.BER).ReadOctetString() : null;
        }
        catch (AsnContentException e)
        {
            throw new CryptographicException(e.Message, e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        CryptographicOperations.ZeroMemory(_seed);
        _key.Dispose();
    }
}
