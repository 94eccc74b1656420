using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Https;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Tls;

namespace PostfixNet.Logins;

/// <summary>Asks authorization servers, RFC 6749 sections 4.4 and 6, with what <see cref="HttpsExchange"/> holds to. Their addresses may be those of a private network: main.toml names them.</summary>
internal sealed class TokenEndpoint(EventLoop loop, IResolver resolver, bool useIPv4, bool useIPv6) : ITokenEndpoint
{
    private const int Largest = 65536, LongestToken = 8192, MostWords = 200;
    private const long LifetimeIfUntold = 3600;
    private const int LargestCAFile = 16 * 1024 * 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public ValueTask<GivenToken> Ask(OAuthRule rule, string? clientSecret, string? refresh) => loop.Elsewhere(() => Run(rule, clientSecret, refresh));

    private async Task<GivenToken> Run(OAuthRule rule, string? clientSecret, string? refresh)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, rule.TokenEndpoint);
        request.Content = new FormUrlEncodedContent(Fields(rule, clientSecret, refresh));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (rule.UsesBasic)
        {
            string pair = $"{Uri.EscapeDataString(rule.ClientId)}:{Uri.EscapeDataString(clientSecret ?? "")}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
        }
        try
        {
            return await new HttpsExchange(resolver, Trusted(rule), useIPv4, useIPv6) { Limit = s_limit }.Ask(request, Read).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpsException or IOException)
        {
            throw new TokenException($"{rule.TokenEndpoint.Host}: {e.Message}", isFinal: false);
        }
        catch (TokenException e)
        {
            throw new TokenException($"{rule.TokenEndpoint.Host}: {e.Message}", e.IsFinal);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Fields(OAuthRule rule, string? clientSecret, string? refresh)
    {
        yield return new("grant_type", refresh is null ? "client_credentials" : "refresh_token");
        if (refresh is not null)
            yield return new("refresh_token", refresh);
        if (!rule.UsesBasic)
        {
            yield return new("client_id", rule.ClientId);
            if (clientSecret is not null)
                yield return new("client_secret", clientSecret);
        }
        if (rule.Scope.Length > 0)
            yield return new("scope", rule.Scope);
    }

    /// <summary>Whose certificates are trusted.</summary>
    internal static TrustedCertificates Trusted(OAuthRule rule) =>
        new(new CertificateFiles("", "", rule.CAfile, "", WithSystem: false), static file => Encoding.UTF8.GetString(FileSystem.ReadAll(file, LargestCAFile)));

    private static async Task<GivenToken> Read(HttpResponseMessage response, CancellationToken stop)
    {
        JsonNode? answer = Parse(await Body(response, stop).ConfigureAwait(false));
        if (response.StatusCode == HttpStatusCode.OK)
            return Given(answer) ?? throw new TokenException("its answer has no bearer token", isFinal: true);
        string? error = Text(answer, "error");
        string words = error is null ? HttpsExchange.StatusText(response) : $"{error}{(Text(answer, "error_description") is { Length: > 0 } more ? $": {more}" : "")}";
        // Too many requests, and what is wrong with the server, pass by themselves.
        bool isFinal = (int)response.StatusCode is >= 300 and < 500 and not (408 or 429) && error is not "temporarily_unavailable";
        throw new TokenException(PrintableText.Of(words.Length > MostWords ? $"{words[..MostWords]}..." : words), isFinal);
    }

    private static async Task<byte[]> Body(HttpResponseMessage response, CancellationToken stop)
    {
        using Stream stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        byte[] octets = new byte[Largest + 1];
        int length = 0;
        while (length < octets.Length && await stream.ReadAsync(octets.AsMemory(length), stop).ConfigureAwait(false) is > 0 and var count)
            length += count;
        return length <= Largest ? octets[..length] : throw new HttpsException($"its answer is larger than {Largest} octets");
    }

    /// <returns>null: it is no JSON, or says something twice.</returns>
    internal static JsonNode? Parse(byte[] octets)
    {
        try
        {
            return octets.Length == 0 ? null : JsonNode.Parse(octets, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: a name that is no Unicode.
            return null;
        }
    }

    internal static GivenToken? Given(JsonNode? answer)
    {
        // RFC 6750 section 2.1: visible ASCII. Anything else could end the field of a login that the token stands in.
        if (Text(answer, "access_token") is not { Length: > 0 and <= LongestToken } access || access.AsSpan().ContainsAnyExceptInRange('!', '~')
            || Text(answer, "token_type") is { } type && !type.Equals("bearer", StringComparison.OrdinalIgnoreCase))
            return null;
        long lifetime = long.TryParse(Text(answer, "expires_in"), System.Globalization.CultureInfo.InvariantCulture, out long seconds) && seconds is > 0 and < int.MaxValue ? seconds : LifetimeIfUntold;
        return new GivenToken(access, lifetime, Text(answer, "refresh_token") is { Length: > 0 and <= LongestToken } refresh ? refresh : null);
    }

    private static string? Text(JsonNode? answer, string name)
    {
        try
        {
            return (answer as JsonObject)?[name] is JsonValue value ? value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToString() : null;
        }
        catch (InvalidOperationException)
        {
            // Text that is no Unicode.
            return null;
        }
    }
}
