using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>The bounce services on a queue of their own, with messages in active.</summary>
internal sealed class BounceRig : IDisposable
{
    internal const string Host = "mta.test";

    private readonly TemporaryDirectory _directory = new();

    internal BounceRig()
    {
        Queues = new QueueDirectories(_directory.Path, [], 1);
        foreach (string name in new[] { "active", "deferred", "bounce", "defer", "trace", "digest" })
            Directory.CreateDirectory(Path.Combine(_directory.Path, name));
    }

    internal QueueDirectories Queues { get; }

    internal FakeSubmitter Submitter { get; } = new();

    internal LogRecord Log { get; } = new();

    internal StepClock Clock { get; } = new();

    /// <summary>The defaults.</summary>
    internal static BounceSettings Usual { get; } = BounceSettings.From(MainConfig.FromText($"myhostname = '{Host}'"));

    internal BounceSettings Settings { get; set; } = Usual;

    /// <summary>A process of a service: each call makes a new one, as after a crash.</summary>
    internal BounceService Service(BounceRole role) => new(role, Settings, Queues, Submitter,
        () => NoticeTemplates.BuiltIn(MainConfig.FromText($"myhostname = '{Host}'\ndelay_warning_time = '4h'")), Log, Clock)
    { Events = Events };

    /// <summary>Is told of notices; null: nobody wants to know.</summary>
    internal PostfixNet.Events.EventLog? Events { get; set; }

    /// <summary>A message in active.</summary>
    internal QueueId Message(string id)
    {
        Assert.True(QueueId.TryParse(id, out QueueId queueId));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "vectors", "partly-done.active"), Queues.PathOf(QueueName.Active, queueId), overwrite: true);
        return queueId;
    }

    internal void Append(BounceRole role, QueueId id, Outcome outcome) =>
        Assert.True(Service(role).Answer(new BounceRequest.Append(id, outcome)).IsDone);

    /// <summary>Asks for a notice as the queue manager does.</summary>
    /// <returns>True when the queue manager may go on.</returns>
    internal bool Ask(
        BounceRole role, QueueId id, bool isWarning = false, string sender = "alice@q.test", DsnReturn ret = DsnReturn.Unspecified, SmtpUtf8 utf8 = SmtpUtf8.None, string? envelopeId = null)
    {
        MessageFacts facts = new(QueueName.Active, id, sender, utf8, envelopeId, ret);
        return Service(role).Answer(isWarning ? new BounceRequest.Warn(facts) : new BounceRequest.Flush(facts)).IsDone;
    }

    /// <summary>Asks for the digests that are due.</summary>
    internal void SendDigests() => Assert.True(Service(BounceRole.Bounce).Answer(new BounceRequest.Digest()).IsDone);

    /// <summary>Notices that name a recipient as failed.</summary>
    internal int TimesTold(string recipient) =>
        Submitter.Queued.Count(notice => notice.Text.Contains($"\nFinal-Recipient: rfc822; {recipient}\n", StringComparison.Ordinal));

    internal static Outcome Failed(string address, Notify notify = Notify.Default, DsnAction action = DsnAction.Failed, string status = "5.1.1") =>
        new(new Recipient(address, DsnOriginal: $"rfc822;{address}", Notify: notify, Offset: 300), new Dsn(status, $"no such {address}", action));

    public void Dispose() => _directory.Dispose();
}
