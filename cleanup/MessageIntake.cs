using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Milter;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Turns the records that a client sends into a queue file: envelope, content, extracted recipients, in one pass.</summary>
/// <remarks>The client is one of our programs, but what it sends may come from a user's file. Every record is checked, and
/// what has no business in a queue file is dropped or leads to a refusal.</remarks>
internal sealed class MessageIntake
{
    private readonly CleanupOptions _options;
    private readonly Message _message;
    private readonly RecordReader _input;
    private readonly RecordWriter _output;
    private readonly RecipientList _recipients;
    private readonly HeaderSection _content;
    private readonly TimeProvider _clock;
    private bool _hasBegunRecipients;
    private Refusal? _returned; // why the message goes back to its sender

    /// <param name="input">The client's records; records longer than line_length_limit are its reader's error.</param>
    /// <param name="output">The queue file, the place of its size record already kept.</param>
    internal MessageIntake(CleanupOptions options, Message message, RecordReader input, RecordWriter output, TimeProvider clock)
    {
        (_options, _message, _input, _output, _clock) = (options, message, input, output, clock);
        _recipients = new RecipientList(options, message, output);
        _content = new HeaderSection(options, message, output);
    }

    /// <inheritdoc cref="RecipientList.Listed"/>
    internal IReadOnlyList<(Recipient Recipient, ListMail List)> Listed => _recipients.Listed;

    /// <summary>Takes in the whole message.</summary>
    /// <returns>What is to be written over the place of the size record.</returns>
    /// <exception cref="Refusal">The message cannot be queued; why is logged.</exception>
    internal SizeRecord Run()
    {
        try
        {
            ReadEnvelope();
            long start = _output.Position;
            _message.Places?.BeginContent(_output);
            ReadContent(start);
            _message.Places?.AfterBody(_output);
            long end = _output.Position;
            ReadExtracted(end);
            return new SizeRecord(end - start, start, _recipients.Count, SizeRecord.FlagsOf(_message.Notify), end - start, _message.SmtpUtf8, _message.RequireTls);
        }
        catch (QueueFileException e)
        {
            throw Reject(e.Message);
        }
    }

    /// <summary>Shows the message to its milters, once all of it is written, and does what they want.</summary>
    /// <returns>As <see cref="Run"/>, of the changed message.</returns>
    /// <exception cref="Refusal">They do not want it.</exception>
    internal SizeRecord Inspect(NewQueueFile file, MessageMilters milters, EditPlaces places, SizeRecord size)
    {
        QueueFileEdits edits = new(_options, _message, places, _recipients, file.Handle, _output);
        Refusal? refusal;
        try
        {
            milters.Inspect(file, places, edits, _options.HeaderSizeLimit);
            refusal = milters.Refusal is { } verdict ? RefusalOf(verdict) : null;
        }
        catch (Refusal e) when (IsReturned(e))
        {
            // A change that is too much; the body that was begun is closed.
            edits.EndBody();
            refusal = e;
        }
        catch (QueueFileException e)
        {
            // What we have written ourselves: never the client's fault.
            _message.Log.WriteError(e.Message);
            throw new Refusal("queue file write error", isTemporary: true);
        }
        if (refusal is not null)
        {
            if (!IsReturned(refusal))
                throw refusal;
            places.AppendInstructions(_output, () => Return(refusal));
            edits.ReviveLists();
        }
        else if (_options.MilterChecks is not null && !_message.IsDiscarded)
        {
            places.AppendInstructions(_output, WriteRoute);
        }
        places.AppendRecipients(_output, () => _recipients.End(isReturned: refusal is not null));
        return size with { RecipientCount = _recipients.Count, QueueFlags = SizeRecord.FlagsOf(_message.Notify), MessageSize = edits.NewSize ?? size.MessageSize, SmtpUtf8 = _message.SmtpUtf8, RequireTls = _message.RequireTls };
    }

    private static Refusal RefusalOf(MilterVerdict verdict)
    {
        string reason = verdict.Text[4..].Split('\n')[0], status = reason.Split(' ')[0];
        bool isTemporary = verdict.Text.StartsWith('4'), hasStatus = status.Split('.').Length == 3;
        return new Refusal(hasStatus && reason.Length > status.Length ? reason[(status.Length + 1)..] : reason, isTemporary, hasStatus ? status : isTemporary ? "4.7.1" : "5.7.1") { Reply = verdict.Text };
    }

    private void Return(Refusal why) => _output.Write(RecordType.TextPart, $"{BuiltInTransport.Error.Word()}:{why.Status} {why.Message}");

