using System.Net.Sockets;
using System.Text;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Login;

/// <summary>Dovecot's side of its authentication protocol, as a script: one for each connection, in turn.</summary>
internal sealed class FakeDovecot : IDisposable
{
    internal const string Greeting = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nMECH\tSCRAM-SHA-256\tmutual-auth\nMECH\tDOVECOT-TOKEN\tprivate\nSPID\t7\nCUID\t8\nCOOKIE\tx\nDONE\n";

    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<Conversation, Task>[] _scripts;
    private readonly Task _all;

    internal FakeDovecot(params Func<Conversation, Task>[] scripts)
    {
        _scripts = scripts;
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _all = Task.Run(ServeAsync);
    }

    internal int Connections { get; private set; }

    private string Path => System.IO.Path.Join(_directory.Path, "auth");

    /// <summary>What the client does to connect.</summary>
    internal async ValueTask<Stream> ConnectAsync()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException(e.Message);
        }
    }

    /// <summary>Nobody listens any more.</summary>
    internal void Close() => _listener.Dispose();

    private async Task ServeAsync()
    {
        foreach (Func<Conversation, Task> script in _scripts)
        {
            using Socket socket = await _listener.AcceptAsync();
            Connections++;
            using NetworkStream stream = new(socket);
            using StreamReader reader = new(stream, Encoding.UTF8);
            await script(new Conversation(stream, reader));
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _all.ContinueWith(static task => task.Exception, TaskScheduler.Default).Wait(TimeSpan.FromSeconds(10));
        if (_all.Exception?.InnerException is Xunit.Sdk.XunitException failure)
            throw failure;
        _directory.Dispose();
    }

    /// <summary>One connection.</summary>
    internal sealed class Conversation(NetworkStream stream, StreamReader reader)
    {

        /// <summary>Greets and is greeted.</summary>
        internal async Task GreetAsync(string greeting = Greeting)
        {
            await ExpectAsync("VERSION\t1\t0");
            await ExpectAsync($"CPID\t{Environment.ProcessId}");
            await SayAsync(greeting);
        }

        internal async Task ExpectAsync(string line) => Assert.Equal(line, await reader.ReadLineAsync());

        internal async Task SayAsync(string text) => await stream.WriteAsync(Encoding.UTF8.GetBytes(text));

        internal async Task<string?> LineAsync() => await reader.ReadLineAsync();
    }
}
