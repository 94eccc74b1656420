using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>Writes the maildrop file: envelope from the options, content from standard input, recipients from both.</summary>
internal sealed class Submission
{
    private readonly SubmissionSettings _settings;
    private readonly Options _options;
    private readonly EnvelopeAddress _envelope;
    private readonly Func<string, int, SubmissionException> _complaint;
    private readonly Account? _caller = Users.ByUid(Users.RealUid);

    internal Submission(SubmissionSettings settings, Options options, Action<string> warn)
    {
        (_settings, _options, _envelope) = (settings, options, new EnvelopeAddress(settings.Completion, settings.LineLengthLimit));
        Sender = ReadSender(options.Sender, warn);
        string name = options.Sender is null ? SubmissionException.Name(_caller) : SubmissionException.Name(Sender);
        if (options.RequiresTls && !settings.KnowsRequireTls)
            throw new SubmissionException("REQUIRETLS is asked for, and requiretls_enable is off", ExitStatus.Unavailable);
        if (options.Release > FutureRelease.Next(MailTime.NowMicroseconds) + (long)settings.FutureReleaseLimit.TotalSeconds)
            throw new SubmissionException(settings.FutureReleaseLimit == TimeSpan.Zero ? "mail cannot wait for a time of its own: future_release_limit is 0" : "that is later than future_release_limit allows", ExitStatus.Unavailable);
        _complaint = (text, status) => new SubmissionException($"{name}: {text}", status);
        if (options.Verp is not null)
            CheckVerp();
    }

    /// <summary>Envelope sender, internal form.</summary>
    internal string Sender { get; }

    /// <summary>Reads the message and makes it durable.</summary>
    /// <exception cref="SubmissionException">No recipients, too large, or standard input cannot be read.</exception>
    /// <exception cref="IOException">The queue cannot be written.</exception>
    internal void Drop()
    {
        if (_options.Recipients.Count == 0 && !_options.TakesHeaderRecipients)
            throw _complaint("Recipient addresses must be specified on the command line or via the -t option", ExitStatus.Usage);
        Admission.Require(_settings.Maildrop, _caller);
        using NewQueueFile file = _settings.Maildrop.Begin();
        try
        {
            Write(file.Writer, StandardStreams.ReadInput);
        }
        catch (SystemCallException e) when (e.IsFileTooBig)
        {
            throw _complaint("message file too big", ExitStatus.TemporaryFailure); // of ulimit(1)
        }
        _settings.Maildrop.Commit(file);
    }

    /// <summary>Writes the records of the file.</summary>
    /// <param name="read">Takes what comes next of the message, as much as fits; 0 at the end.</param>
    /// <exception cref="SubmissionException">As for <see cref="Drop"/>.</exception>
    internal void Write(RecordWriter writer, Func<Span<byte>, int> read)
    {
        bool hasRecipients = WriteEnvelope(writer);
        long content = writer.Position;
        writer.Write(RecordType.Message);
        if (_options.Tracing == Tracing.Probe)
        {
            WriteProbe(writer);
            writer.Write(RecordType.Extracted);
            writer.Write(RecordType.End);
            return;
        }
        HeaderRecipients? header = _options.TakesHeaderRecipients ? new HeaderRecipients(_settings.HeaderSizeLimit, _envelope) : null;
        MessageInput input = new(read, writer, header, _settings.LineLengthLimit, _settings.MessageSizeLimit, _options.IgnoresDots, _settings.LineEnding);
        if (!input.Copy())
            throw _complaint("message file too big", ExitStatus.BadData);
        content = writer.Position - content;
        writer.Write(RecordType.Extracted);
        foreach (string recipient in header?.Found ?? [])
        {
            RecipientRecords.Write(writer, new Recipient(recipient, Notify: _options.Notify));
            hasRecipients = true;
        }
        if (!hasRecipients)
            throw _complaint("No recipient addresses found in message header", ExitStatus.Usage);
        // Cleanup would refuse it, when nobody is there any more to be told.
        if (writer.Position - content > EnvelopeLimit.OfSubmission(_settings.MessageSizeLimit))
            throw _complaint("message file too big: it has too many recipients", ExitStatus.BadData);
        writer.Write(RecordType.End);
    }

