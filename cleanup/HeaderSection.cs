using System.Buffers;
using System.Text;
using System.Text.Unicode;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Passes the content through. Up to the first line that is no header it works on whole headers: drops, completes
/// and counts them; after that every record goes out as it came in, unless checks want to see it.</summary>
/// <remarks>Memory: one header, header_size_limit bytes at most.</remarks>
internal sealed class HeaderSection(CleanupOptions options, Message message, RecordWriter output)
{
    private static readonly SearchValues<byte> s_lineEnds = SearchValues.Create("\r\n"u8);

    private readonly HeaderLines _lines = new(options.HeaderSizeLimit);
    private readonly MessageChecks? _checks = options.Checks is { } tables && message.IsChecked ? new MessageChecks(tables, message, output, options.LineLengthLimit) : null;
    private byte[] _blanked = [], _wanted = [];
    private bool _withinLine;     // the last record was a part of a line
    private bool _isOver;
    private bool _saysRequireTls; // a header does, and need not be written
    private int _hops;
    private int _seen;            // bits by HeaderName
    private Refusal? _tooManyHops;

    /// <summary>Resent- headers were seen: what is missing is missing from their block.</summary>
    internal bool IsResent { get; private set; }

    /// <summary>True when such a header was there.</summary>
    internal bool Has(HeaderName name) => (_seen & (1 << (int)name)) != 0;

    /// <summary>Why the message goes back to its sender, whole; null: it does not.</summary>
    internal Refusal? Returned => _tooManyHops ?? _checks?.Refused;

    /// <summary>Takes a content record, N or L.</summary>
    /// <exception cref="Refusal">The message went through too many systems, or has octets that are refused.</exception>
    internal void Text(RecordType type, ReadOnlySpan<byte> text)
    {
        if (options.ReplaceStrayLineEnds && text.IndexOfAny((byte)'\r', (byte)'\n') >= 0)
            text = WithBlanks(text);
        if (options.Unwanted is { } unwanted && message.IsChecked)
            text = unwanted.Without(message, text, ref _wanted);
        bool startsLine = !_withinLine;
        _withinLine = type == RecordType.TextPart;
        if (_isOver)
        {
            if (_checks is null)
                output.Write(type, text);
            else
                _checks.Text(type, text);
        }
        else if (startsLine && text.IsEmpty && _withinLine)
        {
            // No part of a line at all.
            _withinLine = false;
        }
        else
        {
            HeaderLine line = startsLine ? HeaderLines.Judge(text, _lines.Length > 0) : HeaderLine.Continues;
            if (line != HeaderLine.Continues)
                EndHeader();
            if (line != HeaderLine.None)
            {
                _lines.Add(text, startsLine);
                return;
            }
            EndSection();
            // The line that ends the headers is empty; when the author forgot it, it is supplied.
            if (!text.IsEmpty)
                output.Write(RecordType.Text);
            if (_checks is null)
                output.Write(type, text);
            else
                _checks.EndHeaders(type, text);
        }
    }

    /// <summary>The content is complete.</summary>
    /// <exception cref="Refusal">As for <see cref="Text"/>.</exception>
    internal void End()
    {
        if (!_isOver)
        {
            EndHeader();
            EndSection();
        }
        else if (_withinLine)
        {
            if (_checks is null)
                output.Write(RecordType.Text);
            else
                _checks.Text(RecordType.Text, []);
        }
        _checks?.End();
    }

    // A bare CR or LF that some receiver takes for the end of a line, or of the message, could smuggle in another message.
    private ReadOnlySpan<byte> WithBlanks(ReadOnlySpan<byte> text)
    {
        if (_blanked.Length < text.Length)
            _blanked = new byte[text.Length];
        Span<byte> copy = _blanked.AsSpan(0, text.Length);
        text.CopyTo(copy);
        copy.ReplaceAny(s_lineEnds, (byte)' ');
        return copy;
    }

    private void EndSection()
    {
        MissingHeaders.Write(options, message, this);
        if (options.WritesRequireTls && message.RequireTls == RequireTls.Yes && !_saysRequireTls)
            Write("Require-TLS-ESMTP: yes"u8);
        message.Places?.AfterHeaders(output);
        _isOver = true;
    }

