using System.Net.Http.Headers;
using PostfixNet.Dns;
using PostfixNet.Https;
using PostfixNet.Tls;

namespace PostfixNet.Tlsrpt;

/// <summary>Sends a report by HTTPS, RFC 8460 section 5.4: POST, with what <see cref="HttpsExchange"/> holds to. Nobody is shown what a host answers.</summary>
internal sealed class HttpsHandOver(IResolver resolver, TrustedCertificates trusted, bool useIPv4, bool useIPv6)
{
    /// <summary>tlsrpt_allow_private_addresses.</summary>
    internal bool AllowsPrivate { get; init; }

    /// <summary>For all of it.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    internal async Task<HandOver> Run(string where, byte[] document)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(where));
        request.Content = new ByteArrayContent(document);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(ReportDocument.MediaType);
        try
        {
            return await new HttpsExchange(resolver, trusted, useIPv4, useIPv6) { Limit = Limit, IsPublicOnly = !AllowsPrivate }.Ask(request, static (response, _) =>
                Task.FromResult(new HandOver(response.IsSuccessStatusCode, false, HttpsExchange.StatusText(response)))).ConfigureAwait(false);
        }
        catch (HttpsException e)
        {
            return new HandOver(false, false, e.Message);
        }
    }
}
