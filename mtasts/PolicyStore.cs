using PostfixNet.MtaSts;
using PostfixNet.Native;

namespace PostfixNet.Mtasts;

/// <summary>The policies that are known: in files, with what tells them apart in memory.</summary>
/// <remarks>Their number has a limit. Somebody who has us ask for the policies of domains that he makes up, thousands of them, is not to make
/// us forget those of others. So one that is new here pushes out, in this order: what has expired; what came up within a day or was not asked for
/// again after its first day, what enforces nothing first; then what nobody has asked for within a week. Otherwise it is not kept.</remarks>
/// <param name="limit">mta_sts_cache_limit.</param>
internal sealed class PolicyStore(PolicyFiles files, int limit, TimeProvider clock, Log log)
{
    private const long Day = 86_400, Idle = 7 * Day, Refreshes = 30 * Day;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private bool _isFullTold;

    private sealed class Entry(KnownPolicy known)
    {
        internal string Domain { get; } = known.Domain;
        internal StsMode Mode { get; } = known.Policy.Mode;
        internal long Since { get; } = known.Since;
        internal long Fetched { get; } = known.Fetched;
        internal long Expires { get; } = known.Expires;
        internal long Used { get; set; } = known.Used;

        // Whoever wants to put a thousand such in the place of others has to have mail sent to each of them day after day.
        internal bool IsProven => Used - Since >= Day;
    }

    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Policies that are kept.</summary>
    internal int Count => _entries.Count;

    /// <summary>Takes in what an earlier process kept.</summary>
    /// <exception cref="SystemCallException">The directory cannot be read.</exception>
    internal void Load()
    {
        foreach (string domain in files.Domains())
        {
            if (TryRead(domain, out bool isUnreadable) is { } known)
                _entries[domain] = new Entry(known);
            else if (!isUnreadable)
                Remove(domain);
        }
    }

    /// <summary>The policy of a domain that holds now; null: there is none. It counts as asked for.</summary>
    internal KnownPolicy? Find(string domain)
    {
        if (!_entries.TryGetValue(domain, out Entry? entry))
            return null;
        if (entry.Expires < Now)
            return null;
        if (TryRead(domain, out bool isUnreadable) is not { } known)
        {
            if (!isUnreadable)
                Remove(domain);
            return null;
        }
        return known with { Used = entry.Used };
    }

    /// <summary>Somebody asks for a domain's policy.</summary>
    internal void Use(string domain)
    {
        if (_entries.TryGetValue(domain, out Entry? entry))
            entry.Used = Now;
    }

    /// <summary>Keeps what was fetched.</summary>
    /// <returns>The same, with what is known of it from before.</returns>
    internal KnownPolicy Keep(KnownPolicy known)
    {
        if (_entries.TryGetValue(known.Domain, out Entry? before))
            known = known with { Since = before.Since, Used = before.Used };
        else if (!HasRoom(known.Domain))
            return known;
        try
        {
            files.Write(known);
            _entries[known.Domain] = new Entry(known);
        }
        catch (SystemCallException e)
        {
            // The one before stays, if there was one.
            log.NotKept(known.Domain, e.Message);
        }
        return known;
    }

    /// <summary>The domains whose policies should be fetched anew ahead of their end: once a day, or halfway where they hold for less than two.</summary>
    internal IReadOnlyList<string> Due()
    {
        long now = Now;
        return [.. _entries.Values.Where(entry => entry.Expires >= now && entry.Used + Refreshes >= now && entry.Fetched + Math.Min(Day, (entry.Expires - entry.Fetched) / 2) <= now)
            .OrderBy(static entry => entry.Expires).Select(static entry => entry.Domain)];
    }

    /// <summary>Forgets what has expired.</summary>
    internal void Sweep()
    {
        long now = Now;
        foreach (Entry entry in _entries.Values.Where(entry => entry.Expires < now).ToArray())
            Remove(entry.Domain);
    }

    private bool HasRoom(string domain)
    {
        if (_entries.Count < limit)
            return true;
        Sweep();
        if (_entries.Count < limit)
            return true;
        long now = Now;
        Entry? weakest = _entries.Values.Where(entry => !entry.IsProven || entry.Used + Idle < now)
            .MinBy(static entry => (entry.IsProven, entry.Mode == StsMode.Enforce, entry.Used));
        if (weakest is null)
        {
            if (!_isFullTold)
                log.Full(limit, domain);
            _isFullTold = true;
            return false;
        }
        Remove(weakest.Domain);
        return true;
    }

    // What cannot be read now may be whole: only what is damaged goes.
    private KnownPolicy? TryRead(string domain, out bool isUnreadable)
    {
        isUnreadable = false;
        try
        {
            return files.Read(domain);
        }
        catch (SystemCallException e)
        {
            isUnreadable = true;
            log.Warning(e.Message);
            return null;
        }
    }

    private void Remove(string domain)
    {
        _entries.Remove(domain);
        try
        {
            files.Remove(domain);
        }
        catch (SystemCallException e)
        {
            log.Warning(e.Message);
        }
    }
}
