using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PostfixNet.Anvil;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Login;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Smtpd;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Queue;
using SmtpdLog = PostfixNet.Smtpd.Log;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>A server on a loop of its own, with real connections, and cleanup behind it.</summary>
internal sealed class SmtpdRig : IDisposable
{
    private const string Usual = """
        myhostname = "mx.golden.test"
        myorigin = "golden.test"
        smtpd_client_event_limit_exceptions = ""
        smtpd_forbid_bare_newline_exclusions = ""
        """;

    private readonly MailFlow _flow = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly Descriptor _listener = Descriptor.ListenTcp(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly (Descriptor Ours, Descriptor Theirs) _bell = Descriptor.Pair();
    private readonly Thread _loop, _cleanup;
    private readonly Descriptor _cleanupListener;
    private readonly List<TcpClient> _clients = [];
    private volatile bool _hurry;

    internal SmtpdRig(string toml = "")
    {
        Port = _listener.LocalEnd!.Port;
        string socket = $"{_directory.Path}/cleanup";
        _cleanupListener = Descriptor.ListenUnix(socket, 0x180);
        MainConfig config = ChangedParameters.Row.Config(Usual, toml);
        _flow.Options = PostfixNet.Cleanup.CleanupOptions.From(config);
        (SmtpdOptions options, AccessOptions rules, MilterChoice? milters) = SmtpdSettings.Read(config);
        options = options with { CleanupSocket = socket, Incoming = _flow.Queues.DirectoryOf(QueueName.Incoming) };
        _cleanup = new Thread(AcceptForCleanup);
        _cleanup.Start();
        TlsServerSettings? tls = TlsServerSettings.Read(config);
        AuthoritySettings? logins = config.Get(Parameters.SmtpdSaslAuthEnable) ? AuthoritySettings.Read(config) : null;
        _loop = new Thread(() => RunLoop(options, rules, milters, tls, logins));
        _loop.Start();
    }

    internal int Port { get; }

    /// <summary>The DNS; to be set before the first client.</summary>
    internal IResolver Resolver { get; set; } = new MadeUpNames(DnsStatus.NotFound);

    /// <summary>hosts(5).</summary>
    internal string Hosts { get; set; } = "127.0.0.1 localhost";

    internal IReadOnlyList<string> Log => _flow.Log;

    /// <summary>Queue files, as text: a record in each line, its letter first.</summary>
    internal IReadOnlyList<string> Queued => In(QueueName.Incoming);

    /// <summary>Paths of queue files.</summary>
    internal IReadOnlyList<string> Paths(QueueName queue) => [.. _flow.Names(queue).Select(name => $"{_flow.Queues.DirectoryOf(queue)}/{name}")];

    /// <summary>Likewise, of any queue.</summary>
    internal IReadOnlyList<string> In(QueueName queue)
    {
        List<string> files = [];
        foreach (string name in _flow.Names(queue).Order(StringComparer.Ordinal))
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle file = FileSystem.Open($"{_flow.Queues.DirectoryOf(queue)}/{name}");
            RecordReader reader = new(file);
            StringBuilder text = new();
            while (reader.Read())
                text.Append((char)reader.Type).Append(' ').Append(reader.Text).Append('\n');
            files.Add(text.ToString());
        }
        return files;
    }

    /// <summary>A new client, which has read the greeting.</summary>
    /// <param name="from">Its address, of 127.0.0.0/8.</param>
    internal SmtpdClient Connect(bool readsGreeting = true, string from = "127.0.0.1")
    {
        TcpClient client = new(new IPEndPoint(IPAddress.Parse(from), 0)) { NoDelay = true };
        client.Connect(IPAddress.Loopback, Port);
        _clients.Add(client);
        SmtpdClient talk = new(client);
        if (readsGreeting)
            talk.Greeting = talk.Reply();
        return talk;
    }

    /// <summary>One session: each line is sent once the one before it is answered.</summary>
    /// <returns>All answers, with LF between lines.</returns>
    internal string Talk(params string[] lines) => TalkFrom("127.0.0.1", lines);

    /// <summary>Likewise, of a client with another address.</summary>
    internal string TalkFrom(string address, params string[] lines)
    {
        SmtpdClient client = Connect(from: address);
        return string.Join('\n', (string[])[client.Greeting, .. lines.Select(client.Say)]);
    }

    /// <summary>The system stops.</summary>
    internal void Hurry()
    {
        _hurry = true;
        _bell.Ours.Write([1]);
    }

