using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.UnitTests.Milters;

/// <summary>A milter that does what a script says. A line for each event: "mail: reject", "eom: addheader X-A: b; continue". Events: negotiate, connect, helo,
/// mail, rcpt, data, unknown, header, eoh, body, eom. What is not said is "continue". tests/unit/Milters/scripted-milter.py understands the same.</summary>
internal sealed class ScriptedMilter : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, string[]> _script = [];
    private readonly List<string> _heard = [];
    private readonly List<TcpClient> _clients = [];

    internal ScriptedMilter(string script)
    {
        foreach (string line in script.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            _script[line[..colon]] = line[(colon + 1)..].Split("; ", StringSplitOptions.TrimEntries);
        }
        _listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>As smtpd_milters names it.</summary>
    internal string Name => string.Create(CultureInfo.InvariantCulture, $"inet:127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>What it was told, a line each: the event, and what belongs to it; macros in front, with "D".</summary>
    internal IReadOnlyList<string> Heard
    {
        get
        {
            lock (_heard)
                return [.. _heard];
        }
    }

    /// <summary>What it was told, without macros and negotiation.</summary>
    internal string Story => string.Join('\n', Heard.Where(static line => !line.StartsWith("D ", StringComparison.Ordinal) && !line.StartsWith("O ", StringComparison.Ordinal)));

    private void Accept()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = _listener.AcceptTcpClient();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            client.NoDelay = true;
            lock (_clients)
                _clients.Add(client);
            new Thread(() => Serve(client)) { IsBackground = true }.Start();
        }
    }

    private void Serve(TcpClient client)
    {
        try
        {
            NetworkStream stream = client.GetStream();
            byte[] head = new byte[5];
            while (true)
            {
                stream.ReadExactly(head);
                byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) - 1];
                stream.ReadExactly(payload);
                char letter = (char)head[4];
                lock (_heard)
                    _heard.Add($"{letter} {Words(letter, payload)}".TrimEnd());
                if (letter is 'D' or 'A')
                    continue;
                if (letter == 'Q')
                    return;
                foreach (string action in _script.GetValueOrDefault(EventOf(letter), [letter == 'O' ? "options 6 1FF 0" : "continue"]))
                {
                    if (!Do(stream, action))
                        return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The mail server has gone.
        }
        finally
        {
            client.Dispose();
        }
    }

    private static string EventOf(char letter) => letter switch
    {
        'O' => "negotiate",
        'C' => "connect",
        'H' => "helo",
        'M' => "mail",
        'R' => "rcpt",
        'T' => "data",
        'U' => "unknown",
        'L' => "header",
        'N' => "eoh",
        'B' => "body",
        'E' => "eom",
        _ => "",
    };

    private static string Words(char letter, byte[] payload) => letter switch
    {
        'O' => Convert.ToHexString(payload),
        'C' => $"{Encoding.UTF8.GetString(payload, 0, Array.IndexOf(payload, (byte)0))} {(char)payload[Array.IndexOf(payload, (byte)0) + 1]} {Encoding.UTF8.GetString(payload.AsSpan(Array.IndexOf(payload, (byte)0) + 4)).TrimEnd('\0')}",
        'B' => Encoding.UTF8.GetString(payload).Replace("\r\n", "|", StringComparison.Ordinal),
        _ => Encoding.UTF8.GetString(payload).TrimEnd('\0').Replace("\0", " ", StringComparison.Ordinal).Replace("\n", "|", StringComparison.Ordinal),
    };

    // False: the connection is over.
    private static bool Do(NetworkStream stream, string action)
    {
        string[] words = action.Split(' ', 2);
        string rest = words.Length > 1 ? words[1].Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\r", "\r", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal) : "";
        switch (words[0])
        {
            case "hangup":
                return false;
            case "silence":
                Thread.Sleep(Timeout.Infinite);
                return false;
            case "wait":
                Thread.Sleep(TimeSpan.FromSeconds(int.Parse(rest, CultureInfo.InvariantCulture)));
                return true;
            case "raw":
                stream.Write(Convert.FromHexString(rest));
                return true;
            case "dribble":
                // Octet by octet.
                foreach (byte octet in Packet(words[1].Split(' ', 2)))
                {
                    stream.WriteByte(octet);
                    Thread.Sleep(1);
                }
                return true;
            default:
                stream.Write(Packet([words[0], rest]));
                return true;
        }
    }

    private static byte[] Packet(string[] words)
    {
        string rest = words.Length > 1 ? words[1] : "";
        (char letter, byte[] payload) = words[0] switch
        {
            "options" => ('O', Options(rest)),
            "continue" => ('c', []),
            "accept" => ('a', []),
            "reject" => ('r', []),
            "tempfail" => ('t', []),
            "discard" => ('d', []),
            "skip" => ('s', []),
            "shutdown" => ('4', []),
            "connfail" => ('f', []),
            "progress" => ('p', []),
            "reply" => ('y', Strings(rest)),
            "quarantine" => ('q', Strings(rest)),
            "addheader" => ('h', Header(rest)),
            "insheader" => ('i', Numbered(rest)),
            "chgheader" => ('m', Numbered(rest)),
            "chgfrom" => ('e', Strings(rest.Split(' ', 2))),
            "addrcpt" => ('+', Strings(rest)),
            "addrcptpar" => ('2', Strings(rest.Split(' ', 2))),
            "delrcpt" => ('-', Strings(rest)),
            "replbody" => ('b', Encoding.UTF8.GetBytes(rest)),
            _ => throw new ArgumentException(words[0]),
        };
        byte[] packet = new byte[5 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(packet, payload.Length + 1);
        packet[4] = (byte)letter;
        payload.CopyTo(packet, 5);
        return packet;
    }

    // "6 1FF 0", then any number of " stage=names" with "+" for blanks.
    private static byte[] Options(string text)
    {
        string[] words = text.Split(' ');
        List<byte> payload = [];
        payload.AddRange(Number(uint.Parse(words[0], CultureInfo.InvariantCulture)));
        payload.AddRange(Number(uint.Parse(words[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        payload.AddRange(Number(uint.Parse(words[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        foreach (string list in words.Skip(3))
        {
            payload.AddRange(Number(uint.Parse(list.Split('=')[0], CultureInfo.InvariantCulture)));
            payload.AddRange(Strings(list.Split('=')[1].Replace('+', ' ')));
        }
        return [.. payload];
    }

    private static byte[] Number(uint number)
    {
        byte[] octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, number);
        return octets;
    }

    private static byte[] Strings(params string[] texts) => [.. texts.SelectMany(static text => (byte[])[.. Encoding.UTF8.GetBytes(text), 0])];

    // "Name: value".
    private static byte[] Header(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string value = text[(colon + 1)..];
        return Strings(text[..colon], value.StartsWith(' ') ? value[1..] : value);
    }

    private static byte[] Numbered(string text)
    {
        string[] words = text.Split(' ', 2);
        return [.. Number(uint.Parse(words[0], CultureInfo.InvariantCulture)), .. Header(words[1])];
    }

    public void Dispose()
    {
        _listener.Stop();
        lock (_clients)
        {
            foreach (TcpClient client in _clients)
                client.Dispose();
        }
    }
}
