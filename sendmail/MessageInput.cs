using PostfixNet.Queue;

namespace PostfixNet.Sendmail;

/// <summary>Which carriage returns before a line feed belong to the line end (sendmail_fix_line_endings).</summary>
internal enum LineEnding
{
    /// <summary>All of them.</summary>
    Always,
    /// <summary>All when the first line ends with one, else none.</summary>
    AsFirstLine,
    /// <summary>None: they are text.</summary>
    Never,
}

/// <summary>The message as text records: lines without their ends, long ones in pieces.</summary>
internal sealed class MessageInput
{
    // Half of the buffer, so that it always holds a whole piece and what follows it. A greater line_length_limit has no use:
    // the end of a record is not the end of a line.
    private const int LargestPiece = 32768;

    private readonly Func<Span<byte>, int> _read;
    private readonly RecordWriter _writer;
    private readonly HeaderRecipients? _header;
    private readonly int _lineLimit;
    private readonly long _sizeLimit;
    private readonly long _start;
    private readonly bool _ignoresDots;
    private readonly byte[] _buffer = new byte[2 * LargestPiece];
    private LineEnding _lineEnding;
    private bool _isFirst = true, _isContinued, _ended;

    /// <param name="read">Takes what comes next, as much as fits; 0 at the end.</param>
    /// <param name="writer">Where the records go.</param>
    /// <param name="header">Is told the header lines; null: nobody asks.</param>
    /// <param name="lineLimit">Longest record, bytes (line_length_limit).</param>
    /// <param name="sizeLimit">Largest message, bytes; 0: no limit (message_size_limit).</param>
    /// <param name="ignoresDots">A line with a single dot does not end the message.</param>
    /// <param name="lineEnding">What to do about carriage returns.</param>
    internal MessageInput(
        Func<Span<byte>, int> read, RecordWriter writer, HeaderRecipients? header, int lineLimit, long sizeLimit, bool ignoresDots, LineEnding lineEnding)
    {
        (_read, _writer, _header, _sizeLimit, _ignoresDots, _lineEnding) = (read, writer, header, sizeLimit, ignoresDots, lineEnding);
        _lineLimit = Math.Min(lineLimit, LargestPiece);
        _start = writer.Position;
    }

    /// <summary>Copies to the end of input, or to the dot.</summary>
    /// <returns>False when the message is too large.</returns>
    /// <exception cref="IOException">Standard input cannot be read.</exception>
    internal bool Copy()
    {
        int start = 0, end = 0;
        while (!_ended)
        {
            if (start > 0)
            {
                Buffer.BlockCopy(_buffer, start, _buffer, 0, end - start);
                (start, end) = (0, end - start);
            }
            int n = _read(_buffer.AsSpan(end));
            bool atEnd = n == 0;
            end += n;
            Lines(ref start, end, atEnd);
            if (_sizeLimit > 0 && _writer.Position - _start > _sizeLimit)
                return false;
            if (atEnd)
                break;
        }
        return true;
    }

    // Takes all that is sure: whole lines, and whole pieces of long lines.
    private void Lines(ref int start, int end, bool atEnd)
    {
        while (!_ended && start < end)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(start, end - start);
            // A line that just fits may end with CR LF.
            bool isLong = rest.Length >= _lineLimit + 2;
            int length = (isLong ? rest[..(_lineLimit + 2)] : rest).IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = length >= 0 ? WithoutReturns(rest[..length]) : rest;
            if (length >= 0 && line.Length < _lineLimit)
            {
                Line(line);
                start += length + 1;
            }
            else if (length >= 0 || isLong || atEnd)
            {
                // At the end of input: no final line end; cleanup supplies it.
                if (atEnd && IsEnd(line))
                    return;
                start += Piece(rest[..Math.Min(_lineLimit, line.Length)]);
            }
            else
            {
                return;
            }
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        if (IsEnd(line))
        {
            _ended = true;
            return;
        }
        bool isMailboxLine = _isFirst && !_isContinued && IsMailboxLine(line);
        _isFirst = false;
        if (!isMailboxLine)
        {
            _writer.Write(RecordType.Text, line);
            _header?.Line(line, _isContinued);
        }
        _isContinued = false;
    }

    private bool IsEnd(ReadOnlySpan<byte> line) => !_isContinued && !_ignoresDots && line is [(byte)'.'];

    private ReadOnlySpan<byte> WithoutReturns(ReadOnlySpan<byte> line)
    {
        if (_lineEnding == LineEnding.AsFirstLine)
            _lineEnding = line is [.., (byte)'\r'] ? LineEnding.Always : LineEnding.Never;
        return _lineEnding == LineEnding.Always ? line.TrimEnd((byte)'\r') : line;
    }

    private static bool IsMailboxLine(ReadOnlySpan<byte> line) => line.TrimStart((byte)'>').StartsWith("From "u8);

    /// <returns>How much of the piece was taken: returns at its end may belong to the line end that follows.</returns>
    private int Piece(ReadOnlySpan<byte> piece)
    {
        if (piece.Length == _lineLimit && _lineEnding != LineEnding.Never && piece.TrimEnd((byte)'\r') is { IsEmpty: false } trimmed)
            piece = trimmed;
        _writer.Write(RecordType.TextPart, piece);
        _header?.Line(piece, _isContinued);
        (_isFirst, _isContinued) = (false, true);
        return piece.Length;
    }
}
