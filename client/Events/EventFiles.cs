using System.Globalization;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Client;

/// <summary>The files of events, NNNNNNNNNN.jsonl with rising numbers, read in their order.</summary>
/// <param name="directory">Where they are; it need not be there yet.</param>
/// <param name="from">Where to begin.</param>
internal sealed class EventFiles(string directory, EventPosition from) : IDisposable
{
    private const int ReadSize = 64 * 1024, LongestLine = 128 * 1024, Digits = 10;
    private const string Suffix = ".jsonl";

    private readonly byte[] _buffer = new byte[LongestLine + ReadSize];
    private EventPosition _position = from;
    private SafeFileHandle? _file;
    private int _start, _end;
    private bool _isSkipping;

    /// <summary>Does something with the files, with failures as those of this package.</summary>
    internal static T Try<T>(string directory, Func<string, T> act)
    {
        try
        {
            return act(directory);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new MailQueueNotSupportedException($"{directory}: this account may not read events", e);
        }
        catch (IOException e)
        {
            throw new MailQueueUnavailableException($"{directory}: {e.Message}", e);
        }
    }

    internal static EventPosition End(string directory)
    {
        long last = Numbers(directory).LastOrDefault();
        if (last == 0 || Open(directory, last) is not { } file)
            return EventPosition.Beginning;
        using (file)
        {
            long size = RandomAccess.GetLength(file);
            byte[] end = new byte[Math.Min(size, LongestLine)];
            int read = RandomAccess.Read(file, end, size - end.Length);
            return new EventPosition(last, size - end.Length + end.AsSpan(0, read).LastIndexOf((byte)'\n') + 1);
        }
    }

    /// <returns>null: there is none, for now.</returns>
    internal MailEvent? Next()
    {
        while (true)
        {
            if (_file is null && !OpenNext(out MailEvent? gap))
                return gap;
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                MailEvent? found = _isSkipping ? null : Parse(_buffer.AsSpan(_start, length));
                _isSkipping = false;
                Take(length + 1);
                if (found is not null)
                    return found with { Position = _position };
            }
            else if (_end - _start >= LongestLine)
            {
                _isSkipping = true;
                Take(_end - _start);
            }
            else if (!ReadMore())
            {
                if (Numbers(directory).FirstOrDefault(number => number > _position.Segment) is not (> 0 and var next))
                    return null;
                // Something may have been written to this one since it was read, but not after the next one was begun.
                if (ReadMore())
                    continue;
                long missed = next - _position.Segment - 1;
                Begin(new EventPosition(next, 0));
                if (missed > 0)
                    return GapBefore(next);
            }
        }
    }

    // False: there is no file; or there is one, but events before it are missing.
    private bool OpenNext(out MailEvent? gap)
    {
        gap = null;
        if (_position.Segment > 0)
        {
            _file = Open(directory, _position.Segment);
            // Shorter than what was read of it: a loss of power took what was not flushed, or the directory is another one.
            if (_file is not null && RandomAccess.GetLength(_file) < _position.Offset && Numbers(directory).LastOrDefault() == _position.Segment)
            {
                Begin(new EventPosition(_position.Segment, 0));
                gap = GapBefore(_position.Segment);
                return false;
            }
            if (_file is not null)
                return true;
        }
        long[] numbers = Numbers(directory);
        long next = numbers.FirstOrDefault(number => number > _position.Segment, numbers.FirstOrDefault());
        if (next == 0)
            return false;
        bool isGap = _position.Segment > 0;
        Begin(new EventPosition(next, 0));
        gap = isGap ? GapBefore(next) : null;
        return !isGap && (_file = Open(directory, next)) is not null;
    }

    private static MailEvent GapBefore(long segment) => new()
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"gap:{segment}"),
        Kind = MailEvent.Gap,
        // Nobody knows when it came about. This is when it was found, beside times that the mail system wrote by the same clock; nothing is decided by it.
        Time = DateTimeOffset.UtcNow,
        Position = new EventPosition(segment, 0),
    };

    private void Take(int length)
    {
        _start += length;
        _position = _position with { Offset = _position.Offset + length };
    }

    private bool ReadMore()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        int read = RandomAccess.Read(_file!, _buffer.AsSpan(_end, ReadSize), _position.Offset + _end);
        _end += read;
        return read > 0;
    }

    private void Begin(EventPosition position)
    {
        _file?.Dispose();
        _file = null;
        (_start, _end, _isSkipping, _position) = (0, 0, false, position);
    }

    // What is no event is passed over. After a crash a whole event may follow a part of one in the same line; no string of JSON can hold its beginning as it is.
    private static MailEvent? Parse(ReadOnlySpan<byte> line)
    {
        int at = line.LastIndexOf("{\"v\":"u8);
        if (at < 0)
            return null;
        try
        {
            return JsonSerializer.Deserialize(line[at..], EventJsonContext.Default.MailEvent) is { Id.Length: > 0, Kind.Length: > 0 } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static SafeFileHandle? Open(string directory, long number)
    {
        try
        {
            return File.OpenHandle(Path.Join(directory, number.ToString("D10", CultureInfo.InvariantCulture) + Suffix), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static long[] Numbers(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory, "*" + Suffix).Select(Path.GetFileName)
                .Where(static name => name!.Length == Digits + Suffix.Length && name.AsSpan(0, Digits).IndexOfAnyExceptInRange('0', '9') < 0)
                .Select(static name => long.Parse(name.AsSpan(0, Digits), CultureInfo.InvariantCulture)).Order()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public void Dispose() => _file?.Dispose();
}
