using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>Turns the text records of a queue file into what goes over the wire: CR LF after each line, a dot in front of
/// lines that begin with one (RFC 5321 section 4.5.2), the final dot.</summary>
internal sealed class MessageBody
{
    /// <summary>64 KiB: large enough that system calls do not count, and a small message is one write with its final dot.</summary>
    internal const int BufferSize = 64 * 1024;

    private readonly Sender _send;
    private readonly FoldedLines _lines;
    private readonly byte[] _buffer;
    private int _length;
    private bool _atLineStart = true;

    /// <param name="send">Takes full buffers; the last part stays until <see cref="Finish"/>.</param>
    /// <param name="lineLimit">As in <see cref="FoldedLines"/>.</param>
    /// <param name="lineBroken">Likewise.</param>
    /// <param name="buffer">Of <see cref="BufferSize"/>, nobody else's until the content is sent; null: one of its own.</param>
    internal MessageBody(Sender send, int lineLimit, Action lineBroken, byte[]? buffer = null) =>
        (_send, _lines, _buffer) = (send, new FoldedLines(lineLimit, lineBroken, Send), buffer ?? new byte[BufferSize]);

    internal delegate void Sender(ReadOnlySpan<byte> octets);

    /// <summary>Sends all content but the end of data.</summary>
    /// <exception cref="QueueFileException">The content is damaged: the final dot must not follow.</exception>
    /// <exception cref="IOException">The file cannot be read; likewise.</exception>
    /// <param name="steps">What it passes before; null: nothing.</param>
    internal void Copy(ContentReader content, ContentSteps? steps = null)
    {
        (steps ?? ContentSteps.None).Copy(content, _lines.Add);
        EndOpenLine();
    }

    /// <summary>Adds a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine) => _lines.Add(piece, endsLine);

    /// <summary>Puts a header field in front of the message, as it is.</summary>
    /// <param name="lines">CR LF between its lines, and none behind the last; none begins with a dot.</param>
    internal void AddField(ReadOnlySpan<byte> lines)
    {
        Put(lines);
        Put("\r\n"u8);
    }

    /// <summary>Ends a line that the file did not end, so that the final dot stands alone.</summary>
    internal void EndOpenLine() => _lines.End();

    private void Send(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_atLineStart && piece is [(byte)'.', ..])
            Put("."u8);
        Put(piece);
        _atLineStart = endsLine || (_atLineStart && piece.IsEmpty);
        if (endsLine)
            Put("\r\n"u8);
    }

    /// <summary>Sends the rest and these octets as one write.</summary>
    /// <param name="last">What follows the content: the final dot, and perhaps QUIT.</param>
    internal void Finish(ReadOnlySpan<byte> last)
    {
        Put(last);
        SendAll();
    }

    /// <summary>Sends the rest without an end.</summary>
    internal void SendAll()
    {
        _send(_buffer.AsSpan(0, _length));
        _length = 0;
    }

    private void Put(ReadOnlySpan<byte> octets)
    {
        while (octets.Length > _buffer.Length - _length)
        {
            int fits = _buffer.Length - _length;
            octets[..fits].CopyTo(_buffer.AsSpan(_length));
            _length = _buffer.Length;
            SendAll();
            octets = octets[fits..];
        }
        octets.CopyTo(_buffer.AsSpan(_length));
        _length += octets.Length;
    }
}
