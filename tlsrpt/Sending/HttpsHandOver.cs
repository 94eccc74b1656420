using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PostfixNet.Dns;
using PostfixNet.Tls;

namespace PostfixNet.Tlsrpt;

/// <summary>Sends a report by HTTPS, RFC 8460 section 5.4: POST, no redirection, no proxy, no cookie; the certificate is that of the host, from somebody who is trusted.</summary>
/// <remarks>The host is its domain's to choose, so it may be one of this network. A request goes only to who has a valid certificate for the name, and nobody is shown what he answers.</remarks>
internal sealed class HttpsHandOver(IResolver resolver, TrustedCertificates trusted, bool useIPv4, bool useIPv6)
{
    private const int MostAddresses = 6, DepthLimit = 9, MostHeaderKilobytes = 16;
    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(10);

    /// <summary>For all of it.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    internal async Task<HandOver> Run(string where, byte[] document)
    {
        Uri uri = new(where);
        string? certificateTrouble = null;
        using CancellationTokenSource time = new(Limit);
        try
        {
            // Of no use for another host, and few are sent.
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
                    RemoteCertificateValidationCallback = (_, certificate, chain, _) => (certificateTrouble = Trouble(certificate, chain, uri.IdnHost)) is null,
                },
            };
            using HttpClient client = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
            using HttpRequestMessage request = new(HttpMethod.Post, uri);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Postfix.Net", null));
            request.Content = new ByteArrayContent(document);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(ReportDocument.MediaType);
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, time.Token).ConfigureAwait(false);
            int status = (int)response.StatusCode;
            return new HandOver(response.IsSuccessStatusCode, false,
                string.Create(CultureInfo.InvariantCulture, $"status {status}{(status is >= 300 and < 400 ? ", a redirection, which is not followed" : "")}"));
        }
        catch (OperationCanceledException)
        {
            return new HandOver(false, false, string.Create(CultureInfo.InvariantCulture, $"not answered within {Limit.TotalSeconds} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            return new HandOver(false, false, certificateTrouble ?? Innermost(e).Message);
        }
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
        if (six.Length + four.Length == 0)
            throw new IOException(replies[1].Status == DnsStatus.Ok ? $"no usable address for {host}" : replies[1].Explain(host, DnsType.A));
        return Enumerable.Range(0, Math.Max(six.Length, four.Length)).SelectMany(i => six.Skip(i).Take(1).Concat(four.Skip(i).Take(1))).Take(MostAddresses);
    }

    private static IPAddress[] Of(DnsReply reply) => [.. reply.Records.OfType<AddressRecord>().Select(static record => record.Address)];

    private static string? Trouble(X509Certificate? certificate, X509Chain? chain, string host)
    {
        if (certificate is null || chain is null)
            return "no certificate";
        using X509Certificate2 own = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        if (CertificateTrust.Trouble(own, chain, DepthLimit) is { } trouble)
            return $"its certificate is not trusted: {trouble}";
        List<string> names = CertificateNames.Of(own);
        return names.Exists(name => CertificateNames.Matches(name, host)) ? null : $"its certificate is not for {host}: {CertificateText.Printable(string.Join(", ", names))}";
    }

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
