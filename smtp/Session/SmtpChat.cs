using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>Commands out, replies in: one conversation with one server.</summary>
internal sealed class SmtpChat(ByteStream stream, SmtpPeer peer, SmtpOptions options, Log log) : IDisposable
{
    private const int BatchLimit = 64 * 1024;

    private readonly SmtpReplyParser _parser = new();
    private readonly ReceivedLines _received = new(options.LineLengthLimit);
    private readonly byte[] _output = new byte[BatchLimit];
    private int _outputLength;
    private bool _cannotWrite;
    private readonly bool _isVerbose = options.Verbosity?.Has(peer.Host, peer.IPAddress) ?? false;
    private Deadline _limit = Deadline.Never;
    private Deadline _bodyLimit;
    private string _queueId = "";

    internal SmtpPeer Peer => peer;

    internal SmtpOptions Options => options;

    /// <summary>What the conversation is about now; names the place where it broke.</summary>
    internal SmtpStage Stage { get; private set; } = SmtpStage.Greeting;

    /// <summary>Replies are matched to commands by counting, so a line that is not SMTP puts all that follow in doubt.</summary>
    internal bool IsPipelining { get; set; }

    /// <summary>Lines that are not SMTP, and not empty, were seen while pipelining: one may have been meant for a reply, so counting proves
    /// nothing by itself any more, and the session carries no further message.</summary>
    internal bool IsOutOfStep { get; private set; }

    /// <summary>The connection is of no use: nothing more can be said over it.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>QUIT was sent.</summary>
    internal bool HasQuit { get; set; }

    /// <summary>What was said since the message began; null when nobody would read it.</summary>
    internal SmtpTranscript? Transcript { get; private set; } = options.ErrorNotices is null ? null : new SmtpTranscript();

    /// <summary>What must not be shown of the server's words; null before a login.</summary>
    internal Redaction? Redaction { get; set; }

    /// <summary>The stream below. Replaced when TLS starts.</summary>
    internal ByteStream Stream { get; private set; } = stream;

    internal bool IsEncrypted => Security is not null;

    /// <summary>What protects the conversation; null: nothing.</summary>
    internal IChannelSecurity? Security => Stream.Security;

    /// <summary>From now on another message is talked about (S4-27), until its time is over.</summary>
    internal void BeginMessage(DeliveryContext delivery)
    {
        _queueId = delivery.QueueId;
        Stream.Limit = _limit = delivery.Limit;
        Transcript = Transcript is null ? null : new SmtpTranscript();
    }

    /// <summary>Nothing more is said or heard.</summary>
    internal void Abandon() => IsBroken = true;

    /// <summary>Adds a command to the batch that the next <see cref="Flush"/> sends.</summary>
    /// <param name="command">Without CR LF.</param>
    /// <exception cref="ConnectionException">The batch became too large to wait, and sending it failed.</exception>
    internal void Say(SmtpStage stage, string command) => SaySecret(stage, command, command);

    /// <summary>The same for a command that nobody but the server may see.</summary>
    /// <param name="shown">What log and transcript have in its place.</param>
    internal void SaySecret(SmtpStage stage, string command, string shown)
    {
        int needed = ByteText.ByteCount(command) + 2;
        if (_outputLength + needed > _output.Length)
            Flush(stage);
        if (needed > _output.Length)
            throw new ArgumentException("command longer than any address can make it", nameof(command));
        _outputLength += ByteText.Encode(command, _output.AsSpan(_outputLength));
        _output[_outputLength++] = (byte)'\r';
        _output[_outputLength++] = (byte)'\n';
        if (_isVerbose)
            log.Said(peer, shown);
        Transcript?.Sent(shown);
        HasQuit |= stage == SmtpStage.Quit;
    }

    /// <summary>Sends the batch. A connection that broke is not reported here: the replies that arrived before tell more,
    /// and reading them runs into the same end.</summary>
    internal void Flush(SmtpStage stage)
    {
        Stage = stage;
        int length = _outputLength;
        _outputLength = 0;
        if (_cannotWrite || length == 0)
            return;
        try
        {
            TimeSpan patience = StageInfo.Of(stage).Timeout(options);
            if (options.PerRequestDeadline)
                Stream.Limit = Deadline.Earlier(_limit, Deadline.In(patience));
            Stream.Write(_output.AsSpan(0, length), patience);
            Stream.Limit = _limit;
        }
        catch (ConnectionException e) when (e.Failure == StreamFailure.Lost)
        {
            _cannotWrite = true;
        }
    }

    /// <summary>Sends one command and waits for its reply.</summary>
    internal SmtpReply Ask(SmtpStage stage, string command) => AskSecretly(stage, command, command);

    /// <summary>The same with <see cref="SaySecret"/>.</summary>
    internal SmtpReply AskSecretly(SmtpStage stage, string command, string shown)
    {
        RefuseEarlyReply(stage);
        SaySecret(stage, command, shown);
        Flush(stage);
        return ReadReply(stage);
    }

    /// <summary>All commands so far have their replies: another one would be taken for the answer to the next command, and
    /// that one for the answer to the command after it. Only a server that is about to close may speak unasked (RFC 5321
    /// section 3.8).</summary>
    /// <param name="stage">Of the next command.</param>
    /// <exception cref="ConnectionException">There is one.</exception>
    internal void RefuseEarlyReply(SmtpStage stage)
    {
        if (!HasEarlyReply(stage))
            return;
        Stage = stage;
        throw new ConnectionException(StreamFailure.OutOfStep);
    }

