using PostfixNet.Ipc;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Pickup;

/// <summary>A few workers that empty maildrop together: each a thread in straight-line code, with one file in hand and one connection to
/// cleanup, so that several cleanup processes flush to disk at the same time, and a user's slow file occupies one worker only.</summary>
/// <remarks>What they share is the scan, under one lock, which nobody holds while waiting for anything else. Nobody waits for a worker: who
/// wakes the crew or has it end goes on at once, and is told when the last worker has left.</remarks>
/// <param name="options">Its size, and how long a worker without work stays.</param>
/// <param name="scan">Where the work comes from; this crew's alone.</param>
/// <param name="submission">What is done with a file; by several threads at once.</param>
/// <param name="connect">Makes a connection to cleanup.</param>
/// <param name="log">Of the program.</param>
/// <param name="left">Called, by a worker's thread, each time the last one has left with nothing in hand.</param>
internal sealed class Crew(PickupOptions options, MaildropScan scan, Submission submission, Func<Channel> connect, Log log, Action left)
{
    private readonly object _lock = new();
    private bool _mustEnd;
    private int _present, _working, _waiting;

    /// <summary>Looks into maildrop now; if it is just being looked at, once more after that.</summary>
    internal void Wake()
    {
        lock (_lock)
        {
            scan.Want();
            if (_waiting > 0)
                Monitor.Pulse(_lock);
            else if (_working == 0)
                Hire();
        }
    }

    /// <summary>Mail was left because it could not be queued just then; another look is due soon.</summary>
    internal bool HasLeftovers
    {
        get
        {
            lock (_lock)
                return scan.HasLeftovers;
        }
    }

    /// <summary>The crew was told to end, and the last worker has left.</summary>
    internal bool HasEnded
    {
        get
        {
            lock (_lock)
                return _mustEnd && _present == 0;
        }
    }

    /// <summary>Has the workers leave, each after the message in hand.</summary>
    internal void End()
    {
        lock (_lock)
        {
            _mustEnd = true;
            Monitor.PulseAll(_lock);
            if (_present > 0)
                return;
        }
        left();
    }

    private void Hire()
    {
        _present++;
        _working++;
        new Thread(Work) { IsBackground = true }.Start();
    }

    private void Work()
    {
        try
        {
            using CleanupConnection cleanup = new(connect);
            while (Take() is { } entry)
            {
                Outcome outcome = submission.Submit(entry, cleanup);
                lock (_lock)
                    scan.Done(entry, outcome);
            }
            cleanup.Abandon();
        }
        catch (Exception e)
        {
            // As in the service's loop: one line, and a new process by master. The files in hand are still in maildrop.
            log.Panic($"{e.GetType().Name}: {e.Message} {e.StackTrace}");
            Environment.Exit(ExitStatus.Software);
        }
        lock (_lock)
        {
            if (--_present > 0)
                return;
        }
        left();
    }

    // The next file for this worker; null when it should leave.
    private QueueEntry? Take()
    {
        lock (_lock)
        {
            while (!_mustEnd)
            {
                if (scan.IsDue)
                {
                    if (scan.Next() is not { } entry)
                        continue;
                    // One file is one worker's work; more of them keep more cleanup processes busy.
                    if (scan.Found > 1 && _waiting > 0)
                        Monitor.Pulse(_lock);
                    else if (scan.Found > 1 && _working < options.Connections)
                        Hire();
                    return entry;
                }
                _waiting++;
                bool isWoken = Monitor.Wait(_lock, options.IdleLimit);
                _waiting--;
                if (!isWoken && !scan.IsDue)
                    break;
            }
            // In the same breath as the look at the scan: whoever wakes the crew next sees that this one is gone.
            _working--;
            return null;
        }
    }
}
