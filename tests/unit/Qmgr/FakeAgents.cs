using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The agents of one transport, as far as scheduling sees them: what they have, and what they report.</summary>
internal sealed class FakeAgents(Machine machine, Transport transport, int limit) : IAgents
{
    /// <summary>Deliveries that they have.</summary>
    internal List<Entry> UnderWay { get; } = [];

    public int Limit { get; private set; } = limit;

    public int Busy => UnderWay.Count;

    public bool MayStart => Busy < Limit;

    public Dsn? Start(Entry entry, bool moreWaits)
    {
        if (machine.IsUnreachable)
            return new Dsn("4.3.0", "mail transport unavailable");
        Destination destination = entry.Destination;
        Assert.True(Busy < Limit, "more agents at work than there may be");
        Assert.True(destination.HasWindow && destination.Limiter is not { IsFull: true } && !transport.IsPaused && destination.DeadBecause is null);
        UnderWay.Add(entry);
        machine.Started.Add(entry);
        machine.Delivering(this, entry);
        return null;
    }

    public void Renew(int limit) => Limit = limit;

    /// <summary>A delivery went well.</summary>
    internal void Deliver(Entry entry, string? exchanger = null)
    {
        Mark(entry, entry.Recipients);
        Report(entry, new DeliveryReport(false, false, null, false, false) { Exchanger = exchanger });
    }

    /// <summary>A delivery was refused because the site takes no more from us in this time.</summary>
    internal void AskForLess(Entry entry) => Report(entry, new DeliveryReport(true, false, null, false, false) { AsksForLess = true });

    /// <summary>A delivery failed, and recipients are left for another time.</summary>
    /// <param name="entry">The delivery.</param>
    /// <param name="trouble">Of the site; null: it refused only these recipients.</param>
    internal void Defer(Entry entry, Dsn? trouble = null) => Report(entry, new DeliveryReport(true, false, trouble, false, false));

    /// <summary>All recipients of a delivery were delivered or refused for good, and the request wanted to know.</summary>
    internal void Settle(Entry entry, string status, string reply)
    {
        Mark(entry, entry.Recipients);
        bool isAsked = entry.Request(false, new Settings(machine.Manager.Configuration)).WantsOutcomes;
        Report(entry, new DeliveryReport(false, false, null, false, false) { Settled = isAsked ? [.. entry.Recipients.Select(recipient => new SettledRecipient(recipient.Address, status, reply))] : [] });
    }

    internal void Report(Entry entry, DeliveryReport report)
    {
        End(entry);
        transport.Reported(entry, report);
    }

    internal void NotServed(Entry entry)
    {
        End(entry);
        transport.NotServed(entry, new Dsn("4.3.0", "no process"));
    }

    internal void Lose(Entry entry, bool again)
    {
        End(entry);
        transport.Lost(entry, again, "gone");
    }

    /// <summary>Recipients need no more work.</summary>
    internal void Mark(Entry entry, IEnumerable<Recipient> recipients)
    {
        string path = machine.Queues.PathOf(QueueName.Active, entry.Message.Id);
        if (!File.Exists(path))
            return; // an operator deleted it
        using QueueFile file = QueueFile.Open(path, write: true);
        foreach (Recipient recipient in recipients)
            QueueFile.MarkDone(file.Handle, recipient.Offset);
    }

    private void End(Entry entry) => Assert.True(UnderWay.Remove(entry));
}
