using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>Reads events on a thread of its own, whenever nobody else wants the processor, and hands them to a sink.</summary>
public sealed class EventConsumer : IDisposable
{
    private const int MostEvents = 1000;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1), s_longestPause = TimeSpan.FromMinutes(1);

    private readonly string _directory;
    private readonly IEventSink _sink;
    private readonly ILog _log;
    private readonly IdleThread _thread;
    private readonly Lock _gate = new();
    private EventPosition _position;
    private long _lastTime;

    /// <summary>Begins with <see cref="Start"/>.</summary>
    /// <param name="directory">Of the events.</param>
    /// <param name="sink">Takes them.</param>
    /// <param name="log">Hears of trouble, once until it is over.</param>
    public EventConsumer(string directory, IEventSink sink, ILog log)
    {
        (_directory, _sink, _log) = (directory, sink, log);
        _thread = new IdleThread("events", Run, () => _log.Warning("events are read with the priority of all other work: the system does not allow a lower one"));
    }

    /// <summary>Begins.</summary>
    /// <param name="bug">Is told what ended the thread, should anything.</param>
    public void Start(Action<Exception> bug) => _thread.Start(bug);

    /// <summary>Lets what is being taken come to its end.</summary>
    /// <param name="limit">Not for longer.</param>
    public void Stop(TimeSpan limit) => _ = _thread.Stop(limit);

    /// <summary>How far behind it is now. May be asked by any thread.</summary>
    public EventLag Lag()
    {
        EventPosition position;
        long time;
        lock (_gate)
            (position, time) = (_position, _lastTime);
        long bytes = 0;
        foreach (long number in EventSegments.Numbers(_directory).Where(number => number >= position.Segment))
        {
            if (FileSystem.Status(EventSegments.PathOf(_directory, number)) is { } status)
                bytes += Math.Max(0, status.Size - (number == position.Segment ? position.Offset : 0));
        }
        return new EventLag(bytes, bytes == 0 || time == 0 ? 0 : Math.Max(0, Mail.MailTime.NowSeconds - time / 1_000_000));
    }

    private void Run()
    {
        TimeSpan pause = TimeSpan.Zero;
        while (!_thread.MustEnd(pause))
        {
            try
            {
                Follow(() => pause = TimeSpan.Zero);
                return;
            }
            catch (IOException e)
            {
                if (pause == TimeSpan.Zero)
                    _log.Warning($"events wait: {Mail.PrintableText.Of(e.Message)}");
                pause = pause == TimeSpan.Zero ? s_interval : pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            }
        }
    }

    /// <summary>Goes on until it is told to end.</summary>
    /// <param name="isWell">Called whenever all that there is was taken: what failed before is over.</param>
    internal void Follow(Action isWell)
    {
        using EventReader reader = new(_directory, _sink.Open());
        Note(reader.Position, 0);
        while (true)
        {
            bool isAll = TakeSome(reader);
            if (isAll)
            {
                _sink.Rest();
                isWell();
            }
            if (!_thread.MustEnd(isAll ? s_interval : TimeSpan.Zero))
                continue;
            _sink.Leave();
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
            _sink.Take(events, reader.Position, reader.MissedSegments - missed);
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
    public void Dispose() => _thread.Dispose();
}
