using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>What came from a server, taken off line by line.</summary>
/// <param name="lineLimit">Octets of the usual line, without its ending.</param>
internal sealed class ReceivedLines(int lineLimit)
{
    // Beside the longest line there is room to read on.
    private const int Room = 2048;

    private byte[] _octets = new byte[Math.Max(4096, lineLimit + Room)];
    private int _start;
    private int _end;
    private bool _skipsLine;

    /// <summary>The server said no more than was taken of it, but for line ends.</summary>
    internal bool IsEmpty => Octets.Trim("\r\n"u8).IsEmpty && !_skipsLine;

    /// <summary>What is there already, perhaps not to the end of a line.</summary>
    internal ReadOnlySpan<byte> Octets => _octets.AsSpan(_start, _end - _start);

    /// <summary>Reads what comes next; lines that were taken are gone.</summary>
    /// <param name="limit">Of the lines that are expected.</param>
    /// <returns>False: the server closed.</returns>
    internal bool Read(ByteStream stream, Deadline deadline, int limit)
    {
        Octets.CopyTo(_octets);
        (_start, _end) = (0, _end - _start);
        if (_octets.Length < limit + Room)
            Array.Resize(ref _octets, limit + Room);
        int n = stream.Read(_octets.AsSpan(_end), deadline);
        _end += n;
        return n > 0;
    }

    /// <summary>Drops what was not taken.</summary>
    internal void Forget() => _start = _end;

    /// <summary>Takes the next line, as <see cref="ReplyLine.TryRead"/>; of one that is too long the rest is dropped.</summary>
    internal LineStatus TryTake(int limit, out ReadOnlySpan<byte> line)
    {
        if (_skipsLine)
        {
            int end = Octets.IndexOf((byte)'\n');
            _start = end < 0 ? _end : _start + end + 1;
            line = default;
            if (end < 0)
                return LineStatus.NeedMore;
            _skipsLine = false;
        }
        LineStatus status = ReplyLine.TryRead(Octets, limit, out line, out int consumed);
        _start += consumed;
        _skipsLine = status == LineStatus.TooLong;
        return status;
    }
}
