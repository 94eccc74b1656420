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

/// <summary>Requests to one host that strangers chose, over HTTPS, one after the other: no redirection, no proxy, no cookie, nothing from a cache; the certificate is that of the host, from
/// somebody who is trusted; each within a limit of time. A connection may serve several of them.</summary>
public sealed class HttpsClient : IDisposable
{
    private const int MostAddresses = 6, DepthLimit = 9, MostHeaderKilobytes = 16, MostDrained = 16 * 1024;
    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(10), s_drainTime = TimeSpan.FromSeconds(2);

    // A name may lead elsewhere, and a certificate may end, while requests go on.
    private static readonly TimeSpan s_connectionLife = TimeSpan.FromMinutes(5);

    private readonly string _host;
    private readonly IResolver _resolver;
    private readonly bool _useIPv4, _useIPv6;
    private readonly HttpClient _client;
    private string? _certificateTrouble;

    /// <param name="host">In ASCII.</param>
    /// <param name="resolver">Finds its addresses.</param>
    /// <param name="trusted">Who vouches for it.</param>
    /// <param name="useIPv4">Its addresses of IPv4 count.</param>
    /// <param name="useIPv6">Likewise.</param>
    public HttpsClient(string host, IResolver resolver, TrustedCertificates trusted, bool useIPv4, bool useIPv6)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        (_host, _resolver, _useIPv4, _useIPv6) = (host, resolver, useIPv4, useIPv6);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            MaxConnectionsPerServer = 1,
            PooledConnectionLifetime = s_connectionLife,
            ConnectTimeout = Timeout.InfiniteTimeSpan, // ConnectCallback has its own, for each address
            MaxResponseDrainSize = MostDrained,
            ResponseDrainTimeout = s_drainTime,
            ActivityHeadersPropagator = null,
            ConnectCallback = (context, stop) => Connect(context.DnsEndPoint, stop),
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateChainPolicy = trusted.NewChainPolicy(),
                RemoteCertificateValidationCallback = (_, certificate, chain, _) => (_certificateTrouble = Trouble(certificate, chain, host)) is null,
            },
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>For all of a request and its answer.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Connections go to public addresses alone (<see cref="PublicAddress"/>): a host's name may lead into a private network, and it may do so only now and then.</summary>
    public bool IsPublicOnly { get; init; }

    /// <summary>Asks, and has the answer read, whatever its status is.</summary>
    /// <param name="request">Its address begins with "https:".</param>
    /// <param name="read">Reads the answer; its body, too, is under the limit of time.</param>
    /// <exception cref="HttpsException">There was no answer.</exception>
    public async Task<T> Ask<T>(HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(read);
        _certificateTrouble = null;
        using CancellationTokenSource time = new(Limit);
        try
        {
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Postfix.Net", null));
            using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token).ConfigureAwait(false);
            return await read(response, time.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new HttpsException(string.Create(CultureInfo.InvariantCulture, $"not answered within {Limit.TotalSeconds} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            throw new HttpsException(_certificateTrouble ?? Answered(e) ?? Innermost(e).Message, isOfCertificate: _certificateTrouble is not null);
        }
    }

    private async ValueTask<Stream> Connect(DnsEndPoint where, CancellationToken stop)
    {
        Exception failure = new IOException($"no address for {where.Host}");
        foreach (IPAddress address in Addresses(where.Host))
        {
            if (IsPublicOnly && !PublicAddress.Is(address))
            {
                failure = new IOException($"{where.Host} has the address {address}, which is not public");
                continue;
            }
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
        IReadOnlyList<DnsReply> replies = _resolver.Query(host, [DnsType.Aaaa, DnsType.A]);
        IPAddress[] six = _useIPv6 ? Of(replies[0]) : [], four = _useIPv4 ? Of(replies[1]) : [];
        if (six.Length + four.Length == 0 && replies.Any(static reply => reply.Status is DnsStatus.TryAgain or DnsStatus.Refused))
            throw new IOException(replies[1].Explain(host, DnsType.A));
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

    // What a host says instead of an answer is shown to nobody.
    private static string? Answered(Exception e) => e is not HttpRequestException { HttpRequestError: var error } ? null : error switch
    {
        HttpRequestError.InvalidResponse => "its answer is no HTTP",
        HttpRequestError.ResponseEnded => "its answer ended too soon",
        HttpRequestError.ConfigurationLimitExceeded => "the headers of its answer are too long",
        _ => null,
    };

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