    private bool WriteEnvelope(RecordWriter writer)
    {
        long now = MailTime.NowMicroseconds;
        writer.Write(RecordType.Time, string.Create(CultureInfo.InvariantCulture, $"{now / 1_000_000} {now % 1_000_000}"));
        // In the field where it stands in all queue files; the sizes are not known yet.
        if (_options.RequiresTls)
            writer.Write(RecordType.Size, new SizeRecord(0, 0, 0, 0, 0, SmtpUtf8.None, RequireTls.Yes).ToString());
        if (_settings.KnowsTraces && TraceContext.OfSender(Caller.Variable("TRACEPARENT")) is { } trace)
            writer.WriteAttribute(AttributeName.TraceContext, trace.ToString());
        if (_options.EnvelopeId is { } id)
            writer.WriteAttribute(AttributeName.EnvelopeId, id);
        if (_options.Return != DsnReturn.Unspecified)
            writer.WriteAttribute(AttributeName.ReturnFlags, (long)_options.Return);
        if (_options.Release > 0)
            writer.WriteAttribute(AttributeName.ReleaseTime, _options.Release);
        writer.WriteAttribute(AttributeName.RewriteContext, _options.IsRemote ? AttributeName.Remote : AttributeName.Local);
        string fullName = _options.FullName ?? Caller.Variable("NAME") ?? _caller?.FullName ?? "";
        if (fullName.Length > 0)
            writer.Write(RecordType.FullName, _envelope.Name(fullName));
        writer.Write(RecordType.From, Sender);
        if (_options.Encoding != BodyEncoding.Unknown)
            writer.WriteAttribute(AttributeName.Encoding, _options.Encoding.Word());
        if (_options.Tracing != Tracing.None)
            writer.WriteAttribute(AttributeName.TraceFlags, (long)_options.Tracing);
        if (_options.Verp is not null)
            writer.Write(RecordType.Verp, VerpDelimiters);
        bool any = false;
        foreach (string argument in _options.Recipients)
        {
            foreach (string address in Addresses(argument))
            {
                RecipientRecords.Write(writer, new Recipient(address, Notify: _options.Notify));
                any = true;
            }
        }
        return any;
    }

    // -bv: nobody gets it, but the report returns it.
    private void WriteProbe(RecordWriter writer)
    {
        if (Sender.Length > 0)
            writer.Write(RecordType.Text, $"From: {Sender}");
        writer.Write(RecordType.Text, "Subject: probe");
        writer.Write(RecordType.TextPart, "To:");
        for (int i = 0; i < _options.Recipients.Count; i++)
            writer.Write(RecordType.Text, $"\t{_envelope.Name(_options.Recipients[i])}{(i + 1 < _options.Recipients.Count ? "," : "")}");
    }

    private string VerpDelimiters => _options.Verp is { Length: > 0 } given ? given : _settings.VerpDelimiters;

    // Cleanup would refuse it, when nobody is there any more to be told.
    private void CheckVerp()
    {
        if (Sender.Length == 0)
            throw _complaint("-XV: the null sender has no address to put recipients into", ExitStatus.Usage);
        if (VerpDelimiters.Length != 2 || VerpDelimiters.Any(c => !_settings.VerpDelimiterFilter.Contains(c)))
            throw _complaint($"-XV: bad delimiters \"{VerpDelimiters}\": two characters of \"{_settings.VerpDelimiterFilter}\" are needed", ExitStatus.Usage);
    }

    private string ReadSender(string? given, Action<string> warn)
    {
        if (given is null)
            return _envelope.Of(_caller?.Name ?? NameWithoutAccount());
        if (given is "" or "<>")
            return "";
        List<string> addresses = Addresses(given);
        if (addresses.Count > 1)
            warn($"-f option specified malformed sender: {given}");
        return addresses[0];
    }

    // In containers processes often run with a number that no account has. Anybody may give any sender with -f, so a variable will do.
    private static string NameWithoutAccount()
    {
        string? name = Caller.Variable("LOGNAME") is { Length: > 0 } login ? login : Caller.Variable("USER");
        return name is { Length: > 0 } && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            ? name : Users.RealUid.ToString(CultureInfo.InvariantCulture);
    }

    // Most are plain; only others are worth a parser. An argument may hold a list; without any address it is the empty one.
    private List<string> Addresses(string argument)
    {
        if (argument.Length == 0 || IsPlain(argument))
            return [_envelope.Of(argument)];
        List<string> result = [];
        foreach (HeaderAddress address in HeaderAddresses.Parse(argument))
            result.Add(_envelope.Of(address));
        return result.Count > 0 ? result : [""];
    }

    private static bool IsPlain(string argument) =>
        !argument.Any(static c => c is '"' or '<' or '>' or '(' or ')' or '[' or ']' or ',' or ';' or ':' or '\\' or <= ' ');
}
