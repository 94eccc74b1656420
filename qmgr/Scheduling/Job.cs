namespace PostfixNet.Qmgr;

/// <summary>One message on one transport.</summary>
/// <param name="message">The message.</param>
/// <param name="transport">The transport.</param>
/// <param name="order">Place in the transport's order of arrival.</param>
/// <param name="size">Deliveries it takes in all, those not yet read from the file included.</param>
internal sealed class Job(Message message, Transport transport, long order, int size)
{
    // Most messages go to one place: only the others need a table.
    private Peer? _peer;
    private Dictionary<Destination, Peer>? _peers;
    private List<Entry>? _underWay;

    internal Message Message { get; } = message;

    internal Transport Transport { get; } = transport;

    internal long Order { get; } = order;

    internal int Size { get; } = size;

    /// <summary>What it has earned by its own deliveries for those that overtake it; see <see cref="SlotRules"/>.</summary>
    internal long Credit { get; set; }

    /// <summary>It was let past an older job and may go on so: what is half delivered should not stop again.</summary>
    internal bool Overtakes { get; set; }

    /// <summary>Its deliveries under way.</summary>
    internal IReadOnlyList<Entry> UnderWay => _underWay ?? [];

    /// <summary>Its mail that waits, by destination.</summary>
    internal IReadOnlyCollection<Peer> Waiting => _peers is not null ? _peers.Values : _peer is not null ? [_peer] : [];

    /// <summary>All its deliveries that are not over.</summary>
    internal IEnumerable<Entry> Entries => UnderWay.Concat(Waiting.SelectMany(static peer => peer.Entries));

    /// <summary>An agent has taken one of its deliveries.</summary>
    internal void Started(Entry entry) => (_underWay ??= []).Add(entry);

    /// <summary>A delivery is no longer under way.</summary>
    internal void Ended(Entry entry) => _underWay!.Remove(entry);

    /// <summary>Its mail for one destination; made when there is none.</summary>
    internal Peer PeerOf(Destination destination)
    {
        if (_peers is null && (_peer is null || _peer.Destination == destination))
            return _peer ??= new Peer(this, destination);
        if (_peers is null)
        {
            _peers = new Dictionary<Destination, Peer> { [_peer!.Destination] = _peer };
            _peer = null;
        }
        if (!_peers.TryGetValue(destination, out Peer? peer))
            _peers.Add(destination, peer = new Peer(this, destination));
        return peer;
    }

    /// <summary>Nothing of it waits for that destination any more.</summary>
    internal void Forget(Destination destination)
    {
        if (_peers is null)
            _peer = null;
        else
            _peers.Remove(destination);
    }
}