    private void EndHeader()
    {
        ReadOnlySpan<byte> header = Understood(_lines.Take(), out int nameLength);
        // There is none; or one whose name is longer than header_size_limit, which has lost its colon.
        if (nameLength == 0)
            return;
        if (_checks is not null)
        {
            header = Understood(_checks.Header(header), out nameLength);
            if (nameLength == 0)
                return;
        }
        ReadOnlySpan<byte> name = header[..nameLength];
        HeaderName known = HeaderNames.Find(name);
        _seen |= 1 << (int)known;
        IsResent |= HeaderNames.IsResent(known);
        ReadOnlySpan<byte> body = header[(nameLength + 1)..];
        switch (known)
        {
            case HeaderName.Received when ++_hops == options.HopcountLimit:
                message.Log.Rejected(message, "hopcount exceeded");
                _tooManyHops = new Refusal("too many hops", status: "5.4.6");
                if (!message.IsReturned)
                    throw _tooManyHops;
                break;
            case HeaderName.MessageId:
                message.MessageId = ByteText.Decode(body.Trim(" \t\r\n"u8));
                message.Log.MessageId(message, "", message.MessageId);
                break;
            case HeaderName.ResentMessageId:
                message.Log.MessageId(message, "resent-", ByteText.Decode(body.Trim(" \t\r\n"u8)));
                break;
            case HeaderName.TlsRequired when options.HeedsTlsRequired:
                if (!Ascii.EqualsIgnoreCase(body.Trim(" \t\r\n"u8), "no"))
                    message.Log.BadTlsRequired(message, ByteText.Decode(body));
                else if (message.RequireTls == RequireTls.Unsaid)
                    message.RequireTls = RequireTls.No;
                break;
            case HeaderName.RequireTlsEsmtp when options.WritesRequireTls && Ascii.EqualsIgnoreCase(body.Trim(" \t\r\n"u8), "yes"):
                message.RequireTls = RequireTls.Yes;
                _saysRequireTls = true;
                break;
            case HeaderName.TraceParent when options.Traces is { } traces && !message.IsInternal:
                message.Trace = TraceContext.OfSender(ByteText.Decode(body.Trim(" \t\r\n"u8))) ?? message.Trace;
                if (!traces.KeepsHeader)
                    return;
                break;
            case HeaderName.TraceState when options.Traces is { KeepsHeader: false } && !message.IsInternal:
                return;
            case HeaderName.ContentTransferEncoding when options.DetectEncodingHeader:
                if (IsEightBit(body.Trim(" \t\r\n"u8)))
                    message.Encoding = BodyEncoding.EightBit;
                break;
        }
        if (known == HeaderName.Received && message.Places is not null)
            message.FirstReceived ??= header.ToArray();
        if (IsDropped(name))
            return;
        if (message.HeaderCompletion is { } completion && HeaderNames.HasAddresses(known))
        {
            AddressPlace place = HeaderNames.HasSenders(known) ? AddressPlace.HeaderSender : AddressPlace.HeaderRecipient;
            string text = ByteText.Decode(body);
            string completed = HeaderAddresses.Rewrite(text, address => options.Rewriting.Rewrite(message, place, Address.Complete(address, completion)),
                options.TokenLimit, nameLength, mendsSpelling: true);
            if (!ReferenceEquals(text, completed))
                header = (byte[])[.. header[..(nameLength + 1)], .. ByteText.Encode(completed)];
        }
        if (!ByteText.IsAscii(header) && Utf8.IsValid(header))
        {
            message.SmtpUtf8 |= SmtpUtf8.Header;
            if (options.DetectsSmtpUtf8(message))
                message.SmtpUtf8 |= SmtpUtf8.Requested;
        }
        Write(header);
    }

    // RFC 5322 section 4.5 had blanks before the colon, which not everybody understands.
    private static ReadOnlySpan<byte> Understood(ReadOnlySpan<byte> header, out int nameLength)
    {
        nameLength = HeaderNames.Length(header, out int colon);
        return nameLength == 0 || colon == nameLength ? header : (byte[])[.. header[..nameLength], .. header[colon..]];
    }

    /// <summary>Writes one header, line by line; <paramref name="header"/> has LF between lines.</summary>
    internal void Write(ReadOnlySpan<byte> header) => HeaderRecords.Write(output, header, options.LineLengthLimit, isEditable: message.Places is not null);

    private bool IsDropped(ReadOnlySpan<byte> name)
    {
        foreach (string dropped in options.DropHeaders)
        {
            if (Ascii.EqualsIgnoreCase(name, dropped))
                return true;
        }
        return false;
    }

    // RFC 2045 section 6.1. What other encodings say is no reason to doubt the client's word: parts may differ.
    private static bool IsEightBit(ReadOnlySpan<byte> encoding) => Ascii.EqualsIgnoreCase(encoding, "8bit") || Ascii.EqualsIgnoreCase(encoding, "binary");
}
