using System.Globalization;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.Suppression;
using PostfixNet.UnitTests.Qmgr;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>A queue manager on a made-up clock: which deliveries it starts and when, what it asks the services, and where it
/// leaves the mail.</summary>
internal sealed class QmgrScene : IDisposable
{
    private const string Usual = """
        myhostname = "mta.golden.test"
        """;

    private readonly Machine _machine;
    private readonly List<string> _lines = [];
    private int _most;

    private QmgrScene(string toml, string services, Action<string>? logged = null)
    {
        _machine = new Machine(Row.Merge(Usual, toml), services, logged) { Random = static () => 0 };
        foreach ((string service, FakeLine line) in _machine.Lines)
            line.Asked = (_, request, what) => Note($"{service} {request}{(what is BounceRequest.Append append ? $" ({append.Outcome.Dsn.Reason})" : "")}");
        _machine.Delivering = (agents, entry) =>
        {
            Note($"start {entry.Job.Transport.Name} {entry.Destination.NextHop} {string.Join(' ', entry.Recipients.Select(recipient => recipient.Address))} from {entry.Message.SenderTo(entry.Recipients[0], "my.test")}");
            _most = Math.Max(_most, agents.Busy);
            Delivering(agents, entry);
        };
    }

    internal Machine Machine => _machine;

    /// <summary>What an agent does with a delivery; it may also keep it.</summary>
    internal Action<FakeAgents, Entry> Delivering { get; set; } = static (_, _) => { };

    /// <summary>Agents that deliver, after some time.</summary>
    /// <param name="most">So many deliveries; they keep the others.</param>
    internal void Deliver(double seconds, int most = int.MaxValue) => Delivering = (agents, entry) =>
    {
        if (most-- > 0)
            _machine.Clock.After(TimeSpan.FromSeconds(seconds), () => agents.Deliver(entry));
    };

    /// <summary>Agents that find the site out of order, after a second.</summary>
    internal void Fail() => Delivering = (agents, entry) => _machine.Clock.After(TimeSpan.FromSeconds(1), () => agents.Defer(entry, new Dsn("4.4.2", "no answer")));

    /// <summary>Agents to which the server refuses recipients for good, at once.</summary>
    internal void Refuse(string status, string reply) => Delivering = (agents, entry) => _machine.Clock.Soon(() => agents.Settle(entry, status, reply));

    /// <summary>An address is put on the suppression list.</summary>
    internal void Suppress(string address) => _ = _machine.Manager.Answer(new SuppressionRequest([SuppressionEntry.Of(address, "", "by hand", 1, 0, "operator")], []));

    /// <summary>A report that came back says that a recipient complained.</summary>
    internal void Complain(string address) => _ = _machine.Manager.Answer(new SuppressionRequest([], []) { Results = [new ReportedResult("alice@q.test", address, "", "complaint (abuse)", true)] });

    /// <summary>Agents to which the server says "later", at once.</summary>
    internal void Defer() => Delivering = (agents, entry) => _machine.Clock.Soon(() => agents.Defer(entry));

    /// <summary>A message comes.</summary>
    internal void Mail(string recipient = "a@q.test", int age = 60, string sender = "alice@q.test", int count = 1)
    {
        string[] all = [.. Enumerable.Range(0, count).Select(i => count == 1 ? recipient : i.ToString(CultureInfo.InvariantCulture) + recipient)];
        QueueId id = _machine.Put(QueueName.Incoming, all, sender, age);
        _machine.Feed(QueueName.Incoming, id);
    }

    internal void Run(double seconds) => _machine.Clock.RunFor(seconds);

    /// <summary>A probe.</summary>
    /// <param name="play">What happens.</param>
    /// <param name="services">master.toml.</param>
    internal static Func<string, string> Play(Action<QmgrScene> play, string services = "") => toml =>
    {
        using QmgrScene scene = new(toml, services);
        play(scene);
        return scene.Seen();
    };

    /// <summary>The same, and what is seen is the log.</summary>
    internal static Func<string, string> Logged(Action<QmgrScene> play) => toml =>
    {
        List<string> log = [];
        using QmgrScene scene = new(toml, "", log.Add);
        play(scene);
        return string.Join('\n', log);
    };

    private void Note(string text) => _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{_machine.Clock.Now / 1000.0:F1}s {text}"));

    private string Seen()
    {
        List<string> seen = [.. _lines];
        foreach (QueueName queue in (QueueName[])[QueueName.Incoming, QueueName.Active, QueueName.Deferred])
        {
            foreach (QueueEntry entry in _machine.Queues.ScanEntries(queue))
            {
                double due = FileSystem.Status(entry.Path)!.Value.ModifiedNanoseconds / 1e9 - _machine.Clock.Seconds;
                seen.Add(string.Create(CultureInfo.InvariantCulture, $"{QueueDirectories.NameOf(queue)}, due in {due:F0}s"));
            }
        }
        seen.Add($"active: {_machine.Manager.Active.Count} messages, {_machine.Manager.Active.Recipients} recipients");
        seen.Add($"started {_machine.Started.Count}, at most {_most} at once.");
        seen.Add($"small mail is number {_machine.Started.FindIndex(static entry => entry.Message.Sender.StartsWith("small", StringComparison.Ordinal)) + 1}.");
        return string.Join('\n', seen);
    }

    public void Dispose() => _machine.Dispose();
}
