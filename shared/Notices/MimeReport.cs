using System.Diagnostics;
using MimeKit;
using MimeKit.Utils;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>A report in parts (multipart/report, RFC 6522), put together and written by MimeKit, of which nothing else here
/// knows.</summary>
/// <remarks>Headers and fields stand as given, folded already: MimeKit would fold them otherwise than Postfix, encode the UTF-8
/// that RFC 6533 permits, and cut a long boundary into pieces. What a part holds goes to the output as it is made: MimeKit
/// would keep it in memory, and take CRs off the ends of lines. See docs/libraries.md.</remarks>
internal sealed class MimeReport : IDisposable
{
    private static readonly FormatOptions s_format = new() { NewLineFormat = NewLineFormat.Unix };

    private readonly MultipartReport _report = new("delivery-status") { Preamble = "This is a MIME-encapsulated message.\n\n" };
    private int _headers;

    /// <param name="boundary">1 to 70 characters of RFC 2046 section 5.1.1, none of them a blank or a quote.</param>
    internal MimeReport(string boundary)
    {
        _report.Boundary = boundary;
        _report.Headers.Replace(Verbatim($"Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"{boundary}\""));
        _report.Headers.Add(HeaderId.ContentTransferEncoding, "8bit");
    }

    /// <summary>Adds a header of the message.</summary>
    /// <param name="field">Name, colon, value; of one line, or folded.</param>
    internal void AddHeader(string field) => _report.Headers.Insert(_headers++, Verbatim(field));

    /// <summary>Adds a part.</summary>
    /// <param name="type">E.g. "text/plain; charset=utf-8".</param>
    /// <param name="isEightBit">It says so in its header.</param>
    /// <param name="write">Writes what it holds, lines ending with LF, and an empty line; called by <see cref="WriteTo"/>.</param>
    internal void AddPart(string description, string type, bool isEightBit, Action<Stream> write)
    {
        StreamedPart part = new(type, write);
        part.Headers.Insert(0, HeaderId.ContentDescription, description);
        if (isEightBit)
            part.ContentTransferEncoding = ContentEncoding.EightBit;
        _report.Add(part);
    }

    /// <summary>Writes the message, lines ending with LF.</summary>
    internal void WriteTo(Stream output) => _report.WriteTo(s_format, output);

    /// <summary>Writes one group of fields of a delivery status, and an empty line (RFC 3464 section 2.1).</summary>
    /// <param name="fields">As headers.</param>
    internal static void WriteGroup(Stream output, IEnumerable<string> fields)
    {
        HeaderList group = [];
        foreach (string field in fields)
            group.Add(Verbatim(field));
        group.WriteTo(s_format, output);
    }

    /// <summary>Text of a header for people to read: encoded words (RFC 2047) become what they mean.</summary>
    internal static string Readable(string value) => Rfc2047.DecodeText(ByteText.Encode(value));

    /// <inheritdoc/>
    public void Dispose() => _report.Dispose();

    private static Header Verbatim(string field)
    {
        if (!field.Contains('\n', StringComparison.Ordinal))
            field = NoticeText.Broken(field);
        if (!Header.TryParse(ByteText.Encode(field + "\n"), out Header? header))
            throw new UnreachableException($"no header: {field}");
        return header;
    }

    /// <summary>A part that is written without ever being there as a whole.</summary>
    private sealed class StreamedPart : MimePart
    {
        private readonly Action<Stream> _write;

        internal StreamedPart(string type, Action<Stream> write) : base(ContentType.Parse(type)) => _write = write;

        public override void WriteTo(FormatOptions options, Stream stream, bool contentOnly, CancellationToken cancellationToken = default)
        {
            Headers.WriteTo(options, stream, cancellationToken);
            _write(stream);
        }
    }
}
