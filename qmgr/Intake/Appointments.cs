using PostfixNet.Ipc;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>Mail whose sender or an operator chose its time: it goes out then, and not with the walk through deferred that follows. Only what is due before the next walk is
/// remembered, and of very much of it a part: the walk finds all.</summary>
internal sealed class Appointments(Settings settings, ITimers timers)
{
    private const int Most = 10_000;
    private readonly Dictionary<QueueId, long> _times = [];

    /// <summary>The time of a file has come; it may have another one by now, or be gone.</summary>
    internal event Action<QueueEntry>? Come;

    /// <param name="entry">The file, where it waits.</param>
    /// <param name="wait">Microseconds until its time.</param>
    internal void Make(QueueEntry entry, long wait)
    {
        // To the millisecond after it.
        TimeSpan rest = TimeSpan.FromMilliseconds(wait / 1000 + 1);
        long at = timers.Now + (long)rest.TotalMilliseconds;
        if (rest > settings.QueueRunDelay || (_times.TryGetValue(entry.Id, out long known) ? Math.Abs(known - at) < 1000 : _times.Count >= Most))
            return;
        _times[entry.Id] = at;
        timers.After(rest, () =>
        {
            if (_times.GetValueOrDefault(entry.Id) == at && _times.Remove(entry.Id))
                Come?.Invoke(entry);
        });
    }
}
