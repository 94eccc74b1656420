using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>An SMTP server on loopback that follows a script: replies, garbage, silence, closing at a chosen place.</summary>
/// <remarks>A reply in the script may be "DROP", "RST", "HANG", "SILENT" (no reply, go on), "REPLY+DROP:text", "RAW:octets",
/// "BYTES:octets" (each sent by itself), "DRIP:octets" (slowly, again and again), "FLOOD:octets" (fast, once the client said
/// something), "UNDER:octets" (past TLS) or "LATE:text" (after 150 ms); else it is a line, or lines separated by LF. A list: one
/// reply for each time the question comes up, the last one for all further times. "rcpt_max" recipients are taken in each
/// transaction, or "session_rcpt_max" in each session; others get "rcpt_over". "rcpt_each" is a list of the usual kind, where "rcpt" has a
/// reply for each recipient of a transaction. With "receives" content follows whatever DATA was answered. "read" tells what becomes of content: "no": it is not read; "slow": a little at a time;
/// "rests": [milliseconds, ...] are rests before parts of it. "tls" is a reply in place of the handshake
/// after STARTTLS; with "tls_garbage" the client's first octets are awaited and answered by something else.</remarks>
internal sealed class ScriptedServer : IDisposable
{
    private static readonly string[] s_defaultExtensions =
        ["PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8"];

    private readonly Socket _listener;
    private readonly Thread _thread;
    private readonly JsonElement _script;
    private readonly bool _lmtp;
    private readonly ManualResetEventSlim _ending = new();
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly bool _wrapped;

    /// <param name="address">IP address, or the path of a Unix-domain socket.</param>
    /// <param name="tls">Not null: the server can do TLS.</param>
    /// <param name="wrapped">TLS comes before the greeting.</param>
    internal ScriptedServer(
        string address, int port, string script = "{}", bool lmtp = false, SslServerAuthenticationOptions? tls = null, bool wrapped = false)
    {
        (_tls, _wrapped) = (tls, wrapped);
        _script = JsonDocument.Parse(script).RootElement;
        _lmtp = lmtp;
        if (address.StartsWith('/'))
        {
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(address));
        }
        else
        {
            _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _listener.Bind(new IPEndPoint(IPAddress.Parse(address), port));
            Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        }
        _listener.Listen(5);
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    internal int Port { get; }

    /// <summary>What the client said, without content; complete after <see cref="Dispose"/>.</summary>
    internal List<string> Commands { get; } = [];

    /// <summary>The content of each message, as it came over the wire, up to the final dot.</summary>
    internal List<byte[]> Messages { get; } = [];

    internal int Connections { get; private set; }

    /// <summary>Addresses that clients came from.</summary>
    internal List<string> Clients { get; } = [];

    /// <summary>What was agreed in each handshake.</summary>
    internal List<TlsAgreement> Agreements { get; } = [];

    /// <param name="Octets">That the server sent: few when it had nothing to prove anew.</param>
    /// <param name="ServerName">Of SNI; empty: the client sent none.</param>
    /// <param name="ClientName">Subject of the client's certificate; null: it showed none.</param>
    internal sealed record TlsAgreement(SslProtocols Protocol, TlsCipherSuite Cipher, string ServerName, string? ClientName, int Octets);

    /// <summary>Finds the reply to the AUTH command and to each response, in the script's place.</summary>
    internal Func<string, string>? Authenticator { get; set; }

    /// <summary>"after_dot", which nobody asked for, was sent.</summary>
    internal ManualResetEventSlim Strayed { get; } = new();

    /// <summary>Called with "CONNECT" and each command before it is answered.</summary>
    internal Action<string>? WhenAsked { get; set; }

    public void Dispose()
    {
        // Whoever waits in accept is served first: a client that connected is in the backlog before it goes on.
        _ending.Set();
        _listener.Close();
        Assert.True(_thread.Join(TimeSpan.FromSeconds(20)), "the client keeps a connection open");
    }

