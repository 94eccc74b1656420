using MimeKit.Encodings;

namespace PostfixNet.Smtp;

/// <summary>A content transfer encoding of RFC 2045 section 6, applied to one body. The encoders are MimeKit's; what they do
/// not heed is added here: the line ending that belongs to a boundary, and octets that must not become one.</summary>
/// <remarks>Memory: two fixed buffers.</remarks>
internal abstract class BodyEncoder(IMimeEncoder encoder, LineSink output)
{
    private const int PieceSize = 2048;

    private readonly byte[] _piece = new byte[PieceSize];
    // Three octets for one, and soft line breaks: more than EstimateOutputLength says, which is too low for some line lengths.
    private readonly byte[] _encoded = new byte[4 * PieceSize + 128];

    /// <summary>Its name in Content-Transfer-Encoding.</summary>
    internal abstract ReadOnlySpan<byte> Name { get; }

    /// <summary>Takes a piece of a line.</summary>
    internal abstract void Add(ReadOnlySpan<byte> piece, bool endsLine);

    /// <summary>Ends the body.</summary>
    /// <param name="beforeBoundary">The last line ending belongs to the boundary that follows (RFC 2046 section 5.1.1).</param>
    internal abstract void End(bool beforeBoundary);

    /// <summary>Encodes octets; some may stay in the encoder.</summary>
    protected void Put(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            int length = Math.Min(octets.Length, PieceSize);
            octets[..length].CopyTo(_piece);
            Send(encoder.Encode(_piece, 0, length, _encoded));
            octets = octets[length..];
        }
    }

    /// <summary>Encodes what is still in the encoder, and ends the line.</summary>
    protected void Flush() => Send(encoder.Flush([], 0, 0, _encoded));

    /// <summary>Sends a piece of an encoded line.</summary>
    protected virtual void Send(ReadOnlySpan<byte> piece, bool endsLine) => output(piece, endsLine);

    private void Send(int length)
    {
        ReadOnlySpan<byte> rest = _encoded.AsSpan(0, length);
        for (int end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
        {
            Send(rest[..end], endsLine: true);
            rest = rest[(end + 1)..];
        }
        if (!rest.IsEmpty)
            Send(rest, endsLine: false);
    }
}

/// <summary>RFC 2045 section 6.7.</summary>
internal sealed class QuotedPrintableBody(LineSink output) : BodyEncoder(new QuotedPrintableEncoder(LineLength), output)
{
    // So that no line has more than 76 (rule 5): MimeKit's grow two beyond what they are told, the CRs below 12, "=2D" two.
    private const int LineLength = 60;
    private const int MostReturns = 4;

    private int _returns;
    private bool _isWithinLine;
    private bool _isContinued;

    internal override ReadOnlySpan<byte> Name => "quoted-printable"u8;

    internal override void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        // MimeKit drops a CR that a line ending follows, and ends no line among CRs: there a soft line break is forced.
        while (!piece.IsEmpty)
        {
            bool isReturn = piece[0] == '\r';
            if (isReturn && _returns == MostReturns)
                FlushReturns();
            int end = isReturn ? 1 : piece.IndexOf((byte)'\r');
            if (end < 0)
                end = piece.Length;
            Put(piece[..end]);
            _returns = isReturn ? _returns + 1 : 0;
            piece = piece[end..];
        }
        if (!endsLine)
            return;
        if (_returns > 0)
            FlushReturns();
        Put("\n"u8);
    }

    // Each line has its ending already; that of the last one is where a boundary wants it.
    internal override void End(bool beforeBoundary)
    {
    }

    protected override void Send(ReadOnlySpan<byte> piece, bool endsLine)
    {
        // What comes at the start of a line by our doing must not be taken for a boundary.
        if (_isContinued && !_isWithinLine && piece is [(byte)'-', ..])
        {
            base.Send("=2D"u8, endsLine: false);
            piece = piece[1..];
        }
        base.Send(piece, endsLine);
        _isContinued = piece is [.., (byte)'='];
        _isWithinLine = !endsLine;
    }

    private void FlushReturns()
    {
        Flush();
        _returns = 0;
    }
}

/// <summary>RFC 2045 section 6.8.</summary>
internal sealed class Base64Body(LineSink output) : BodyEncoder(new Base64Encoder(), output)
{
    private bool _holdsLineEnd;

    internal override ReadOnlySpan<byte> Name => "base64"u8;

    internal override void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        PutLineEnd();
        Put(piece);
        _holdsLineEnd = endsLine;
    }

    internal override void End(bool beforeBoundary)
    {
        if (!beforeBoundary)
            PutLineEnd();
        Flush();
    }

    private void PutLineEnd()
    {
        if (_holdsLineEnd)
            Put("\r\n"u8);
        _holdsLineEnd = false;
    }
}
