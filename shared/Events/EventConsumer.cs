using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>Reads events on a thread of its own, whenever nobody else wants the processor, and hands them to a sink.</summary>
/// <param name="directory">Of the events.</param>
/// <param name="sink">Takes them.</param>
/// <param name="log">Hears of trouble, once until it is over.</param>
public sealed class EventConsumer(string directory, IEventSink sink, ILog log) : IDisposable
{
    private const int MostEvents = 1000, LongestPause = 60_000;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _ended = new();
    private readonly Lock _gate = new();
    private Thread? _thread;
    private EventPosition _position;
    private long _lastTime;

    /// <summary>Begins.</summary>
    /// <param name="bug">Is told what ended the thread, should anything.</param>
    public void Start(Action<Exception> bug)
    {
        _thread = new Thread(() =>
        {
            try
            {
                _ = IdlePriority.Take();
                Run();
            }
            catch (Exception e)
            {
                bug(e);
            }
        })
        { IsBackground = true, Name = "events" };
        _thread.Start();
    }

    /// <summary>Lets what is being taken come to its end.</summary>
    /// <param name="limit">Not for longer.</param>
    public void Stop(TimeSpan limit)
    {
        _ended.Set();
        _ = _thread?.Join(limit);
    }

    /// <summary>How far behind it is now. May be asked by any thread.</summary>
    public EventLag Lag()
    {
        EventPosition position;
        long time;
        lock (_gate)
            (position, time) = (_position, _lastTime);
        long bytes = 0;
        foreach (long number in EventSegments.Numbers(directory).Where(number => number >= position.Segment))
        {
            if (FileSystem.Status(EventSegments.PathOf(directory, number)) is { } status)
                bytes += Math.Max(0, status.Size - (number == position.Segment ? position.Offset : 0));
        }
        return new EventLag(bytes, bytes == 0 || time == 0 ? 0 : Math.Max(0, Mail.MailTime.NowSeconds - time / 1_000_000));
    }

    private void Run()
    {
        int pause = 0;
        while (!_ended.Wait(pause))
        {
            try
            {
                Follow(() => pause = 0);
                return;
            }
            catch (IOException e)
            {
                if (pause == 0)
                    log.Warning($"events wait: {Mail.PrintableText.Of(e.Message)}");
                pause = Math.Clamp(pause * 2, 1000, LongestPause);
            }
        }
    }

    /// <summary>Goes on until it is told to end.</summary>
    /// <param name="isWell">Called whenever all that there is was taken: what failed before is over.</param>
    internal void Follow(Action isWell)
    {
        using EventReader reader = new(directory, sink.Open());
        Note(reader.Position, 0);
        while (true)
        {
            bool isAll = TakeSome(reader);
            if (isAll)
            {
                sink.Rest();
                isWell();
            }
            if (!_ended.Wait(isAll ? s_interval : TimeSpan.Zero))
                continue;
            sink.Leave();
            return;
        }
    }

    private bool TakeSome(EventReader reader)
    {
        List<MailEvent> events = [];
        (long missed, EventPosition before) = (reader.MissedSegments, reader.Position);
        bool isAll = false;
        while (!isAll && events.Count < MostEvents)
        {
            if (reader.Next() is { } told)
                events.Add(told);
            else
                isAll = true;
        }
        if (reader.Position != before)
            sink.Take(events, reader.Position, reader.MissedSegments - missed);
        Note(reader.Position, events.Count > 0 ? events[^1].Time : 0);
        return isAll;
    }

    private void Note(EventPosition position, long time)
    {
        lock (_gate)
        {
            _position = position;
            _lastTime = time != 0 ? time : _lastTime;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop(TimeSpan.Zero);
        _ended.Dispose();
    }
}
