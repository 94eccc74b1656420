using PostfixNet.Mail;

namespace PostfixNet.Checks;

/// <summary>How much of a message's structure is seen.</summary>
/// <param name="NestingLimit">mime_nesting_limit: boundaries in force at a time.</param>
/// <param name="BoundaryLimit">mime_boundary_length_limit: octets of a boundary that are compared.</param>
/// <param name="HeaderSizeLimit">header_size_limit: octets of a header that are kept.</param>
/// <param name="Strictness">What is told of when it is not as it should be.</param>
/// <param name="IsSeen">false: what follows the message's headers is text, whatever they say (disable_mime_input_processing).</param>
public sealed record MimeLimits(int NestingLimit, int BoundaryLimit, int HeaderSizeLimit, MimeStrictness Strictness, bool IsSeen);

/// <summary>Finds headers of parts and of messages within a message, RFC 2045 and 2046, in content that streams through: of every piece it
/// says at once what it is. The headers of the message itself are put together by who feeds it, and told here.</summary>
/// <remarks>It goes where Postfix goes, which looks for headers wherever some reader of the message might: all boundaries of a Content-Type
/// count, encodings of multiparts do not, an outer boundary ends what is within. Nothing is decoded. Memory: one header and the boundaries.</remarks>
public sealed class MimeMachine(MimeLimits limits, IMimeListener listener)
{
    private enum Reading { PartHeaders, NestedHeaders, Text }

    // Of the entity in hand: what is in it, and how it is encoded.
    private enum Kind { Text, Message, GlobalMessage, SevenBitMessage, OtherMessage, Multipart }

    private enum Encoding { SevenBit, EightBit, Binary, QuotedPrintable, Base64 }

    /// <param name="Name">Without the dashes in front.</param>
    /// <param name="HasMessages">Its parts are messages where they do not say what they are: RFC 2046 section 5.1.5.</param>
    private readonly record struct Boundary(byte[] Name, bool HasMessages);

    private readonly HeaderLines _lines = new(limits.HeaderSizeLimit);
    private readonly List<Boundary> _open = [];
    private Reading _reading = Reading.Text;
    private Kind _kind = Kind.Text;
    private Encoding _encoding = Encoding.SevenBit;
    private bool _withinLine;
    private bool _isPastHeaders; // those of the message
    private int _told; // bits by MimeError
    private long _offset;

    /// <summary>A header of the message itself.</summary>
    /// <param name="header">LF between its lines, no blank before the colon.</param>
    public void Header(ReadOnlySpan<byte> header)
    {
        int colon = header.IndexOf((byte)':');
        if (!limits.IsSeen || colon < 0)
            return;
        if (System.Text.Ascii.EqualsIgnoreCase(header[..colon], "content-type"))
            ContentType(header, colon + 1);
        else if (System.Text.Ascii.EqualsIgnoreCase(header[..colon], "content-transfer-encoding"))
            TransferEncoding(header[(colon + 1)..]);
        if (Has(MimeStrictness.Headers) && !System.Text.Ascii.IsValid(header))
            Tell(MimeError.EightBitHeader, header);
    }

    /// <summary>The headers of the message end.</summary>
    /// <param name="piece">The line that ends them, or the first piece of it.</param>
    /// <param name="endsLine">It is the last piece.</param>
    public void EndHeaders(ReadOnlySpan<byte> piece, bool endsLine)
    {
        _isPastHeaders = true;
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
        if (_reading != Reading.Text || !_isPastHeaders)
            CheckEncoding();
    }

    private bool Has(MimeStrictness what) => limits.IsSeen && (limits.Strictness & what) != 0;

    private void Tell(MimeError error, ReadOnlySpan<byte> text)
    {
        if ((_told & (1 << (int)error)) == 0)
            listener.Wrong(error, text);
        _told |= 1 << (int)error;
    }

    private void CheckEncoding()
    {
        if (!Has(MimeStrictness.Encodings))
            return;
        bool isWrong = _kind switch
        {
            Kind.SevenBitMessage => _encoding is Encoding.EightBit or Encoding.Binary,
            Kind.Message or Kind.Multipart => _encoding is Encoding.QuotedPrintable or Encoding.Base64,
            _ => false,
        };
        if (isWrong)
            Tell(MimeError.EncodedEntity, NameOf(_encoding));
    }

    // A block of headers ends; only after an empty line more of them may follow.
    private void EndBlock(ReadOnlySpan<byte> line)
    {
        CheckEncoding();
        bool holdsMessage = _kind is Kind.Message or Kind.GlobalMessage && line.IsEmpty;
        _reading = holdsMessage ? Reading.NestedHeaders : Reading.Text;
        if (holdsMessage || (_kind == Kind.Multipart && line.IsEmpty))
            (_kind, _encoding) = (Kind.Text, Encoding.SevenBit);
        if (!holdsMessage)
            _offset = 0;
    }

    private void Line(ReadOnlySpan<byte> piece, bool endsLine)
    {
        if (_encoding == Encoding.SevenBit && Has(MimeStrictness.Bodies) && !System.Text.Ascii.IsValid(piece))
            Tell(MimeError.EightBitBody, piece);
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
            (_reading, _kind, _encoding) = isLast ? (Reading.Text, Kind.Text, Encoding.SevenBit) : (Reading.PartHeaders, boundary.HasMessages ? Kind.Message : Kind.Text, Encoding.SevenBit);
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
            _kind = KindOf(words);
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

    private static Kind KindOf(in MimeWords words) => words.Is("multipart") ? Kind.Multipart
        : words.Is("text") ? Kind.Text
        : words.Is("message", '/', "rfc822") ? Kind.Message
        : words.Is("message", '/', "global") ? Kind.GlobalMessage
        : words.Is("message", '/', "partial") || words.Is("message", '/', "external-body") ? Kind.SevenBitMessage
        : Kind.OtherMessage;

    private void TransferEncoding(ReadOnlySpan<byte> value)
    {
        MimeWords words = new(value, MimeWords.MailSpecials);
        _ = words.Next();
        foreach (Encoding known in (ReadOnlySpan<Encoding>)[Encoding.SevenBit, Encoding.EightBit, Encoding.Binary, Encoding.QuotedPrintable, Encoding.Base64])
        {
            if (words.Is(System.Text.Encoding.ASCII.GetString(NameOf(known))))
                _encoding = known;
        }
    }

    // RFC 2045 section 6.1.
    private static ReadOnlySpan<byte> NameOf(Encoding encoding) => encoding switch
    {
        Encoding.SevenBit => "7bit"u8,
        Encoding.EightBit => "8bit"u8,
        Encoding.Binary => "binary"u8,
        Encoding.QuotedPrintable => "quoted-printable"u8,
        _ => "base64"u8,
    };

    private void Open(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name, bool hasMessages)
    {
        // The first one is no nesting, and the limit is passed by one: as Postfix counts.
        if (_open.Count > limits.NestingLimit + 1)
        {
            Tell(MimeError.TooDeep, header);
            return;
        }
        _open.Add(new Boundary(name[..Math.Min(name.Length, limits.BoundaryLimit)].ToArray(), hasMessages));
    }
}
