using PostfixNet.Mail;

namespace PostfixNet.Checks;

/// <summary>How much of a message's structure is seen.</summary>
/// <param name="NestingLimit">mime_nesting_limit: boundaries in force at a time.</param>
/// <param name="BoundaryLimit">mime_boundary_length_limit: octets of a boundary that are compared.</param>
/// <param name="HeaderSizeLimit">header_size_limit: octets of a header that are kept.</param>
/// <param name="IsSeen">false: what follows the message's headers is text, whatever they say (disable_mime_input_processing).</param>
public sealed record MimeLimits(int NestingLimit, int BoundaryLimit, int HeaderSizeLimit, bool IsSeen);

/// <summary>Finds headers of parts and of messages within a message, RFC 2045 and 2046, in content that streams through: of every piece it
/// says at once what it is. The headers of the message itself are put together by who feeds it, and told here.</summary>
/// <remarks>It goes where Postfix goes, which looks for headers wherever some reader of the message might: all boundaries of a Content-Type
/// count, encodings of multiparts do not, an outer boundary ends what is within. Nothing is decoded. Memory: one header and the boundaries.</remarks>
public sealed class MimeMachine(MimeLimits limits, IMimeListener listener)
{
    private enum Reading { PartHeaders, NestedHeaders, Text }

    /// <param name="Name">Without the dashes in front.</param>
    /// <param name="HasMessages">Its parts are messages where they do not say what they are: RFC 2046 section 5.1.5.</param>
    private readonly record struct Boundary(byte[] Name, bool HasMessages);

    private readonly HeaderLines _lines = new(limits.HeaderSizeLimit);
    private readonly List<Boundary> _open = [];
    private Reading _reading = Reading.Text;
    private bool _holdsMessage; // the part in hand is a message
    private bool _withinLine;
    private bool _isTooDeep;
    private long _offset;

    /// <summary>A header of the message itself.</summary>
    /// <param name="header">LF between its lines, no blank before the colon.</param>
    public void Header(ReadOnlySpan<byte> header)
    {
        int colon = header.IndexOf((byte)':');
        if (limits.IsSeen && colon >= 0 && System.Text.Ascii.EqualsIgnoreCase(header[..colon], "content-type"))
            ContentType(header, colon + 1);
    }

    /// <summary>The headers of the message end.</summary>
    /// <param name="piece">The line that ends them, or the first piece of it.</param>
    /// <param name="endsLine">It is the last piece.</param>
    public void EndHeaders(ReadOnlySpan<byte> piece, bool endsLine)
    {
        EndBlock(piece);
        Line(piece, endsLine);
    }

    /// <summary>What follows them, piece by piece.</summary>
    public void Text(ReadOnlySpan<byte> piece, bool endsLine)
    {
        bool startsLine = !_withinLine;
        // Also what is left of the line that is the boundary before headers.
        if (_reading == Reading.Text || !startsLine && _lines.Length == 0)
        {
            Line(piece, endsLine);
            return;
        }
        _withinLine = !endsLine;
        if (startsLine && piece.IsEmpty && _withinLine)
        {
            // No part of a line at all.
            _withinLine = false;
            return;
        }
        HeaderLine line = startsLine ? HeaderLines.Judge(piece, _lines.Length > 0) : HeaderLine.Continues;
        if (line != HeaderLine.Continues)
            EndHeader();
        if (line != HeaderLine.None)
        {
            _lines.Add(piece, startsLine);
            return;
        }
        _withinLine = false;
        EndBlock(piece);
        Line(piece, endsLine);
    }

    /// <summary>The content is complete.</summary>
    public void End()
    {
        if (_reading != Reading.Text)
            EndHeader();
    }

    // A block of headers ends; only after an empty line more of them may follow.
    private void EndBlock(ReadOnlySpan<byte> line)
    {
        bool holdsMessage = _holdsMessage && line.IsEmpty;
        _reading = holdsMessage ? Reading.NestedHeaders : Reading.Text;
        _holdsMessage = false;
        if (!holdsMessage)
            _offset = 0;
    }

    private void Line(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (!_withinLine && _open.Count > 0 && piece is [(byte)'-', (byte)'-', _, ..])
            FindBoundary(piece[2..]);
        // The line in between belongs to what was before it, and headers begin after it.
        _withinLine = !endsLine;
        listener.Body(piece, endsLine, _offset);
        _offset += piece.Length + (endsLine ? 1 : 0);
    }

    private void FindBoundary(ReadOnlySpan<byte> line)
    {
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            Boundary boundary = _open[i];
            if (!line.StartsWith(boundary.Name))
                continue;
            bool isLast = line[boundary.Name.Length..].StartsWith("--"u8);
            _open.RemoveRange(isLast ? i : i + 1, _open.Count - (isLast ? i : i + 1));
            (_reading, _holdsMessage) = isLast ? (Reading.Text, false) : (Reading.PartHeaders, boundary.HasMessages);
            if (isLast)
                _offset = 0;
            return;
        }
    }

    private void EndHeader()
    {
        ReadOnlySpan<byte> header = _lines.Take();
        int nameLength = HeaderNames.Length(header, out int colon);
        if (nameLength == 0)
            return;
        // RFC 5322 section 4.5.
        if (colon > nameLength)
            header = (byte[])[.. header[..nameLength], .. header[colon..]];
        Header(header);
        listener.Header(MimeHeaders.PlaceOf(header[..nameLength], _reading == Reading.NestedHeaders ? HeaderPlace.Nested : HeaderPlace.Part), header);
    }

    private void ContentType(ReadOnlySpan<byte> header, int start)
    {
        MimeWords words = new(header[start..]);
        if (words.Next() != WordsEnd.AtDelimiter && words.Count == 0)
            return;
        // A part of a digest with another type stays a message, as some reader might have it. RFC 2046 section 5.2.1, RFC 6532 section 3.7.
        if (words.Is("text") || words.Is("message") || words.Is("multipart"))
            _holdsMessage = words.Is("message", '/', "rfc822") || words.Is("message", '/', "global");
        if (!words.Is("multipart"))
            return;
        bool hasMessages = words.Is("multipart", '/', "digest");
        // Readers differ in which of several boundaries they take.
        while (words.Next() != WordsEnd.Nothing)
        {
            if (words.Is("boundary", '='))
                Open(header, words.Third, hasMessages);
        }
    }

    private void Open(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name, bool hasMessages)
    {
        // The first one is no nesting, and the limit is passed by one: as Postfix counts.
        if (_open.Count > limits.NestingLimit + 1)
        {
            if (!_isTooDeep)
                listener.TooDeep(header);
            _isTooDeep = true;
            return;
        }
        _open.Add(new Boundary(name[..Math.Min(name.Length, limits.BoundaryLimit)].ToArray(), hasMessages));
    }
}
