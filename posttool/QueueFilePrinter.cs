using System.Buffers;
using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Posttool;

/// <summary>What of a queue file is printed, and how.</summary>
/// <param name="Envelope">Its envelope, and marks between the parts.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">What follows them.</param>
/// <param name="Offsets">Where each record stands.</param>
/// <param name="Types">The number of its type.</param>
/// <param name="IsRaw">In the order of the file; pointers are not followed.</param>
/// <param name="Verbose">Each record with its name, also those that lead elsewhere.</param>
internal sealed record PrintedParts(bool Envelope = false, bool Headers = false, bool Body = false, bool Offsets = false, bool Types = false, bool IsRaw = false, bool Verbose = false);

/// <summary>Prints one queue file as Postfix's postcat does, octet by octet.</summary>
/// <param name="path">As it is shown.</param>
/// <param name="reader">At its beginning.</param>
/// <param name="canSeek">What is not printed is passed over.</param>
/// <param name="parts">What is printed.</param>
/// <param name="log">Told of what is odd.</param>
internal sealed class QueueFilePrinter(string path, RecordReader reader, bool canSeek, PrintedParts parts, CallerLog log)
{
    private const int FlushSize = 65536;

    // What an envelope may have; a file that begins otherwise is none.
    private static readonly SearchValues<byte> s_envelope = SearchValues.Create("MCTcFILSDRO/WVA>K<ion"u8);

    private enum Part { Envelope, Headers, Body }

    private readonly ArrayBufferWriter<byte> _output = new();
    private Part _part = Part.Envelope;
    private bool _prints = parts.Envelope;
    private bool _isInLine; // the last record that was printed ended without a line end
    private SizeFields? _size;
    private long _offset;

    private sealed record SizeFields(long Size, long Offset);

    private bool PrintsText => parts.Headers || parts.Body;

    internal void Run()
    {
        try
        {
            Records();
        }
        catch (QueueFileException e)
        {
            Flush();
            log.Warn($"{path}: {e.Message}");
            throw new UsageException("record read error");
        }
        Flush();
    }

    private void Records()
    {
        bool isFirst = true;
        _offset = reader.NextOffset;
        while (reader.Read())
        {
            if (isFirst && !s_envelope.Contains((byte)reader.Type))
            {
                log.Warn($"{path}: input is not a valid queue file");
                return;
            }
            if (isFirst && parts.Envelope)
                Say($"*** ENVELOPE RECORDS {path} ***\n");
            isFirst = false;
            if (!Take())
                return;
            // Of what a pointer leads to, the place of the pointer is shown.
            if (reader.Type != RecordType.Padding || parts.Verbose)
                _offset = reader.NextOffset;
            if (_output.WrittenCount > FlushSize)
                Flush();
        }
    }

    /// <returns>False: nothing more is wanted.</returns>
    private bool Take()
    {
        switch (reader.Type)
        {
            case RecordType.Text or RecordType.TextPart:
                if (_part == Part.Headers && PrintsText && !_isInLine && !IsHeader(reader.Payload))
                {
                    Enter(Part.Body, parts.Body);
                    if (!_prints && !parts.Envelope)
                        return false;
                    if (!_prints && SkipContent())
                        return true;
                }
                break;
            case RecordType.Message:
                if (_part != Part.Envelope)
                    log.Warn($"{path}: out-of-order message content marker");
                Mark("MESSAGE CONTENTS");
                Enter(Part.Headers, parts.Headers);
                if (!PrintsText)
                    _ = SkipContent();
                return true;
            case RecordType.Extracted:
                if (_part == Part.Envelope)
                    log.Warn($"{path}: out-of-order extracted segment marker");
                if (parts.Envelope && _prints && _isInLine)
                    Say("\n");
                Mark("HEADER EXTRACTED");
                Enter(Part.Envelope, parts.Envelope);
                return _prints;
            case RecordType.End:
                if (_part != Part.Envelope)
                    log.Warn($"{path}: out-of-order message end marker");
                Mark("MESSAGE FILE END");
                return parts is { IsRaw: true, Verbose: true };
            case RecordType.ContinueAt:
                // Followed by the reader.
                if (_prints && parts.Verbose)
                    Named();
                return true;
            case RecordType.Padding when !parts.Verbose:
                return true;
            case RecordType.Size:
                if (_prints)
                    Named();
                TakeSize();
                return true;
        }
        if (_prints)
            Print();
        return true;
    }

