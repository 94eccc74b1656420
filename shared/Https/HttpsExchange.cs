using System.Globalization;
using PostfixNet.Dns;
using PostfixNet.Tls;

namespace PostfixNet.Https;

/// <summary>One request to a host that strangers chose, over HTTPS: what <see cref="HttpsClient"/> holds to.</summary>
/// <remarks>Unless <see cref="IsPublicOnly"/> the address may be one of this host or network. All that comes of it is a TLS handshake: a request goes only to who has a valid certificate for the name.</remarks>
public sealed class HttpsExchange(IResolver resolver, TrustedCertificates trusted, bool useIPv4, bool useIPv6)
{
    /// <summary>For all of it.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc cref="HttpsClient.IsPublicOnly"/>
    public bool IsPublicOnly { get; init; }

    /// <summary>Asks, and has the answer read, whatever its status is.</summary>
    /// <inheritdoc cref="HttpsClient.Ask"/>
    public async Task<T> Ask<T>(HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read)
    {
        ArgumentNullException.ThrowIfNull(request);
        // Of no use for another host, and requests are few.
        using HttpsClient client = new(request.RequestUri!.IdnHost, resolver, trusted, useIPv4, useIPv6) { Limit = Limit, IsPublicOnly = IsPublicOnly };
        return await client.Ask(request, read).ConfigureAwait(false);
    }

    /// <summary>A status in words for the log.</summary>
    public static string StatusText(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        int status = (int)response.StatusCode;
        return string.Create(CultureInfo.InvariantCulture, $"status {status}{(status is >= 300 and < 400 ? ", a redirection, which is not followed" : "")}");
    }
}
