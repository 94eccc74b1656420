using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>What became of deliveries: it is noted in the message, the next attempt is planned, and the recipients are settled.</summary>
internal sealed class Results(BuiltIn builtIn, ActiveFiles files, Routing routing, SuppressionBook suppressions, Settings settings, ITimers timers, TimeProvider clock)
{
    /// <summary>What waits for a destination may belong elsewhere now: its domain turned out to be one of a site that has a table.</summary>
    internal event Action<Destination>? Rerouted;

    /// <summary>An agent reported on a delivery.</summary>
    internal void Delivered(Entry entry, DeliveryReport report)
    {
        Message message = entry.Message;
        if (report.IsUnrecorded)
            message.MissRecord();
        if (report.IsCorrupt)
            message.FindCorrupt();
        if (!report.SomeDeferred || entry.Recipients.Count > 1)
            message.NoteMarks();
        if (report.SomeDeferred)
            PutOff(entry, siteFailed: report.Trouble is not null);
        if (report.Settled.Count > 0)
            suppressions.Learn(message, report.Settled);
        if (report.Exchanger is { } exchanger && routing.Learn(entry.Destination.NextHop, exchanger))
            Rerouted?.Invoke(entry.Destination);
        message.Settle(entry.Release().Count);
    }

    /// <summary>No delivery was, or can be, tried.</summary>
    internal void PutOff(Entry entry, Dsn reason)
    {
        PutOff(entry, siteFailed: true);
        builtIn.Defer(entry.Message, entry.Release(), reason, entry.Destination.DeadBecause is null ? WaitCode.TransportSuspended : WaitCode.DeadDestination);
    }

    /// <summary>The agent went away; what it had done by then, it has noted in the file.</summary>
    internal void Lost(Entry entry, Dsn reason)
    {
        Message message = entry.Message;
        message.NoteMarks();
        IReadOnlyList<Recipient> recipients = entry.Recipients, left = files.StillToDo(message.Id, recipients);
        if (left.Count > 0)
            PutOff(entry, siteFailed: true);
        entry.Release();
        if (left.Count < recipients.Count)
            message.Settle(recipients.Count - left.Count);
        builtIn.Defer(message, left, reason, WaitCode.Backoff);
    }

    private void PutOff(Entry entry, bool siteFailed)
    {
        DestinationPolicy policy = settings.Retries.For(entry.Destination.Rule);
        // Before its destination wakes an attempt would be in vain.
        long now = MailTime.Microseconds(clock), rest = Math.Max(0, entry.Destination.WakesAt - timers.Now);
        entry.Message.PutOff(siteFailed ? policy.Unreachable : policy.Refused, now, now + rest * 1000);
    }
}
