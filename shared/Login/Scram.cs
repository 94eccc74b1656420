using System.Security.Cryptography;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>What both sides of SCRAM compute and write: RFC 5802 section 3 and 5.1, RFC 7677.</summary>
public static class Scram
{
    /// <summary>Fewer are a gift to who wants to guess the password; RFC 7677 section 4 demands them.</summary>
    public const int FewestIterations = 4096;

    /// <summary>Hi(): takes time in proportion to the iterations.</summary>
    public static byte[] SaltedPassword(HashAlgorithmName hash, string password, ReadOnlySpan<byte> salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(ByteText.Encode(PreparedText.Of(password)), salt, iterations, hash, HashLength(hash));

    /// <summary>Proves the client; the server has only its hash, the StoredKey.</summary>
    public static byte[] ClientKey(HashAlgorithmName hash, byte[] saltedPassword) => Sign(hash, saltedPassword, "Client Key"u8);

    /// <summary>Proves the server.</summary>
    public static byte[] ServerKey(HashAlgorithmName hash, byte[] saltedPassword) => Sign(hash, saltedPassword, "Server Key"u8);

    /// <summary>H(): a StoredKey, when it is that of a ClientKey.</summary>
    public static byte[] Hash(HashAlgorithmName hash, byte[] octets) => CryptographicOperations.HashData(hash, octets);

    /// <summary>HMAC().</summary>
    public static byte[] Sign(HashAlgorithmName hash, byte[] key, ReadOnlySpan<byte> text) => CryptographicOperations.HmacData(hash, key, text);

    /// <summary>ClientKey and signature make the proof; proof and signature make the ClientKey.</summary>
    public static byte[] Xor(byte[] one, byte[] other)
    {
        byte[] result = new byte[one.Length];
        for (int i = 0; i < result.Length; i++)
            result[i] = (byte)(one[i] ^ other[i]);
        return result;
    }

    /// <summary>A part of a nonce: printable ASCII without a comma, different for each login.</summary>
    public static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    /// <summary>The value of an attribute "n=value"; null: it is another one.</summary>
    public static string? Value(string attribute, char name) => attribute.Length >= 2 && attribute[0] == name && attribute[1] == '=' ? attribute[2..] : null;

    /// <summary>A name as the value of an attribute ("saslname").</summary>
    public static string Escape(string name) => name.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);

    /// <summary>The name that a value stands for; null: it is none.</summary>
    public static string? Unescape(string value)
    {
        for (int i = value.IndexOf('=', StringComparison.Ordinal); i >= 0; i = value.IndexOf('=', i + 1))
        {
            if (value.AsSpan(i + 1) is not (['3', 'D', ..] or ['2', 'C', ..]))
                return null;
        }
        return value.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
    }

    private static int HashLength(HashAlgorithmName hash) => hash == HashAlgorithmName.SHA1 ? 20 : 32;
}
