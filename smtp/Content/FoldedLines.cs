namespace PostfixNet.Smtp;

/// <summary>Lines over the limit are folded at a blank (headers) or broken, never within a UTF-8 character: what comes out are the lines of the message as
/// they go over the wire.</summary>
/// <param name="lineLimit">Octets of a line without CR LF; 0: none. RFC 5321 section 4.5.3.1.6.</param>
/// <param name="lineBroken">Called once, when the first line had to be broken.</param>
internal sealed class FoldedLines(int lineLimit, Action lineBroken, LineSink output)
{
    private readonly int _limit = lineLimit > 0 ? Math.Max(2, lineLimit) : int.MaxValue;
    private int _column;
    private bool _hasBroken;
    private bool _inHeader = true;
    private bool _lineIsEmpty = true;

    // The beginning of a UTF-8 character whose rest is in the next piece of the line.
    private readonly byte[] _held = new byte[4];
    private int _heldLength;

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
        _lineIsEmpty &= piece.IsEmpty;
        while (piece.Length > _limit - _column)
        {
            int fits = _limit - _column;
            if (_inHeader && LastBlank(piece[..fits]) is > 0 and var blank)
            {
                // RFC 5322 section 2.2.3: folded where there is a blank, a header stays what it is.
                output(piece[..blank], endsLine: true);
                piece = piece[blank..];
                _column = 0;
            }
            else
            {
                fits = WholeCharacters(piece, fits);
                output(piece[..fits], endsLine: true);
                // A blank after the break keeps a header line one header line.
                output(" "u8, endsLine: false);
                piece = piece[fits..];
                _column = 1;
            }
            if (!_hasBroken)
            {
                _hasBroken = true;
                lineBroken();
            }
        }
        output(piece, endsLine);
        _column += piece.Length;
        if (endsLine)
        {
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
    internal void End()
    {
        if (_column > 0 || _heldLength > 0)
            Add([], endsLine: true);
    }
}
