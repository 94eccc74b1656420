using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Qmgr.Simulation;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The way of messages through a real queue directory; the test is all delivery agents, and sets the clock of timers.</summary>
/// <remarks>It reads the log: its users belong to the collection "MailLog".</remarks>
internal sealed class QueueRig : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    internal QueueRig(string toml = "", params string[] hashed)
    {
        Queues = new QueueDirectories(_directory.Path, hashed, 1);
        Queues.CreateMissing(owner: null, group: 0);
        Settings = new Settings(MainConfig.FromText(toml));
        (Bounce, Defer, Trace) = (new Line(this, QueueName.Bounce), new Line(this, QueueName.Defer), new Line(this, QueueName.Trace));
        Lines = new ReportLines(Bounce, Defer, Trace, new Line(this, QueueName.Bounce));
        Active = new ActiveQueue(Queues, Settings, Schedule, Later);
        Intake = new Intake(Active, Queues, Clock, () => IsClosed);
        Completion = new Completion(Active, Queues, Settings, Lines, Later, (message, more) =>
        {
            if (more is not null)
                Schedule(message, more);
            else
                Intake.GoOn();
        });
        MailLog.Capture((severity, line) => Events.Add(severity == "info" ? line : $"{severity}: {line}"));
    }

    internal QueueDirectories Queues { get; }

    internal Settings Settings { get; }

    internal VirtualClock Clock { get; } = new();

    internal Line Bounce { get; }

    internal Line Defer { get; }

    internal Line Trace { get; }

    internal ReportLines Lines { get; }

    internal ActiveQueue Active { get; }

    internal Intake Intake { get; }

    internal Completion Completion { get; }

    /// <summary>Nothing comes in.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>What was logged and asked, in this order; a request is "bounce flush".</summary>
    internal List<string> Events { get; } = [];

    /// <summary>Batches of recipients handed out for delivery.</summary>
    internal List<(Message Message, IReadOnlyList<Recipient> Recipients)> Scheduled { get; } = [];

    /// <summary>The message scheduled last.</summary>
    internal Message Message => Scheduled[^1].Message;

    private void Schedule(Message message, IReadOnlyList<Recipient> recipients) => Scheduled.Add((message, recipients));

    private void Later(Action action) => Clock.After(TimeSpan.FromMinutes(5), action);

    /// <summary>A queue file, with its next attempt due.</summary>
    /// <param name="queue">Where.</param>
    /// <param name="recipients">How many; user0@q.test is the first.</param>
    /// <param name="age">Seconds since its arrival.</param>
    /// <param name="warnIn">Seconds until its sender is to be told of the delay; null: never.</param>
    /// <param name="dueIn">Seconds until its next attempt.</param>
    /// <param name="sender">Its envelope sender.</param>
    internal QueueId Put(QueueName queue = QueueName.Incoming, int recipients = 1, int age = 60, int? warnIn = null, int dueIn = 0, string sender = "alice@q.test")
    {
        using NewQueueFile file = NewQueueFile.Create(Queues, queue, longId: true);
        file.ReserveSize();
        file.Writer.Write(RecordType.Time, string.Create(CultureInfo.InvariantCulture, $"{MailTime.NowSeconds - age} 0"));
        file.Writer.Write(RecordType.From, sender);
        if (warnIn is { } seconds)
            file.Writer.Write(RecordType.WarnTime, string.Create(CultureInfo.InvariantCulture, $"{MailTime.NowSeconds + seconds,15}"));
        for (int i = 0; i < recipients; i++)
            file.Writer.Write(RecordType.Recipient, $"user{i}@q.test");
        file.Writer.Write(RecordType.Message);
        long data = file.Writer.Position;
        file.Writer.Write(RecordType.Text, "Subject: test");
        long extracted = file.Writer.Write(RecordType.Extracted);
        file.Writer.Write(RecordType.End);
        file.WriteSize(new SizeRecord(extracted - data, data, recipients, 0, extracted - data, 0));
        file.Commit(QueueFileMode.Ready);
        SetDue(file.Path, dueIn);
        return file.Id;
    }

    /// <summary>Moves the time of a file's next attempt.</summary>
    internal static void SetDue(string path, int seconds) => Assert.True(FileSystem.TrySetTime(path, (MailTime.NowMicroseconds + seconds * 1_000_000L) * 1000));

    /// <summary>Seconds until the next attempt, as the file in a queue says.</summary>
    internal double DueIn(QueueName queue, QueueId id) =>
        (FileSystem.Status(Queues.PathOf(queue, id))!.Value.ModifiedNanoseconds / 1000 - MailTime.NowMicroseconds) / 1e6;

    /// <summary>A message in the active queue, its first recipients scheduled, and nothing in <see cref="Events"/>.</summary>
    internal QueueId Start(int recipients = 1, int age = 60, int? warnIn = null, string sender = "alice@q.test")
    {
        QueueId id = Put(QueueName.Incoming, recipients, age, warnIn, sender: sender);
        Feed(QueueName.Incoming, id);
        Events.Clear();
        return id;
    }

    /// <summary>A scan meets a file.</summary>
    internal void Feed(QueueName queue, QueueId id, NotDue takes = NotDue.None) => Active.Feed(new QueueEntry(id, Queues.PathOf(queue, id)), takes);

    /// <summary>The agents are done with what was scheduled last.</summary>
    /// <param name="deferred">A recipient is left for another time.</param>
    internal void Finish(bool deferred = false)
    {
        Message.SomeDeferred |= deferred;
        Active.Done(Message, Scheduled[^1].Recipients.Count);
        Completion.Begin(Message);
    }

    /// <summary>A recipient's result is on record in the log of a service.</summary>
    internal void Record(QueueName log, QueueId id) => File.WriteAllText(Queues.PathOf(log, id), "*\n");

    internal Envelope EnvelopeOf(QueueName queue, QueueId id)
    {
        using QueueFile file = QueueFile.Open(Queues.PathOf(queue, id));
        return file.ReadEnvelope();
    }

    /// <summary>Takes a directory away, so that nothing can be moved there, by root neither.</summary>
    internal void Hide(QueueName queue) => Directory.Move(Queues.DirectoryOf(queue), Queues.DirectoryOf(queue) + ".away");

    internal void Show(QueueName queue) => Directory.Move(Queues.DirectoryOf(queue) + ".away", Queues.DirectoryOf(queue));

    public void Dispose()
    {
        MailLog.Capture(null);
        _directory.Dispose();
    }

    /// <summary>A report service that does what it is told, or fails, or keeps silent.</summary>
    internal sealed class Line(QueueRig rig, QueueName log) : IReportLine
    {
        private readonly Queue<Action<bool>> _waiting = new();

        /// <summary>It cannot do anything.</summary>
        internal bool Fails { get; set; }

        /// <summary>It answers only when <see cref="Answer"/> is called.</summary>
        internal bool IsSilent { get; set; }

        public int Pending => _waiting.Count;

        public void Ask(AttributeList request, Action<bool> done)
        {
            string name = request.Text("request");
            rig.Events.Add($"{QueueDirectories.NameOf(log)} {name}");
            if (name == "flush" && !Fails && QueueId.TryParse(request.Text("queue_id"), out QueueId id))
                FileSystem.TryRemove(rig.Queues.PathOf(log, id));
            if (IsSilent)
                _waiting.Enqueue(done);
            else
                done(!Fails);
        }

        internal void Answer() => _waiting.Dequeue()(!Fails);
    }
}
