using System.Text.Json;
using PostfixNet.Mail;

namespace PostfixNet.Smtp.Sasl;

/// <summary>Where the bearer token of a login comes from.</summary>
internal abstract class TokenSource
{
    /// <summary>Most octets of a token, or of the JSON object that holds it: what fits into an AUTH line.</summary>
    internal const int MostOctets = 8192;

    /// <summary>The token.</summary>
    /// <param name="breathe">Called at least twice a second while waiting; may throw to end the wait.</param>
    /// <exception cref="SaslException">There is none; the reason.</exception>
    internal abstract string Get(Action breathe);

    /// <summary>The server refused the token.</summary>
    /// <returns>True: <see cref="Get"/> may now have another one.</returns>
    internal abstract bool Refused();

    /// <summary>Reads what a file or command gives: the token alone, or the answer of an authorization server, a JSON object
    /// with access_token and perhaps expires_in (RFC 6749 section 5.1).</summary>
    /// <param name="lifetime">Seconds; null when it is not told.</param>
    /// <exception cref="SaslException">Neither.</exception>
    protected static string Parse(ReadOnlySpan<byte> text, string where, out long? lifetime)
    {
        lifetime = null;
        string token = ByteText.Decode(text).Trim(' ', '\t', '\r', '\n');
        if (token.StartsWith('{'))
            token = ParseObject(text, where, out lifetime);
        // RFC 6750 section 2.1: all of these are visible ASCII. Anything else could end the field that the token stands in.
        if (token.Length == 0 || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new SaslException($"{where} gives no token");
        return token;
    }

    private static string ParseObject(ReadOnlySpan<byte> text, string where, out long? lifetime)
    {
        lifetime = null;
        try
        {
            Utf8JsonReader reader = new(text);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.TryGetProperty("expires_in", out JsonElement seconds) && seconds.ValueKind == JsonValueKind.Number
                && seconds.TryGetInt64(out long number) && number is >= 0 and < int.MaxValue)
                lifetime = number;
            return document.RootElement.TryGetProperty("access_token", out JsonElement token) && token.ValueKind == JsonValueKind.String
                ? token.GetString()! : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or text in it that is no Unicode. The message could quote what was read.
            throw new SaslException($"{where} gives no token");
        }
    }
}
