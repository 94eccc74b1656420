using System.Globalization;
using PostfixNet.Delivery;

namespace PostfixNet.Anvil;

/// <summary>What clients did lately, and what they have open.</summary>
/// <param name="unit">anvil_rate_time_unit.</param>
/// <param name="clock">Tells the time.</param>
internal sealed class Counters(TimeSpan unit, TimeProvider clock)
{
    private static readonly int s_kinds = Enum.GetValues<ClientEventKind>().Length;

    private readonly Dictionary<(string Service, string Client), Counter> _counters = [];
    private readonly Dictionary<string, (long Value, string Client, DateTimeOffset At)> _peaks = new(StringComparer.Ordinal);
    private (int Size, DateTimeOffset At) _largest;
    private long _sweptAt = clock.GetTimestamp();

    private sealed class Counter(long now)
    {
        internal long Since { get; set; } = now;

        internal long Count { get; set; }

        internal long[] Rates { get; } = new long[s_kinds];
    }

    /// <summary>Clients that are remembered.</summary>
    internal int Size => _counters.Count;

    /// <summary>Counts an event.</summary>
    internal ClientCounts Take(ClientEvent happened)
    {
        long now = clock.GetTimestamp();
        if (clock.GetElapsedTime(_sweptAt, now) > unit)
            Sweep(now);
        (string, string) key = (happened.Service, happened.Client);
        if (!_counters.TryGetValue(key, out Counter? counter))
        {
            if (happened.Kind == ClientEventKind.Disconnect)
                return new ClientCounts(0, 0);
            _counters.Add(key, counter = new Counter(now));
            if (_counters.Count > _largest.Size)
                _largest = (_counters.Count, clock.GetLocalNow());
        }
        if (happened.Kind == ClientEventKind.Disconnect)
        {
            counter.Count = Math.Max(0, counter.Count - 1);
            return new ClientCounts(counter.Count, 0);
        }
        if (IsOver(counter, now))
        {
            counter.Since = now;
            Array.Clear(counter.Rates);
        }
        long rate = ++counter.Rates[(int)happened.Kind];
        if (happened.Kind == ClientEventKind.Connect)
            Peak("connection count", "", happened, ++counter.Count);
        Peak(RateName(happened.Kind), string.Create(CultureInfo.InvariantCulture, $"/{unit.TotalSeconds}s"), happened, rate);
        return new ClientCounts(counter.Count, rate);
    }

    /// <summary>The largest values since the last call, in Postfix's words.</summary>
    internal IEnumerable<string> Statistics()
    {
        foreach ((string name, (long value, string client, DateTimeOffset at)) in _peaks)
            yield return string.Create(CultureInfo.InvariantCulture, $"statistics: max {name.Split('/')[0]} {value}{(name.Contains('/', StringComparison.Ordinal) ? name[name.IndexOf('/', StringComparison.Ordinal)..] : "")} for ({client}) at {at:MMM d HH:mm:ss}");
        if (_largest.Size > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"statistics: max cache size {_largest.Size} at {_largest.At:MMM d HH:mm:ss}");
        _peaks.Clear();
        _largest = default;
    }

    private static string RateName(ClientEventKind kind) => kind switch
    {
        ClientEventKind.Connect => "connection rate",
        ClientEventKind.NewTlsSession => "newtls rate",
        _ => $"{ClientEvent.WordOf(kind)} rate",
    };

    private void Peak(string name, string per, ClientEvent happened, long value)
    {
        if (value > _peaks.GetValueOrDefault(name + per).Value)
            _peaks[name + per] = (value, $"{happened.Service}:{happened.Client}", clock.GetLocalNow());
    }

    private bool IsOver(Counter counter, long now) => clock.GetElapsedTime(counter.Since, now) >= unit;

    // Who has nothing open and did nothing lately is forgotten.
    private void Sweep(long now)
    {
        _sweptAt = now;
        foreach (((string, string) key, Counter counter) in _counters)
        {
            if (counter.Count == 0 && IsOver(counter, now))
                _counters.Remove(key);
        }
    }
}
