namespace PostfixNet.Qmgr;

/// <summary>Which mail exchanger the domains have that mail went to lately.</summary>
/// <remarks>Agents look exchangers up and tell; qmgr itself asks no name server. What is forgotten is learned again with the
/// next delivery.</remarks>
internal sealed class Sites
{
    private const int Most = 10_000;
    private readonly Dictionary<string, string> _exchangers = new(StringComparer.Ordinal);

    /// <summary>The best exchanger of a next hop; null: not known.</summary>
    internal string? ExchangerOf(string nextHop) => _exchangers.GetValueOrDefault(nextHop);

    /// <summary>An agent looked it up.</summary>
    /// <returns>False: that was known.</returns>
    internal bool Learn(string nextHop, string exchanger)
    {
        if (_exchangers.TryGetValue(nextHop, out string? known) && string.Equals(known, exchanger, StringComparison.OrdinalIgnoreCase))
            return false;
        if (_exchangers.Count >= Most)
            _exchangers.Clear();
        _exchangers[nextHop] = exchanger;
        return true;
    }
}
