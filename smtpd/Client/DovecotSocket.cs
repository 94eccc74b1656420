using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Smtpd;

/// <summary>The way to Dovecot's authentication service.</summary>
internal static class DovecotSocket
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Connects.</summary>
    /// <param name="path">Of a Unix-domain socket, from the root or from queue_directory; or "inet:address:port".</param>
    /// <exception cref="IOException">Nobody listens there.</exception>
    internal static async ValueTask<Stream> Connect(EventLoop loop, string path)
    {
        if (!path.StartsWith("inet:", StringComparison.Ordinal))
            return new LoopStream(loop, Descriptor.ConnectUnix(path, TimeSpan.Zero), s_patience);
        if (HostAndPort.Parse(path) is not { Address: { } address, Port: { } port })
            throw new IOException($"{path}: not an address and a port");
        LoopStream stream = new(loop, TcpConnection.Begin(address, port, null, static _ => { }), s_patience);
        try
        {
            await stream.Connected();
            TcpConnection.Finish(stream.Socket);
            return stream;
        }
        catch (TimeoutException)
        {
            await stream.DisposeAsync();
            throw TcpConnection.TimedOut();
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