    /// <summary>Waits until the log has a line with this text.</summary>
    internal string WaitForLog(string text)
    {
        string? found = null;
        Assert.True(SpinWait.SpinUntil(() => (found = Log.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal))) is not null, TimeSpan.FromSeconds(20)),
            $"no \"{text}\" in\n{string.Join('\n', Log)}");
        return found!;
    }

    private void RunLoop(SmtpdOptions options, AccessOptions rules, MilterChoice? milters, TlsServerSettings? tls, AuthoritySettings? logins)
    {
        using EventLoop loop = new();
        SmtpdLog log = new(_flow.Lines, options.LogsPort);
        string anvil = $"{_directory.Path}/anvil";
        using Descriptor anvilListener = Descriptor.ListenUnix(anvil, 0x180);
        AnvilServer counting = new(loop, new Counters(TimeSpan.FromSeconds(60), TimeProvider.System), new PostfixNet.Anvil.Log(_flow.Lines));
        loop.Add(anvilListener, Readiness.Readable, readiness =>
        {
            if (anvilListener.TryAccept() is { } server)
                _ = counting.Serve(server);
        });
        MessageQueue queue = new(options, loop, log);
        NameLookups names = new(loop, new Lazy<IResolver>(() => Resolver), new Lazy<HostsFile>(() => HostsFile.Parse(Hosts)));
        OwnClients own = new(rules.Interfaces, TimeProvider.System);
        AccessServices services = AccessServices.Of(rules, loop, own, names, log);
        RestrictionAccess access = new(rules, services);
        SmtpdServer server = new(new Surroundings(options, loop, access, new ClientEvents(loop, anvil, options.Limits, "smtpd", client => options.WithoutLimits.Contains(client.Name, client.Address), log), queue,
            new ClientNames(options.LooksNamesUp, names, log), own,
            tls is null ? null : new TlsServer(tls, log), MilterService.Of(milters, services), logins?.Open(log.Warning, static () => throw new IOException("nobody"), loop.Elsewhere),
            new LoginFailures(options.ErrorDelay, options.Limits, TimeProvider.System), TimeProvider.System, log));
        loop.Add(_listener, Readiness.Readable, readiness =>
        {
            if (_listener.TryAccept() is { } client)
                _ = server.Serve(client);
        });
        loop.Add(_bell.Theirs, Readiness.Readable, _ =>
        {
            Span<byte> words = stackalloc byte[8];
            if (_bell.Theirs.Read(words) != 0 && _hurry)
                server.MustEnd(hurry: true);
            else
                loop.Stop();
        });
        loop.Run();
        queue.Sweep();
    }

    private void AcceptForCleanup()
    {
        while (_cleanupListener.Number >= 0)
        {
            (Readiness ready, bool isOver) = _cleanupListener.Wait(Readiness.Readable, 30_000, _bell.Theirs);
            if (ready != Readiness.None && _cleanupListener.TryAccept() is { } client)
                _flow.Serve(client);
            if (isOver && !_loop.IsAlive)
                return;
        }
    }

    public void Dispose()
    {
        foreach (TcpClient client in _clients)
            client.Dispose();
        _hurry = false;
        _bell.Ours.Dispose();
        _loop.Join();
        _cleanup.Join();
        _bell.Theirs.Dispose();
        _listener.Dispose();
        _cleanupListener.Dispose();
        _flow.Dispose();
        _directory.Dispose();
    }
}

/// <summary>A client that says what it is told to.</summary>
internal sealed class SmtpdClient(TcpClient client)
{
    private Stream _stream = Prepared(client);
    private readonly List<byte> _input = [];
    private readonly byte[] _buffer = new byte[4096];

    internal string Greeting { get; set; } = "";

    private static NetworkStream Prepared(TcpClient client)
    {
        client.ReceiveTimeout = 20_000;
        return client.GetStream();
    }

    /// <summary>Sends octets: each character is one.</summary>
    internal void Send(string octets) => _stream.Write(Encoding.Latin1.GetBytes(octets));

    internal void Send(ReadOnlySpan<byte> octets) => _stream.Write(octets);

    /// <summary>Sends a line, and waits for its answer.</summary>
    internal string Say(string line)
    {
        Send(line + "\r\n");
        return Reply();
    }

    /// <summary>The next reply, with LF between its lines; empty: the server has closed.</summary>
    internal string Reply()
    {
        List<string> lines = [];
        while (Line() is { } line)
        {
            lines.Add(line);
            if (line.Length < 4 || line[3] != '-')
                break;
        }
        return string.Join('\n', lines);
    }

    /// <summary>The handshake of a client that trusts anybody.</summary>
    /// <returns>The subject of the server's certificate.</returns>
    internal string Secure(string name, X509Certificate2? own = null)
    {
        SslStream tls = new(_stream);
        tls.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            ClientCertificateContext = own is null ? null : SslStreamCertificateContext.Create(own, null, offline: true),
        });
        _stream = tls;
        return tls.RemoteCertificate!.Subject;
    }

    /// <summary>The next reply; null: there is none in that time.</summary>
    internal string? ReplyWithin(TimeSpan time) => client.Client.Poll(time, SelectMode.SelectRead) ? Reply() : null;

    /// <summary>Nothing more will be said.</summary>
    internal void FinishSending() => client.Client.Shutdown(SocketShutdown.Send);

    private string? Line()
    {
        int end;
        while ((end = _input.IndexOf((byte)'\n')) < 0)
        {
            int n;
            try
            {
                n = _stream.Read(_buffer);
            }
            catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                n = 0;
            }
            if (n == 0)
                return null;
            _input.AddRange(_buffer.AsSpan(0, n));
        }
        string line = Encoding.UTF8.GetString([.. _input[..end]]).TrimEnd('\r');
        _input.RemoveRange(0, end + 1);
        return line;
    }
}
