using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Sendmail;

/// <summary>Standard input as text records: lines without their ends, long ones in pieces.</summary>
/// <param name="writer">Where the records go.</param>
/// <param name="header">Is told the header lines; null: nobody asks.</param>
/// <param name="lineLimit">Longest record, bytes (line_length_limit).</param>
/// <param name="sizeLimit">Largest message, bytes; 0: no limit (message_size_limit).</param>
/// <param name="ignoreDots">A line with a single dot does not end the message.</param>
internal sealed class MessageInput(RecordWriter writer, HeaderRecipients? header, int lineLimit, long sizeLimit, bool ignoreDots)
{
    private readonly byte[] _buffer = new byte[65536];
    private bool _isFirst = true, _isContinued, _ended;

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
            int n = StandardInput.Read(_buffer.AsSpan(end));
            bool atEnd = n == 0;
            end += n;
            Lines(ref start, end, atEnd);
            if (sizeLimit > 0 && writer.Position > sizeLimit)
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
            int length = rest[..Math.Min(rest.Length, lineLimit + 1)].IndexOf((byte)'\n');
            if (length >= 0)
            {
                Line(WithoutReturns(rest[..length]));
                start += length + 1;
            }
            else if (rest.Length > lineLimit)
            {
                Piece(rest[..lineLimit]);
                start += lineLimit;
            }
            else if (atEnd)
            {
                Piece(rest); // no final line end; cleanup supplies it
                start = end;
            }
            else
            {
                return;
            }
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        if (!_isContinued && !ignoreDots && line is [(byte)'.'])
        {
            _ended = true;
            return;
        }
        bool isMailboxLine = _isFirst && !_isContinued && IsMailboxLine(line);
        _isFirst = false;
        if (!isMailboxLine)
        {
            writer.Write(RecordType.Text, line);
            header?.Line(line, _isContinued);
        }
        _isContinued = false;
    }

    // By hand: the library's generic trimming would be compiled anew in each process.
    private static ReadOnlySpan<byte> WithoutReturns(ReadOnlySpan<byte> line)
    {
        while (line is [.., (byte)'\r'])
            line = line[..^1];
        return line;
    }

    private static bool IsMailboxLine(ReadOnlySpan<byte> line)
    {
        while (line is [(byte)'>', .. var rest])
            line = rest;
        return line is [(byte)'F', (byte)'r', (byte)'o', (byte)'m', (byte)' ', ..];
    }

    private void Piece(ReadOnlySpan<byte> piece)
    {
        writer.Write(RecordType.TextPart, piece);
        header?.Line(piece, _isContinued);
        (_isFirst, _isContinued) = (false, true);
    }
}
