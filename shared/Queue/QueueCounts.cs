using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>How much mail is in one queue.</summary>
/// <param name="Messages">How many.</param>
/// <param name="Oldest">When the oldest arrived, seconds since 1970; null: there is none, or it is not known.</param>
public readonly record struct QueueCount(long Messages, long? Oldest);

/// <summary>How much mail there is, by queue. No queue file is opened: directories are read, and what tells the arrival of a message is its name.</summary>
/// <remarks>A short queue ID does not tell: the file is looked at then, whose making is the arrival where the file system keeps that. A message that changes queue
/// meanwhile may be counted twice, or not at all.</remarks>
public sealed class QueueCounts
{
    // The order of a message's way.
    private static readonly QueueName[] s_queues = [QueueName.Maildrop, QueueName.Incoming, QueueName.Active, QueueName.Deferred, QueueName.Hold, QueueName.Corrupt];
    private readonly Dictionary<QueueName, QueueCount> _counts;

    /// <param name="counts">Of the queues that have any.</param>
    public QueueCounts(IEnumerable<(QueueName Queue, QueueCount Count)> counts) => _counts = counts.ToDictionary(static pair => pair.Queue, static pair => pair.Count);

    /// <summary>The queues that are counted.</summary>
    public static IReadOnlyList<QueueName> Counted => s_queues;

    /// <summary>All queues, empty ones too.</summary>
    public IEnumerable<(QueueName Queue, QueueCount Count)> All => s_queues.Select(queue => (queue, Of(queue)));

    /// <summary>Of one queue.</summary>
    public QueueCount Of(QueueName queue) => _counts.GetValueOrDefault(queue);

    /// <summary>Counts, for who may read the directories. A queue that has not been made yet is empty.</summary>
    /// <exception cref="SystemCallException">A queue cannot be read.</exception>
    public static QueueCounts Of(QueueDirectories queues)
    {
        ArgumentNullException.ThrowIfNull(queues);
        return new QueueCounts(s_queues.Select(queue => (queue, Count(queues, queue))));
    }

    private static QueueCount Count(QueueDirectories queues, QueueName queue)
    {
        long messages = 0, oldest = long.MaxValue;
        // There files are that are still being written.
        bool mayBeUnfinished = queue is QueueName.Maildrop or QueueName.Incoming;
        try
        {
            foreach (QueueEntry entry in queues.ScanEntries(queue))
            {
                long? arrival = entry.Id.TryGetSeconds(out long named) ? named : null;
                if (arrival is null || mayBeUnfinished)
                {
                    if (FileSystem.Status(entry.Path) is not { Kind: FileKind.Regular } status || (mayBeUnfinished && !QueueFileMode.IsReady(status.Mode)))
                        continue;
                    // Of a deferred message the time of the file is that of its next attempt.
                    arrival ??= status.MadeSeconds ?? (queue == QueueName.Deferred ? null : status.ModifiedSeconds);
                }
                messages++;
                oldest = Math.Min(oldest, arrival ?? long.MaxValue);
            }
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            // Not made yet.
        }
        return new QueueCount(messages, oldest < long.MaxValue ? oldest : null);
    }
}
