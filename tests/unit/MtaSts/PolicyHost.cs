using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>A web server for one policy, on loopback: it says what it is told to, octet for octet.</summary>
internal sealed class PolicyHost : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2 _certificate;
    private readonly Func<Stream, Task> _answer;
    private readonly CancellationTokenSource _end = new();

    /// <param name="answer">Writes the answer to a request that was read.</param>
    internal PolicyHost(X509Certificate2 certificate, Func<Stream, Task> answer)
    {
        (_certificate, _answer) = (certificate, answer);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(100);
        _ = Serve();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>The requests that came, whole.</summary>
    internal System.Collections.Concurrent.ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The names of SNI.</summary>
    internal System.Collections.Concurrent.ConcurrentQueue<string?> Names { get; } = new();

    internal static Func<Stream, Task> Says(string text) => async stream => await stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    internal static Func<Stream, Task> Serves(string policy, string head = "200 OK\r\nContent-Type: text/plain") =>
        Says($"HTTP/1.1 {head}\r\nContent-Length: {Encoding.UTF8.GetByteCount(policy)}\r\n\r\n{policy}");

    private async Task Serve()
    {
        try
        {
            while (true)
                _ = Talk(await _listener.AcceptAsync(_end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task Talk(Socket socket)
    {
        try
        {
            using SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync((_, hello, _, _) =>
            {
                Names.Enqueue(hello.ServerName);
                return new(new SslServerAuthenticationOptions { ServerCertificate = _certificate });
            }, null, _end.Token);
            StringBuilder request = new();
            byte[] buffer = new byte[4096];
            while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await tls.ReadAsync(buffer, _end.Token) is > 0 and var count)
                request.Append(Encoding.Latin1.GetString(buffer, 0, count));
            if (request.Length == 0)
                return;
            Requests.Enqueue(request.ToString());
            await _answer(tls);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }
}
