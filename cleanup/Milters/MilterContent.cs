using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Milter;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>The message in a queue file as a milter is to see it: as it will be sent, but without our own Received:, and without the line that ends the headers.</summary>
internal sealed class MilterContent : IMilterContent
{
    private readonly ContentReader _reader;
    private readonly HeaderLines _lines;
    private readonly byte[]? _hidden;
    private bool _isHidden, _withinLine, _isInBody, _hasRecord;

    /// <param name="start">Offset of the first header.</param>
    /// <param name="hidden">A header that the milter is not to see; LF between lines.</param>
    /// <param name="headerLimit">header_size_limit.</param>
    internal MilterContent(SafeFileHandle file, long start, byte[]? hidden, int headerLimit)
    {
        _reader = new ContentReader(file, start);
        _lines = new HeaderLines(headerLimit);
        _hidden = hidden;
    }

    public bool NextHeader(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (TakeHeader(out ReadOnlySpan<byte> header))
        {
            if (!_isHidden && _hidden is not null && header.SequenceEqual(_hidden))
            {
                _isHidden = true;
                continue;
            }
            int length = HeaderNames.Length(header, out int colon);
            if (length == 0)
                continue;
            name = header[..length];
            value = header[(colon + 1)..];
            return true;
        }
        name = value = default;
        return false;
    }

    private bool TakeHeader(out ReadOnlySpan<byte> header)
    {
        header = default;
        while (!_isInBody && (_hasRecord || _reader.Read()))
        {
            _hasRecord = true;
            HeaderLine line = _withinLine ? HeaderLine.Continues : HeaderLines.Judge(_reader.Piece, _lines.Length > 0);
            if (line != HeaderLine.Continues && _lines.Length > 0)
            {
                header = _lines.Take();
                return true;
            }
            if (line == HeaderLine.None)
            {
                _isInBody = true;
                // Nobody but us sees the empty line.
                _hasRecord = !(_reader.Piece.IsEmpty && _reader.EndsLine);
                return false;
            }
            _lines.Add(_reader.Piece, !_withinLine);
            _withinLine = !_reader.EndsLine;
            _hasRecord = false;
        }
        _isInBody = true;
        if (_lines.Length == 0)
            return false;
        header = _lines.Take();
        return true;
    }

    private byte[] _piece = [];

    public ReadOnlySpan<byte> NextBody()
    {
        while (_hasRecord || _reader.Read())
        {
            _hasRecord = false;
            ReadOnlySpan<byte> text = _reader.Piece;
            if (!_reader.EndsLine)
            {
                if (text.IsEmpty)
                    continue;
                return text;
            }
            if (_piece.Length < text.Length + 2)
                _piece = new byte[text.Length + 512];
            text.CopyTo(_piece);
            "\r\n"u8.CopyTo(_piece.AsSpan(text.Length));
            return _piece.AsSpan(0, text.Length + 2);
        }
        return default;
    }
}
