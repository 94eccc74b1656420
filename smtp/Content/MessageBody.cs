using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>Turns the text records of a queue file into what goes over the wire: CR LF after each line, a dot in front of
/// lines that begin with one (RFC 5321 section 4.5.2), lines over the limit folded at a blank (headers) or broken, the final dot.</summary>
/// <param name="send">Takes full buffers; the last part stays until <see cref="Finish"/>.</param>
/// <param name="lineLimit">Octets of a line without CR LF; 0: none. RFC 5321 section 4.5.3.1.6.</param>
/// <param name="lineBroken">Called once, when the first line had to be broken.</param>
internal sealed class MessageBody(MessageBody.Sender send, int lineLimit, Action lineBroken)
{
    /// <summary>64 KiB: large enough that system calls do not count, and a small message is one write with its final dot.</summary>
    internal const int BufferSize = 64 * 1024;

    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly int _limit = lineLimit > 0 ? Math.Max(2, lineLimit) : int.MaxValue;
    private int _length;
    private int _column;
    private bool _hasBroken;
    private bool _inHeader = true;
    private bool _lineIsEmpty = true;

    // The beginning of a UTF-8 character whose rest is in the next piece of the line.
    private readonly byte[] _held = new byte[4];
    private int _heldLength;

    internal delegate void Sender(ReadOnlySpan<byte> octets);

    /// <summary>Sends all content but the end of data.</summary>
    /// <exception cref="QueueFileException">The content is damaged: the final dot must not follow.</exception>
    /// <exception cref="IOException">The file cannot be read; likewise.</exception>
    /// <param name="toSevenBit">8-bit MIME content becomes quoted-printable.</param>
    /// <param name="generic">Rewrites addresses in the header; null: nothing is rewritten.</param>
    /// <param name="checks">Makes the step that looks at what goes to the one after it; null: nothing is looked at.</param>
    internal void Copy(ContentReader content, bool toSevenBit = false, GenericMap? generic = null, Func<LineSink, CheckedContent>? checks = null)
    {
        // From the wire back to the file: what is looked at is what would go out, addresses as they are here.
        LineSink sink = Add;
        GenericHeaders? headers = generic is null ? null : new GenericHeaders(generic, sink);
        sink = headers is null ? sink : headers.Add;
        CheckedContent? looked = checks?.Invoke(sink);
        sink = looked is null ? sink : looked.Add;
        SevenBitContent? converter = toSevenBit ? new SevenBitContent(sink) : null;
        sink = converter is null ? sink : converter.Add;
        while (content.Read())
            sink(content.Piece, content.EndsLine);
        converter?.End();
        looked?.End();
        headers?.End();
        EndOpenLine();
    }

    /// <summary>Adds a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_heldLength > 0)
            piece = Complete(piece, endsLine);
        if (!endsLine && _heldLength == 0)
        {
            _heldLength = IncompleteEnd(piece);
            piece[^_heldLength..].CopyTo(_held);
            piece = piece[..^_heldLength];
        }
        AddWhole(piece, endsLine);
    }

    // Returns what follows the character that was held.
    private ReadOnlySpan<byte> Complete(ReadOnlySpan<byte> piece, bool endsLine)
    {
        int taken = 0;
        while (_heldLength < LengthOf(_held[0]) && taken < piece.Length && IsContinuation(piece[taken]))
            _held[_heldLength++] = piece[taken++];
        if (taken == piece.Length && _heldLength < LengthOf(_held[0]) && !endsLine)
            return [];
        AddWhole(_held.AsSpan(0, _heldLength), endsLine: false);
        _heldLength = 0;
        return piece[taken..];
    }

    private void AddWhole(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_column == 0 && piece.Length > 0 && piece[0] == '.')
            Put("."u8);
        _lineIsEmpty &= piece.IsEmpty;
        while (piece.Length > _limit - _column)
        {
            int fits = _limit - _column;
            if (_inHeader && LastBlank(piece[..fits]) is > 0 and var blank)
            {
                // RFC 5322 section 2.2.3: folded where there is a blank, a header stays what it is.
                Put(piece[..blank]);
                Put("\r\n"u8);
                piece = piece[blank..];
                _column = 0;
            }
            else
            {
                fits = WholeCharacters(piece, fits);
                Put(piece[..fits]);
                // A blank after the break keeps a header line one header line.
                Put("\r\n "u8);
                piece = piece[fits..];
                _column = 1;
            }
            if (!_hasBroken)
            {
                _hasBroken = true;
                lineBroken();
            }
        }
        Put(piece);
        _column += piece.Length;
        if (endsLine)
        {
            Put("\r\n"u8);
            _column = 0;
            _inHeader &= !_lineIsEmpty;
            _lineIsEmpty = true;
        }
    }

    // Where a header can be folded: something must stand before it, which is no blank itself, nor the name alone. 0: nowhere.
    private int LastBlank(ReadOnlySpan<byte> piece)
    {
        int blank = piece.LastIndexOfAny((byte)' ', (byte)'\t');
        bool isBehindName = _column == 0 && blank > 0 && piece[blank - 1] == ':' && piece[..(blank - 1)].IndexOfAny(" \t:"u8) < 0;
        return blank > 0 && !isBehindName && (_column > 1 || !piece[..blank].Trim(" \t"u8).IsEmpty) ? blank : 0;
    }

    // No break within a UTF-8 character, but before it.
    private int WholeCharacters(ReadOnlySpan<byte> piece, int fits)
    {
        const int MostContinuations = 3;
        if (!IsContinuation(piece[fits]))
            return fits;
        for (int back = 1; back <= Math.Min(MostContinuations, fits); back++)
        {
            byte octet = piece[fits - back];
            if (!IsContinuation(octet))
                return LengthOf(octet) > back && (fits > back || _column > 1) ? fits - back : fits;
        }
        return fits;
    }

    private static int IncompleteEnd(ReadOnlySpan<byte> piece)
    {
        for (int back = 1; back <= Math.Min(3, piece.Length); back++)
        {
            if (!IsContinuation(piece[^back]))
                return LengthOf(piece[^back]) > back ? back : 0;
        }
        return 0;
    }

    private static int LengthOf(byte first) => first switch { >= 0xf0 => 4, >= 0xe0 => 3, >= 0xc0 => 2, _ => 1 };

    private static bool IsContinuation(byte octet) => (octet & 0xc0) == 0x80;

    /// <summary>Ends a line that the file did not end, so that the final dot stands alone.</summary>
    internal void EndOpenLine()
    {
        if (_column > 0 || _heldLength > 0)
            Add([], endsLine: true);
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
        send(_buffer.AsSpan(0, _length));
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
