namespace PostfixNet.Ipc;

/// <summary>Callbacks in the order of their time; those of the same time in the order they were asked for.</summary>
public sealed class TimerList
{
    private readonly KeyHeap _heap = new();
    private long _sequence;

    /// <summary>When the next one is due; null when there is none.</summary>
    public long? NextDue => _heap.First?.Key;

    /// <summary>Adds one.</summary>
    /// <param name="due">Milliseconds on the owner's clock.</param>
    /// <param name="action">The callback.</param>
    public EventLoop.Timer Add(long due, Action action)
    {
        EventLoop.Timer timer = new(_heap, action);
        _heap.Put(timer, due, ++_sequence);
        return timer;
    }

    /// <summary>Calls back the first one, if its time has come.</summary>
    /// <returns>False: there was none.</returns>
    public bool RunNext(long now)
    {
        if (_heap.First is not EventLoop.Timer timer || timer.Key > now)
            return false;
        timer.Fire();
        return true;
    }
}
