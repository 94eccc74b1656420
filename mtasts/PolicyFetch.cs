using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PostfixNet.Dns;
using PostfixNet.MtaSts;
using PostfixNet.Tls;

namespace PostfixNet.Mtasts;

/// <summary>Fetches one policy over HTTPS, RFC 8461 section 3.3: no redirection, no proxy, no cookie, nothing from a cache; the certificate
/// is that of the policy host, from somebody who is trusted; within a limit of time and size.</summary>
/// <remarks>The address of a policy host is its domain's to choose, so it may be one of this host or network. All that comes of it is a TLS
/// handshake at port 443: a request goes only to who has a valid certificate for the name, and nobody is shown what he answers.</remarks>
/// <param name="port">Of the policy hosts: 443.</param>
internal sealed class PolicyFetch(IResolver resolver, MtaStsOptions options, int port = 443)
{
    private const int MostAddresses = 6, DepthLimit = 9, MostHeaderKilobytes = 16;
    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(10);
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>For all of it.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <exception cref="PolicyException">It could not be had.</exception>
    internal async Task<StsPolicy> Run(string domain)
    {
        string host = StsDomain.PolicyHostOf(domain), where = $"https://{host}/.well-known/mta-sts.txt";
        string? certificateTrouble = null;
        using CancellationTokenSource time = new(Limit);
        try
        {
            // Of no use for another domain, and few are fetched.
            using SocketsHttpHandler handler = new()
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.None,
                MaxResponseHeadersLength = MostHeaderKilobytes,
                ConnectTimeout = Timeout.InfiniteTimeSpan, // ConnectCallback has its own, for each address
                MaxResponseDrainSize = 0,
                ActivityHeadersPropagator = null,
                ConnectCallback = (_, stop) => Connect(host, stop),
                SslOptions = new SslClientAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    CertificateChainPolicy = options.Trusted.NewChainPolicy(),
                    RemoteCertificateValidationCallback = (_, certificate, chain, _) => (certificateTrouble = Trouble(certificate, chain, host)) is null,
                },
            };
            using HttpClient client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
            using HttpRequestMessage request = new(HttpMethod.Get, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"https://{host}:{port}/.well-known/mta-sts.txt"));
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Postfix.Net", null));
            request.Headers.Host = host;
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new PolicyException($"{where}: status {(int)response.StatusCode}{((int)response.StatusCode is >= 300 and < 400 ? ", a redirection, which is not followed" : "")}");
            if (response.Content.Headers.ContentType?.MediaType is var type && !string.Equals(type, "text/plain", StringComparison.OrdinalIgnoreCase))
                throw new PolicyException($"{where}: its media type is {type ?? "not told"}, not text/plain");
            return StsPolicy.Parse(await Body(response, where, time.Token).ConfigureAwait(false));
        }
        catch (FormatException e)
        {
            throw new PolicyException($"{where}: no policy: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            throw new PolicyException($"{where}: not answered within {(int)Limit.TotalSeconds} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            throw new PolicyException($"{where}: {certificateTrouble ?? Innermost(e).Message}");
        }
    }

    private static async Task<string> Body(HttpResponseMessage response, string where, CancellationToken stop)
    {
        using Stream stream = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
        byte[] octets = new byte[StsPolicy.Largest + 1];
        int length = 0;
        while (length < octets.Length && await stream.ReadAsync(octets.AsMemory(length), stop).ConfigureAwait(false) is > 0 and var count)
            length += count;
        if (length > StsPolicy.Largest)
            throw new PolicyException($"{where}: larger than {StsPolicy.Largest} octets");
        try
        {
            return s_strict.GetString(octets, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException("it is not UTF-8");
        }
    }

    private async ValueTask<Stream> Connect(string host, CancellationToken stop)
    {
        Exception failure = new IOException($"no address for {host}");
        foreach (IPAddress address in Addresses(host))
        {
            Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(stop);
            time.CancelAfter(s_connectTime);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), time.Token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                stop.ThrowIfCancellationRequested();
                failure = new IOException($"connect to {address}: {(e is SocketException ? e.Message : "timed out")}");
            }
        }
        throw failure;
    }

    // The families take turns.
    private IEnumerable<IPAddress> Addresses(string host)
    {
        IReadOnlyList<DnsReply> replies = resolver.Query(host, [DnsType.Aaaa, DnsType.A]);
        IPAddress[] six = options.UseIPv6 ? Of(replies[0]) : [], four = options.UseIPv4 ? Of(replies[1]) : [];
        if (six.Length + four.Length == 0 && replies.Any(static reply => reply.Status is DnsStatus.TryAgain or DnsStatus.Refused))
            throw new IOException(replies[1].Explain(host, DnsType.A));
        return Enumerable.Range(0, Math.Max(six.Length, four.Length)).SelectMany(i => six.Skip(i).Take(1).Concat(four.Skip(i).Take(1))).Take(MostAddresses);
    }

    private static IPAddress[] Of(DnsReply reply) => [.. reply.Records.OfType<AddressRecord>().Select(static record => record.Address)];

    // Section 3.3: the name is in the certificate as RFC 6125 wants it, as a DNS name and not as a common name.
    private static string? Trouble(X509Certificate? certificate, X509Chain? chain, string host)
    {
        if (certificate is null || chain is null)
            return "no certificate";
        using X509Certificate2 own = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        if (CertificateTrust.Trouble(own, chain, DepthLimit) is { } trouble)
            return $"its certificate is not trusted: {trouble}";
        List<string> names = CertificateNames.Alternatives(own);
        return names.Exists(name => CertificateNames.Matches(name, host)) ? null
            : $"its certificate is not for {host}: {(names.Count > 0 ? CertificateText.Printable(string.Join(", ", names)) : "it has no DNS name")}";
    }

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