    private void ReadEnvelope()
    {
        while (true)
        {
            RecordFate fate = Next(RecordPlace.Envelope);
            RecordType type = _input.Type;
            if (type != RecordType.Time && type is not (RecordType.Size or RecordType.CreateTime))
                SetArrival(MailTime.Microseconds(_clock));
            if (fate == RecordFate.Dropped)
                continue;
            switch (type)
            {
                case RecordType.Size:
                    TakeWishes();
                    break;
                case RecordType.Time:
                    if (_message.Arrival is null)
                        SetArrival(ParseTime(_input.Text));
                    break;
                case RecordType.From:
                    Sender(CheckedText());
                    break;
                case RecordType.FullName:
                    _message.FullName = CheckedText();
                    _output.Write(type, _input.Payload);
                    break;
                case RecordType.Verp:
                    Verp(CheckedText());
                    _output.Write(type, _input.Payload);
                    break;
                case RecordType.DsnReturn or RecordType.DsnEnvelopeId:
                    string wish = CheckedText();
                    if (type == RecordType.DsnEnvelopeId)
                        _message.EnvelopeId = wish;
                    _output.Write(type, _input.Payload);
                    break;
                case RecordType.Message:
                    if (_message.Sender is null)
                        throw Reject("missing sender envelope record");
                    BeginRecipients();
                    if (_recipients.HasNamed)
                        _message.Places?.AfterRecipients(_output);
                    _output.Write(RecordType.Message);
                    return;
                default:
                    RecipientRecord(type);
                    break;
            }
            CheckEnvelope(0);
        }
    }

    // What was asked for when it was submitted; the sizes are those of another file, or none.
    private void TakeWishes()
    {
        if (!SizeRecord.TryParse(_input.Payload, out SizeRecord size))
            return;
        _message.SmtpUtf8 |= size.SmtpUtf8 & SmtpUtf8.Requested;
        if (size.RequireTls != RequireTls.Unsaid)
            _message.RequireTls = size.RequireTls;
    }

    private void ReadContent(long start)
    {
        while (true)
        {
            if (Next(RecordPlace.Content) == RecordFate.Dropped)
                continue;
            if (_input.Type == RecordType.Extracted)
            {
                EndContent();
                return;
            }
            if (_returned is null)
                TakeText(start);
        }
    }

    private void TakeText(long start)
    {
        try
        {
            _content.Text(_input.Type, _input.Payload);
            CheckSize(start);
        }
        catch (Refusal e) when (IsReturned(e))
        {
            _returned = e;
        }
    }

    private void EndContent()
    {
        _content.End();
        _returned ??= _content.Returned;
    }

    // What there is of the message is queued, and the queue manager returns it: as durably as any other notice.
    private bool IsReturned(Refusal refusal) => refusal is { IsTemporary: false, Status: not null } && _message.IsReturned;

    private void ReadExtracted(long start)
    {
        _output.Write(RecordType.Extracted);
        BodyEncoding encoding = _message.Encoding;
        bool isAmongRecipients = false;
        while (true)
        {
            RecordFate fate = Next(RecordPlace.Extracted);
            // What a server wants goes before what checks want: of two filters, the last one counts.
            if (!isAmongRecipients && IsOfRecipients(_input.Type))
            {
                isAmongRecipients = true;
                WriteInstructions(encoding);
            }
            if (fate == RecordFate.Dropped)
            {
                if (_message.IsFromServer)
                    TakeDecision();
                continue;
            }
            if (_input.Type == RecordType.End)
            {
                _message.Places?.AfterRecipients(_output);
                if (_options.Copies.OfAll.Length > 0 && !_message.IsInternal && _message.IsMapped && _recipients.HasNamed)
                    _recipients.AddCopy(_options.Copies.OfAll);
                if (_recipients.HasNamed)
                    _message.Copies.ForEach(_recipients.AddCopy);
                if (!_recipients.HasNamed)
                    throw new Refusal("no recipients specified");
                _recipients.End(isReturned: _returned is not null);
                _output.Write(RecordType.End);
                return;
            }
            RecipientRecord(_input.Type);
            CheckEnvelope(start);
        }
    }

    private static bool IsOfRecipients(RecordType type) => type is RecordType.End or RecordType.Recipient or RecordType.Done or RecordType.Cancelled
        or RecordType.OriginalRecipient or RecordType.DsnOriginalRecipient or RecordType.DsnNotify;

    private void WriteInstructions(BodyEncoding encoding)
    {
        if (_returned is not null)
            Return(_returned);
        else
            WriteRoute();
        if (encoding != BodyEncoding.Unknown)
            _output.WriteAttribute(AttributeName.Encoding, encoding.Word());
        if (_options.Traces is { } traces && !_message.IsInternal && (_message.Trace ??= traces.Begin()) is { } trace)
            _output.WriteAttribute(AttributeName.TraceContext, trace.ToString());
        _message.Places?.AmongExtracted(_output);
    }

