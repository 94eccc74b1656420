using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Milter;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Does in a queue file what milters want to be done with its message. What is new is written at the end of the file; then a pointer is laid over the
/// record whose place it takes (see <see cref="EditPlaces"/>).</summary>
/// <remarks>The file is not mail yet, so a crash in the middle leaves nothing.</remarks>
internal sealed class QueueFileEdits(CleanupOptions options, Message message, EditPlaces places, RecipientList recipients, SafeFileHandle file, RecordWriter output) : IMessageEdits
{
    private readonly MilterHeaderChecks? _checks = options.MilterChecks is { } table
        ? new MilterHeaderChecks(table, message, address => places.AppendRecipients(output, () => recipients.AddForMilter(address, null, Notify.Default))) : null;
    // Each of them looks through all headers before it, and what is changed stays in the file.
    private const int MostHeaderEdits = 2000;

    private int _headerEdits;
    private long _addedOctets;
    private NewBody? _body;
    private long _headerOctets; // of the headers, as they were when the body was replaced

    /// <summary>The octets of the content, when the body was replaced; else null.</summary>
    internal long? NewSize { get; private set; }

    public void AddHeader(string name, string value) => Checked(name, value, header => places.AppendHeaders(output, () => Write(header)));

    public void InsertHeader(int index, string name, string value) => Checked(name, value, header =>
    {
        if (Find(Math.Max(0, index) + 1, null, takesPointer: true) is not { } found)
        {
            places.AppendHeaders(output, () => Write(header));
            return;
        }
        long start = output.Position;
        Write(header);
        // What stood there comes after it.
        output.Write(found.Type, found.Payload);
        if (found.Type != RecordType.ContinueAt)
        {
            output.Fill(found.Payload.Length);
            output.WritePointer(found.Next);
        }
        output.OverwriteByPointer(found.Offset, start);
    });

    public void ChangeHeader(int index, string name, string value) => Checked(name, value, header =>
    {
        if (Find(index, name, takesPointer: false) is not { } found)
        {
            places.AppendHeaders(output, () => Write(header));
            return;
        }
        long after = EndOf(found), start = output.Position;
        Write(header);
        output.WritePointer(after);
        output.OverwriteByPointer(found.Offset, start);
    });

    public void DeleteHeader(int index, string name)
    {
        CountEdit();
        if (Find(index, name, takesPointer: false) is { } found)
            output.OverwriteByPointer(found.Offset, EndOf(found));
    }

    /// <summary>Every header that a milter adds, inserts or changes passes here.</summary>
    /// <param name="write">Takes the header, with LF between lines.</param>
    /// <exception cref="Refusal">They are too many, or too long for the message as a whole.</exception>
    private void Checked(string name, string value, Action<string> write)
    {
        CountEdit();
        string? header = $"{name}:{value.Replace("\r\n", "\n", StringComparison.Ordinal)}";
        if (_checks is not null)
            header = _checks.Look(header);
        if (header is not null)
            write(header);
    }

    private void CountEdit()
    {
        if (++_headerEdits > MostHeaderEdits)
            throw TooBig(string.Create(CultureInfo.InvariantCulture, $"milters change headers more than {MostHeaderEdits} times"));
    }

    private Refusal TooBig(string why)
    {
        message.Log.Rejected(message, why);
        return new Refusal("message file too big", status: "5.3.4");
    }

    private void Write(string text)
    {
        byte[] header = ByteText.Encode(text);
        if (!ByteText.IsAscii(header) && Utf8.IsValid(header))
        {
            message.SmtpUtf8 |= SmtpUtf8.Header;
            if (options.DetectsSmtpUtf8(message))
                message.SmtpUtf8 |= SmtpUtf8.Requested;
        }
        header = header.AsSpan(0, Math.Min(header.Length, options.HeaderSizeLimit)).ToArray();
        _addedOctets += header.Length;
        if (options.MessageSizeLimit > 0 && _addedOctets > options.MessageSizeLimit && !message.IsInternal)
            throw TooBig("message size exceeds message_size_limit");
        HeaderRecords.Write(output, HeaderLines.Folded(header), options.LineLengthLimit, isEditable: true);
    }

    /// <summary>A record of a header.</summary>
    /// <param name="Next">The record that follows it, its filling passed over.</param>
    private sealed record Found(RecordType Type, byte[] Payload, long Offset, long Next);

