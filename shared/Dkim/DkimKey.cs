using System.Security.Cryptography;

namespace PostfixNet.Dkim;

/// <summary>A private key that signs mail, RFC 6376 and RFC 8463. For use by one thread at a time.</summary>
public abstract class DkimKey : IDisposable
{
    /// <summary>Octets of a key file; more is no key.</summary>
    public const int LargestFile = 64 * 1024;

    /// <summary>The a= of a signature, "rsa-sha256" or "ed25519-sha256".</summary>
    public abstract string Algorithm { get; }

    /// <summary>The k= of its record in the DNS, "rsa" or "ed25519".</summary>
    public abstract string Kind { get; }

    /// <summary>Length in bits.</summary>
    public abstract int Bits { get; }

    /// <summary>The p= of its record: for RSA a SubjectPublicKeyInfo in DER, for Ed25519 the 32 octets.</summary>
    public abstract byte[] PublicKey { get; }

    /// <summary>Signs.</summary>
    /// <param name="hash">SHA-256 of what is signed.</param>
    public abstract byte[] Sign(ReadOnlySpan<byte> hash);

    /// <summary>The private key in PEM format, as PKCS#8 (RFC 5958).</summary>
    public abstract string ToPem();

    /// <summary>Makes a new one.</summary>
    /// <param name="bits">For RSA; 2048 or more.</param>
    public static DkimKey NewRsa(int bits) => new RsaDkimKey(RSA.Create(bits));

    /// <inheritdoc cref="NewRsa"/>
    public static DkimKey NewEd25519() => new Ed25519DkimKey(RandomNumberGenerator.GetBytes(Native.Ed25519.KeySize));

    /// <summary>Reads a private key.</summary>
    /// <param name="pem">PEM, PKCS#8 or (RSA) PKCS#1.</param>
    /// <exception cref="FormatException">It is none that can sign mail; the message completes "FILE: ", and never quotes the key.</exception>
    public static DkimKey FromPem(ReadOnlySpan<char> pem)
    {
        if (!PemEncoding.TryFind(pem, out PemFields fields))
            throw new FormatException("there is no private key in PEM format");
        string label = pem[fields.Label].ToString();
        if (label == "ENCRYPTED PRIVATE KEY" || pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
            throw new FormatException("the key is protected by a password; take it off, e.g. with \"openssl pkey\"");
        if (label is not ("PRIVATE KEY" or "RSA PRIVATE KEY"))
            throw new FormatException($"there is no private key, but \"{label}\"");
        byte[] octets = new byte[fields.DecodedDataLength];
        try
        {
            _ = Convert.TryFromBase64Chars(pem[fields.Base64Data], octets, out _);
            return label == "PRIVATE KEY" && Ed25519DkimKey.SeedOf(octets) is { } seed ? new Ed25519DkimKey(seed) : RsaDkimKey.From(octets, isPkcs1: label != "PRIVATE KEY");
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"the key cannot be used: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(octets);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    protected abstract void Dispose(bool disposing);
}
