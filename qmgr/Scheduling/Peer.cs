namespace PostfixNet.Qmgr;

/// <summary>What waits of one job for one destination.</summary>
internal sealed class Peer(Job job, Destination destination) : Candidate
{
    private Entry? _last;

    internal Job Job { get; } = job;

    internal Destination Destination { get; } = destination;

    /// <summary>The next to be delivered.</summary>
    internal Entry? First { get; private set; }

    /// <summary>All that waits, in its order.</summary>
    internal IEnumerable<Entry> Entries
    {
        get
        {
            for (Entry? entry = First; entry is not null; entry = entry.Next)
                yield return entry;
        }
    }

    internal override Peer? Front => First is null ? null : this;

    internal override Peer? Smallest => Front;

    /// <summary>The last one, if it has room for another recipient.</summary>
    internal Entry? Unfilled(int recipientLimit) => _last is { IsFull: false } && _last.Recipients.Count < recipientLimit ? _last : null;

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
