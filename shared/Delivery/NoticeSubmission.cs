using System.Text;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Delivery;

/// <summary>Puts notices into the queue.</summary>
public interface INoticeSubmitter
{
    /// <summary>Begins a notice.</summary>
    /// <param name="sender">Envelope sender, internal form; empty for the null sender.</param>
    /// <param name="recipient">Who gets it; may lack its domain.</param>
    /// <param name="smtpUtf8">What the notice itself needs, whatever the message needed that it is about.</param>
    /// <param name="requireTls">What the notice needs of TLS.</param>
    /// <exception cref="IOException">The cleanup service cannot be reached.</exception>
    public INoticeDraft Begin(string sender, string recipient, SmtpUtf8 smtpUtf8, RequireTls requireTls = RequireTls.Unsaid);
}

/// <summary>A notice being written; disposed before it is finished, it never was.</summary>
public interface INoticeDraft : IDisposable
{
    /// <summary>Its queue id.</summary>
    public QueueId Id { get; }

    /// <summary>Takes header and body, lines ending with LF; writing throws <see cref="IOException"/> when cleanup is gone.</summary>
    public Stream Content { get; }

    /// <summary>Ends the notice.</summary>
    /// <returns>null once it is on stable storage in the queue, or why it is not.</returns>
    /// <exception cref="IOException">cleanup is gone; whether the notice is queued is unknown.</exception>
    public string? Finish();

    /// <summary>After <see cref="Finish"/>: this notice will never be taken, also not later.</summary>
    public bool IsRefused => false;
}

/// <summary>Submits notices through the cleanup service.</summary>
/// <param name="path">Socket of the service.</param>
/// <param name="timeout">For each step (ipc_timeout).</param>
public sealed class CleanupSubmitter(string path, TimeSpan timeout) : INoticeSubmitter
{
    /// <summary>Of the notices: <see cref="CleanupRequest.Bounce"/> or <see cref="CleanupRequest.ForPostmaster"/>.</summary>
    public string Class { get; init; } = CleanupRequest.Bounce;

    /// <summary>What its sender is to hear of it.</summary>
    public Notify Notify { get; init; }

    /// <inheritdoc/>
    public INoticeDraft Begin(string sender, string recipient, SmtpUtf8 smtpUtf8, RequireTls requireTls = RequireTls.Unsaid)
    {
        CleanupClient client = CleanupClient.Begin(path, new CleanupRequest(IsInternal: true, smtpUtf8) { Class = Class, RequireTls = requireTls }, timeout);
        Draft draft = new(client);
        draft.BeginContent(sender, recipient, Notify);
        return draft;
    }

    /// <summary>Cuts the text into records as they come.</summary>
    private sealed class Draft : Stream, INoticeDraft
    {
        private const int PieceLimit = 2048;

        private readonly CleanupClient _client;
        private readonly RecordWriter _records;
        // Of the line that has no end yet.
        private readonly byte[] _line = new byte[PieceLimit];
        private int _length;
        private bool _isEightBit;

        internal Draft(CleanupClient client) => (_client, _records) = (client, new RecordWriter(client.Send));

        public QueueId Id => _client.Id;

        public Stream Content => this;

        public bool IsRefused { get; private set; }

        internal void BeginContent(string sender, string recipient, Notify notify)
        {
            long now = MailTime.NowMicroseconds;
            _records.Write(RecordType.Time, FormattableString.Invariant($"{now / 1_000_000} {now % 1_000_000}"));
            _records.WriteAttribute(AttributeName.LogMessageOrigin, AttributeName.Local);
            _records.WriteAttribute(AttributeName.TraceFlags, (long)Tracing.None);
            _records.Write(RecordType.From, sender);
            if (notify != Notify.Default)
                _records.WriteAttribute(AttributeName.NotifyFlags, (long)notify);
            _records.Write(RecordType.Recipient, recipient);
            _records.Write(RecordType.Message);
        }

        public override void Write(ReadOnlySpan<byte> text)
        {
            for (int end = text.IndexOf((byte)'\n'); end >= 0; end = text.IndexOf((byte)'\n'))
            {
                Add(text[..end]);
                EndLine();
                text = text[(end + 1)..];
            }
            Add(text);
        }

        public string? Finish()
        {
            if (_length > 0)
                EndLine();
            _records.Write(RecordType.Extracted);
            // A server without 8BITMIME takes what does not need it as it is.
            _records.WriteAttribute(AttributeName.Encoding, (_isEightBit ? BodyEncoding.EightBit : BodyEncoding.SevenBit).Word());
            _records.Write(RecordType.End);
            _records.Flush();
            (CleanupVerdict verdict, string reason, _) = _client.Finish();
            IsRefused = verdict == CleanupVerdict.Refused;
            return verdict == CleanupVerdict.Accepted ? null : reason.Length > 0 ? reason : "cleanup did not accept the notice";
        }

        protected override void Dispose(bool disposing)
        {
            _client.Dispose();
            base.Dispose(disposing);
        }

        private void Add(ReadOnlySpan<byte> text)
        {
            _isEightBit = _isEightBit || !Ascii.IsValid(text);
            while (text.Length > PieceLimit - _length)
            {
                int fits = PieceLimit - _length;
                text[..fits].CopyTo(_line.AsSpan(_length));
                _records.Write(RecordType.TextPart, _line);
                _length = 0;
                text = text[fits..];
            }
            text.CopyTo(_line.AsSpan(_length));
            _length += text.Length;
        }

        private void EndLine()
        {
            _records.Write(RecordType.Text, _line.AsSpan(0, _length));
            _length = 0;
        }

        // Of a stream, MimeKit needs no more than to write.
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
