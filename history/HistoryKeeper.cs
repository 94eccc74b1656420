using PostfixNet.Events;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>Keeps the history: takes events as they come, makes the database anew when it is damaged, and removes what is too old or too much.</summary>
/// <param name="database">Where it is kept.</param>
/// <param name="keepTime">history_keep_time.</param>
/// <param name="sizeLimit">history_size_limit, bytes.</param>
/// <param name="clock">For what is old.</param>
/// <param name="log">Is told.</param>
internal sealed class HistoryKeeper(IDatabase database, TimeSpan keepTime, long sizeLimit, TimeProvider clock, Log log) : IEventSink, IDisposable
{
    // A transaction of a removal is short, so that questions and events have their turn.
    private const int RemovedAtOnce = 500;

    // With this much above the limit, the oldest go until it is that much below: not each time for a few.
    private const int SizeSlack = 20;

    // Between two looks at what is too old.
    private static readonly TimeSpan s_pruneInterval = TimeSpan.FromMinutes(1);

    private const int EventsBetweenLooks = 20_000;

    private HistoryStore? _store;
    private long _lastPrune;
    private int _eventsSince;

    /// <summary>Tables of an earlier version, in tests.</summary>
    internal IReadOnlyList<string> Versions { get; init; } = Schema.Versions;

    /// <summary>Events that are missing in the history.</summary>
    internal long Missed => Interlocked.Read(ref _missed);

    private long _missed;

    /// <summary>There are tables that can be asked, as far as known.</summary>
    internal bool IsReady => Volatile.Read(ref _isReady);

    private bool _isReady;

    public EventPosition Open()
    {
        Volatile.Write(ref _isReady, false);
        _store?.Dispose();
        _store = null;
        try
        {
            _store = new HistoryStore(database, Versions);
        }
        catch (DatabaseException e) when (e.Trouble == DatabaseTrouble.Damaged)
        {
            BeginAnew(e);
            _store = new HistoryStore(database, Versions);
        }
        _lastPrune = 0;
        Interlocked.Exchange(ref _missed, _store.Missed);
        Volatile.Write(ref _isReady, true);
        return _store.Position;
    }

    public void Take(IReadOnlyList<MailEvent> events, EventPosition after, long missed) => Mend(store =>
    {
        try
        {
            store.Take(events, after, missed);
        }
        catch (DatabaseException e) when (e.Trouble == DatabaseTrouble.BadValue)
        {
            TakeEach(store, events, after, missed);
        }
        Interlocked.Exchange(ref _missed, store.Missed);
        _eventsSince += events.Count;
        if (_eventsSince >= EventsBetweenLooks)
            Prune(store);
    });

    // One that the database does not take keeps the others from nothing. Those that were taken twice count once.
    private void TakeEach(HistoryStore store, IReadOnlyList<MailEvent> events, EventPosition after, long missed)
    {
        EventPosition before = store.Position;
        foreach (MailEvent told in events)
        {
            try
            {
                store.Take([told], before, 0);
            }
            catch (DatabaseException e) when (e.Trouble == DatabaseTrouble.BadValue)
            {
                log.NotTaken(told, e.Message);
                missed++;
            }
        }
        store.Take([], after, missed);
    }

    public void Rest() => Mend(store =>
    {
        if (clock.GetElapsedTime(_lastPrune) >= s_pruneInterval || _lastPrune == 0)
            Prune(store);
    });

    // Damage is found by whatever comes upon it first; the consumer opens what takes the place of the file.
    private void Mend(Action<HistoryStore> work)
    {
        try
        {
            work(_store!);
        }
        catch (DatabaseException e) when (e.Trouble == DatabaseTrouble.Damaged)
        {
            BeginAnew(e);
            throw;
        }
    }

    private void Prune(HistoryStore store)
    {
        (_lastPrune, _eventsSince) = (clock.GetTimestamp(), 0);
        long oldest = Mail.MailTime.Microseconds(clock) - (long)keepTime.TotalMicroseconds;
        while (store.RemoveBefore(oldest, RemovedAtOnce) > 0)
            store.Shrink();
        long used = store.UsedBytes();
        if (used <= sizeLimit)
            return;
        int count = 0;
        for (long target = sizeLimit - sizeLimit / SizeSlack; used > target; used = store.UsedBytes())
        {
            // As if all were of the same size.
            for (long left = Math.Max(1, (long)((Int128)store.Count() * (used - target) / used)); left > 0;)
            {
                int removed = store.RemoveOldest((int)Math.Min(left, RemovedAtOnce));
                store.Shrink();
                if (removed == 0)
                    break;
                (count, left) = (count + removed, left - removed);
            }
            if (store.Count() == 0)
                break;
        }
        log.TooMuch(count);
    }

    private void BeginAnew(DatabaseException damage)
    {
        _store?.Dispose();
        _store = null;
        if (database.SetAside() is { } path)
            log.Damaged(damage.Message, path);
    }

    /// <inheritdoc/>
    public void Dispose() => _store?.Dispose();
}
