using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;

namespace PostfixNet.Smtp;

/// <summary>Makes 7-bit content of 8-bit MIME content for a server without 8BITMIME (RFC 6152 section 3): each entity that
/// declares 8bit or binary becomes quoted-printable (RFC 2045 section 6.7).</summary>
/// <remarks>Only what the MIME headers declare counts: content that is 8-bit without saying so goes out as it is, because
/// nothing tells what it means. The declaration moves to the end of its header. Multiparts and attached messages are
/// declared 7bit and looked into, <see cref="MostNested"/> levels deep. Memory: one header.</remarks>
internal sealed class SevenBitContent(MessageBody output)
{
    /// <summary>Deeper entities go out as they are.</summary>
    internal const int MostNested = 100;

    // A header that is larger is not rewritten, and what belongs to it not converted.
    private const int LargestHeader = 256 * 1024;

    // RFC 2045 section 6.7 rule 5: 76 with the soft line break.
    private const int LongestLine = 75;

    private readonly List<byte[]> _boundaries = [];
    private readonly List<byte[]> _header = [];
    private byte[] _line = new byte[1024];
    private int _lineLength;
    private int _headerSize;
    private int _messages;
    private bool _inHeader = true;
    private bool _partsAreMessages; // the default type of a multipart/digest's parts, RFC 2046 section 5.1.5
    private bool _encodes;
    private bool _atLineStart = true;
    private bool _passesLine;
    private bool _headerFollows;
    private int _column;
    private byte _heldBlank;

