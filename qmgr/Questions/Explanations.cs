using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>Answers why mail waits, from what is in memory: nothing is kept for it.</summary>
internal sealed class Explanations(ActiveQueue active, Routing routing, PausedDeliveries paused, Transports transports)
{
    /// <exception cref="IpcException">The question is malformed.</exception>
    internal AttributeList Answer(AttributeList question) => RouteQuestion.Is(question)
        ? Answer(RouteQuestion.From(question)).ToAttributes() : Answer(WaitQuestion.From(question)).ToAttributes();

    internal RouteAnswer Answer(RouteQuestion question) => new([.. question.Pairs.Select(pair =>
    {
        Route route = routing.Of(pair.Address, pair.Sender);
        return new MailRoute(route.Transport, route.NextHop, routing.SiteOf(route.NextHop));
    })]);

    internal WaitAnswer Answer(WaitQuestion question)
    {
        Message? message = QueueId.TryParse(question.Id, out QueueId id) ? active.Find(id) : null;
        Dictionary<string, Entry> entries = message is null ? [] : EntriesOf(message);
        return new WaitAnswer(message is not null, !active.HasRoom,
            [.. question.Addresses.Select(address => StateOf(address, question.Sender, message, entries.GetValueOrDefault(address)))]);
    }

    private static Dictionary<string, Entry> EntriesOf(Message message)
    {
        Dictionary<string, Entry> entries = [];
        foreach (Entry entry in message.Jobs.SelectMany(static job => job.Entries))
        {
            foreach (Recipient recipient in entry.Recipients)
                entries[recipient.Address] = entry;
        }
        return entries;
    }

    private WaitState StateOf(string address, string sender, Message? message, Entry? entry)
    {
        Route route = routing.Of(address, sender);
        if (entry is null && route.BuiltIn is not null)
            return new WaitState(route.Transport, route.NextHop);
        WaitState state = entry is null ? transports.StateOf(route) : entry.Job.Transport.StateOf(entry.Destination);
        if (paused.Find(route, sender, address) is { } pause)
            return state with { Code = WaitCode.Paused, Left = null, Reason = pause.ToString() };
        if (paused.QuietUntil(route) is { } end && (message is null || !message.IgnoresDeadDestinations))
            return state with { Code = WaitCode.QuietHours, Left = paused.Left(end), Reason = null };
        if (entry is { IsUnderWay: true })
            return state with { Code = entry.Process == 0 ? WaitCode.NoProcess : WaitCode.Delivering, Left = null, Reason = null, Process = entry.Process };
        if (entry is null && message is not null)
            return state with { Code = WaitCode.Finishing, Left = null, Reason = null };
        // Of mail that is in another queue only this is known to hold it up.
        if (entry is null && state.Code is not (WaitCode.TransportSuspended or WaitCode.DeadDestination))
            return state with { Code = null, Left = null };
        return state;
    }
}
