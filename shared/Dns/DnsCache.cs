namespace PostfixNet.Dns;

/// <summary>Answers remembered for a while, presence and absence alike: one process makes many deliveries.</summary>
internal sealed class DnsCache(int mostEntries, TimeProvider clock)
{
    // Seconds. A delivery process lives for minutes; what it remembers must not be much older than what its successor
    // would learn.
    internal const uint MaxTtl = 300;

    private readonly Dictionary<(string Name, DnsType Type), Entry> _entries = [];
    private readonly Lock _lock = new();

    /// <summary>The answer, if one is remembered and not too old; else null.</summary>
    internal DnsReply? Find(string name, DnsType type)
    {
        if (mostEntries <= 0)
            return null;
        (string, DnsType) key = Key(name, type);
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out Entry? entry))
                return null;
            if (clock.GetTimestamp() < entry.Expires)
                return entry.Reply;
            _entries.Remove(key);
            return null;
        }
    }

    /// <summary>Remembers an answer for <paramref name="ttl"/> seconds; 0 means not at all (RFC 1035 section 3.2.1).</summary>
    internal void Add(string name, DnsType type, DnsReply reply, uint ttl)
    {
        if (ttl == 0 || mostEntries <= 0)
            return;
        lock (_lock)
        {
            // Forgetting everything now and then is cheaper than keeping an order, and bounded all the same.
            if (_entries.Count >= mostEntries)
                _entries.Clear();
            _entries[Key(name, type)] = new Entry(reply, clock.GetTimestamp() + Math.Min(ttl, MaxTtl) * clock.TimestampFrequency);
        }
    }

    // Case does not matter (RFC 4343 section 3).
    private static (string, DnsType) Key(string name, DnsType type) => (name.TrimEnd('.').ToLowerInvariant(), type);

    private sealed record Entry(DnsReply Reply, long Expires);
}