    /// <summary>Takes a piece of a line.</summary>
    internal void Add(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_inHeader)
        {
            AddToHeader(piece, endsLine);
            return;
        }
        if (_atLineStart && _boundaries.Count > 0 && piece.StartsWith("--"u8))
            _passesLine = MeetsBoundary(piece[2..]);
        _atLineStart = endsLine;
        if (_passesLine || !_encodes)
            output.Add(piece, endsLine);
        else
            Encode(piece, endsLine);
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
            output.Add(_line.AsSpan(0, _lineLength), endsLine);
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
        bool continued = line[0] is (byte)' ' or (byte)'\t' && _header.Count > 0;
        if (!continued && line.AsSpan().IndexOf((byte)':') <= 0 || line.AsSpan().StartsWith("--"u8))
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
            output.Add(line, endsLine: true);
        BeginBody();
    }

    private void BeginBody()
    {
        _header.Clear();
        _headerSize = 0;
        _inHeader = false;
        _encodes = false;
        _atLineStart = true;
        _column = 0;
    }

    private void EndHeader()
    {
        (string type, string? boundary) = TypeOf(Find("content-type"));
        bool isMultipart = type.StartsWith("multipart/", StringComparison.Ordinal);
        bool isMessage = type is "message/rfc822" or "message/global";
        bool convert = IsEightBit(Find("content-transfer-encoding"));
        bool skipping = false;
        foreach (byte[] line in _header)
        {
            if (line[0] is not ((byte)' ' or (byte)'\t'))
                skipping = convert && IsNamed(line, "content-transfer-encoding");
            if (!skipping)
                output.Add(line, endsLine: true);
        }
        // RFC 2045 section 6.4: entities made of entities are never encoded themselves.
        bool isComposite = isMultipart || type.StartsWith("message/", StringComparison.Ordinal);
        if (convert)
            output.Add(isComposite ? "Content-Transfer-Encoding: 7bit"u8 : "Content-Transfer-Encoding: quoted-printable"u8, endsLine: true);
        output.Add([], endsLine: true);
        BeginBody();
        _encodes = convert && !isComposite;
        if (isMultipart && boundary is { Length: > 0 } && _boundaries.Count < MostNested)
        {
            _boundaries.Add(Encoding.Latin1.GetBytes(boundary));
            _partsAreMessages = type == "multipart/digest";
        }
        else if (isMessage && _messages < MostNested)
        {
            _messages++;
            _inHeader = true;
            _partsAreMessages = false;
        }
    }

    // True for a line that separates parts, inner or outer ones; what comes after it is decided here.
    private bool MeetsBoundary(ReadOnlySpan<byte> line)
    {
        for (int i = _boundaries.Count - 1; i >= 0; i--)
        {
            ReadOnlySpan<byte> boundary = _boundaries[i];
            if (!line.StartsWith(boundary))
                continue;
            ReadOnlySpan<byte> rest = line[boundary.Length..];
            bool isLast = rest.StartsWith("--"u8);
            // Another boundary may begin with this one.
            if (!(isLast ? rest[2..] : rest).Trim(" \t\r"u8).IsEmpty)
                continue;
            int keep = isLast ? i : i + 1;
            if (keep < _boundaries.Count - 1)
                _partsAreMessages = false;
            _boundaries.RemoveRange(keep, _boundaries.Count - keep);
            _encodes = false;
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

    private static bool IsEightBit(ReadOnlySpan<byte> encoding) => MimeToken.Next(ref encoding).Text is "8bit" or "binary";

    // Lower case type/subtype, and the boundary.
    private (string Type, string? Boundary) TypeOf(ReadOnlySpan<byte> value)
    {
        string type = MimeToken.Next(ref value).Text;
        bool hasSlash = MimeToken.Next(ref value).Text == "/";
        string subtype = hasSlash ? MimeToken.Next(ref value).Text : "";
        if (type.Length == 0 || subtype.Length == 0)
            return (_partsAreMessages ? "message/rfc822" : "text/plain", null);
        while (MimeToken.Next(ref value) is { Text.Length: > 0 } token)
        {
            if (token.Text != ";")
                continue;
            string name = MimeToken.Next(ref value).Text;
            if (name == "boundary" && MimeToken.Next(ref value).Text == "=")
                return ($"{type}/{subtype}", MimeToken.Next(ref value).Original);
        }
        return ($"{type}/{subtype}", null);
    }

    private void Encode(ReadOnlySpan<byte> piece, bool endsLine)
    {
        foreach (byte octet in piece)
        {
            // A blank may stand for itself only where something follows it on the line.
            FlushBlank(isLast: false);
            if (octet is (byte)' ' or (byte)'\t')
                _heldBlank = octet;
            else if (octet is > (byte)' ' and < 0x7f and not (byte)'=')
                PutEncoded([octet]);
            else
                PutHex(octet);
        }
        if (!endsLine)
            return;
        FlushBlank(isLast: true);
        output.Add([], endsLine: true);
        _column = 0;
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
            PutEncoded([blank]);
    }

    private void PutHex(byte octet)
    {
        Span<byte> hex = [(byte)'=', 0, 0];
        _ = Utf8Formatter.TryFormat(octet, hex[1..], out _, new StandardFormat('X', 2));
        PutEncoded(hex);
    }

    private void PutEncoded(ReadOnlySpan<byte> octets)
    {
        if (_column + octets.Length > LongestLine)
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

/// <summary>Words of a structured MIME header, RFC 2045 section 5.1.</summary>
/// <param name="Text">Lower case; empty at the end.</param>
/// <param name="Original">As it stands, quotes taken off.</param>
internal readonly record struct MimeToken(string Text, string Original)
{
    /// <summary>Takes the next word, quoted string or special off the front; comments and blanks are passed over.</summary>
    internal static MimeToken Next(ref ReadOnlySpan<byte> value)
    {
        SkipComments(ref value);
        if (value.IsEmpty)
            return new MimeToken("", "");
        if (value[0] == '"')
            return Quoted(ref value);
        int length = 0;
        while (length < value.Length && " \t\r\n()<>@,;:\\\"/[]?="u8.IndexOf(value[length]) < 0)
            length++;
        length = Math.Max(1, length); // a special is a word of its own
        string word = Encoding.Latin1.GetString(value[..length]);
        value = value[length..];
        return new MimeToken(word.ToLowerInvariant(), word);
    }

    private static MimeToken Quoted(ref ReadOnlySpan<byte> value)
    {
        StringBuilder text = new();
        int i = 1;
        for (; i < value.Length && value[i] != '"'; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
                i++;
            text.Append((char)value[i]);
        }
        value = value[Math.Min(value.Length, i + 1)..];
        string word = text.ToString();
        return new MimeToken(word.ToLowerInvariant(), word);
    }

    private static void SkipComments(ref ReadOnlySpan<byte> value)
    {
        int depth = 0;
        while (!value.IsEmpty)
        {
            byte c = value[0];
            if (c == '(')
                depth++;
            else if (c == ')' && depth > 0)
                depth--;
            else if (c == '\\' && depth > 0 && value.Length > 1)
                value = value[1..];
            else if (depth == 0 && c is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return;
            value = value[1..];
        }
    }
}