    // Of the headers with a name, our own Received: is hidden from milters; of all headers, it counts.
    private Found? Find(int index, string? name, bool takesPointer)
    {
        output.Flush();
        RecordReader reader = new(file, followPointers: false);
        reader.Seek(places.Content);
        bool isHidden = false, withinLine = false;
        (long Offset, byte[] Payload)? pointer = null;
        while (reader.NextOffset != places.Headers.At && reader.Read())
        {
            if (reader.Type == RecordType.Padding)
                continue;
            if (reader.Type == RecordType.ContinueAt)
            {
                pointer = takesPointer ? (reader.Offset, reader.Payload.ToArray()) : null;
                Follow(reader);
                continue;
            }
            if (reader.Type is not (RecordType.Text or RecordType.TextPart))
                break;
            if (!withinLine && reader.Payload is not [(byte)' ' or (byte)'\t', ..])
            {
                int length = HeaderNames.Length(reader.Payload, out _);
                if (length == 0)
                    break;
                bool isIt = name is null || (Ascii.EqualsIgnoreCase(reader.Payload[..length], name) && !IsHidden(reader.Payload, ref isHidden));
                if (isIt && --index == 0)
                {
                    Found found = new(reader.Type, reader.Payload.ToArray(), reader.Offset, AfterFilling(reader));
                    return pointer is { } before ? found with { Type = RecordType.ContinueAt, Payload = before.Payload, Offset = before.Offset } : found;
                }
            }
            pointer = null;
            withinLine = reader.Type == RecordType.TextPart;
        }
        return null;
    }

    private bool IsHidden(ReadOnlySpan<byte> line, ref bool isDone)
    {
        if (isDone || message.FirstReceived is not { } own || !own.AsSpan().StartsWith(line))
            return false;
        return isDone = true;
    }

    private static long AfterFilling(RecordReader reader)
    {
        long next = reader.NextOffset;
        if (reader.Payload.Length >= RecordWriter.PointerPayload)
            return next;
        return reader.Read() && reader.Type == RecordType.Padding ? reader.NextOffset : throw new QueueFileException("short header without filling");
    }

    // The record that the next header, or the body, begins with.
    private long EndOf(Found found)
    {
        RecordReader reader = new(file, followPointers: false);
        reader.Seek(found.Next);
        bool withinLine = found.Type == RecordType.TextPart;
        while (true)
        {
            long at = reader.NextOffset;
            if (at == places.Headers.At || !reader.Read())
                return at;
            if (reader.Type == RecordType.Padding)
                continue;
            if (reader.Type == RecordType.ContinueAt)
            {
                Follow(reader);
                continue;
            }
            if (reader.Type is not (RecordType.Text or RecordType.TextPart) || (!withinLine && reader.Payload is not [(byte)' ' or (byte)'\t', ..]))
                return at;
            withinLine = reader.Type == RecordType.TextPart;
        }
    }

    private static void Follow(RecordReader reader)
    {
        if (long.TryParse(reader.Text, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out long target) && target > 0)
            reader.Seek(target);
    }

    public void ChangeSender(string address, string parameters)
    {
        (DsnReturn wanted, string? id) = SenderParameters(parameters);
        long start = output.Position;
        if (id is not null)
            output.WriteAttribute(AttributeName.EnvelopeId, id);
        if (wanted != DsnReturn.Unspecified)
            output.WriteAttribute(AttributeName.ReturnFlags, (long)wanted);
        string sender = options.Rewriting.Rewrite(message, AddressPlace.EnvelopeSender, Address.Complete(Internal(address) ?? "", options.Completion));
        if (!ByteText.IsAscii(sender) && ByteText.IsValidUtf8(sender) && options.DetectsSmtpUtf8(message))
            message.SmtpUtf8 |= SmtpUtf8.Requested | SmtpUtf8.Sender;
        message.Sender = sender;
        long before = places.Sender, after = places.AfterSender;
        long offset = output.Write(RecordType.From, sender);
        places.AfterSenderAt(offset, ByteText.ByteCount(sender), output);
        output.WritePointer(after);
        output.OverwriteByPointer(before, start);
    }

