using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.UnitTests.Tables;

/// <summary>A server that tables ask: answers each question, or ends the connection. A question ends with "," or a line end.</summary>
internal sealed class TableServerOfTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private int _connections;

    /// <param name="answer">What it says; null: it closes.</param>
    internal TableServerOfTests(Func<string, string?> answer)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        new Thread(() => Serve(answer)) { IsBackground = true }.Start();
    }

    internal int Port { get; }

    internal int Connections => _connections;

    public void Dispose() => _listener.Dispose();

    private void Serve(Func<string, string?> answer)
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                Interlocked.Increment(ref _connections);
                new Thread(() => Serve(client, answer)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static void Serve(Socket client, Func<string, string?> answer)
    {
        using (client)
        {
            byte[] buffer = new byte[16384];
            string come = "";
            try
            {
                while (client.Receive(buffer) is > 0 and int count)
                {
                    come += Encoding.Latin1.GetString(buffer, 0, count);
                    if (come[^1] is not (',' or '\n'))
                        continue;
                    if (answer(come) is not { } said)
                        return;
                    client.Send(Encoding.Latin1.GetBytes(said));
                    come = "";
                }
            }
            catch (SocketException)
            {
                // It went away.
            }
        }
    }
}
