using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>Decides where each recipient of a message goes, and queues it there: at a destination of a transport, or with what
/// needs no agent.</summary>
internal sealed class Dispatch(Routing routing, PausedDeliveries paused, SuppressionBook suppressions, BuiltIn builtIn, Transports transports)
{
    private sealed class Group(Route route)
    {
        internal Route Route { get; } = route;

        internal List<Recipient> Recipients { get; } = [];
    }

    /// <summary>An operator has paused the delivery of all these recipients, or it is a quiet time for them.</summary>
    internal bool IsPaused(Message message, IReadOnlyList<Recipient> recipients) => paused.IsInPart && recipients.Count > 0
        && recipients.All(recipient => paused.Stops(message, RouteOf(message, recipient), recipient.Address) is not null);

    /// <summary>Such recipients stay as they are, with the reasons that are on record of them.</summary>
    internal void LeavePaused(Message message, IReadOnlyList<Recipient> recipients)
    {
        message.Pause(paused.Version);
        message.Settle(recipients.Count);
    }

    // The message's own route goes before all others; cleanup gives one to mail that is to be returned.
    private Route RouteOf(Message message, Recipient recipient) =>
        suppressions.Find(message.Sender, recipient.Address) is { } entry ? SuppressionBook.RouteOf(entry)
        : message.OwnRoute is { } own ? routing.Own(own, recipient.Address) : routing.Of(recipient.Address, message.Sender);

    /// <summary>Queues a batch of recipients: all of the message, or as many as were read from the file.</summary>
    internal void Sort(Message message, IReadOnlyList<Recipient> recipients)
    {
        if (message.Diversion is not null)
        {
            if (recipients.Count > 0)
                message.SettleDiverted(recipients.Count);
            return;
        }
        List<Group> groups = [];
        Dictionary<(string Transport, string Destination), Group> known = [];
        Group? last = null;
        foreach (Recipient recipient in recipients)
        {
            Route route = RouteOf(message, recipient);
            // What an operator has paused is not even queued.
            if (paused.Stops(message, route, recipient.Address) is { } why)
            {
                message.Pause(paused.Version);
                builtIn.Defer(message, [recipient], why, paused.CodeFor(message, route, recipient.Address));
                continue;
            }
            if (last is null || last.Route.Transport != route.Transport || last.Route.Destination != route.Destination)
            {
                if (!known.TryGetValue((route.Transport, route.Destination), out last))
                {
                    known.Add((route.Transport, route.Destination), last = new Group(route));
                    groups.Add(last);
                }
            }
            last.Recipients.Add(recipient);
        }
        foreach (Group group in groups)
        {
            group.Recipients.Sort(static (a, b) => string.CompareOrdinal(a.Address, b.Address));
            if (group.Route.BuiltIn is not null)
            {
                builtIn.Deliver(message, group.Route, group.Recipients);
                continue;
            }
            Transport transport = transports.Of(group.Route.Transport);
            Job job = message.JobOn(transport) ?? Begin(message, transport, groups, recipients.Count);
            transport.DestinationOf(group.Route).Add(job, group.Recipients);
        }
    }

    /// <summary>Mail that has not been handed out yet goes where the configuration and the operator say now (S1-55, S1-38).</summary>
    internal void SortAnew() => SortAnew(transports.TakeBack());

    /// <summary>The same for mail that waits for one destination.</summary>
    internal void SortAnew(Destination destination) => SortAnew(destination.TakeBack());

    private void SortAnew(List<Entry> waited)
    {
        Dictionary<Message, List<Recipient>> messages = [];
        foreach (Entry entry in waited)
        {
            if (messages.TryGetValue(entry.Message, out List<Recipient>? known))
                known.AddRange(entry.Release());
            else
                messages.Add(entry.Message, entry.Release());
        }
        foreach ((Message message, List<Recipient> recipients) in messages)
            Sort(message, recipients);
    }

    // The size of a job decides whom it may overtake, so it is known before its first delivery starts.
    private static Job Begin(Message message, Transport transport, List<Group> groups, int inMemory)
    {
        long size = 0;
        foreach (Group group in groups)
        {
            if (group.Route.Transport == transport.Name)
            {
                int limit = message.RecipientLimit(transport.DestinationOf(group.Route));
                size += (group.Recipients.Count - 1) / limit + 1;
            }
        }
        // Those still in the file are much like those in memory.
        if (message.Unread is not null)
            size = Math.Min(int.MaxValue, size * Math.Max(inMemory, message.TotalRecipients) / inMemory);
        Job job = transport.Begin(message, (int)size);
        message.Add(job);
        return job;
    }
}
