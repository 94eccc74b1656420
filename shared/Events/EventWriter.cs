using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>The end of the file of events: lines are appended to the open segment, full segments are finished, and flushes are shared with other processes.</summary>
/// <remarks>Lines are appended by one call each, so that those of several processes do not mix. A segment that is full gets a mode that says so, is flushed, and the next one is made. Who finds
/// the mode after he has written writes again, to the next segment: readers may not have seen the first line, and take the second for a repetition if they have.
/// Who needs his lines on stable storage looks in the state how far that is; else he takes the lock, looks again, flushes what all have written, and says so there.
/// Failures are <see cref="SystemCallException"/>.</remarks>
internal sealed class EventWriter(EventOptions options, TimeProvider clock) : IDisposable
{
    // Whoever has the lock for longer than a disk takes was stopped by somebody.
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(5);
    private const int LongestPause = 16;

    // That many segments do not fill up between two calls of one process.
    private const int Tries = 4;

    private readonly string _directory = options.Directory;
    private EventState? _state;
    private SafeFileHandle? _segment;
    private long _number, _begun, _size;
    private bool _isTorn;

    private string Path => EventSegments.PathOf(_directory, _number);

    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    // On a quiet system, too, a segment ends, so that events go when their time is over.
    private long LongestSegment => Math.Max(1, (long)options.KeepTime.TotalSeconds / 4);

    private EventState? State => _state ??= EventState.TryOpen(_directory);

    /// <summary>Writes whole lines. <see cref="FinishIfFull"/> comes next.</summary>
    internal void Append(ReadOnlySpan<byte> lines)
    {
        for (int i = 0; i < Tries; i++)
        {
            SafeFileHandle segment = _segment ??= OpenSegment();
            if (_isTorn)
                FileSystem.Append(segment, "\n"u8, Path);
            _isTorn = false;
            FileSystem.Append(segment, lines, Path);
            FileStatus status = FileSystem.Status(segment);
            if (EventSegments.IsOpen(status))
            {
                _size = status.Size;
                return;
            }
            CloseSegment();
        }
        throw new SystemCallException($"write {Path}", "it is finished again and again");
    }

    /// <summary>Ends a segment that is large or old. Not a part of writing: when this fails, the lines are there.</summary>
    internal void FinishIfFull()
    {
        if (_size >= options.SegmentSize || Now - _begun > LongestSegment)
            Finish();
    }

    private SafeFileHandle OpenSegment()
    {
        EventState.Values known = State?.Read() ?? default;
        if (known.Segment > 0 && known.Boot == EventState.ThisBoot && EventSegments.TryOpen(_directory, known.Segment) is { } segment)
            return Join(segment, known.Segment, known);
        bool isLocked = State is { } state && WaitForLock(state);
        try
        {
            return Find();
        }
        finally
        {
            if (isLocked)
                _state!.Unlock();
        }
    }

    private SafeFileHandle Find()
    {
        for (int i = 0; i < Tries; i++)
        {
            // With the lock: another may have begun one meanwhile.
            EventState.Values known = State?.Read() ?? default;
            long number = Math.Max(known.Segment, EventSegments.Numbers(_directory).LastOrDefault());
            // What was read of a segment before the machine stopped may be there no more: nobody's position is behind what comes now, if that has a new one.
            bool goesOn = number > 0 && (_state is null || known.Boot == EventState.ThisBoot);
            SafeFileHandle? segment = goesOn ? EventSegments.TryOpen(_directory, number) : null;
            if (segment is null)
            {
                EventSegments.Close(_directory, number);
                // Somebody else may be quicker.
                FileSystem.TryCreate(EventSegments.PathOf(_directory, ++number), EventSegments.Open)?.Dispose();
                FileSystem.FlushDirectory(_directory);
                segment = EventSegments.TryOpen(_directory, number);
            }
            if (segment is null)
                continue;
            if (known.Segment != number || known.Boot != EventState.ThisBoot || known.Flushed > FileSystem.Status(segment).Size)
            {
                known = known with { Segment = number, Flushed = 0, Begun = Now, Boot = EventState.ThisBoot };
                _ = _state?.TryWrite(known);
            }
            return Join(segment, number, known);
        }
        throw new SystemCallException($"begin a file in {_directory}", "there is something else of its name");
    }

