using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace PostfixNet.SystemTests.Harness;

/// <summary>An event that came.</summary>
/// <param name="Id">webhook-id.</param>
/// <param name="Event">The event itself.</param>
/// <param name="IsTaken">The answer was one of success, and in time.</param>
internal sealed record ReceivedEvent(string Id, JsonElement Event, bool IsTaken);

/// <summary>A receiver of webhooks on loopback, over HTTPS, with a certificate of its own authority: it verifies signatures, and behaves as it is told.</summary>
internal sealed class WebhookReceiver : IDisposable
{
    public const string Host = "hooks.receiver.test";

    private static readonly byte[] s_key = RandomNumberGenerator.GetBytes(32);

    private readonly MailSystem _mail;
    private readonly X509Certificate2 _certificate;
    private readonly NameServer _names;
    private readonly int _port = Ports.Take("127.0.0.1");
    private readonly ConcurrentBag<Socket> _clients = [];
    private readonly CancellationTokenSource _end = new();
    private Socket? _listener;
    private int _atOnce;

    public WebhookReceiver(MailSystem mail)
    {
        _mail = mail;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={Host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _certificate = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
        File.WriteAllText(mail.PathOf("hooks.ca"), own.ExportCertificatePem());
        File.WriteAllText(mail.PathOf("hooks.secret"), $"whsec_{Convert.ToBase64String(s_key)}\n");
        File.SetUnixFileMode(mail.PathOf("hooks.secret"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _names = new NameServer(("receiver.test", "hooks IN A 127.0.0.1"));
        mail.SetRaw("dns_nameservers", _names.Toml);
        Listen();
    }

    /// <summary>What is said to each: a status, with more headers after it; "hang", "late" or "die". Given the number of the request, from 0.</summary>
    public Func<int, string> Answer { get; set; } = static _ => "204 No Content";

    /// <summary>All that came, in this order.</summary>
    public ConcurrentQueue<ReceivedEvent> Received { get; } = new();

    /// <summary>What was wrong with requests.</summary>
    public ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>Its lines of main.toml.</summary>
    public string Table(string name, string more) =>
        $"[webhook.{name}]\nurl = \"https://{Host}:{_port}/{name}\"\nsecret = \"file:{_mail.PathOf("hooks.secret")}\"\nCAfile = \"{_mail.PathOf("hooks.ca")}\"\n{more}\n";

    /// <summary>It is there.</summary>
    public void Listen()
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, _port));
        _listener.Listen(20);
        _ = Serve(_listener);
    }

    /// <summary>It is gone, with its connections.</summary>
    public void Vanish()
    {
        _listener?.Dispose();
        while (_clients.TryTake(out Socket? client))
            client.Dispose();
    }

    private async Task Serve(Socket listener)
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptAsync(_end.Token);
                _clients.Add(client);
                _ = Talk(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private async Task Talk(Socket socket)
    {
        try
        {
            using SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(_certificate);
            while (await Read(tls) is var (head, body))
            {
                // One at a time goes to a URL.
                if (Interlocked.Increment(ref _atOnce) > 1)
                    Wrong.Enqueue("two at once");
                string answer;
                try
                {
                    answer = Answer(Received.Count);
                    Take(head, body, isTaken: answer.StartsWith('2'));
                }
                finally
                {
                    Interlocked.Decrement(ref _atOnce);
                }
                // The sender has gone by then.
                if (answer == "late")
                    await Task.Delay(TimeSpan.FromSeconds(1.5), _end.Token);
                if (answer == "hang")
                    _ = await tls.ReadAsync(new byte[1], _end.Token); // until the client leaves
                if (answer is "hang" or "die")
                    return;
                await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(answer == "late" ? "204 No Content" : answer)}\r\nContent-Length: 0\r\n\r\n"), _end.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException or OperationCanceledException)
        {
        }
    }

    private async Task<(string Head, byte[] Body)?> Read(SslStream tls)
    {
        List<byte> octets = [];
        byte[] buffer = new byte[4096];
        int end = -1, length = 0;
        while (end < 0 || octets.Count < end + length)
        {
            int count = await tls.ReadAsync(buffer, _end.Token);
            if (count == 0)
                return null;
            octets.AddRange(buffer.AsSpan(0, count));
            string text = Encoding.Latin1.GetString([.. octets]);
            end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var at ? at + 4 : -1;
            if (end > 0)
                length = int.Parse(Header(text[..end], "Content-Length"), CultureInfo.InvariantCulture);
        }
        return (Encoding.Latin1.GetString([.. octets[..end]]), [.. octets[end..]]);
    }

    private static string Header(string head, string name) =>
        head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim() ?? "";

    private void Take(string head, byte[] body, bool isTaken)
    {
        (string id, string time) = (Header(head, "webhook-id"), Header(head, "webhook-timestamp"));
        string signature = $"v1,{Convert.ToBase64String(HMACSHA256.HashData(s_key, (byte[])[.. Encoding.ASCII.GetBytes($"{id}.{time}."), .. body]))}";
        if (Header(head, "webhook-signature") != signature)
            Wrong.Enqueue($"signature of {id}");
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(time, CultureInfo.InvariantCulture)) > 60)
            Wrong.Enqueue($"time of {id}");
        Received.Enqueue(new ReceivedEvent(id, JsonDocument.Parse(body).RootElement, isTaken));
    }

    public void Dispose()
    {
        _end.Cancel();
        Vanish();
        _names.Dispose();
        _certificate.Dispose();
        _end.Dispose();
    }
}