    // Where checks want it to go.
    private void WriteRoute()
    {
        if (_message.Filter is { } filter)
            _output.Write(RecordType.TextPart, filter);
        if (_message.Redirect is { } redirect)
            _output.Write(RecordType.Redirect, Address.Complete(redirect, _options.Completion));
        // Checks of what milters do may find another one.
        _message.Filter = _message.Redirect = null;
    }

    // What a server's restrictions want done with the message; from nobody else.
    private void TakeDecision()
    {
        if (_input.Type == RecordType.TextPart)
            _output.Write(RecordType.TextPart, CheckedText());
        else if (_input.Type == RecordType.Redirect)
            _output.Write(RecordType.Redirect, Address.Complete(CheckedText(), _options.Completion));
        else if (_input.Type == RecordType.Flags)
            _message.IsHeld |= _input.Text == RecordRules.HoldFlag;
    }

    // What may stand in the envelope and in the extracted segment alike.
    private void RecipientRecord(RecordType type)
    {
        switch (type)
        {
            case RecordType.Recipient:
                string address = CheckedText();
                if (_message.Sender is null)
                    throw Reject("missing sender envelope record");
                BeginRecipients();
                _message.LastRecipient = _recipients.Add(address);
                _message.Milters?.Rcpt(_message.LastRecipient);
                break;
            case RecordType.Done or RecordType.Cancelled:
                _recipients.Said.Clear();
                break;
            case RecordType.OriginalRecipient or RecordType.DsnNotify or RecordType.DsnOriginalRecipient:
                _ = CheckedText();
                _recipients.Said.Take(type, _input.Payload);
                break;
            case RecordType.Attribute:
                string attribute = CheckedText();
                if (!_recipients.Said.Take(type, _input.Payload))
                    Attribute(attribute);
                break;
        }
    }

    private void Attribute(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw Reject($"malformed attribute: missing '=' after attribute name: {text}");
        if (equals == 0)
            throw Reject($"malformed attribute: missing attribute name: {text}");
        string name = text[..equals], value = text[(equals + 1)..];
        _message.Milters?.Said(name, value);
        switch (name)
        {
            case AttributeName.CreateTime:
                return; // that of the file that the message comes from
            case AttributeName.RewriteContext:
                if (value is not (AttributeName.Local or AttributeName.Remote))
                    return;
                _message.HeaderCompletion = value == AttributeName.Local ? _options.Completion : _options.RemoteCompletion;
                break;
            case AttributeName.Encoding:
                if (!BodyEncodings.TryParse(value, out BodyEncoding encoding))
                    return;
                _message.Encoding = encoding;
                break;
            case AttributeName.TraceContext:
                if (_options.Traces is not null)
                    _message.Trace ??= TraceContext.Parse(value);
                return;
            case AttributeName.ReleaseTime:
                Release(value);
                return;
            case AttributeName.LogMessageOrigin:
                _message.Origin = value;
                break;
            case AttributeName.LogProtocolName:
                _message.Protocol = value;
                break;
            case AttributeName.LogHeloName:
                _message.Helo = value;
                break;
            case AttributeName.LogClientName:
                _message.ClientName = value;
                break;
            case AttributeName.LogClientAddress:
                _message.ClientAddress = value;
                break;
        }
        _output.Write(RecordType.Attribute, _input.Payload);
    }