    /// <summary>A reply that came although nothing was asked; null when there is none, or not all of it.</summary>
    internal SmtpReply? TakeEarlyReply(SmtpStage stage)
    {
        try
        {
            return HasEarlyReply(stage) ? ReadReply(stage) : null;
        }
        catch (ConnectionException)
        {
            return null;
        }
    }

    private bool HasEarlyReply(SmtpStage stage)
    {
        if (_received.Octets.IsEmpty && Stream.HasInput)
            _ = _received.Read(Stream, Deadline.In(StageInfo.Of(stage).Timeout(options)), LineLimit);
        return SmtpReplyParser.BeginsReply(_received.Octets);
    }

    /// <summary>Sends a part of the message.</summary>
    /// <exception cref="ConnectionException">The peer closed, or took nothing for the time of the stage; or all that was
    /// sent so far took too long, with smtp_per_request_deadline.</exception>
    internal void SendBody(ReadOnlySpan<byte> octets)
    {
        TimeSpan patience = options.DataXferTimeout;
        if (Stage != SmtpStage.Body)
            _bodyLimit = Deadline.In(patience);
        Stage = SmtpStage.Body;
        if (_cannotWrite)
            throw new ConnectionException(StreamFailure.Lost);
        if (!options.PerRequestDeadline)
        {
            Stream.Write(octets, patience);
            return;
        }
        // Pieces, so that a slow but steady server earns its time while a buffer is written.
        while (octets.Length > 0)
        {
            int length = Math.Min(octets.Length, 4096);
            Stream.Limit = Deadline.Earlier(_limit, _bodyLimit);
            Stream.Write(octets[..length], patience);
            octets = octets[length..];
            _bodyLimit = Deadline.Earlier(Deadline.In(patience), _bodyLimit.Later(TimeSpan.FromMilliseconds(1000L * length / options.MinDataRate)));
        }
        Stream.Limit = _limit;
    }

    /// <summary>Waits for the next reply.</summary>
    /// <exception cref="ConnectionException">The peer closed, or was too slow; the limit is for the whole reply.</exception>
    internal SmtpReply ReadReply(SmtpStage stage)
    {
        Stage = stage;
        Deadline deadline = Deadline.Earlier(_limit, Deadline.In(StageInfo.Of(stage).Timeout(options)));
        while (true)
        {
            while (TakeLine(out ReadOnlySpan<byte> line))
            {
                if (_isVerbose)
                    log.Heard(peer, Redacted(SmtpReplyParser.Printable(line)));
                // Nobody means anything by it.
                if (line.Trim(" \t"u8).IsEmpty)
                    continue;
                ReplyLineKind kind = _parser.Add(line, IsPipelining, out SmtpReply? reply);
                Transcript?.Received(Redacted(SmtpReplyParser.Printable(line)), kind == ReplyLineKind.NotSmtp);
                if (reply is not null)
                    return Redacted(reply);
                if (kind == ReplyLineKind.NotSmtp && IsPipelining && !IsOutOfStep)
                {
                    IsOutOfStep = true;
                    log.NotSmtp(_queueId, peer, Redacted(SmtpReplyParser.Printable(line)));
                }
            }
            // A server that never stops talking is never waited for, so the time is checked here, too.
            if (deadline.RemainingMilliseconds == 0)
                throw new ConnectionException(StreamFailure.TimedOut);
            if (!_received.Read(Stream, deadline, LineLimit))
                throw new ConnectionException(StreamFailure.Lost);
        }
    }

    /// <summary>The server said more than was read of it; line ends count for nothing.</summary>
    internal bool HasUnreadInput => !_received.IsEmpty;

    /// <summary>The server has shown the certificate that the policy asks for.</summary>
    internal bool IsPeerVerified => Stream.Security is { IsPeerVerified: true };

    /// <summary>Goes on over another stream, when TLS has started.</summary>
    /// <param name="wrap">Puts it on top of the one so far, which stays in place when that fails.</param>
    internal void Wrap(Func<ByteStream, ByteStream> wrap)
    {
        Stage = SmtpStage.StartTls;
        Stream = wrap(Stream);
        // Line ends at most, from before.
        _received.Forget();
    }

    /// <summary>Nothing unasked came from the server and the connection stands.</summary>
    internal bool IsQuiet => !IsBroken && _received.IsEmpty && !_cannotWrite && !IsOutOfStep && Stream.IsQuiet;

    public void Dispose() => Stream.Dispose();

    private int LineLimit => Stage == SmtpStage.Auth ? Math.Max(SmtpLogin.MostLineOctets, options.LineLengthLimit) : options.LineLengthLimit;

    // A challenge goes to the mechanism, which needs it as it is, and is never shown.
    private SmtpReply Redacted(SmtpReply reply) =>
        Redaction is null || (Stage == SmtpStage.Auth && reply.Class == 3) ? reply : Redaction.Apply(reply);

    private string Redacted(string text) => Redaction?.Apply(text) ?? text;

    private bool TakeLine(out ReadOnlySpan<byte> line)
    {
        int limit = LineLimit;
        LineStatus status = _received.TryTake(limit, out line);
        // CR CR LF and LF CR end lines as well.
        line = line.Trim((byte)'\r');
        if (status == LineStatus.TooLong)
        {
            string start = Redacted(SmtpReplyParser.Printable(line));
            log.ReplyTooLong(peer, limit, start[..Math.Min(30, start.Length)]);
        }
        return status != LineStatus.NeedMore;
    }
}