    // RET and ENVID: RFC 3461 section 4.3 and 4.4.
    private (DsnReturn Return, string? Id) SenderParameters(string text)
    {
        DsnReturn wanted = DsnReturn.Unspecified;
        string? id = null;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            (string name, string value) = Split(word);
            if (name == "RET" && DsnReturns.TryParse(value.ToUpperInvariant(), out DsnReturn given))
                wanted = given;
            else if (name == "ENVID" && Xtext.Decode(value) is { Length: > 0 } decoded && !decoded.Any(char.IsControl))
                id = decoded;
            else
                message.Log.MilterParameter(message, "SMFI_CHGFROM", word);
        }
        return (wanted, id);
    }

    public void AddRecipient(string address, string parameters)
    {
        Notify notify = Notify.Default;
        string? original = null;
        foreach (string word in parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            (string name, string value) = Split(word);
            if (name == "NOTIFY" && notify == Notify.Default && NotifyFlags.TryParse(value.ToUpperInvariant(), out Notify given, out _))
                notify = given;
            else if (name == "ORCPT" && original is null && OriginalOf(value) is { } decoded)
                original = decoded;
            else
                message.Log.MilterParameter(message, "SMFI_ADDRCPT_PAR", word);
        }
        if (Internal(address) is { } found)
            places.AppendRecipients(output, () => recipients.AddForMilter(found, original, notify));
        else
            message.Log.MilterNoRecipient(message);
    }

    private static string? OriginalOf(string value)
    {
        int semicolon = value.IndexOf(';', StringComparison.Ordinal);
        if (semicolon <= 0)
            return null;
        string type = value[..semicolon], rest = value[(semicolon + 1)..];
        string? decoded = type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? Xtext.DecodeUtf8Address(rest) : Xtext.Decode(rest);
        return decoded is { Length: > 0 } && !decoded.Any(char.IsControl) && type.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-') ? $"{type};{decoded}" : null;
    }

    private static (string Name, string Value) Split(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (word.ToUpperInvariant(), "") : (word[..equals].ToUpperInvariant(), word[(equals + 1)..]);
    }

    // Aliases and other rewriting come after the milter saw an address: what became of it goes with it.
    public void DeleteRecipient(string address)
    {
        if (Internal(address) is not { } wanted)
            return;
        EachRecipient((reader, original) =>
        {
            if (reader.Type is RecordType.Recipient or RecordType.Done && (original ?? reader.Text) == wanted)
                output.Overwrite(reader.Offset, RecordType.Cancelled, reader.Payload);
        });
        recipients.Forget(wanted);
    }

    /// <summary>The message goes back to its sender, also in the name of lists, whose members get nothing.</summary>
    internal void ReviveLists() => EachRecipient((reader, _) =>
    {
        if (reader.Type == RecordType.Done)
            output.Overwrite(reader.Offset, RecordType.Recipient, reader.Payload);
    });

    // With the address that it had before it was rewritten.
    private void EachRecipient(Action<RecordReader, string?> take)
    {
        output.Flush();
        RecordReader reader = new(file, followPointers: false);
        reader.Seek(0);
        string? original = null;
        while (reader.Read() && reader.Type != RecordType.End)
        {
            switch (reader.Type)
            {
                case RecordType.Message:
                    reader.Seek(places.End);
                    break;
                case RecordType.ContinueAt:
                    Follow(reader);
                    break;
                case RecordType.OriginalRecipient:
                    original = reader.Text;
                    break;
                case RecordType.Recipient or RecordType.Cancelled or RecordType.Done:
                    take(reader, original);
                    original = null;
                    break;
            }
        }
    }

    // From the form of the envelope; null: there is no address in it.
    private static string? Internal(string address)
    {
        IReadOnlyList<HeaderAddress> found = HeaderAddresses.Parse(Address.StripBrackets(address.Trim() is ['<', .., '>'] bracketed ? bracketed[1..^1] : address.Trim()));
        return found.Count > 0 && found[0].Address.Length > 0 && !found[0].Address.Any(char.IsControl) ? found[0].Address : null;
    }

    public void ReplaceBody(ReadOnlySpan<byte> piece)
    {
        if (_body is null)
        {
            if (_headerOctets == 0)
                _headerOctets = places.BodyStart - places.Content;
            places.BeginBody(output);
            _body = new NewBody(options, message, output);
        }
        _body.Take(piece);
    }

    public void EndBody()
    {
        if (_body is null)
            return;
        NewSize = _headerOctets + _body.End();
        output.WritePointer(places.End);
        _body = null;
    }

    /// <summary>Makes records of a body that comes in pieces, with CR LF at the end of its lines.</summary>
    private sealed class NewBody
    {
        private readonly CleanupOptions _options;
        private readonly Message _message;
        private readonly RecordWriter _output;
        private readonly long _start;
        private readonly List<byte> _line = [];

        internal NewBody(CleanupOptions options, Message message, RecordWriter output)
        {
            (_options, _message, _output, _start) = (options, message, output, output.Position);
            // Milters do not see, or send, the line between headers and body.
            output.Write(RecordType.Text);
        }

        internal void Take(ReadOnlySpan<byte> piece)
        {
            while (!piece.IsEmpty)
            {
                int end = piece.IndexOf((byte)'\n');
                ReadOnlySpan<byte> line = end < 0 ? piece : piece[..end];
                piece = end < 0 ? [] : piece[(end + 1)..];
                while (_line.Count + line.Length > _options.LineLengthLimit)
                {
                    int fits = _options.LineLengthLimit - _line.Count;
                    _line.AddRange(line[..fits]);
                    line = line[fits..];
                    Write(RecordType.TextPart);
                }
                _line.AddRange(line);
                if (end < 0)
                    continue;
                if (_line is [.., (byte)'\r'])
                    _line.RemoveAt(_line.Count - 1);
                Write(RecordType.Text);
            }
            if (_options.MessageSizeLimit > 0 && _output.Position - _start > _options.MessageSizeLimit && !_message.IsInternal)
            {
                _message.Log.Rejected(_message, "message size exceeds message_size_limit");
                throw new Refusal("message file too big", status: "5.3.4");
            }
        }

        /// <returns>Its octets, with those of its records.</returns>
        internal long End()
        {
            if (_line.Count > 0)
                Write(RecordType.Text);
            return _output.Position - _start;
        }

        private void Write(RecordType type)
        {
            _output.Write(type, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line));
            _line.Clear();
        }
    }
}
