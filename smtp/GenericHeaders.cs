using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Rewrites the addresses in a message's header by a <see cref="GenericMap"/>; what is no address stays as it is, octet
/// for octet.</summary>
/// <remarks>Memory: one header. Attached messages are not looked into.</remarks>
internal sealed class GenericHeaders(GenericMap map, GenericHeaders.Sink output)
{
    private byte[] _header = [];  // being collected, LF after each line
    private int _length;
    private bool _isCollecting;
    private bool _hasHeader;
    private bool _withinLine;

    internal delegate void Sink(ReadOnlySpan<byte> piece, bool endsLine);

    /// <summary>The header came to its end; pieces may go past.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Takes a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        bool startsLine = !_withinLine;
        if (startsLine && piece.IsEmpty && !endsLine)
            return;
        _withinLine = !endsLine;
        if (startsLine && !(_hasHeader && !piece.IsEmpty && piece[0] is (byte)' ' or (byte)'\t'))
            Begin(piece);
        if (_isCollecting && _length + piece.Length >= map.HeaderSizeLimit)
            Release();
        if (!_isCollecting)
        {
            output(piece, endsLine);
            return;
        }
        if (_length + piece.Length + 1 > _header.Length)
            Array.Resize(ref _header, (_length + piece.Length + 1) * 2);
        piece.CopyTo(_header.AsSpan(_length));
        _length += piece.Length;
        if (endsLine)
            _header[_length++] = (byte)'\n';
    }

    /// <summary>Lets out what was held back.</summary>
    internal void End()
    {
        if (_isCollecting)
            EndHeader();
    }

    private void Begin(ReadOnlySpan<byte> piece)
    {
        End();
        int length = HeaderNames.Length(piece, out _);
        IsOver = length == 0;
        _hasHeader = true;
        _isCollecting = length > 0 && HeaderNames.HasAddresses(HeaderNames.Find(piece[..length]));
    }

    private void EndHeader()
    {
        ReadOnlySpan<byte> header = _header.AsSpan(0, _length);
        bool endsLine = header[^1] == '\n';
        int start = header.IndexOf((byte)':') + 1;
        string body = ByteText.Decode(header[start..(endsLine ? ^1 : ^0)]);
        string rewritten = HeaderAddresses.Rewrite(body, map.Rewrite, map.TokenLimit);
        if (!ReferenceEquals(body, rewritten))
        {
            byte[] text = ByteText.Encode(rewritten);
            Array.Resize(ref _header, start + text.Length + 1);
            text.CopyTo(_header.AsSpan(start));
            _length = start + text.Length;
            if (endsLine)
                _header[_length++] = (byte)'\n';
        }
        Release();
    }

    // The header goes out as it stands, and what follows of it unseen.
    private void Release()
    {
        ReadOnlySpan<byte> rest = _header.AsSpan(0, _length);
        for (int end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
        {
            output(rest[..end], endsLine: true);
            rest = rest[(end + 1)..];
        }
        if (!rest.IsEmpty)
            output(rest, endsLine: false);
        _length = 0;
        _isCollecting = false;
    }
}
