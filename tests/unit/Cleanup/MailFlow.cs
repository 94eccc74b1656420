using System.Text;
using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Pickup;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;
using CleanupLog = PostfixNet.Cleanup.Log;
using PickupLog = PostfixNet.Pickup.Log;

namespace PostfixNet.UnitTests.Cleanup;

/// <summary>A private queue with pickup and cleanup at work in this process, joined by real sockets.</summary>
internal sealed class MailFlow : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly List<Thread> _cleanups = [];

    internal MailFlow()
    {
        Queues = new QueueDirectories(_directory.Path, [], 1);
        foreach (QueueName queue in new[] { QueueName.Maildrop, QueueName.Incoming, QueueName.Hold, QueueName.Corrupt })
            Directory.CreateDirectory(Queues.DirectoryOf(queue));
    }

    internal QueueDirectories Queues { get; }

    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>As on the machine that made the vectors.</summary>
    internal CleanupOptions Options { get; set; } = CleanupOptions.From(MainConfig.FromText("""
        myhostname = "mta.golden.test"
        myorigin = "golden.test"
        enable_long_queue_ids = false
        """));

    /// <summary>Workers leave as soon as nothing is due.</summary>
    internal PickupOptions Pickup { get; set; } =
        PickupSettings.Read(MainConfig.FromText("myhostname = 'mta.golden.test'")).Options with { OwnerUid = uint.MaxValue - 1, IdleLimit = TimeSpan.Zero };

    /// <summary>What cleanup put on record for success reports.</summary>
    internal List<PostfixNet.Mail.Outcome> Traced { get; } = [];

    /// <summary>Why the trace service fails; null: it does not.</summary>
    internal string? TraceTrouble { get; set; }

    /// <summary>Is told of mail; null: nobody wants to know.</summary>
    internal PostfixNet.Events.EventLog? Events { get; set; }

    internal IReadOnlyList<string> Log => Lines.Lines;

    /// <summary>Where the lines of both go.</summary>
    internal LogRecord Lines { get; } = new();

    /// <summary>A file in maildrop, complete.</summary>
    internal string Drop(string name, byte[] records, int mode = QueueFileMode.Submitted, long? modified = null)
    {
        string path = $"{Queues.DirectoryOf(QueueName.Maildrop)}/{name}";
        File.WriteAllBytes(path, records);
        if (modified is { } seconds)
            FileSystem.TrySetTime(path, seconds * 1_000_000_000);
        FileSystem.ChangeMode(path, mode);
        return path;
    }

    /// <summary>A connection to a cleanup process of its own.</summary>
    internal Channel Connect()
    {
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        Serve(theirs);
        return new Channel(ours, "cleanup", s_limit);
    }

    /// <summary>A cleanup process for one connection.</summary>
    internal void Serve(Descriptor theirs)
    {
        Thread server = new(() =>
        {
            using Channel channel = new(theirs, "client", s_limit);
            CleanupServer server = new(Options, Queues, Clock, (_, recipients) =>
            {
                Traced.AddRange(recipients);
                return TraceTrouble;
            }, new CleanupLog(Lines), Events);
            try
            {
                server.Serve(channel, () => true);
            }
            catch (IpcException)
            {
                // The test has let go of the connection.
            }
        });
        lock (_cleanups)
            _cleanups.Add(server);
        server.Start();
    }

    /// <summary>Wakes pickup, and waits until it has done what it can.</summary>
    internal void RunPickup(Func<Channel>? connect = null)
    {
        ManualResetEventSlim left = new();
        PickupLog log = new(Lines);
        Submission submission = new(Pickup, Queues, Clock, new WarnedNames(Clock), log);
        Crew crew = new(Pickup, new MaildropScan(Queues, Clock, log), submission, connect ?? Connect, log, left.Set);
        crew.Wake();
        left.Wait();
        foreach (Thread cleanup in _cleanups)
            cleanup.Join();
        _cleanups.Clear();
    }

    internal List<string> Names(QueueName queue) => [.. Directory.EnumerateFileSystemEntries(Queues.DirectoryOf(queue)).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];

    /// <summary>Records of the only file in incoming.</summary>
    internal List<(char Type, string Payload)> Incoming(out string id)
    {
        id = Assert.Single(Names(QueueName.Incoming));
        return Records($"{Queues.DirectoryOf(QueueName.Incoming)}/{id}");
    }

    internal List<(char Type, string Payload)> Incoming() => Incoming(out _);

    internal static List<(char Type, string Payload)> Records(string path)
    {
        using QueueFile file = QueueFile.Open(path);
        RecordReader reader = new(file.Handle);
        List<(char, string)> records = [];
        while (reader.Read())
        {
            records.Add(((char)reader.Type, Encoding.Latin1.GetString(reader.Payload)));
            if (reader.Type == RecordType.End)
                break;
        }
        return records;
    }

    /// <summary>Encodes "T1 0|Salice|Rbob|M|NSubject: x|X|E": a letter and its payload each, Latin-1.</summary>
    internal static byte[] Encode(string records)
    {
        using MemoryStream stream = new();
        RecordWriter writer = new(stream.Write);
        foreach (string record in records.Split('|'))
            writer.Write((RecordType)record[0], Encoding.Latin1.GetBytes(record[1..]));
        writer.Flush();
        return stream.ToArray();
    }

    public void Dispose() => _directory.Dispose();
}

/// <summary>A clock that stands still.</summary>
internal sealed class StillClock(long seconds) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(seconds);
}
