using PostfixNet.Queue;

namespace PostfixNet.Smtpd;

/// <summary>Makes lines of what a client sends as content, and records of them; finds the end of it, too.</summary>
/// <param name="lineLimit">Octets of one record.</param>
/// <param name="needsCr">A line that is to end the message, and the one before it, end with CR LF.</param>
/// <param name="hasDots">DATA: a dot before a line is taken away, and one alone ends the message (RFC 5321 section 4.5.2). BDAT has none.</param>
/// <param name="output">Takes the lines.</param>
internal sealed class ContentLines(int lineLimit, bool needsCr, bool hasDots, Action<RecordType, ReadOnlySpan<byte>> output)
{
    private byte[] _begun = [];   // of a line whose end did not come yet
    private int _length;
    private bool _isWithinLine;   // a part of it was given out
    private bool _endedWell = true;

    /// <summary>A line ended with LF alone.</summary>
    internal bool HasBareNewline { get; private set; }

    /// <summary>The dot came.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Octets of content so far, as they are in the queue: a line end counts one.</summary>
    internal long Size { get; private set; }

    /// <summary>Takes octets.</summary>
    /// <returns>How many were used: all, but after the end of the message.</returns>
    internal int Take(ReadOnlySpan<byte> octets)
    {
        int start = 0;
        while (start < octets.Length && !IsOver)
        {
            int end = octets[start..].IndexOf((byte)'\n');
            if (end < 0)
            {
                Begin(octets[start..]);
                return octets.Length;
            }
            ReadOnlySpan<byte> line = octets.Slice(start, end);
            start += end + 1;
            if (_length > 0)
            {
                Begin(line);
                int length = _length;
                _length = 0;
                Line(_begun.AsSpan(0, length));
            }
            else
            {
                Line(line);
            }
        }
        return start;
    }

    /// <summary>The content is over without a line end: BDAT allows that.</summary>
    internal void End()
    {
        if (_length == 0 && !_isWithinLine)
            return;
        int length = _length;
        _length = 0;
        Put(_begun.AsSpan(0, length), isWhole: true);
    }

    // The start, or a further piece, of a line. Beyond the limit of a record it is given out in parts; the last octet stays: it may be CR.
    private void Begin(ReadOnlySpan<byte> octets)
    {
        while (true)
        {
            int room = lineLimit + 2 - _length;
            ReadOnlySpan<byte> piece = octets[..Math.Min(room, octets.Length)];
            if (_begun.Length < _length + piece.Length)
                Array.Resize(ref _begun, Math.Min(lineLimit + 2, Math.Max(_length + piece.Length, 2 * _begun.Length)));
            piece.CopyTo(_begun.AsSpan(_length));
            _length += piece.Length;
            octets = octets[piece.Length..];
            if (octets.IsEmpty)
                return;
            int part = lineLimit + (IsStuffed(_begun) ? 1 : 0);
            Put(_begun.AsSpan(0, part), isWhole: false);
            _begun.AsSpan(part, _length - part).CopyTo(_begun);
            _length -= part;
        }
    }

    private bool IsStuffed(ReadOnlySpan<byte> line) => hasDots && !_isWithinLine && line is [(byte)'.', ..];

    private void Line(ReadOnlySpan<byte> line)
    {
        bool isWell = line is [.., (byte)'\r'];
        if (isWell)
            line = line[..^1];
        else
            HasBareNewline = true;
        if (hasDots && !_isWithinLine && line is [(byte)'.'] && (!needsCr || (isWell && _endedWell)))
        {
            IsOver = true;
            return;
        }
        _endedWell = isWell;
        // What is too long is given out in parts.
        while (line.Length > lineLimit + (IsStuffed(line) ? 1 : 0))
        {
            int part = lineLimit + (IsStuffed(line) ? 1 : 0);
            Put(line[..part], isWhole: false);
            line = line[part..];
        }
        Put(line, isWhole: true);
    }

    private void Put(ReadOnlySpan<byte> line, bool isWhole)
    {
        // A dot alone that ends nothing is content.
        if (IsStuffed(line) && line.Length > 1)
            line = line[1..];
        _isWithinLine = !isWhole;
        Size += line.Length + (isWhole ? 1 : 0);
        output(isWhole ? RecordType.Text : RecordType.TextPart, line);
    }
}
