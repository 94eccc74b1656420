using System.Globalization;
using System.Net;
using System.Text;
using PostfixNet.Dns;
using PostfixNet.Https;
using PostfixNet.MtaSts;

namespace PostfixNet.Mtasts;

/// <summary>Fetches one policy over HTTPS, RFC 8461 section 3.3, with what <see cref="HttpsExchange"/> holds to; within a limit of size. Nobody is shown what else a host answers.</summary>
/// <param name="port">Of the policy hosts: 443.</param>
internal sealed class PolicyFetch(IResolver resolver, MtaStsOptions options, int port = 443)
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>For all of it.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <exception cref="PolicyException">It could not be had.</exception>
    internal async Task<StsPolicy> Run(string domain)
    {
        string host = StsDomain.PolicyHostOf(domain), where = $"https://{host}/.well-known/mta-sts.txt";
        using HttpRequestMessage request = new(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"https://{host}:{port}/.well-known/mta-sts.txt"));
        request.Headers.Host = host;
        try
        {
            HttpsExchange exchange = new(resolver, options.Trusted, options.UseIPv4, options.UseIPv6) { Limit = Limit };
            return StsPolicy.Parse(await exchange.Ask(request, Body).ConfigureAwait(false));
        }
        catch (FormatException e)
        {
            throw new PolicyException($"{where}: no policy: {e.Message}", StsFault.Policy);
        }
        catch (HttpsException e)
        {
            throw new PolicyException($"{where}: {e.Message}", e.IsOfCertificate ? StsFault.Certificate : StsFault.Fetch);
        }
    }

    private static async Task<string> Body(HttpResponseMessage response, CancellationToken stop)
    {
        if (response.StatusCode != HttpStatusCode.OK)
            throw new HttpsException(HttpsExchange.StatusText(response));
        if (response.Content.Headers.ContentType?.MediaType is var type && !string.Equals(type, "text/plain", StringComparison.OrdinalIgnoreCase))
            throw new HttpsException($"its media type is {type ?? "not told"}, not text/plain");
        using Stream stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        byte[] octets = new byte[StsPolicy.Largest + 1];
        int length = 0;
        while (length < octets.Length && await stream.ReadAsync(octets.AsMemory(length), stop).ConfigureAwait(false) is > 0 and var count)
            length += count;
        if (length > StsPolicy.Largest)
            throw new HttpsException($"larger than {StsPolicy.Largest} octets");
        try
        {
            return s_strict.GetString(octets, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException("it is not UTF-8");
        }
    }
}
