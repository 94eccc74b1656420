using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The way of messages through a queue; the test says what agents report, and when.</summary>
internal sealed class QueueRig : IDisposable
{
    private readonly Machine _machine;

    internal QueueRig(string toml = "", params string[] hashed)
    {
        // Many windows are open at once: these tests are about messages, not about destinations.
        _machine = new Machine($"initial_destination_concurrency = 20\n{toml}", "", Events.Add, hashed);
        foreach (string service in (string[])["bounce", "defer", "trace"])
            _machine.Lines[service].Asked = (_, request, _) => Events.Add($"{service} {request}");
        _machine.Delivering = (_, entry) => Batches.Add((entry.Message, [.. entry.Recipients.Select(recipient => recipient.Address)]));
        Run();
    }

    internal Machine Machine => _machine;

    internal QueueDirectories Queues => _machine.Queues;

    internal VirtualClock Clock => _machine.Clock;

    internal FakeLine Bounce => _machine.Bounce;

    internal FakeLine Defer => _machine.Defer;

    internal FakeLine Trace => _machine.Trace;

    internal ActiveQueue Active => _machine.Manager.Active;

    /// <summary>What was logged and asked, in this order; a request is "bounce flush".</summary>
    internal List<string> Events { get; } = [];

    /// <summary>Deliveries handed out, with the addresses they were for.</summary>
    internal List<(Message Message, IReadOnlyList<string> Recipients)> Batches { get; } = [];

    /// <summary>The message of the delivery that was handed out last.</summary>
    internal Message Message => Batches[^1].Message;

    /// <summary>Everything happens that is due now.</summary>
    internal void Run() => Clock.RunFor(0);

    /// <summary>A queue file, with its next attempt due.</summary>
    /// <param name="queue">Where.</param>
    /// <param name="recipients">How many; user0@q.test is the first.</param>
    /// <param name="dueIn">Seconds until its next attempt.</param>
    /// <inheritdoc cref="Qmgr.Machine.Put" path="/param"/>
    internal QueueId Put(QueueName queue = QueueName.Incoming, int recipients = 1, int age = 60, int? warnIn = null, int dueIn = 0,
        string sender = "alice@q.test", int mode = QueueFileMode.Ready)
    {
        QueueId id = _machine.Put(queue, [.. Enumerable.Range(0, recipients).Select(i => $"user{i}@q.test")], sender, age, warnIn, mode);
        _machine.SetDue(queue, id, dueIn);
        return id;
    }

    /// <summary>Seconds until the next attempt, as the file in a queue says.</summary>
    internal double DueIn(QueueName queue, QueueId id) =>
        (FileSystem.Status(Queues.PathOf(queue, id))!.Value.ModifiedNanoseconds / 1000 - MailTime.Microseconds(Clock)) / 1e6;

    /// <summary>A message in the active queue, its first recipients with agents, and nothing in <see cref="Events"/>.</summary>
    internal QueueId Start(int recipients = 1, int age = 60, int? warnIn = null, string sender = "alice@q.test")
    {
        QueueId id = Put(QueueName.Incoming, recipients, age, warnIn, sender: sender);
        Feed(QueueName.Incoming, id);
        Events.Clear();
        return id;
    }

    /// <summary>A scan meets a file.</summary>
    internal void Feed(QueueName queue, QueueId id, NotDue takes = NotDue.None)
    {
        _machine.Feed(queue, id, takes);
        Run();
    }

    /// <summary>The agents are done with what they have.</summary>
    /// <param name="deferred">Recipients are left for another time.</param>
    /// <param name="id">Only with this message; null: with all.</param>
    /// <param name="most">Only with so many deliveries.</param>
    internal void Finish(bool deferred = false, QueueId? id = null, int most = int.MaxValue)
    {
        foreach (FakeAgents agents in _machine.Agents.Values)
        {
            foreach (Entry entry in agents.UnderWay.Where(entry => id is null || entry.Message.Id == id).Take(most).ToArray())
            {
                if (deferred)
                    agents.Defer(entry);
                else
                    agents.Deliver(entry);
            }
        }
        Run();
    }

    /// <summary>An agent found the file damaged.</summary>
    internal void FindCorrupt()
    {
        foreach (FakeAgents agents in _machine.Agents.Values)
        {
            foreach (Entry entry in agents.UnderWay.ToArray())
                agents.Report(entry, new DeliveryReport(true, IsCorrupt: true, null, false, false));
        }
        Run();
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

    public void Dispose() => _machine.Dispose();
}
