using System.Runtime.InteropServices;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Makes 7-bit content of 8-bit MIME content for a server without 8BITMIME (RFC 6152 section 3): each entity that
/// declares 8bit or binary becomes quoted-printable or base64 (RFC 2045 sections 6.7 and 6.8).</summary>
/// <remarks>Only what the MIME headers declare counts: content that is 8-bit without saying so goes out as it is, because
/// nothing tells what it means; so do headers, which no transfer encoding covers. The declaration moves to the end of its
/// header. Multiparts and attached messages are declared 7bit and looked into, <see cref="MostNested"/> levels deep; those
/// that cannot be looked into stay as they are. Memory: one header.</remarks>
internal sealed class SevenBitContent(LineSink output)
{
    /// <summary>Deeper entities go out as they are.</summary>
    internal const int MostNested = 100;

    // A header that is larger is not rewritten, and what belongs to it not converted.
    private const int LargestHeader = 256 * 1024;

    private readonly List<Multipart> _open = [];
    private readonly List<byte[]> _header = [];
    private byte[] _line = new byte[1024];
    private int _lineLength;
    private int _headerSize;
    private int _messages;
    private bool _inHeader = true;
    private bool _isPartOfDigest;
    private BodyEncoder? _encoder;
    private bool _atLineStart = true;
    private bool _passesLine;
    private bool _headerFollows;

    /// <param name="Messages">Attached messages around it.</param>
    /// <param name="IsDigest">Its parts are messages where they do not say what they are: RFC 2046 section 5.1.5.</param>
    private sealed record Multipart(byte[] Boundary, int Messages, bool IsDigest);

