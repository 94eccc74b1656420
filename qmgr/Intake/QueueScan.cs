using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>A walk through one queue directory in small steps; memory does not grow with the directory.</summary>
internal sealed class QueueScan(QueueDirectories directories, QueueName queue, Log log)
{
    private IEnumerator<QueueEntry>? _walk;
    private bool _again;
    private NotDue _afterwards;

    internal QueueName Queue { get; } = queue;

    internal bool IsActive => _walk is not null;

    /// <summary>What this walk takes though its time has not come.</summary>
    internal NotDue Takes { get; private set; }

    /// <summary>Starts a walk; during one, lets another follow, since a new file may be behind it.</summary>
    internal void Start(NotDue takes)
    {
        if (_walk is null)
        {
            _walk = directories.ScanEntries(Queue).GetEnumerator();
            Takes = takes;
        }
        else
        {
            _again = true;
            _afterwards |= takes;
        }
    }

    /// <summary>The next file; null at the end of the walk.</summary>
    internal QueueEntry? Next()
    {
        while (_walk is not null)
        {
            try
            {
                if (_walk.MoveNext())
                    return _walk.Current;
            }
            catch (IOException e)
            {
                log.ScanFailed(Queue, e.Message);
            }
            _walk.Dispose();
            _walk = null;
            if (!_again)
                break;
            NotDue takes = _afterwards;
            (_again, _afterwards) = (false, NotDue.None);
            Start(takes);
        }
        return null;
    }
}
