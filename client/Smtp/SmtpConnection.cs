using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PostfixNet.Client.Smtp;

/// <summary>Lines and octets to and from a server, each wait with a limit.</summary>
/// <remarks>Failures are <see cref="MailQueueUnavailableException"/>; after one, or after a wait that was cancelled, the connection is of no use.</remarks>
internal sealed class SmtpConnection : IDisposable
{
    // What a server may say in one reply.
    private const int LongestReply = 64 * 1024;

    private readonly Socket _socket;
    private readonly string _where;
    private readonly byte[] _input = new byte[8192];
    private readonly MemoryStream _output = new();
    private Stream _stream;
    private int _start, _end;

    private SmtpConnection(Socket socket, string where) => (_socket, _stream, _where) = (socket, new NetworkStream(socket, ownsSocket: true), where);

    /// <summary>Nothing came that nobody asked for, and the other end has not closed.</summary>
    internal bool IsQuiet => _start == _end && !_socket.Poll(0, SelectMode.SelectRead) && _socket.Connected;

    internal static async Task<SmtpConnection> Connect(PostfixNetOptions options, CancellationToken end)
    {
        Socket socket = options.Socket is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true } : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            EndPoint place = options.Socket is { } path ? new UnixDomainSocketEndPoint(path)
                : IPAddress.TryParse(options.Host, out IPAddress? address) ? new IPEndPoint(address, options.Port) : new DnsEndPoint(options.Host!, options.Port);
            await socket.ConnectAsync(place, end).ConfigureAwait(false);
            return new SmtpConnection(socket, options.Where);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new MailQueueUnavailableException($"{options.Where}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="MailQueueUnavailableException">The handshake failed, or the certificate is not one to be believed.</exception>
    internal async Task StartTls(PostfixNetOptions options, CancellationToken end)
    {
        if (_start < _end)
            throw new MailQueueUnavailableException($"{_where}: the server said something between STARTTLS and TLS");
        SslClientAuthenticationOptions wanted = new() { TargetHost = options.ServerName ?? options.Host };
        SslStream protectedStream = new(_stream);
        _stream = protectedStream;
        try
        {
            if (options.TrustedCertificates is { } file)
            {
                wanted.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                wanted.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(file);
            }
            await protectedStream.AuthenticateAsClientAsync(wanted, end).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or CryptographicException or UnauthorizedAccessException)
        {
            throw new MailQueueUnavailableException($"{_where}: TLS: {e.Message}", e);
        }
    }

    /// <summary>Adds a command to what the next <see cref="Flush"/> sends.</summary>
    internal void Say(string line) => _output.Write(Encoding.UTF8.GetBytes($"{line}\r\n"));

    internal Task Flush(TimeSpan timeout, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> pending = _output.GetBuffer().AsMemory(0, (int)_output.Length);
        _output.SetLength(0);
        return Write(pending, timeout, cancellationToken);
    }

    internal Task Write(ReadOnlyMemory<byte> octets, TimeSpan timeout, CancellationToken cancellationToken) => Within(timeout, async end =>
    {
        await _stream.WriteAsync(octets, end).ConfigureAwait(false);
        await _stream.FlushAsync(end).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <summary>Sends one command, and gets the answer.</summary>
    internal async Task<SmtpReply> Ask(string line, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Say(line);
        await Flush(timeout, cancellationToken).ConfigureAwait(false);
        return await Reply(timeout, cancellationToken).ConfigureAwait(false);
    }

    internal Task<SmtpReply> Reply(TimeSpan timeout, CancellationToken cancellationToken) => Within(timeout, async end =>
    {
        StringBuilder text = new();
        while (true)
        {
            string line = await Line(end).ConfigureAwait(false);
            if (line.Length < 3 || line[0] is < '2' or > '5' || !char.IsAsciiDigit(line[1]) || !char.IsAsciiDigit(line[2]) || (line.Length > 3 && line[3] is not (' ' or '-')))
                throw new MailQueueUnavailableException($"{_where}: the server does not speak SMTP");
            text.Append(line.AsSpan(Math.Min(4, line.Length)));
            if (line.Length == 3 || line[3] == ' ')
                return SmtpReply.Of(int.Parse(line.AsSpan(0, 3), System.Globalization.CultureInfo.InvariantCulture), text.ToString());
            if (text.Append('\n').Length > LongestReply)
                throw new MailQueueUnavailableException($"{_where}: a reply without an end");
        }
    }, cancellationToken);

    private async ValueTask<string> Line(CancellationToken end)
    {
        List<byte> line = [];
        while (true)
        {
            int length = _input.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            line.AddRange(_input.AsSpan(_start, length < 0 ? _end - _start : length));
            _start = length < 0 ? _end : _start + length + 1;
            if (length >= 0)
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            if (line.Count > LongestReply)
                throw new MailQueueUnavailableException($"{_where}: a line without an end");
            (_start, _end) = (0, await _stream.ReadAsync(_input, end).ConfigureAwait(false));
            if (_end == 0)
                throw new MailQueueUnavailableException($"{_where}: the server closed the connection");
        }
    }

    private async Task<T> Within<T>(TimeSpan timeout, Func<CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(timeout);
        try
        {
            return await act(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MailQueueUnavailableException($"{_where}: no answer within {timeout.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            throw new MailQueueUnavailableException($"{_where}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _output.Dispose();
    }
}