    /// <summary>Takes a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_inHeader)
        {
            AddToHeader(piece, endsLine);
            return;
        }
        if (_atLineStart && _open.Count > 0 && piece.StartsWith("--"u8))
            _passesLine = MeetsBoundary(piece[2..]);
        _atLineStart = endsLine;
        if (_passesLine || _encoder is null)
            output(piece, endsLine);
        else
            _encoder.Add(piece, endsLine);
        if (!endsLine)
            return;
        _passesLine = false;
        if (_headerFollows)
        {
            _headerFollows = false;
            _inHeader = true;
        }
    }

    /// <summary>Lets out what was held back.</summary>
    internal void End()
    {
        if (_inHeader)
        {
            if (_lineLength > 0)
                EndHeaderLine();
            PassHeader();
        }
        else if (!_atLineStart)
        {
            Add([], endsLine: true);
        }
        _encoder?.End(beforeBoundary: false);
    }

    private void AddToHeader(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (piece.Length > _line.Length - _lineLength)
            Array.Resize(ref _line, (_lineLength + piece.Length) * 2);
        piece.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += piece.Length;
        _headerSize += piece.Length + 2;
        if (_headerSize > LargestHeader)
        {
            PassHeader();
            output(_line.AsSpan(0, _lineLength), endsLine);
            _lineLength = 0;
            _atLineStart = endsLine;
        }
        else if (endsLine)
        {
            EndHeaderLine();
        }
    }

    private void EndHeaderLine()
    {
        byte[] line = _line[.._lineLength];
        _lineLength = 0;
        if (line.Length == 0)
        {
            EndHeader();
            return;
        }
        // The end of an enclosing multipart may come where a header is expected; and what is no header ends the header.
        if (HeaderLines.Judge(line, _header.Count > 0) == HeaderLine.None || line.AsSpan().StartsWith("--"u8))
        {
            PassHeader();
            Add(line, endsLine: true);
            return;
        }
        _header.Add(line);
    }

    // The header as it came; its body is not converted.
    private void PassHeader()
    {
        foreach (byte[] line in _header)
            output(line, endsLine: true);
        BeginBody();
    }

    private void BeginBody()
    {
        _header.Clear();
        _headerSize = 0;
        _inHeader = false;
        _encoder = null;
        _atLineStart = true;
    }

    private void EndHeader()
    {
        (string? declared, byte[]? boundary) = EntityHeader.ContentType(Find("content-type"));
        string type = declared ?? (_isPartOfDigest ? "message/rfc822" : "text/plain");
        bool isMultipart = type.StartsWith("multipart/", StringComparison.Ordinal);
        // RFC 2045 section 6.4: entities made of entities are never encoded themselves; RFC 6532 section 3.7: but those
        // with UTF-8 headers are.
        bool isMessage = type.StartsWith("message/", StringComparison.Ordinal) && !type.StartsWith("message/global", StringComparison.Ordinal);
        bool canEnter = isMultipart
            ? boundary is not null && _open.Count < MostNested
            : type != "message/rfc822" || _messages < MostNested;
        bool convert = canEnter && EntityHeader.IsEightBit(Find("content-transfer-encoding"));
        bool skipping = false;
        foreach (byte[] line in _header)
        {
            if (line[0] is not ((byte)' ' or (byte)'\t'))
                skipping = convert && IsNamed(line, "content-transfer-encoding");
            if (!skipping)
                output(line, endsLine: true);
        }
        BodyEncoder? encoder = !convert || isMultipart || isMessage ? null : EncoderFor(type);
        if (convert)
        {
            output("Content-Transfer-Encoding: "u8, endsLine: false);
            output(encoder is null ? "7bit"u8 : encoder.Name, endsLine: true);
        }
        output([], endsLine: true);
        BeginBody();
        _encoder = encoder;
        if (isMultipart && canEnter)
        {
            _open.Add(new Multipart(boundary!, _messages, type == "multipart/digest"));
        }
        else if (type == "message/rfc822" && canEnter)
        {
            _messages++;
            _inHeader = true;
            _isPartOfDigest = false;
        }
    }

    // Pictures and the like are dense: quoted-printable would treble them. Text stays readable.
    private BodyEncoder EncoderFor(string type)
    {
        foreach (string dense in (ReadOnlySpan<string>)["image/", "audio/", "video/", "application/"])
        {
            if (type.StartsWith(dense, StringComparison.Ordinal))
                return new Base64Body(output);
        }
        return new QuotedPrintableBody(output);
    }

    // True for a line that separates parts, inner or outer ones; what comes after it is decided here.
    private bool MeetsBoundary(ReadOnlySpan<byte> line)
    {
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            Multipart multipart = _open[i];
            if (!line.StartsWith(multipart.Boundary))
                continue;
            ReadOnlySpan<byte> rest = line[multipart.Boundary.Length..];
            bool isLast = rest.StartsWith("--"u8);
            // Another boundary may begin with this one.
            if (!(isLast ? rest[2..] : rest).Trim(" \t\r"u8).IsEmpty)
                continue;
            int keep = isLast ? i : i + 1;
            _open.RemoveRange(keep, _open.Count - keep);
            _messages = multipart.Messages;
            _isPartOfDigest = multipart.IsDigest;
            _encoder?.End(beforeBoundary: true);
            _encoder = null;
            _headerFollows = !isLast;
            return true;
        }
        return false;
    }

    private ReadOnlySpan<byte> Find(string name)
    {
        for (int i = 0; i < _header.Count; i++)
        {
            if (!IsNamed(_header[i], name))
                continue;
            List<byte> value = [.. _header[i].AsSpan(Array.IndexOf(_header[i], (byte)':') + 1)];
            for (int j = i + 1; j < _header.Count && _header[j][0] is (byte)' ' or (byte)'\t'; j++)
                value.AddRange(_header[j]);
            return CollectionsMarshal.AsSpan(value);
        }
        return default;
    }

    private static bool IsNamed(ReadOnlySpan<byte> line, string name)
    {
        int colon = line.IndexOf((byte)':');
        return colon > 0 && Ascii.EqualsIgnoreCase(line[..colon].TrimEnd(" \t"u8), name);
    }
}
