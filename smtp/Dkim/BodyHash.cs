using System.Security.Cryptography;

namespace PostfixNet.Smtp;

/// <summary>The hash of a body in one of the forms of RFC 6376 section 3.4, taken from the lines as they pass: a body of any length takes the
/// same memory.</summary>
/// <param name="isRelaxed">Section 3.4.4; else 3.4.3.</param>
/// <param name="hash">Gets the octets of the form.</param>
internal sealed class BodyHash(bool isRelaxed, IncrementalHash hash)
{
    private readonly byte[] _buffer = new byte[4096];
    private int _length;
    private long _emptyLines; // not yet known whether something follows
    private bool _hasBlank;   // likewise, within the line
    private bool _lineIsEmpty = true;
    private bool _hasText;

    /// <summary>Takes a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (isRelaxed)
            AddRelaxed(piece);
        else if (!piece.IsEmpty)
            Text(piece);
        if (!endsLine)
            return;
        _hasBlank = false;
        if (_lineIsEmpty)
            _emptyLines++;
        else
            Put("\r\n"u8);
        _lineIsEmpty = true;
    }

    /// <summary>The hash of what was added.</summary>
    internal byte[] Finish()
    {
        if (!_lineIsEmpty)
            Put("\r\n"u8);
        else if (!_hasText && !isRelaxed)
            Put("\r\n"u8); // an empty body, or one of empty lines
        hash.AppendData(_buffer, 0, _length);
        return hash.GetHashAndReset();
    }

    private void AddRelaxed(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            int blank = piece.IndexOfAny((byte)' ', (byte)'\t');
            if (blank != 0)
            {
                int end = blank < 0 ? piece.Length : blank;
                bool isApart = _hasBlank;
                _hasBlank = false;
                if (isApart)
                    Text(" "u8);
                Text(piece[..end]);
                piece = piece[end..];
            }
            else
            {
                int end = piece.IndexOfAnyExcept((byte)' ', (byte)'\t');
                _hasBlank = true;
                piece = end < 0 ? [] : piece[end..];
            }
        }
    }

    private void Text(ReadOnlySpan<byte> octets)
    {
        for (; _emptyLines > 0; _emptyLines--)
            Put("\r\n"u8);
        (_lineIsEmpty, _hasText) = (false, true);
        Put(octets);
    }

    private void Put(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > _buffer.Length - _length)
        {
            hash.AppendData(_buffer, 0, _length);
            _length = 0;
            if (octets.Length > _buffer.Length)
            {
                hash.AppendData(octets);
                return;
            }
        }
        octets.CopyTo(_buffer.AsSpan(_length));
        _length += octets.Length;
    }
}
