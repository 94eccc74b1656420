using PostfixNet.Ipc;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>The walks through incoming and deferred that fill the active queue, a few files in each turn of the loop.</summary>
internal sealed class Intake(QueueDirectories directories, Admission admission, ActiveQueue active, PausedDeliveries paused, RuleBook rules, ITimers timers, Log log)
{
    // Files looked at in one turn: enough to be quick, few enough that reports do not wait (S1-21).
    private const int FilesPerTurn = 20;
    private readonly QueueScan _incoming = new(directories, QueueName.Incoming, log), _deferred = new(directories, QueueName.Deferred, log);
    private bool _isScheduled, _deferredIsNext;

    /// <summary>Walks through incoming.</summary>
    internal void WalkIncoming(NotDue takes) => Start(_incoming, takes);

    /// <summary>Walks through deferred.</summary>
    internal void WalkDeferred(NotDue takes) => Start(_deferred, takes);

    private void Start(QueueScan scan, NotDue takes)
    {
        scan.Start(takes);
        GoOn();
    }

    /// <summary>Takes in what is due now. Where there is no room, it waits for the next walk.</summary>
    internal void Take(QueueEntry entry)
    {
        if (HasRoom)
            admission.Feed(entry, NotDue.None);
    }

    /// <summary>A message left the active queue.</summary>
    internal void Left(Message message)
    {
        // Resumed, perhaps, while its other recipients were still busy.
        if (message.IsPaused && message.PausedUnder != paused.Version)
            WalkDeferred(NotDue.Paused);
        GoOn();
    }

    private void GoOn()
    {
        if (_isScheduled || !CanTake)
            return;
        _isScheduled = true;
        timers.Soon(Turn);
    }

    private bool CanTake => (_incoming.IsActive || _deferred.IsActive) && HasRoom;

    private bool HasRoom => active.HasRoom && !active.IsClosed && !paused.IsEverything && !rules.IsBroken;

    // Incoming and deferred in turn, so that neither starves the other (S5-28).
    private void Turn()
    {
        _isScheduled = false;
        for (int i = 0; i < FilesPerTurn && CanTake; i++)
        {
            _deferredIsNext = _deferred.IsActive && (!_deferredIsNext || !_incoming.IsActive);
            QueueScan scan = _deferredIsNext ? _deferred : _incoming;
            if (scan.Next() is { } entry)
                admission.Feed(entry, scan.Takes);
        }
        GoOn();
    }
}
