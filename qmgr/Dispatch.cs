using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>Sorts the recipients of a message by transport and next hop, and queues them there.</summary>
/// <param name="transportOf">Finds a transport by its name.</param>
/// <param name="deliver">Takes recipients that need no agent: error, retry, discard.</param>
/// <param name="isPutOff">Takes a recipient that is not to be queued now; false: there is nothing against it.</param>
internal sealed class Dispatch(
    Func<string, Transport> transportOf, Action<Message, Route, List<Recipient>> deliver, Func<Message, Route, Recipient, bool> isPutOff)
{
    /// <summary>Finds transport and next hop.</summary>
    internal required Routing Routing { get; set; }

    private sealed class Group(Route route)
    {
        internal Route Route { get; } = route;

        internal List<Recipient> Recipients { get; } = [];
    }

    /// <summary>Queues a batch of recipients: all of the message, or as many as were read from the file.</summary>
    internal void Sort(Message message, IReadOnlyList<Recipient> recipients)
    {
        if (message.Envelope.Redirect is { Length: > 0 } redirect && recipients.Count > 0)
        {
            // One copy, on behalf of the first who is left; the others are done with it.
            recipients = [recipients[0] with { Address = redirect }];
            message.MoreRecipientsAt = 0;
        }
        List<Group> groups = [];
        Dictionary<string, Group> known = [];
        Group? last = null;
        foreach (Recipient recipient in recipients)
        {
            // The message's own route goes before all others; cleanup gives one to mail that is to be returned.
            Route route = message.Envelope.ContentFilter is { Length: > 0 } own ? Routing.Own(own, recipient.Address) : Routing.Of(recipient.Address);
            if (isPutOff(message, route, recipient))
                continue;
            if (last is null || last.Route.Transport != route.Transport || last.Route.Destination != route.Destination)
            {
                string key = $"{route.Transport}:{route.Destination}";
                if (!known.TryGetValue(key, out last))
                {
                    known.Add(key, last = new Group(route));
                    groups.Add(last);
                }
            }
            last.Recipients.Add(recipient);
        }
        foreach (Group group in groups)
        {
            if (group.Recipients.Count > 1)
                group.Recipients.Sort(static (a, b) => string.CompareOrdinal(a.Address, b.Address));
            if (group.Route.Transport is "error" or "retry" or "discard")
            {
                deliver(message, group.Route, group.Recipients);
                continue;
            }
            Transport transport = transportOf(group.Route.Transport);
            Job job = message.JobOn(transport) ?? Begin(message, transport, groups, recipients.Count);
            transport.DestinationOf(group.Route).Add(job, group.Recipients);
        }
    }

    /// <summary>Queues what was handed back: where it goes may be decided otherwise now.</summary>
    internal void SortAnew(List<Entry> waited)
    {
        Dictionary<Message, List<Recipient>> messages = [];
        foreach (Entry entry in waited)
        {
            if (messages.TryGetValue(entry.Message, out List<Recipient>? known))
                known.AddRange(entry.Recipients);
            else
                messages.Add(entry.Message, [.. entry.Recipients]);
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
        if (message.MoreRecipientsAt != 0)
            size = Math.Min(int.MaxValue, size * Math.Max(inMemory, message.Envelope.TotalRecipients) / inMemory);
        Job job = transport.Begin(message, (int)size);
        message.Jobs.Add(job);
        return job;
    }
}
