namespace PostfixNet.Metrics;

/// <summary>Which destinations have a label of their own: a set number at a time, those that put off or hold the most mail; all others are "other".</summary>
/// <remarks>Memory and labels do not grow with the number of destinations. What puts off is counted for the heaviest of them only ("space saving", Metwally and others, 2005): a new one takes the place,
/// and the count, of the lightest. A name that had its turn may get it again; after <see cref="Turns"/> times the number of names, no new ones come until the program is started again, for example by a reload.
/// May be used by several threads.</remarks>
/// <param name="limit">metrics_site_limit: names at a time.</param>
internal sealed class Sites(int limit)
{
    /// <summary>Names that are ever given, by the number at a time.</summary>
    internal const int Turns = 10;

    // The counts of the past say less and less.
    private const int LooksBetweenHalvings = 360;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _weights = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ever = new(StringComparer.Ordinal);
    private HashSet<string> _named = new(StringComparer.Ordinal);
    private int _looks;

    /// <summary>Names that there can be, "other" not counted.</summary>
    internal int MostEver => limit * Turns;

    /// <summary>Names that were given.</summary>
    internal int EverNamed => _ever.Count;

    /// <summary>The names of now.</summary>
    internal IReadOnlySet<string> Named
    {
        get
        {
            lock (_gate)
                return _named;
        }
    }

    /// <summary>The label of a next hop.</summary>
    internal string LabelOf(string? nextHop)
    {
        string site = SiteOf(nextHop);
        return Named.Contains(site) ? site : Words.Other;
    }

    /// <summary>Mail for it was put off.</summary>
    internal void PutOff(string? nextHop)
    {
        string site = SiteOf(nextHop);
        lock (_gate)
        {
            if (_weights.TryGetValue(site, out long weight))
            {
                _weights[site] = weight + 1;
            }
            else if (_weights.Count < limit * Turns)
            {
                _weights.Add(site, 1);
            }
            else if (limit > 0)
            {
                (string lightest, long least) = _weights.MinBy(static pair => pair.Value);
                _weights.Remove(lightest);
                _weights.Add(site, least + 1);
            }
        }
    }

    /// <summary>Chooses anew who has a name.</summary>
    /// <param name="waiting">Mail that waits in the queue manager, by next hop.</param>
    internal void Choose(IEnumerable<(string NextHop, long Waiting)> waiting)
    {
        lock (_gate)
        {
            Dictionary<string, long> ranks = new(_weights, StringComparer.Ordinal);
            foreach ((string nextHop, long count) in waiting)
                ranks[SiteOf(nextHop)] = ranks.GetValueOrDefault(SiteOf(nextHop)) + count;
            HashSet<string> named = new(StringComparer.Ordinal);
            foreach (string site in ranks.Where(static pair => pair.Value > 0).OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => pair.Key))
            {
                if (named.Count == limit)
                    break;
                if (_ever.Contains(site) || (_ever.Count < MostEver && _ever.Add(site)))
                    named.Add(site);
            }
            _named = named;
            if (++_looks % LooksBetweenHalvings == 0)
                Halve();
        }
    }

    private void Halve()
    {
        foreach ((string site, long weight) in _weights.ToList())
        {
            if (weight <= 1)
                _weights.Remove(site);
            else
                _weights[site] = weight / 2;
        }
    }

    /// <summary>A next hop without what is no matter of its name; of an address, which none should be, the domain.</summary>
    internal static string SiteOf(string? nextHop)
    {
        const int Longest = 100;
        string site = (nextHop ?? "").ToLowerInvariant();
        site = site[(site.LastIndexOf('@') + 1)..];
        return site.Length is 0 or > Longest ? Words.Other : site;
    }
}