    // A user may write any time; programs that take mail have limits of their own.
    private void Release(string value)
    {
        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) || seconds <= _message.CreateTime)
            return;
        _message.ReleaseTime = Math.Min(seconds, _message.CreateTime + FutureRelease.MostDays * 86_400L);
        _output.WriteAttribute(AttributeName.ReleaseTime, _message.ReleaseTime);
    }

    private void Sender(string address)
    {
        if (_message.Sender is not null)
            throw Reject("multiple envelope sender records");
        address = _options.Rewriting.Rewrite(_message, AddressPlace.EnvelopeSender, CompleteSender(address));
        _message.Sender = address;
        if (!ByteText.IsAscii(address) && ByteText.IsValidUtf8(address) && !_message.IsInternal && _options.DetectsSmtpUtf8(_message))
            _message.SmtpUtf8 |= SmtpUtf8.Requested | SmtpUtf8.Sender;
        long offset = _output.Write(RecordType.From, address);
        _message.Places?.AfterSenderAt(offset, ByteText.ByteCount(address), _output);
        _message.Milters?.Mail(address);
    }

    // Mail that would only come back to the mail system itself has no sender, as in Postfix.
    private string CompleteSender(string address)
    {
        string complete = Address.Complete(address, _options.Completion);
        return complete.StartsWith(MailerDaemon, StringComparison.OrdinalIgnoreCase)
            && complete.Equals(Address.Complete(MailerDaemon, _options.Completion), StringComparison.OrdinalIgnoreCase) ? "" : complete;
    }

    private const string MailerDaemon = "MAILER-DAEMON";

    private void Verp(string delimiters)
    {
        if (_message.Sender is not { Length: > 0 })
            throw Reject("VERP request without a sender to put recipients into");
        if (delimiters.Length != 2 || !_options.VerpDelimiterFilter.Contains(delimiters[0]) || !_options.VerpDelimiterFilter.Contains(delimiters[1]))
            throw Reject($"bad VERP delimiters: \"{delimiters}\"");
    }

    private void SetArrival(long microseconds)
    {
        if (_message.Arrival is not null)
            return;
        (long seconds, long rest) = Math.DivRem(microseconds, 1_000_000);
        _message.Arrival = seconds;
        _output.Write(RecordType.Time, string.Create(CultureInfo.InvariantCulture, $"{seconds} {rest}"));
        // Of ten digits whatever the clock: a wrong one can be put right in place.
        _output.Write(RecordType.Attribute, string.Create(CultureInfo.InvariantCulture, $"{AttributeName.CreateTime}={_message.CreateTime:D10}"));
        if (_message.Reception.ContentFilter is { Length: > 0 } filter)
            _output.Write(RecordType.TextPart, filter);
    }

    private const long FutureLimit = 86_400L * 1_000_000;

    // "seconds microseconds", or seconds alone.
    private long ParseTime(string text)
    {
        string[] fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long micro = 0;
        if (fields.Length is 1 or 2
            && long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds < long.MaxValue / 2_000_000
            && (fields.Length == 1 || long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out micro) && micro < 1_000_000))
        {
            // A user may write any time. What was never is now; what is to come is not far.
            long now = MailTime.Microseconds(_clock);
            return seconds == 0 ? now : Math.Min(seconds * 1_000_000 + micro, now + FutureLimit);
        }
        throw Reject($"bad arrival time: {text}");
    }

    // After the sender and what follows it.
    private void BeginRecipients()
    {
        if (_hasBegunRecipients)
            return;
        _hasBegunRecipients = true;
        WriteWarnTime();
        if (_message.Sender is { Length: > 0 } sender && !_message.IsInternal && _message.IsMapped && _options.Copies.OfSender(_message, sender) is { } copy)
            _recipients.AddCopy(copy);
    }

    private void WriteWarnTime()
    {
        if (_options.DelayWarningTime > TimeSpan.Zero && _message.Sender is { Length: > 0 })
            _output.Write(RecordType.WarnTime, string.Create(CultureInfo.InvariantCulture, $"{Math.Max(_message.CreateTime, _message.ReleaseTime) + (long)_options.DelayWarningTime.TotalSeconds,15}"));
    }

    // The next record; never one that is refused.
    private RecordFate Next(RecordPlace place)
    {
        if (!_input.Read())
            throw Reject($"unexpected end of {Words(place)}");
        RecordFate fate = RecordRules.Of(place, _input.Type);
        return fate != RecordFate.Refused ? fate
            : throw Reject(string.Create(CultureInfo.InvariantCulture, $"unexpected record type {(int)_input.Type} in {Words(place)}"));

        static string Words(RecordPlace place) => place switch
        {
            RecordPlace.Envelope => "envelope",
            RecordPlace.Content => "message content",
            _ => "extracted segment",
        };
    }

    // Line ends in an address or attribute could forge SMTP commands, headers and recipient logs further down the line.
    private string CheckedText() => _input.Payload.IndexOfAny((byte)'\n', (byte)'\r', (byte)0) < 0
        ? _input.Text
        : throw Reject(string.Create(CultureInfo.InvariantCulture, $"line end or NUL in record type {(int)_input.Type}"));

    // Header and body.
    private void CheckSize(long start)
    {
        if (_options.MessageSizeLimit > 0)
            Check(_output.Position - start, _options.MessageSizeLimit, "message size exceeds message_size_limit");
    }

    // Sender and recipients, before the content or after it.
    private void CheckEnvelope(long start) =>
        Check(_output.Position - start, EnvelopeLimit.InQueue(_options.MessageSizeLimit), "envelope has too many recipients for message_size_limit");

    private void Check(long size, long limit, string why)
    {
        if (size <= limit || _message.IsInternal)
            return;
        _message.Log.Rejected(_message, why);
        throw new Refusal("message file too big", status: "5.3.4");
    }

    private Refusal Reject(string why)
    {
        _message.Log.Rejected(_message, why);
        return new Refusal(Refusal.Protocol);
    }
}
