using PostfixNet.Configuration;
using PostfixNet.Delivery;

namespace PostfixNet.Qmgr;

/// <summary>The transports that have had mail, by name.</summary>
internal sealed class Transports(Results results, ISurroundings surroundings, Settings settings)
{
    private readonly Dictionary<string, Transport> _byName = [];
    private TransportTable? _table;
    private bool _isPaused;

    /// <summary>All there are.</summary>
    internal IReadOnlyCollection<Transport> All => _byName.Values;

    /// <summary>Deliveries under way.</summary>
    internal int Busy => All.Sum(static transport => transport.Busy);

    /// <summary>The transport of a name; made when there is none.</summary>
    internal Transport Of(string name)
    {
        if (!_byName.TryGetValue(name, out Transport? transport))
        {
            transport = new Transport(name, _table!.Of(name), surroundings, settings, results) { IsPaused = _isPaused };
            _byName.Add(name, transport);
        }
        return transport;
    }

    /// <summary>How things stand with the next hop of a route.</summary>
    internal WaitState StateOf(Route route) => Of(route.Transport).StateOf(route);

    /// <summary>Goes over to other limits.</summary>
    internal void Apply(TransportTable table, DestinationRules rules)
    {
        _table = table;
        foreach (Transport transport in All)
            transport.Apply(table.Of(transport.Name), rules);
    }

    /// <summary>Nothing new is started until the operator lets it.</summary>
    internal void Pause(bool isPaused)
    {
        _isPaused = isPaused;
        foreach (Transport transport in All)
            transport.IsPaused = isPaused;
    }

    /// <summary>Nothing new is started any more.</summary>
    internal void Stop()
    {
        foreach (Transport transport in All)
            transport.Stop();
    }

    /// <summary>An operator wants all that was put off for trouble to be tried.</summary>
    internal void ForgetTrouble()
    {
        foreach (Transport transport in All)
            transport.ForgetTrouble();
    }

    /// <summary>Hands back all that waits.</summary>
    internal List<Entry> TakeBack() => [.. All.SelectMany(static transport => transport.TakeBack())];
}
