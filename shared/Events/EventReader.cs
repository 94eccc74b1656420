using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>Reads events, at its own pace, from where it was: a consumer. Asks nobody, and keeps nobody waiting.</summary>
/// <remarks>A line without an end is not yet an event. Failures are <see cref="SystemCallException"/>; after one, reading goes on where it was.</remarks>
/// <param name="directory">Of the segments; it need not be there yet.</param>
/// <param name="from">Where to begin.</param>
public sealed class EventReader(string directory, EventPosition from) : IDisposable
{
    private const int ReadSize = 64 * 1024;

    // A part of a line may be followed by a whole one. What is longer is none of ours.
    private const int LongestLine = 2 * MailEvent.LongestLine;

    private readonly byte[] _buffer = new byte[LongestLine + ReadSize];
    private SafeFileHandle? _segment;
    private EventPosition _position = from;
    private int _start, _end;
    private bool _isSkipping;

    /// <summary>After the last event that was read; to be kept once that is dealt with.</summary>
    public EventPosition Position => _position;

    /// <summary>Segments that were removed before they were read to their end.</summary>
    public long MissedSegments { get; private set; }

    /// <summary>Lines that are no events.</summary>
    public long DamagedLines { get; private set; }

    /// <summary>Where the next event will be, for a consumer to whom those that were are no matter.</summary>
    public static EventPosition End(string directory)
    {
        long last = EventSegments.Numbers(directory).LastOrDefault();
        if (last == 0)
            return EventPosition.Beginning;
        using SafeFileHandle segment = FileSystem.Open(EventSegments.PathOf(directory, last));
        long size = FileSystem.Status(segment).Size;
        byte[] end = new byte[Math.Min(size, LongestLine)];
        int read = FileSystem.ReadAt(segment, end, size - end.Length);
        return new EventPosition(last, size - end.Length + end.AsSpan(0, read).LastIndexOf((byte)'\n') + 1);
    }

    /// <summary>The next event.</summary>
    /// <returns>null: there is none, for now.</returns>
    public MailEvent? Next()
    {
        while (true)
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
                Take(length + 1);
                bool isRest = _isSkipping;
                _isSkipping = false;
                if (isRest || line.IsEmpty)
                    continue;
                if (MailEvent.Parse(line) is { } told)
                {
                    // It follows a part of another.
                    if (line.LastIndexOf(EventJson.Beginning) > 0)
                        DamagedLines++;
                    return told;
                }
                DamagedLines++;
            }
            else if (_end - _start >= LongestLine)
            {
                DamagedLines += _isSkipping ? 0 : 1;
                _isSkipping = true;
                Take(_end - _start);
            }
            else if (!ReadMore() && !GoOn())
            {
                return null;
            }
        }
    }

    private void Take(int length)
    {
        _start += length;
        _position = _position with { Offset = _position.Offset + length };
    }

    private bool ReadMore()
    {
        if (!OpenSegment())
            return false;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        int read = FileSystem.ReadSome(_segment!, _buffer.AsSpan(_end, ReadSize), _position.Offset + _end);
        _end += read;
        return read > 0;
    }

    private bool OpenSegment()
    {
        if (_segment is not null)
            return true;
        if (_position.Segment > 0 && TryOpen(_position.Segment))
        {
            // A loss of power takes what was not flushed, and what comes after it is in another segment. Else somebody has made the directory anew.
            if (FileSystem.Status(_segment!).Size < _position.Offset && EventState.ReadOnly(directory) is { } state && state.Segment == _position.Segment && state.Boot == EventState.ThisBoot)
            {
                MissedSegments++;
                _position = _position with { Offset = 0 };
            }
            return true;
        }
        List<long> numbers = EventSegments.Numbers(directory);
        // With a number that is not reached any more, it is a directory that was made anew.
        long next = numbers.FirstOrDefault(number => number > _position.Segment, numbers.FirstOrDefault());
        if (next == 0)
            return false;
        if (_position.Segment > 0)
            MissedSegments += Math.Max(1, next - _position.Segment);
        Begin(next);
        return TryOpen(next);
    }

    private bool TryOpen(long number)
    {
        try
        {
            _segment = FileSystem.Open(EventSegments.PathOf(directory, number));
            return true;
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return false;
        }
    }

    // When there is a later segment, nothing more is written to this one that would not be written to that one as well; but something may have been since it was read.
    private bool GoOn()
    {
        if (_segment is null || EventSegments.Numbers(directory).FirstOrDefault(number => number > _position.Segment) is not (> 0 and var next))
            return false;
        if (ReadMore())
            return true;
        DamagedLines += _end > _start ? 1 : 0;
        MissedSegments += next - _position.Segment - 1;
        Begin(next);
        return true;
    }

    private void Begin(long number)
    {
        _segment?.Dispose();
        _segment = null;
        (_start, _end, _isSkipping) = (0, 0, false);
        _position = new EventPosition(number, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _segment?.Dispose();
}
