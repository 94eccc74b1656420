using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Rewrites the addresses in a message's header by a <see cref="GenericMap"/>; what is no address stays as it is, octet
/// for octet.</summary>
/// <remarks>Memory: one header. Attached messages are not looked into.</remarks>
internal sealed class GenericHeaders(GenericMap map, LineSink output)
{
    private readonly HeaderLines _lines = new(int.MaxValue);
    private bool _isCollecting;
    private bool _hasHeader;
    private bool _withinLine;
    private bool _isOver; // the header came to its end

    /// <summary>Takes a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_isOver)
        {
            output(piece, endsLine);
            return;
        }
        bool startsLine = !_withinLine;
        if (startsLine && piece.IsEmpty && !endsLine)
            return;
        if (startsLine && HeaderLines.Judge(piece, _hasHeader) is var line and not HeaderLine.Continues)
            Begin(piece, line);
        // What follows of a header that is too large goes out unseen.
        if (_isCollecting && _lines.Length + piece.Length >= map.HeaderSizeLimit)
            Release(_lines.Take(), endsLine: startsLine);
        _withinLine = !endsLine;
        if (_isCollecting)
            _lines.Add(piece, startsLine);
        else
            output(piece, endsLine);
    }

    /// <summary>Lets out what was held back.</summary>
    internal void End()
    {
        if (_isCollecting)
            EndHeader();
    }

    private void Begin(ReadOnlySpan<byte> piece, HeaderLine line)
    {
        End();
        _isOver = line == HeaderLine.None;
        _hasHeader = true;
        _isCollecting = !_isOver && HeaderNames.HasAddresses(HeaderNames.Find(piece[..HeaderNames.Length(piece, out _)]));
    }

    private void EndHeader()
    {
        ReadOnlySpan<byte> header = _lines.Take();
        int start = header.IndexOf((byte)':') + 1;
        string body = ByteText.Decode(header[start..]);
        string rewritten = HeaderAddresses.Rewrite(body, a => map.Rewrite(a.Address), map.TokenLimit, nameLength: start - 1);
        if (!ReferenceEquals(body, rewritten))
            header = (byte[])[.. header[..start], .. ByteText.Encode(rewritten)];
        Release(header, endsLine: !_withinLine);
    }

    private void Release(ReadOnlySpan<byte> header, bool endsLine)
    {
        _isCollecting = false;
        if (header.IsEmpty)
            return;
        for (int end = header.IndexOf((byte)'\n'); end >= 0; end = header.IndexOf((byte)'\n'))
        {
            output(header[..end], endsLine: true);
            header = header[(end + 1)..];
        }
        output(header, endsLine);
    }
}
