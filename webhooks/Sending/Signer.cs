using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PostfixNet.Webhooks;

/// <summary>Signs requests as Standard Webhooks has it: v1, HMAC-SHA256 over "id.timestamp.body".</summary>
/// <param name="keys">Each signs: while receivers go over to a new one, they know the sender by either.</param>
internal sealed class Signer(IReadOnlyList<byte[]> keys)
{
    private const string Prefix = "whsec_";
    private const int ShortestKey = 24, LongestKey = 64;

    /// <summary>The key of a secret: "whsec_" and base64.</summary>
    /// <returns>null: it is none.</returns>
    internal static byte[]? KeyOf(string secret)
    {
        byte[] key = new byte[LongestKey + 2];
        return Convert.TryFromBase64String(secret.StartsWith(Prefix, StringComparison.Ordinal) ? secret[Prefix.Length..] : secret, key, out int length) && length is >= ShortestKey and <= LongestKey
            ? key[..length] : null;
    }

    /// <summary>The value of webhook-signature: a signature by each key, blanks between them.</summary>
    /// <param name="id">webhook-id.</param>
    /// <param name="timestamp">webhook-timestamp: seconds since 1970.</param>
    /// <param name="body">Of the request.</param>
    internal string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."));
        byte[] signed = [.. head, .. body];
        return string.Join(' ', keys.Select(key => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}"));
    }
}
