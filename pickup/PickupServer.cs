using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Pickup;

/// <summary>Empties maildrop. A few threads take turns at one scan of the directory and have one file in hand each, so that
/// several cleanup processes flush to disk at the same time; memory does not grow with the directory or its files.</summary>
internal sealed class PickupServer(PickupOptions options, QueueDirectories queues, Func<Channel> connect, TimeProvider clock)
{
    private const int KeptLimit = 10_000;
    // A file that was kept is not tried again by each scan that other mail causes, only by a later wake-up.
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly object _lock = new();
    private readonly WarnedNames _warned = new();
    private readonly HashSet<string> _inHand = [];
    private readonly Dictionary<string, long> _kept = [];
    private readonly List<Thread> _workers = [];
    private IEnumerator<QueueEntry>? _scan;
    private bool _isWanted, _mustEnd, _hasLeftovers;
    private int _found, _waiting;

    /// <summary>Looks into maildrop now; if it is just being looked at, once more after that.</summary>
    internal void Wake()
    {
        lock (_lock)
        {
            _isWanted = true;
            _hasLeftovers = false;
            if (_waiting > 0)
                Monitor.Pulse(_lock);
            else if (_workers.Count == 0)
                StartWorker();
        }
    }

    /// <summary>Mail was left because it could not be queued just then; another look is due soon.</summary>
    internal bool HasLeftovers
    {
        get
        {
            lock (_lock)
                return _hasLeftovers;
        }
    }

    /// <summary>Finishes the messages in hand; nothing is in hand when it returns.</summary>
    internal void End()
    {
        Thread[] workers;
        lock (_lock)
        {
            _mustEnd = true;
            Monitor.PulseAll(_lock);
            workers = [.. _workers];
        }
        foreach (Thread worker in workers)
            worker.Join();
    }

    /// <summary>Waits until maildrop has been emptied, as far as it can be; for tests.</summary>
    internal void WaitUntilIdle()
    {
        lock (_lock)
        {
            while (_isWanted || _scan is not null || _inHand.Count > 0)
                Monitor.Wait(_lock, 10);
        }
    }

    private void StartWorker()
    {
        Thread worker = new(Work) { IsBackground = true };
        _workers.Add(worker);
        worker.Start();
    }

    private void Work()
    {
        using CleanupConnection cleanup = new(connect);
        try
        {
            Submission submission = new(options, queues, clock, _warned);
            while (Take() is { } entry)
                Done(entry, submission.Submit(entry, cleanup));
        }
        catch (Exception e)
        {
            // As in the service's loop: one line, and a new process by master. The files in hand are still in maildrop.
            MailLog.Panic($"{e.GetType().Name}: {e.Message} {e.StackTrace}");
            Environment.Exit(ExitStatus.Software);
        }
        finally
        {
            cleanup.Abandon();
        }
    }

    // The next file for this worker; null when it should end.
    private QueueEntry? Take()
    {
        lock (_lock)
        {
            while (!_mustEnd)
            {
                if (_scan is not null || _isWanted)
                {
                    if (NextOfScan() is not { } entry)
                        continue;
                    // One file is one worker's work; more of them keep more cleanup processes busy.
                    if (++_found > 1 && _waiting > 0)
                        Monitor.Pulse(_lock);
                    else if (_found > 1 && _workers.Count < options.Connections)
                        StartWorker();
                    return entry;
                }
                _waiting++;
                bool isWoken = Monitor.Wait(_lock, options.IdleLimit);
                _waiting--;
                if (!isWoken && !_isWanted && _scan is null)
                    break;
            }
            _workers.Remove(Thread.CurrentThread);
            return null;
        }
    }

    private QueueEntry? NextOfScan()
    {
        try
        {
            if (_scan is null)
            {
                (_isWanted, _found) = (false, 0);
                _scan = queues.ScanEntries(QueueName.Maildrop).GetEnumerator();
            }
            while (_scan.MoveNext())
            {
                QueueEntry entry = _scan.Current;
                // A user can make directories in maildrop, but files in there are not ours to remove.
                if (entry.Path == queues.PathOf(QueueName.Maildrop, entry.Id) && !IsPaused(entry.Path) && _inHand.Add(entry.Path))
                    return entry;
            }
        }
        catch (IOException e)
        {
            Log.Trouble(e.Message);
        }
        EndScan();
        return null;
    }

    private void EndScan()
    {
        _scan?.Dispose();
        _scan = null;
    }

    private bool IsPaused(string path)
    {
        if (_kept.Count == 0 || !_kept.TryGetValue(path, out long until))
            return false;
        if (clock.GetTimestamp() < until)
            return true;
        _kept.Remove(path);
        return false;
    }

    private void Done(QueueEntry entry, Outcome outcome)
    {
        lock (_lock)
        {
            _inHand.Remove(entry.Path);
            switch (outcome)
            {
                case Outcome.Gone:
                    // Mail that came during the scan may have been missed by it.
                    _isWanted = true;
                    break;
                case Outcome.Unreachable:
                    // Tried again soon; until then the files are safe where they are.
                    _isWanted = false;
                    _hasLeftovers = true;
                    EndScan();
                    break;
                case Outcome.Kept or Outcome.Stuck:
                    _hasLeftovers |= outcome == Outcome.Kept;
                    if (_kept.Count == KeptLimit)
                        _kept.Clear();
                    _kept[entry.Path] = outcome == Outcome.Stuck ? long.MaxValue
                        : clock.GetTimestamp() + (long)(s_pause.TotalSeconds * clock.TimestampFrequency);
                    break;
            }
        }
    }
}