    private void Enter(Part part, bool prints)
    {
        (_part, _prints) = (part, prints);
        if (part != Part.Body)
            _isInLine = false;
    }

    // Everything up to the mark that ends the content.
    private bool SkipContent()
    {
        if (!canSeek || _size is not { Size: >= 0, Offset: > 0 } size)
            return false;
        // Forwards only: a damaged record could lead back again and again.
        if (size.Offset + size.Size < reader.NextOffset)
            return false;
        reader.Seek(size.Offset + size.Size);
        return true;
    }

    private void TakeSize()
    {
        if (_size is not null)
        {
            log.Warn("file contains multiple size records");
            return;
        }
        string[] words = reader.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length >= 2 && long.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long bytes)
            && long.TryParse(words[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long offset) && offset > 0 && bytes > 0)
            _size = new SizeFields(bytes, offset);
        else
            log.Warn($"invalid size record: {PrintableText.Of(reader.Text)}");
        if (!parts.Envelope && canSeek && _size is { } size)
        {
            reader.Seek(size.Offset);
            Enter(Part.Headers, parts.Headers);
        }
    }

    private void Print()
    {
        switch (reader.Type)
        {
            case RecordType.Time or RecordType.WarnTime:
                Before();
                Say($"{QueueRecordNames.Of(reader.Type)}: {Date(reader.Text)}\n");
                break;
            case RecordType.TextPart:
                Before();
                if (_part == Part.Envelope)
                    Say($"{QueueRecordNames.ContentFilter}: ");
                else if (parts.Verbose)
                    Say($"{QueueRecordNames.Of(reader.Type)}: ");
                _output.Write(reader.Payload);
                _isInLine = !(_part == Part.Envelope || parts.Verbose || parts.Offsets);
                if (!_isInLine)
                    Say("\n");
                return;
            case RecordType.Text:
                Before();
                if (parts.Verbose)
                    Say($"{QueueRecordNames.Of(reader.Type)}: ");
                _output.Write(reader.Payload);
                Say("\n");
                break;
            case RecordType.Attribute:
                Attribute();
                break;
            default:
                Named();
                break;
        }
        _isInLine = false;
    }

    private void Attribute()
    {
        string text = reader.Text;
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        Before();
        if (equals <= 0)
            log.Warn($"{path}: malformed attribute: {(equals < 0 ? "missing '=' after attribute name" : "missing attribute name")}: {PrintableText.Of(text.Length > 100 ? text[..100] : text)}");
        else if (text.AsSpan(0, equals).TrimEnd() is AttributeName.CreateTime)
            Say($"{AttributeName.CreateTime}: {Date(text[(equals + 1)..])}\n");
        else
            Say($"{QueueRecordNames.Of(reader.Type)}: {text[..equals].TrimEnd()}={text[(equals + 1)..].TrimStart()}\n");
    }

    private void Named()
    {
        Before();
        Say($"{QueueRecordNames.Of(reader.Type)}: ");
        // A string of C ends with a NUL.
        ReadOnlySpan<byte> payload = reader.Payload;
        int end = payload.IndexOf((byte)0);
        _output.Write(end < 0 ? payload : payload[..end]);
        Say("\n");
    }

    private void Mark(string text)
    {
        if (!parts.Envelope)
            return;
        Before();
        Say($"*** {text} {path} ***\n");
    }

    private void Before()
    {
        if (parts.Offsets)
            Say(string.Create(CultureInfo.InvariantCulture, $"{_offset,9} "));
        if (parts.Types)
            Say(string.Create(CultureInfo.InvariantCulture, $"{(int)reader.Type,3} "));
    }

    private void Say(string text) => _output.Write(ByteText.Encode(text));

    private void Flush()
    {
        Program.Print(_output.WrittenSpan);
        _output.ResetWrittenCount();
    }

    // A header, or what continues one.
    private static bool IsHeader(ReadOnlySpan<byte> line) => (line.Length > 0 && line[0] is (byte)' ' or (byte)'\t') || HeaderNames.Length(line, out _) > 0;

    private static string Date(string seconds)
    {
        string digits = seconds.Trim().Split(' ')[0];
        _ = long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long time);
        return string.Create(CultureInfo.InvariantCulture, $"{MailTime.ListingDate(time)} {LocalTime.At(time).Year}");
    }
}
