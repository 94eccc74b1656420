using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>Messages of one queue.</summary>
/// <param name="Messages">How many.</param>
/// <param name="Oldest">When the oldest arrived, seconds since 1970; null: there is none, or it is not known.</param>
internal readonly record struct QueueCount(long Messages, long? Oldest);

/// <summary>How much mail there is, as "postqueue -j" lists it to whoever asks: so everybody sees what he may see, and the system need not run.</summary>
internal sealed class QueueCounts
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private const int LongestLine = 16 << 20;

    // The order of a message's way.
    private static readonly QueueName[] s_queues = [QueueName.Maildrop, QueueName.Incoming, QueueName.Active, QueueName.Deferred, QueueName.Hold, QueueName.Corrupt];
    private readonly Dictionary<QueueName, QueueCount> _counts = [];

    /// <summary>Why they could not be counted; null: they were.</summary>
    internal string? Problem { get; private set; }

    /// <summary>All queues, empty ones too.</summary>
    internal IEnumerable<(QueueName Queue, QueueCount Count)> All => s_queues.Select(queue => (queue, Of(queue)));

    internal QueueCount Of(QueueName queue) => _counts.GetValueOrDefault(queue);

    internal static QueueCounts Of(string directory, MainConfig config, MasterSettings settings)
    {
        QueueCounts counts = new();
        if (FileSystem.Status(settings.Queue) is null)
            return counts;
        try
        {
            counts.Problem = counts.Listed(directory, settings);
            counts.AddCorrupt(QueueDirectories.FromConfig(config));
        }
        catch (IOException e)
        {
            counts.Problem = e.Message;
        }
        return counts;
    }

    private string? Listed(string directory, MasterSettings settings)
    {
        (Descriptor answer, Descriptor theirs) = Descriptor.Pair();
        (Descriptor complaint, Descriptor theirComplaint) = Descriptor.Pair();
        using (answer)
        using (complaint)
        {
            ChildProcess process;
            using (theirs)
            using (theirComplaint)
            using (Descriptor nothing = Descriptor.OpenDevNull())
            {
                process = ChildProcess.Start(Path.Join(settings.Commands, "postqueue"), ["-c", directory, "-j"], [.. ChildEnvironment.Inherited()],
                    [(nothing.Number, 0), (theirs.Number, 1), (theirComplaint.Number, 2)]);
            }
            using (process)
            {
                Deadline end = Deadline.In(s_limit);
                bool complete = ReadLines(answer, end);
                if (!complete)
                    Signals.TrySend(process.Pid, Signals.Kill);
                string words = Answer.Read(complaint, end);
                (int status, string how) = process.WaitForExit();
                return status == ExitStatus.Ok ? null : words.Length > 0 ? words.Split('\n')[0] : how;
            }
        }
    }

    private bool ReadLines(Descriptor from, Deadline end)
    {
        byte[] buffer = new byte[65536];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length >= LongestLine)
                    return false;
                Array.Resize(ref buffer, length * 2);
            }
            if (from.Wait(Readiness.Readable, end.RemainingMilliseconds).This == Readiness.None)
                return false;
            int n = from.Read(buffer.AsSpan(length));
            if (n == 0)
                return true;
            length += Math.Max(n, 0);
            int start = 0;
            for (int at; (at = buffer.AsSpan(start, length - start).IndexOf((byte)'\n')) >= 0; start += at + 1)
                Add(buffer.AsSpan(start, at));
            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
        }
    }

    // {"queue_name": "deferred", "queue_id": "...", "arrival_time": 1700000000, ... : no more is needed.
    private void Add(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader reader = new(line);
        QueueName? queue = null;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            if (reader.ValueTextEquals("queue_name"u8) && reader.Read())
            {
                queue = QueueDirectories.TryParse(reader.GetString() ?? "", out QueueName known) ? known : null;
            }
            else if (reader.ValueTextEquals("arrival_time"u8) && reader.Read())
            {
                if (queue is { } found && reader.TryGetInt64(out long arrival))
                    Add(found, arrival);
                return;
            }
        }
    }

    private void Add(QueueName queue, long? arrival)
    {
        QueueCount before = Of(queue);
        _counts[queue] = new QueueCount(before.Messages + 1, before.Oldest is { } oldest && (arrival is null || arrival > oldest) ? oldest : arrival);
    }

    // Damaged files are not listed to everybody.
    private void AddCorrupt(QueueDirectories queues)
    {
        if (_counts.ContainsKey(QueueName.Corrupt))
            return;
        try
        {
            foreach (QueueId _ in queues.Scan(QueueName.Corrupt))
                Add(QueueName.Corrupt, null);
        }
        catch (SystemCallException e) when (e.IsForbidden || e.IsMissing)
        {
            // Not for this user, or not made yet.
        }
    }
}
