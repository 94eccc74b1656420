using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Dns;
using PostfixNet.Tls;

namespace PostfixNet.Https;

/// <summary>One request to a host that strangers chose, over HTTPS: no redirection, no proxy, no cookie, nothing from a cache; the certificate is that of the host, from
/// somebody who is trusted; within a limit of time.</summary>
/// <remarks>Unless <see cref="IsPublicOnly"/> the address may be one of this host or network. All that comes of it is a TLS handshake: a request goes only to who has a valid certificate for the name.</remarks>
public sealed class HttpsExchange(IResolver resolver, TrustedCertificates trusted, bool useIPv4, bool useIPv6)
{
    private const int MostAddresses = 6, DepthLimit = 9, MostHeaderKilobytes = 16;
    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(10);

    /// <summary>For all of it.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Addresses of this host and of private networks are not connected to.</summary>
    public bool IsPublicOnly { get; init; }

    /// <summary>Asks, and has the answer read, whatever its status is.</summary>
    /// <param name="request">Its address begins with "https:".</param>
    /// <param name="read">Reads the answer; its body, too, is under the limit of time.</param>
    /// <exception cref="HttpsException">There was no answer.</exception>
    public async Task<T> Ask<T>(HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(read);
        string host = request.RequestUri!.IdnHost;
        string? certificateTrouble = null;
        using CancellationTokenSource time = new(Limit);
        try
        {
            // Of no use for another host, and requests are few.
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
                ConnectCallback = (context, stop) => Connect(context.DnsEndPoint, stop),
                SslOptions = new SslClientAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    CertificateChainPolicy = trusted.NewChainPolicy(),
                    RemoteCertificateValidationCallback = (_, certificate, chain, _) => (certificateTrouble = Trouble(certificate, chain, host)) is null,
                },
            };
            using HttpClient client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Postfix.Net", null));
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token).ConfigureAwait(false);
            return await read(response, time.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new HttpsException(string.Create(CultureInfo.InvariantCulture, $"not answered within {Limit.TotalSeconds} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            throw new HttpsException(certificateTrouble ?? Innermost(e).Message, isOfCertificate: certificateTrouble is not null);
        }
    }

    /// <summary>A status in words for the log.</summary>
    public static string StatusText(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        int status = (int)response.StatusCode;
        return string.Create(CultureInfo.InvariantCulture, $"status {status}{(status is >= 300 and < 400 ? ", a redirection, which is not followed" : "")}");
    }

    private async ValueTask<Stream> Connect(DnsEndPoint where, CancellationToken stop)
    {
        Exception failure = new IOException($"no address for {where.Host}");
        foreach (IPAddress address in Addresses(where.Host))
        {
            Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using CancellationTokenSource time = CancellationTokenSource.CreateLinkedTokenSource(stop);
            time.CancelAfter(s_connectTime);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, where.Port), time.Token).ConfigureAwait(false);
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
        IPAddress[] six = useIPv6 ? Of(replies[0]) : [], four = useIPv4 ? Of(replies[1]) : [];
        if (six.Length + four.Length == 0 && replies.Any(static reply => reply.Status is DnsStatus.TryAgain or DnsStatus.Refused))
            throw new IOException(replies[1].Explain(host, DnsType.A));
        if (IsPublicOnly && six.Concat(four).FirstOrDefault(static address => !PublicAddress.Is(address)) is { } inner)
        {
            (six, four) = (Array.FindAll(six, PublicAddress.Is), Array.FindAll(four, PublicAddress.Is));
            if (six.Length + four.Length == 0)
                throw new IOException($"the address of {host} is {inner}, of a private network");
        }
        return Enumerable.Range(0, Math.Max(six.Length, four.Length)).SelectMany(i => six.Skip(i).Take(1).Concat(four.Skip(i).Take(1))).Take(MostAddresses);
    }

    private static IPAddress[] Of(DnsReply reply) => [.. reply.Records.OfType<AddressRecord>().Select(static record => record.Address)];

    // The name is in the certificate as RFC 6125 wants it, as a DNS name and not as a common name.
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