    private SafeFileHandle Join(SafeFileHandle segment, long number, in EventState.Values known)
    {
        (_number, _begun) = (number, known.Segment == number ? known.Begun : Now);
        long size = FileSystem.Status(segment).Size;
        // Of a line of somebody who was killed, or whose disk was full, a part may be left.
        Span<byte> end = stackalloc byte[1];
        _isTorn = size > 0 && (FileSystem.ReadAt(segment, end, size - 1) == 0 || end[0] != (byte)'\n');
        return segment;
    }

    // The mode first: who finds it unchanged after he has written, has written before it changed, and so before the flush.
    private void Finish()
    {
        FileSystem.ChangeMode(_segment!, EventSegments.Finished);
        CloseSegment();
        _segment = OpenSegment();
        _size = 0; // what was written before is flushed
        EventSegments.Prune(_directory, _number, options.KeepSize, (clock.GetUtcNow() - options.KeepTime).ToUnixTimeMilliseconds() * 1_000_000);
    }

    /// <summary>On return all that this process has written is on stable storage.</summary>
    internal void Flush()
    {
        if (_segment is null || _size == 0)
            return;
        EventState? state = State;
        Deadline end = Deadline.In(s_lockLimit);
        for (int pause = 1; state is not null && !end.IsOver; pause = Math.Min(pause * 2, LongestPause))
        {
            if (IsFlushed(state.Read()))
                return;
            if (state.TryLock())
            {
                try
                {
                    FlushForAll(state);
                    return;
                }
                finally
                {
                    state.Unlock();
                }
            }
            Descriptor.Pause(pause);
        }
        FileSystem.FlushContent(_segment, Path);
    }

    private bool IsFlushed(in EventState.Values known) => known.Segment > _number || (known.Segment == _number && known.Flushed >= _size);

    private void FlushForAll(EventState state)
    {
        EventState.Values known = state.Read();
        if (IsFlushed(known))
            return;
        long written = FileSystem.Status(_segment!).Size;
        FileSystem.FlushContent(_segment!, Path);
        _ = state.TryWrite(known.Segment == _number ? known with { Flushed = written } : known with { Segment = _number, Flushed = written, Begun = _begun });
    }

    /// <summary>Adds to what is missing.</summary>
    /// <returns>False: that cannot be noted either, now.</returns>
    internal bool CountLost(long count)
    {
        try
        {
            if (State is not { } state || !WaitForLock(state))
                return false;
            try
            {
                EventState.Values known = state.Read();
                return state.TryWrite(known with { Lost = known.Lost + count });
            }
            finally
            {
                state.Unlock();
            }
        }
        catch (SystemCallException)
        {
            // Locks do not work here either; the caller keeps the count.
            return false;
        }
    }

    /// <summary>Writes an event about what is missing, if anything is. Killed in between, it is written again, under the same number.</summary>
    /// <param name="line">Makes its line, of the count and the gap's number.</param>
    internal void TellGap(Func<long, long, byte[]> line)
    {
        // Who is just telling it, or flushing, has the lock.
        if (State is not { } state || state.Read().Lost == 0 || !state.TryLock())
            return;
        try
        {
            EventState.Values known = state.Read();
            if (known.Lost == 0 || _segment is null)
                return;
            FileSystem.Append(_segment, line(known.Lost, known.Gaps + 1), Path);
            FileSystem.FlushContent(_segment, Path);
            if (EventSegments.IsOpen(FileSystem.Status(_segment)))
                _ = state.TryWrite(known with { Lost = 0, Gaps = known.Gaps + 1 });
        }
        finally
        {
            state.Unlock();
        }
    }

    private static bool WaitForLock(EventState state)
    {
        Deadline end = Deadline.In(s_lockLimit);
        for (int pause = 1; !state.TryLock(); pause = Math.Min(pause * 2, LongestPause))
        {
            if (end.IsOver)
                return false;
            Descriptor.Pause(pause);
        }
        return true;
    }

    /// <summary>Opens all anew at the next line.</summary>
    internal void Close()
    {
        CloseSegment();
        // Of a directory that was made anew.
        _state?.Dispose();
        _state = null;
    }

    private void CloseSegment()
    {
        _segment?.Dispose();
        _segment = null;
    }

    public void Dispose() => Close();
}
