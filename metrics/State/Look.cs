using System.Diagnostics;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Metrics;

/// <summary>Finds out how things are.</summary>
/// <param name="queues">Where mail is.</param>
/// <param name="space">How much room there has to be.</param>
internal sealed class Look(QueueDirectories queues, SpaceLimit space)
{
    private const string Probe = $"{QueueDirectories.Metrics}/probe";

    /// <summary>How long the queue took to count, the last time: what is work here. All else is waiting for answers.</summary>
    internal TimeSpan CountingTook { get; private set; }

    internal SystemState Take() => new(MailTime.NowSeconds, Try(Count), TryFree(), IsWritable(), Try(AskMaster), Try(DestinationReport.FromQueueManager));

    private QueueCounts Count()
    {
        long began = Stopwatch.GetTimestamp();
        QueueCounts counts = QueueCounts.Of(queues);
        CountingTook = Stopwatch.GetElapsedTime(began);
        return counts;
    }

    private static MasterState? AskMaster()
    {
        using JsonDocument? status = StatusQuestion.Ask(".");
        return status is null ? null : MasterState.From(status.RootElement);
    }

    private long? TryFree()
    {
        try
        {
            return FileSystem.Space(queues.Root).FreeBytes;
        }
        catch (IOException)
        {
            return null;
        }
    }

    // Rights are not asked for but used: a disk that is full, over its quota or read only tells when it is written to.
    private bool IsWritable()
    {
        try
        {
            if (space.Shortage(queues.Root) is not null)
                return false;
            using (SafeFileHandle file = FileSystem.OpenAppend(Probe, 0x180 /* 0600 */))
                FileSystem.Append(file, "can be written\n"u8, Probe);
            return FileSystem.TryRemove(Probe);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static T? Try<T>(Func<T?> ask) where T : class
    {
        try
        {
            return ask();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
