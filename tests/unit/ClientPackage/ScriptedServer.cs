using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.UnitTests.ClientPackage;

/// <summary>A server that answers each command as it is told to; it knows nothing of mail.</summary>
internal sealed class ScriptedServer : IDisposable
{
    /// <summary>What is answered to ".", that is, to a whole message.</summary>
    internal const string Dot = ".";

    /// <summary>The connection is closed in place of an answer.</summary>
    internal const string Close = "close";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<int, string, string?> _answer;
    private readonly List<TcpClient> _clients = [];

    /// <param name="answer">From the number of the session, from 1, and the line to its answer; null: the usual one.</param>
    internal ScriptedServer(Func<int, string, string?> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = Accept();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Sessions so far.</summary>
    internal int Sessions => Volatile.Read(ref _sessions);

    /// <summary>All lines that came, of all sessions.</summary>
    internal List<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    private int _sessions;
    private readonly List<string> _lines = [];

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                _clients.Add(client);
                int number = Interlocked.Increment(ref _sessions);
                _ = Task.Run(() => Serve(client, number));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(TcpClient client, int number)
    {
        try
        {
            using NetworkStream stream = client.GetStream();
            using StreamReader reader = new(stream, Encoding.UTF8);
            Say("220 here ESMTP");
            bool isContent = false;
            while (reader.ReadLine() is { } line)
            {
                lock (_lines)
                    _lines.Add(line);
                if (isContent && line != Dot)
                    continue;
                string answer = _answer(number, isContent ? Dot : line) ?? Usual(isContent ? Dot : line);
                if (answer == Close)
                    break;
                Say(answer);
                isContent = answer.StartsWith("354", StringComparison.Ordinal);
            }
            client.Close();

            void Say(string text) => stream.Write(Encoding.UTF8.GetBytes($"{text.Replace("\n", "\r\n", StringComparison.Ordinal)}\r\n"));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The client is gone.
        }
    }

    private static string Usual(string line) => line.Split(' ')[0] switch
    {
        "EHLO" => "250-here\n250-PIPELINING\n250-8BITMIME\n250-DSN\n250-SIZE 1000000\n250-ENHANCEDSTATUSCODES\n250 LIMITS RCPTMAX=1000",
        "DATA" => "354 go on",
        "QUIT" => "221 2.0.0 Bye",
        Dot => "250 2.0.0 Ok: queued as 4jWhRP4YSKz1jQ9J",
        _ => "250 2.0.0 Ok",
    };

    public void Dispose()
    {
        _listener.Stop();
        foreach (TcpClient client in _clients.ToArray())
            client.Dispose();
    }
}
