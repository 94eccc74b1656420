using System.Buffers;
using System.Buffers.Text;

namespace PostfixNet.Smtp;

/// <summary>A content transfer encoding of RFC 2045 section 6, applied to one body.</summary>
internal abstract class BodyEncoder
{
    // RFC 2045 sections 6.7 rule 5 and 6.8: 76, in quoted-printable with the soft line break.
    protected const int LongestLine = 76;

    /// <summary>Its name in Content-Transfer-Encoding.</summary>
    internal abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>Takes a piece of a line.</summary>
    internal abstract void Add(ReadOnlySpan<byte> piece, bool endsLine);

    /// <summary>Ends the body.</summary>
    /// <param name="beforeBoundary">The last line ending belongs to the boundary that follows (RFC 2046 section 5.1.1).</param>
    internal abstract void End(bool beforeBoundary);
}

/// <summary>RFC 2045 section 6.7.</summary>
internal sealed class QuotedPrintableEncoder(MessageBody output) : BodyEncoder
{
    private int _column;
    private byte _heldBlank;

    internal override ReadOnlySpan<byte> Name => "quoted-printable"u8;

    internal override void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        foreach (byte octet in piece)
        {
            // A blank may stand for itself only where something follows it on the line.
            FlushBlank(isLast: false);
            if (octet is (byte)' ' or (byte)'\t')
                _heldBlank = octet;
            else if (octet is > (byte)' ' and < 0x7f and not (byte)'=')
                Put([octet]);
            else
                PutHex(octet);
        }
        if (!endsLine)
            return;
        FlushBlank(isLast: true);
        output.Add([], endsLine: true);
        _column = 0;
    }

    // Each line has its ending already; that of the last one is where a boundary wants it.
    internal override void End(bool beforeBoundary)
    {
    }

    private void FlushBlank(bool isLast)
    {
        byte blank = _heldBlank;
        _heldBlank = 0;
        if (blank == 0)
            return;
        if (isLast)
            PutHex(blank);
        else
            Put([blank]);
    }

    private void PutHex(byte octet)
    {
        Span<byte> hex = [(byte)'=', 0, 0];
        _ = Utf8Formatter.TryFormat(octet, hex[1..], out _, new StandardFormat('X', 2));
        Put(hex);
    }

    private void Put(ReadOnlySpan<byte> octets)
    {
        if (_column + octets.Length > LongestLine - 1)
        {
            output.Add("="u8, endsLine: true);
            _column = 0;
            // What comes at the start of a line by our doing must not be taken for a boundary.
            if (octets[0] == '-')
                octets = "=2D"u8;
        }
        output.Add(octets, endsLine: false);
        _column += octets.Length;
    }
}

/// <summary>RFC 2045 section 6.8.</summary>
internal sealed class Base64Encoder(MessageBody output) : BodyEncoder
{
    private readonly byte[] _group = new byte[LongestLine / 4 * 3];
    private int _length;
    private bool _holdsLineEnd;

    internal override ReadOnlySpan<byte> Name => "base64"u8;

    internal override void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        FlushLineEnd();
        Put(piece);
        _holdsLineEnd = endsLine;
    }

    internal override void End(bool beforeBoundary)
    {
        if (!beforeBoundary)
            FlushLineEnd();
        WriteGroup();
    }

    private void FlushLineEnd()
    {
        if (_holdsLineEnd)
            Put("\r\n"u8);
        _holdsLineEnd = false;
    }

    private void Put(ReadOnlySpan<byte> octets)
    {
        while (octets.Length > 0)
        {
            int fits = Math.Min(octets.Length, _group.Length - _length);
            octets[..fits].CopyTo(_group.AsSpan(_length));
            _length += fits;
            octets = octets[fits..];
            if (_length == _group.Length)
                WriteGroup();
        }
    }

    private void WriteGroup()
    {
        if (_length == 0)
            return;
        Span<byte> line = stackalloc byte[LongestLine];
        _ = Base64.EncodeToUtf8(_group.AsSpan(0, _length), line, out _, out int written);
        output.Add(line[..written], endsLine: true);
        _length = 0;
    }
}
