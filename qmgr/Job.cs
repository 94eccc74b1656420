namespace PostfixNet.Qmgr;

/// <summary>One message on one transport.</summary>
/// <param name="message">The message.</param>
/// <param name="transport">The transport.</param>
/// <param name="order">Place in the transport's order of arrival.</param>
/// <param name="size">Deliveries it takes in all, those not yet read from the file included.</param>
internal sealed class Job(Message message, Transport transport, long order, int size)
{
    private readonly Dictionary<string, Peer> _peers = [];

    internal Message Message { get; } = message;

    internal Transport Transport { get; } = transport;

    internal long Order { get; } = order;

    internal int Size { get; } = size;

    /// <summary>What it has earned by its own deliveries for those that overtake it; see <see cref="SlotRules"/>.</summary>
    internal long Credit { get; set; }

    /// <summary>It was let past an older job and may go on so: what is half delivered should not stop again.</summary>
    internal bool Overtakes { get; set; }

    /// <summary>Its deliveries under way.</summary>
    internal List<Entry> Delivering { get; } = [];

    /// <summary>Its mail that waits, by destination.</summary>
    internal IEnumerable<Peer> Peers => _peers.Values;

    /// <summary>Its mail for one destination; made when there is none.</summary>
    internal Peer PeerOf(Destination destination)
    {
        if (!_peers.TryGetValue(destination.Key, out Peer? peer))
            _peers.Add(destination.Key, peer = new Peer(this, destination));
        return peer;
    }

    /// <summary>Nothing of it waits for that destination any more.</summary>
    internal void Forget(Destination destination) => _peers.Remove(destination.Key);
}

/// <summary>What waits of one job for one destination.</summary>
internal sealed class Peer(Job job, Destination destination) : Candidate
{
    private Entry? _last;

    internal Job Job { get; } = job;

    internal Destination Destination { get; } = destination;

    /// <summary>The next to be delivered.</summary>
    internal Entry? First { get; private set; }

    internal override Peer? Front => First is null ? null : this;

    internal override Peer? Smallest => Front;

    /// <summary>The last one, if it has room for another recipient.</summary>
    internal Entry? Unfilled(int recipientLimit) => _last is not null && _last.Recipients.Count < recipientLimit ? _last : null;

    internal void AddLast(Entry entry)
    {
        if (_last is null)
            First = entry;
        else
            _last.Next = entry;
        _last = entry;
    }

    internal void AddFirst(Entry entry)
    {
        entry.Next = First;
        First = entry;
        _last ??= entry;
    }

    internal Entry TakeFirst()
    {
        Entry entry = First!;
        First = entry.Next;
        entry.Next = null;
        if (First is null)
            _last = null;
        return entry;
    }
}