    private void Serve()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = _listener.Accept();
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            Connections++;
            Clients.Add((client.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "");
            WhenAsked?.Invoke("CONNECT");
            using (client)
            {
                client.ReceiveTimeout = 15_000;
                try
                {
                    using Conversation conversation = new(this, client);
                    conversation.Run();
                }
                catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
                {
                }
            }
        }
    }

    private readonly Dictionary<string, int> _asked = [];

    private string? Scripted(string name)
    {
        if (!_script.TryGetProperty(name, out JsonElement e))
            return null;
        if (e.ValueKind == JsonValueKind.String)
            return e.GetString();
        int time = _asked.GetValueOrDefault(name);
        _asked[name] = time + 1;
        return e[Math.Min(time, e.GetArrayLength() - 1)].GetString();
    }

    private sealed class Conversation(ScriptedServer server, Socket client) : IDisposable
    {
        private readonly byte[] _buffer = new byte[65536];
        private int _start, _end, _recipients;
        private Stream _stream = new NetworkStream(client);

        public void Dispose() => _stream.Dispose();

        internal void Run()
        {
            if (server._wrapped)
                StartTls();
            string name = server.Scripted("name") ?? "mx";
            if (!Say(server.Scripted("banner") ?? $"220 {name} ESMTP golden"))
                return;
            int accepted = 0, acceptedInAll = 0;
            while (ReadLine() is { } bytes)
            {
                string line = Encoding.UTF8.GetString(bytes);
                server.Commands.Add(line);
                server.WhenAsked?.Invoke(line);
                string verb = line.Split(' ', ':')[0].ToUpperInvariant();
                bool goOn;
                switch (verb)
                {
                    case "EHLO" or "LHLO":
                        goOn = Say(server.Scripted("ehlo") ?? EhloReply(name));
                        break;
                    case "HELO":
                        goOn = Say(server.Scripted("helo") ?? $"250 {name}");
                        break;
                    case "STARTTLS":
                        string go = server.Scripted("starttls") ?? "220 2.0.0 Ready to start TLS";
                        goOn = Say(go);
                        if (goOn && go.Contains("220", StringComparison.Ordinal))
                            goOn = StartTls();
                        break;
                    case "AUTH":
                        goOn = Authenticate(line);
                        break;
                    case "XFORWARD":
                        goOn = Say(server.Scripted("xforward") ?? "250 2.0.0 Ok");
                        break;
                    case "MAIL":
                        (_recipients, accepted) = (0, 0);
                        goOn = Say(server.Scripted("mail") ?? "250 2.1.0 Ok");
                        break;
                    case "RCPT":
                        string reply = (server._script.TryGetProperty("rcpt_max", out JsonElement max) && accepted >= max.GetInt32())
                            || (server._script.TryGetProperty("session_rcpt_max", out max) && acceptedInAll >= max.GetInt32())
                            ? server.Scripted("rcpt_over")! : server.Scripted("rcpt_each") ?? RcptReply(line);
                        accepted += reply.StartsWith('2') ? 1 : 0;
                        acceptedInAll += reply.StartsWith('2') ? 1 : 0;
                        goOn = Say(reply);
                        break;
                    case "DATA":
                        string data = server.Scripted("data") ?? "354 End data with <CR><LF>.<CR><LF>";
                        goOn = Say(data) && ((!data.StartsWith("354", StringComparison.Ordinal) && !server._script.TryGetProperty("receives", out _)) || Receive(server._lmtp ? accepted : 1));
                        accepted = 0;
                        break;
                    case "RSET":
                        goOn = Say(server.Scripted("rset") ?? "250 2.0.0 Ok");
                        break;
                    case "QUIT":
                        Say(server.Scripted("quit") ?? "221 2.0.0 Bye");
                        return;
                    default:
                        goOn = Say("500 5.5.2 unknown");
                        break;
                }
                if (!goOn)
                    return;
            }
        }

        private bool StartTls()
        {
            if (server._script.TryGetProperty("tls_garbage", out _))
            {
                _ = client.Receive(_buffer);
                return Say("554 what is that?") && Say("HANG");
            }
            if (server.Scripted("tls") is { } instead)
                return Say(instead);
            CountingStream counted = new(client);
            SslStream tls = new(counted);
            _stream = tls;
            tls.AuthenticateAsServer(server._tls!);
            server.Agreements.Add(new TlsAgreement(tls.SslProtocol, tls.NegotiatedCipherSuite, tls.TargetHostName, tls.RemoteCertificate?.Subject, counted.Written));
            return true;
        }

        // The script's "auth": what is said to the AUTH command and to each response, until a reply that asks for none.
        private bool Authenticate(string line)
        {
            for (int step = 0; ; step++)
            {
                string reply = server.Authenticator?.Invoke(line)
                    ?? (line == "*" ? "501 5.5.2 cancelled" : server._script.GetProperty("auth")[step].GetString()!);
                if (!Say(reply))
                    return false;
                if (!reply.StartsWith('3'))
                    return true;
                if (ReadLine() is not { } bytes)
                    return false;
                line = Encoding.UTF8.GetString(bytes);
                server.Commands.Add(line);
            }
        }

        private string EhloReply(string name)
        {
            List<string> lines = [name];
            if (server._script.TryGetProperty("ext", out JsonElement extensions))
                lines.AddRange(extensions.EnumerateArray().Select(e => e.GetString()!));
            else
                lines.AddRange(s_defaultExtensions);
            return string.Join('\n', lines.Select((l, i) => (i < lines.Count - 1 ? "250-" : "250 ") + l));
        }

        private string RcptReply(string line)
        {
            int index = _recipients++;
            if (!server._script.TryGetProperty("rcpt", out JsonElement rcpt))
                return "250 2.1.5 Ok";
            if (rcpt.ValueKind == JsonValueKind.String)
                return rcpt.GetString()!;
            JsonElement[] entries = rcpt.EnumerateArray().ToArray();
            if (entries[0].ValueKind == JsonValueKind.String)
                return entries[Math.Min(index, entries.Length - 1)].GetString()!;
            foreach (JsonElement entry in entries)
            {
                if (Regex.IsMatch(line, $"<{entry[0].GetString()}"))
                    return entry[1].GetString()!;
            }
            return "250 2.1.5 Ok";
        }

        private bool Receive(int replies)
        {
            if (server.Scripted("refuse_in_data") is { } refusal)
            {
                _ = client.Receive(_buffer);
                return Say($"REPLY+DROP:{refusal}");
            }
            string read = server.Scripted("read") ?? "";
            while (read != "" && !server._ending.Wait(20))
            {
                if (read == "slow" && _stream.Read(_buffer, 0, 16 * 1024) == 0)
                    return false;
            }
            if (read != "")
                return false;
            using MemoryStream content = new();
            if (server._script.TryGetProperty("rests", out JsonElement rests))
                ReadWithRests(rests, content);
            int limit = server._script.TryGetProperty("drop_in_data", out JsonElement e) ? e.GetInt32() : int.MaxValue;
            while (ReadLine(keepEnding: true) is { } line)
            {
                if (line.AsSpan().SequenceEqual(".\r\n"u8))
                {
                    server.Commands.Add(".");
                    server.WhenAsked?.Invoke(".");
                    server.Messages.Add(content.ToArray());
                    for (int i = 0; i < replies; i++)
                    {
                        if (!Say(server.Scripted("dot" + i) ?? server.Scripted("dot") ?? "250 2.0.0 Ok: queued as SINK"))
                            return false;
                    }
                    if (server.Scripted("after_dot") is { } stray && Say(stray))
                        server.Strayed.Set();
                    return true;
                }
                content.Write(line);
                if (content.Length >= limit)
                    return false;
            }
            return false;
        }

        // False: the conversation is over.
        private bool Say(string reply)
        {
            if (reply is "DROP")
                return false;
            if (reply is "RST")
            {
                client.LingerState = new LingerOption(true, 0);
                return false;
            }
            if (reply is "HANG")
            {
                while (_stream.Read(_buffer) > 0)
                {
                }
                return false;
            }
            if (reply is "SILENT")
                return true;
            if (reply.StartsWith("DRIP:", StringComparison.Ordinal))
                return Drip(reply[5..]);
            if (reply.StartsWith("FLOOD:", StringComparison.Ordinal))
                return Flood(reply[6..]);
            if (reply.StartsWith("BYTES:", StringComparison.Ordinal))
            {
                client.NoDelay = true;
                foreach (char c in reply[6..])
                    _stream.WriteByte((byte)c);
                return true;
            }
            if (reply.StartsWith("UNDER:", StringComparison.Ordinal))
            {
                client.Send(Encoding.Latin1.GetBytes(reply[6..]));
                return true;
            }
            if (reply.StartsWith("LATE:", StringComparison.Ordinal))
            {
                Thread.Sleep(150);
                reply = reply[5..];
            }
            bool drop = reply.StartsWith("REPLY+DROP:", StringComparison.Ordinal);
            string text = drop ? reply[11..] : reply;
            _stream.Write(text.StartsWith("RAW:", StringComparison.Ordinal)
                ? Encoding.Latin1.GetBytes(text[4..])
                : Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n"));
            return !drop;
        }

        // So much at a time that the client runs out of room in the buffers of the system in each rest.
        private void ReadWithRests(JsonElement rests, MemoryStream content)
        {
            const int Part = 4 << 20;
            foreach (JsonElement rest in rests.EnumerateArray())
            {
                Thread.Sleep(rest.GetInt32());
                long until = content.Length + Part;
                while (content.Length < until && ReadLine(keepEnding: true) is { Length: > 3 } line)
                    content.Write(line);
            }
        }

        // Until the client has had enough.
        private bool Drip(string octets)
        {
            for (int i = 0; !server._ending.Wait(20); i = (i + 1) % octets.Length)
                _stream.WriteByte((byte)octets[i]);
            return false;
        }

        // Faster than the client can read, once it has said something.
        private bool Flood(string octets)
        {
            _ = client.Receive(_buffer);
            byte[] many = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(octets, 10_000)));
            while (!server._ending.IsSet)
                _stream.Write(many);
            return false;
        }

        private byte[]? ReadLine(bool keepEnding = false)
        {
            using MemoryStream line = new();
            while (true)
            {
                int newline = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
                int end = newline < 0 ? _end : newline + 1;
                line.Write(_buffer, _start, end - _start);
                _start = end;
                if (newline >= 0)
                    break;
                _start = 0;
                _end = _stream.Read(_buffer);
                if (_end == 0)
                    return null;
            }
            byte[] bytes = line.ToArray();
            return keepEnding ? bytes : bytes[..(bytes.Length - (bytes is [.., (byte)'\r', _] ? 2 : 1))];
        }
    }

    private sealed class CountingStream(Socket client) : NetworkStream(client)
    {
        internal int Written { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Written += buffer.Length;
            base.Write(buffer);
        }
    }
}
