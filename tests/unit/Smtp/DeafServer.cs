using System.Net;
using System.Net.Sockets;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>An address and port at which connecting neither succeeds nor fails: a backlog that is full.</summary>
internal sealed class DeafServer : IDisposable
{
    private readonly Socket _listener;
    private readonly List<Socket> _fillers = [];

    /// <param name="port">0: any free one.</param>
    internal DeafServer(string address, int port = 0)
    {
        IPAddress ip = IPAddress.Parse(address);
        _listener = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(ip, port));
        _listener.Listen(0);
        // The kernel keeps one more than it was told to; the second is there in case another client came in between.
        for (int i = 0; i < 2; i++)
        {
            Socket filler = new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _fillers.Add(filler);
            Task connecting = filler.ConnectAsync(_listener.LocalEndPoint!);
            if (i == 0)
                Assert.True(connecting.Wait(TimeSpan.FromSeconds(10)), "the backlog cannot be filled");
            else
                _ = connecting.ContinueWith(static t => t.Exception, TaskScheduler.Default);
        }
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Makes room for clients, which are connected then, and hear nothing.</summary>
    internal void MakeRoom()
    {
        try
        {
            _listener.Listen(10);
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    public void Dispose()
    {
        foreach (Socket filler in _fillers)
            filler.Dispose();
        _listener.Dispose();
    }
}
