using System.Globalization;
using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;
using QmgrLog = PostfixNet.Qmgr.Log;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The real queue manager with a real queue directory. Made up is what is around it: time, chance, agents, services.</summary>
internal sealed class Machine : ISurroundings, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly QmgrLog _log;
    private int _files;

    /// <param name="toml">main.toml.</param>
    /// <param name="services">master.toml.</param>
    /// <param name="logged">Hears each line of the log.</param>
    /// <param name="hashed">hash_queue_names.</param>
    internal Machine(string toml = "", string services = "", Action<string>? logged = null, params string[] hashed)
    {
        _log = new QmgrLog(new LogRecord { Written = logged });
        Queues = new QueueDirectories(_directory.Path, hashed, 1);
        Queues.CreateMissing(owner: null, group: 0);
        _directory.File("master.toml", Encoding.UTF8.GetBytes(services));
        Manager = new QueueManager(Configuration(toml), Queues, this);
    }

    internal QueueDirectories Queues { get; }

    internal QueueManager Manager { get; }

    internal VirtualClock Clock { get; } = new();

    /// <summary>From 0 to 1.</summary>
    internal Func<double> Random { get; set; } = static () => 0.5;

    /// <summary>Of each transport that has had mail.</summary>
    internal Dictionary<string, FakeAgents> Agents { get; } = [];

    /// <summary>Deliveries in the order of their start.</summary>
    internal List<Entry> Started { get; } = [];

    /// <summary>What an agent does with a delivery; it may also be left to wait.</summary>
    internal Action<FakeAgents, Entry> Delivering { get; set; } = static (_, _) => { };

    /// <summary>No agent can be reached.</summary>
    internal bool IsUnreachable { get; set; }

    internal FakeLine Bounce => Lines["bounce"];

    internal FakeLine Defer => Lines["defer"];

    internal FakeLine Trace => Lines["trace"];

    internal Dictionary<string, FakeLine> Lines { get; } = [];

    /// <summary>The process may go.</summary>
    internal bool HasEnded { get; private set; }

    ITimers ISurroundings.Timers => Clock;

    TimeProvider ISurroundings.Clock => Clock;

    QmgrLog ISurroundings.Log => _log;

    double ISurroundings.Chance() => Random();

    IAgents ISurroundings.AgentsOf(Transport transport, int limit, Settings settings) => Agents[transport.Name] = new FakeAgents(this, transport, limit);

    IReportLine ISurroundings.LineTo(string service, Settings settings)
    {
        if (!Lines.TryGetValue(service, out FakeLine? line))
            Lines.Add(service, line = new FakeLine(this, service));
        return line;
    }

    void ISurroundings.End() => HasEnded = true;

    /// <summary>main.toml, with the master.toml that this machine has.</summary>
    internal MainConfig Configuration(string toml) => MainConfig.FromText(toml, $"{_directory.Path}/main.toml");

    /// <summary>One-byte requests, from whoever may ask for everything.</summary>
    internal void Trigger(string requests) => Manager.Trigger(Encoding.ASCII.GetBytes(requests), isTrusted: true);

    /// <summary>A scan meets a file, which is let in if it may.</summary>
    /// <returns>The message; null when there is none.</returns>
    internal Message? Feed(QueueName queue, QueueId id, NotDue takes = NotDue.None)
    {
        Manager.Admission.Feed(new QueueEntry(id, Queues.PathOf(queue, id)), takes);
        return Manager.Active.Find(id);
    }

    /// <summary>A queue file that is complete and due. It is not flushed to the disk, since no test cuts the power.</summary>
    /// <param name="queue">Where.</param>
    /// <param name="recipients">To whom.</param>
    /// <param name="sender">From whom.</param>
    /// <param name="age">Seconds since its arrival.</param>
    /// <param name="warnIn">Seconds until its sender is to be told of the delay; null: never.</param>
    /// <param name="mode">Of the file.</param>
    /// <param name="redirect">Who gets it in place of its recipients; null: nobody.</param>
    /// <param name="releaseIn">Seconds until it is to go out; null: at once.</param>
    /// <param name="madeAt">When the file says that it was made, seconds since 1970; null: when the mail arrived.</param>
    internal QueueId Put(QueueName queue, IReadOnlyList<string> recipients, string sender = "alice@q.test", int age = 60, int? warnIn = null,
        int mode = QueueFileMode.Ready, string? redirect = null, long? madeAt = null, string? filter = null, bool isProbe = false, long? releaseIn = null)
    {
        QueueId id = QueueId.TryParse(string.Create(CultureInfo.InvariantCulture, $"T{++_files:D9}"), out QueueId made) ? made : throw new FormatException();
        Queues.MakeHashDirectories(queue, id);
        string path = Queues.PathOf(queue, id);
        File.WriteAllBytes(path, Content(recipients, sender, (long)Clock.Seconds - age, (long)Clock.Seconds + warnIn, redirect, madeAt, filter, isProbe, (long)Clock.Seconds + releaseIn));
        SetDue(queue, id, 0);
        FileSystem.ChangeMode(path, mode);
        return id;
    }

    private static byte[] Content(IReadOnlyList<string> recipients, string sender, long arrival, long? warnTime, string? redirect, long? madeAt, string? filter, bool isProbe, long? release)
    {
        using MemoryStream stream = new();
        RecordWriter records = new(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new byte[SizeRecord.PayloadLength]);
        records.Write(RecordType.Time, string.Create(CultureInfo.InvariantCulture, $"{arrival} 0"));
        if (madeAt is { } made)
            records.Write(RecordType.Attribute, string.Create(CultureInfo.InvariantCulture, $"create_time={made:D10}"));
        if (release is { } moment)
            records.WriteAttribute(AttributeName.ReleaseTime, moment);
        if (isProbe)
            records.WriteAttribute(AttributeName.TraceFlags, (long)Tracing.Probe);
        if (filter is not null)
            records.Write(RecordType.TextPart, filter);
        records.Write(RecordType.From, sender);
        if (warnTime is { } time)
            records.Write(RecordType.WarnTime, string.Create(CultureInfo.InvariantCulture, $"{time,15}"));
        if (redirect is not null)
            records.Write(RecordType.Redirect, redirect);
        foreach (string recipient in recipients)
            records.Write(RecordType.Recipient, recipient);
        records.Write(RecordType.Message);
        long data = records.Position;
        records.Write(RecordType.Text, "Subject: test");
        long extracted = records.Write(RecordType.Extracted);
        records.Write(RecordType.End);
        records.Flush();
        stream.Position = 0;
        records = new RecordWriter(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new SizeRecord(extracted - data, data, recipients.Count, 0, extracted - data, SmtpUtf8: 0).ToPayload());
        records.Flush();
        return stream.ToArray();
    }

    /// <summary>Moves the time of a file's next attempt.</summary>
    internal void SetDue(QueueName queue, QueueId id, int seconds) =>
        Assert.True(FileSystem.TrySetTime(Queues.PathOf(queue, id), (long)((Clock.Seconds + seconds) * 1e6) * 1000));

    public void Dispose() => _directory.Dispose();
}
