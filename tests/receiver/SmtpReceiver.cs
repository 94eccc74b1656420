using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace PostfixNet.Receiver;

/// <summary>
/// A small SMTP server that keeps what it accepts, for demonstrations and tests. Each connection has a thread.
/// An accepted message is stored before the reply to its final dot is sent, so a client that saw 250 can rely
/// on the copy, and a client that was killed before it saw 250 may have left one.
/// </summary>
public sealed class SmtpReceiver : IDisposable
{
    private readonly Lock gate = new();
    private readonly Socket listener;
    private readonly List<ReceivedMessage> messages = [];
    private readonly HashSet<Socket> open = [];
    private IReadOnlyList<Rule> rules;
    private IReadOnlyList<Rule> fileRules = [];
    private (DateTime Modified, long Length) fileVersion;
    private int lastNumber;
    private int connections;
    private int mostAtOnce;
    private bool closed;

    /// <summary>Binds the socket and begins to serve; connections are accepted when the constructor returns.</summary>
    /// <exception cref="SocketException">the address cannot be bound</exception>
    /// <exception cref="FormatException">the rules file is wrong</exception>
    public SmtpReceiver(ReceiverOptions options)
    {
        Options = options;
        rules = options.Rules;
        ReadRulesFile(complain: true);
        if (options.Directory != null)
            lastNumber = LastStored(options.Directory);
        listener = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(options.Listen);
        listener.Listen(512);
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        new Thread(Accept) { IsBackground = true, Name = "smtp-receiver" }.Start();
    }

    /// <summary>What it was made with.</summary>
    public ReceiverOptions Options { get; }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The port it listens on.</summary>
    public int Port => EndPoint.Port;

    /// <summary>What was accepted so far, oldest first; empty when a directory takes it.</summary>
    public IReadOnlyList<ReceivedMessage> Messages
    {
        get
        {
            lock (gate)
                return messages.ToArray();
        }
    }

    /// <summary>Number of connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>The greatest number of connections that were open at one time.</summary>
    public int MostAtOnce => Volatile.Read(ref mostAtOnce);

    /// <summary>Replaces the rules; sessions in progress notice at their next command.</summary>
    /// <exception cref="FormatException">one of them is no rule</exception>
    public void SetRules(params string[] texts) => Volatile.Write(ref rules, Array.ConvertAll(texts, Rule.Parse));

    /// <summary>Stops listening and closes all connections.</summary>
    public void Dispose()
    {
        Socket[] left;
        lock (gate)
        {
            closed = true;
            left = [.. open];
        }
        listener.Dispose();
        foreach (Socket socket in left)
            socket.Dispose();
    }

    /// <summary>The first rules that apply: any number of delays, then at most one other.</summary>
    internal IEnumerable<Rule> Applying(Stage stage, IEnumerable<string> subjects)
    {
        ReadRulesFile(complain: false);
        IEnumerable<Rule> all = Volatile.Read(ref rules).Concat(Volatile.Read(ref fileRules));
        foreach (Rule rule in all)
        {
            if (rule.Stage != stage || !(rule.Match == "*" || subjects.Any(rule.Matches)))
                continue;
            yield return rule;
            if (rule.Action != RuleAction.Delay)
                yield break;
        }
    }

    /// <summary>Stores an accepted message under the next number.</summary>
    internal int Store(ReceivedMessage message)
    {
        int number = Interlocked.Increment(ref lastNumber);
        ReceivedMessage numbered = message with { Number = number };
        if (Options.Directory == null)
        {
            lock (gate)
                messages.Add(numbered);
            return number;
        }
        string path = Path.Combine(Options.Directory, $"{number}");
        WriteThenRename(path + ".eml", numbered.Content);
        WriteThenRename(path + ".env", Encoding.UTF8.GetBytes(numbered.EnvelopeText()));
        return number;
    }

    private static void WriteThenRename(string path, byte[] bytes)
    {
        File.WriteAllBytes(path + ".tmp", bytes);
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private static int LastStored(string directory)
    {
        Directory.CreateDirectory(directory);
        int last = 0;
        foreach (string path in Directory.EnumerateFiles(directory, "*.env"))
            if (int.TryParse(Path.GetFileNameWithoutExtension(path), out int number))
                last = Math.Max(last, number);
        return last;
    }

    // A half-edited file must not stop a running receiver: it goes on with the rules it has.
    private void ReadRulesFile(bool complain)
    {
        if (Options.RulesFile == null)
            return;
        lock (gate)
        {
            var file = new FileInfo(Options.RulesFile);
            if (!file.Exists || (file.LastWriteTimeUtc, file.Length) == fileVersion)
                return;
            try
            {
                Volatile.Write(ref fileRules, Rule.ParseAll(File.ReadAllText(Options.RulesFile)));
                fileVersion = (file.LastWriteTimeUtc, file.Length);
            }
            catch (Exception error) when (!complain && error is FormatException or IOException)
            {
                Console.Error.WriteLine($"smtp-receiver: {Options.RulesFile}: {error.Message}");
            }
        }
    }

    private void Accept()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = listener.Accept();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
            int connection;
            lock (gate)
            {
                if (closed)
                {
                    socket.Dispose();
                    return;
                }
                open.Add(socket);
                connection = ++connections;
                mostAtOnce = Math.Max(mostAtOnce, open.Count);
            }
            new Thread(() => Serve(socket, connection), 256 * 1024) { IsBackground = true }.Start();
        }
    }

    private void Serve(Socket socket, int connection)
    {
        try
        {
            socket.NoDelay = true;
            using var stream = new NetworkStream(socket, ownsSocket: false);
            new Session(this, stream, connection).Run();
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // The client is gone; what it finished is stored, what it did not finish is its own to repeat.
        }
        finally
        {
            lock (gate)
                open.Remove(socket);
            socket.Dispose();
        }
    }
}
