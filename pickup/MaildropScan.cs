using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>Which file of maildrop is next. Memory does not grow with the directory.</summary>
/// <remarks>After <see cref="Share"/> messages of one user those of others come first, in a scan of its own: whoever drops a million does not keep
/// them waiting for longer than that and a walk through the directory. Used under the lock of its <see cref="Crew"/>.</remarks>
internal sealed class MaildropScan(QueueDirectories queues, TimeProvider clock, Log log)
{
    /// <summary>Messages of one user that one scan takes.</summary>
    internal const int Share = 1000;

    private const int KeptLimit = 10_000;
    // A file that was kept is not tried again by each scan that other mail causes, only by a later wake-up.
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    // And whose they are.
    private readonly Dictionary<string, uint> _inHand = [];
    private readonly Dictionary<uint, int> _taken = [];
    private readonly HashSet<string> _stuck = [];
    private readonly Dictionary<string, long> _kept = [];
    private IEnumerator<QueueEntry>? _scan;
    private bool _isWanted;

    /// <summary>There may be more.</summary>
    internal bool IsDue => _isWanted || _scan is not null;

    /// <summary>Mail was left because it could not be queued just then; another look is due soon.</summary>
    internal bool HasLeftovers { get; private set; }

    /// <summary>Files that the present scan has found.</summary>
    internal int Found { get; private set; }

    /// <summary>Looks through maildrop; if that is under way, once more after it.</summary>
    internal void Want() => (_isWanted, HasLeftovers) = (true, false);

    /// <summary>The next file, which is in hand from now on; null: the scan has ended.</summary>
    internal QueueEntry? Next()
    {
        try
        {
            if (_scan is null)
            {
                (_isWanted, Found) = (false, 0);
                _taken.Clear();
                // Mail that is queued but cannot be removed would be queued again by the next process.
                string maildrop = queues.DirectoryOf(QueueName.Maildrop);
                if (FileSystem.WhyNotWritable(maildrop) is { } why)
                {
                    HasLeftovers = true;
                    log.Trouble($"{why}; mail stays there until it can be removed");
                    return null;
                }
                _scan = queues.ScanEntries(QueueName.Maildrop).GetEnumerator();
            }
            while (_scan.MoveNext())
            {
                QueueEntry entry = _scan.Current;
                // A user can make directories in maildrop, but files in there are not ours to remove.
                if (entry.Path != queues.PathOf(QueueName.Maildrop, entry.Id) || IsPaused(entry.Path) || _stuck.Contains(entry.Path)
                    || _inHand.ContainsKey(entry.Path) || FileSystem.Status(entry.Path) is not { } status)
                    continue;
                if (_taken.GetValueOrDefault(status.Uid) >= Share)
                {
                    _isWanted = true;
                    continue;
                }
                _inHand.Add(entry.Path, status.Uid);
                Found++;
                return entry;
            }
        }
        catch (IOException e)
        {
            log.Trouble(e.Message);
        }
        End();
        return null;
    }

    /// <summary>A file is in hand no more.</summary>
    internal void Done(QueueEntry entry, Outcome outcome)
    {
        _inHand.Remove(entry.Path, out uint uid);
        switch (outcome)
        {
            case Outcome.Gone:
                // Mail that came during the scan may have been missed by it.
                _isWanted = true;
                _taken[uid] = _taken.GetValueOrDefault(uid) + 1;
                break;
            case Outcome.Unreachable:
                // Tried again soon; until then the files are safe where they are.
                _isWanted = false;
                HasLeftovers = true;
                End();
                break;
            case Outcome.Stuck:
                _stuck.Add(entry.Path);
                break;
            case Outcome.Kept:
                HasLeftovers = true;
                if (_kept.Count == KeptLimit)
                    _kept.Clear();
                _kept[entry.Path] = clock.GetTimestamp() + (long)(s_pause.TotalSeconds * clock.TimestampFrequency);
                break;
        }
    }

    private void End()
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
}
