using System.Globalization;
using System.Text;

namespace PostfixNet.Client.Smtp;

/// <summary>Writes the content of a message once, for a server with these features.</summary>
internal delegate Task ContentWriter(Stream output, CancellationToken cancellationToken);

/// <summary>A message to be sent.</summary>
/// <param name="Envelope">Checked.</param>
/// <param name="Options">Checked.</param>
/// <param name="Size">Octets; null: not known before it is written.</param>
/// <param name="IsUtf8">Its headers, or its addresses, need SMTPUTF8.</param>
/// <param name="Write">Writes the content; told whether eight bits are taken.</param>
internal sealed record Submission(MailEnvelope Envelope, SendOptions Options, long? Size, bool IsUtf8, Func<bool, ContentWriter> Write);

/// <summary>One session with smtpd: message after message, one at a time.</summary>
internal sealed class SmtpSession : IDisposable
{
    // Commands that may be under way without an answer: neither end may be kept from writing by one that does not read.
    private const int CommandsAtOnce = 100;

    private readonly SmtpConnection _connection;
    private readonly PostfixNetOptions _options;
    private Features _features = new(new SmtpReply(250, null, ""));

    private SmtpSession(SmtpConnection connection, PostfixNetOptions options) => (_connection, _options) = (connection, options);

    /// <summary>It served somebody before.</summary>
    internal bool IsReused { get; set; }

    /// <summary>Between two messages; else something went wrong, and what the server says next is not known.</summary>
    internal bool IsUsable { get; private set; }

    /// <summary>Content of the current message went out.</summary>
    internal bool HasBegunContent { get; private set; }

    /// <summary>Since when nobody uses it, of <see cref="Environment.TickCount64"/>.</summary>
    internal long IdleSince { get; set; }

    internal bool IsAlive => IsUsable && _connection.IsQuiet;

    /// <summary>Connects, greets, and does what TLS and login the options ask for.</summary>
    internal static async Task<SmtpSession> Open(PostfixNetOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(options.ConnectTimeout);
        SmtpSession? session = null;
        try
        {
            session = new SmtpSession(await SmtpConnection.Connect(options, end.Token).ConfigureAwait(false), options);
            await session.Begin(end.Token).ConfigureAwait(false);
            session.IsUsable = true;
            return session;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            session?.Dispose();
            throw new MailQueueUnavailableException($"{options.Where}: no session within {options.ConnectTimeout.TotalSeconds} s", e);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    private async Task Begin(CancellationToken end)
    {
        if (_options.EffectiveTls == MailTls.Wrapped)
            await _connection.StartTls(_options, end).ConfigureAwait(false);
        Expect(await _connection.Reply(_options.ConnectTimeout, end).ConfigureAwait(false), "greeting");
        await Hello(end).ConfigureAwait(false);
        if (_options.EffectiveTls == MailTls.StartTls)
        {
            if (!_features.Has("STARTTLS"))
                throw new MailQueueNotSupportedException($"{_options.Where} does not offer STARTTLS");
            Expect(await Ask("STARTTLS", end).ConfigureAwait(false), "STARTTLS");
            await _connection.StartTls(_options, end).ConfigureAwait(false);
            await Hello(end).ConfigureAwait(false);
        }
        if (_options.UserName is not { } user)
            return;
        if (!_features.TakesPasswords)
            throw new MailQueueNotSupportedException($"{_options.Where} does not offer AUTH PLAIN");
        string secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{_options.Password}"));
        Expect(await Ask($"AUTH PLAIN {secret}", end).ConfigureAwait(false), "login");
    }

    private async Task Hello(CancellationToken end)
    {
        SmtpReply reply = await Ask($"EHLO {_options.HeloName ?? MachineName()}", end).ConfigureAwait(false);
        Expect(reply, "EHLO");
        _features = new Features(reply);
    }

    // A name that is none would not be taken.
    private static string MachineName()
    {
        string name = Environment.MachineName;
        return name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? name : "localhost";
    }

    /// <exception cref="MailQueueException">The server does not answer as it should.</exception>
    internal async Task Check(CancellationToken cancellationToken)
    {
        IsUsable = false;
        Expect(await Ask("NOOP", cancellationToken).ConfigureAwait(false), "NOOP");
        IsUsable = true;
    }

    /// <summary>Sends one message.</summary>
    /// <returns>The last reply, and who was not taken.</returns>
    internal async Task<(SmtpReply Reply, IReadOnlyList<RefusedRecipient> Refused)> Send(Submission submission, CancellationToken cancellationToken)
    {
        (IsUsable, HasBegunContent) = (false, false);
        string[] commands = [MailCommand(submission), .. RecipientCommands(submission)];
        List<SmtpReply> replies = await Talk(commands, cancellationToken).ConfigureAwait(false);
        List<RefusedRecipient> refused = [];
        for (int i = 0; i < submission.Envelope.Recipients.Count; i++)
        {
            SmtpReply reply = i + 1 < replies.Count ? replies[i + 1]
                : new SmtpReply(452, "4.5.3", $"more than {_features.RecipientLimit} recipients: send it to the rest in another message");
            if (!reply.IsSuccess)
                refused.Add(new RefusedRecipient(submission.Envelope.Recipients[i], reply));
        }
        if (!replies[0].IsSuccess || refused.Count == submission.Envelope.Recipients.Count || (refused.Count > 0 && submission.Options.AllOrNothing))
        {
            await Reset(replies, cancellationToken).ConfigureAwait(false);
            throw !replies[0].IsSuccess ? new MailRefusedException("the sender was refused", replies[0])
                : new MailRefusedException("recipients were refused", (refused.Find(static one => one.Reply.IsTransient) ?? refused[0]).Reply, refused);
        }
        SmtpReply data = await Ask("DATA", cancellationToken).ConfigureAwait(false);
        if (data.Code != 354)
        {
            await Reset([data], cancellationToken).ConfigureAwait(false);
            throw new MailRefusedException("the message was refused", data);
        }
        HasBegunContent = true;
        SmtpReply reply2 = await Content(submission, cancellationToken).ConfigureAwait(false);
        IsUsable = reply2.Code != 421;
        return reply2.IsSuccess ? (reply2, refused) : throw new MailRefusedException("the message was refused", reply2);
    }

    private async Task<SmtpReply> Content(Submission submission, CancellationToken cancellationToken)
    {
        using ContentStream content = new((octets, cancelled) => _connection.Write(octets, _options.ReplyTimeout, cancelled));
        await submission.Write(_features.Has("8BITMIME"))(content, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        // From here on it may be queued. Who cancels now is not heard: the answer is on its way, and he had better know it.
        try
        {
            await content.End(CancellationToken.None).ConfigureAwait(false);
            return await _connection.Reply(_options.AcceptTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (MailQueueUnavailableException e)
        {
            throw new MailQueueUnavailableException($"{e.Message}; the message may be queued", e) { MayBeQueued = true };
        }
    }

    private string MailCommand(Submission submission)
    {
        StringBuilder line = new($"MAIL FROM:<{submission.Envelope.Sender}>");
        SendOptions options = submission.Options;
        if (submission.Size is { } size && _features.Has("SIZE"))
            line.Append(CultureInfo.InvariantCulture, $" SIZE={size}");
        if (_features.Has("8BITMIME"))
            line.Append(" BODY=8BITMIME");
        if (submission.IsUtf8)
            line.Append(Need("SMTPUTF8", "addresses in UTF-8"));
        if (options.RequireTls)
            line.Append(Need("REQUIRETLS", "RequireTls"));
        if (options.HoldUntil is { } moment)
            line.Append(Need("FUTURERELEASE", nameof(options.HoldUntil), string.Create(CultureInfo.InvariantCulture, $"HOLDUNTIL={moment.UtcDateTime.AddMilliseconds(999):yyyy-MM-dd'T'HH:mm:ss'Z'}")));
        if (options.Return != DsnReturn.Default)
            line.Append(Need("DSN", nameof(options.Return), options.Return == DsnReturn.Full ? "RET=FULL" : "RET=HDRS"));
        if (options.EnvelopeId is { } id)
            line.Append(Need("DSN", nameof(options.EnvelopeId), $"ENVID={Xtext(id)}"));
        return line.ToString();
    }

    private IEnumerable<string> RecipientCommands(Submission submission)
    {
        DsnNotify notify = submission.Options.Notify;
        string parameter = notify == DsnNotify.Default ? "" : Need("DSN", nameof(submission.Options.Notify), $"NOTIFY={string.Join(',', Words(notify))}");
        return submission.Envelope.Recipients.Take(_features.RecipientLimit).Select(recipient => $"RCPT TO:<{recipient}>{parameter}");
    }

    private static IEnumerable<string> Words(DsnNotify notify)
    {
        if (notify.HasFlag(DsnNotify.Never))
            yield return "NEVER";
        if (notify.HasFlag(DsnNotify.Success))
            yield return "SUCCESS";
        if (notify.HasFlag(DsnNotify.Failure))
            yield return "FAILURE";
        if (notify.HasFlag(DsnNotify.Delay))
            yield return "DELAY";
    }

    private string Need(string keyword, string what, string? parameter = null)
    {
        if (_features.Has(keyword))
            return $" {parameter ?? keyword}";
        IsUsable = true; // nothing was said yet
        throw new MailQueueNotSupportedException($"{_options.Where} does not offer {keyword}, which {what} needs");
    }

    // RFC 3461 section 4.
    private static string Xtext(string text) =>
        string.Concat(text.Select(static c => c is '+' or '=' or ' ' ? string.Create(CultureInfo.InvariantCulture, $"+{(int)c:X2}") : c.ToString()));

    private async Task<List<SmtpReply>> Talk(string[] commands, CancellationToken cancellationToken)
    {
        List<SmtpReply> replies = new(commands.Length);
        int atOnce = _features.Has("PIPELINING") ? CommandsAtOnce : 1;
        foreach (string[] some in commands.Chunk(atOnce))
        {
            foreach (string command in some)
                _connection.Say(command);
            await _connection.Flush(_options.ReplyTimeout, cancellationToken).ConfigureAwait(false);
            foreach (string _ in some)
            {
                replies.Add(await _connection.Reply(_options.ReplyTimeout, cancellationToken).ConfigureAwait(false));
                if (replies[^1].Code == 421)
                    throw new MailRefusedException("the server ends the session", replies[^1]);
            }
            if (!replies[0].IsSuccess)
                break;
        }
        return replies;
    }

    // The refusal is what matters; a connection that breaks now is only not used again.
    private async Task Reset(IReadOnlyList<SmtpReply> replies, CancellationToken cancellationToken)
    {
        if (replies.Any(static reply => reply.Code == 421))
            return;
        try
        {
            IsUsable = (await Ask("RSET", cancellationToken).ConfigureAwait(false)).IsSuccess;
        }
        catch (MailQueueUnavailableException)
        {
            IsUsable = false;
        }
    }

    private Task<SmtpReply> Ask(string line, CancellationToken cancellationToken) => _connection.Ask(line, _options.ReplyTimeout, cancellationToken);

    private static void Expect(SmtpReply reply, string what)
    {
        if (!reply.IsSuccess)
            throw new MailRefusedException(what, reply);
    }

    /// <summary>Takes leave, as far as that does not wait.</summary>
    public void Dispose()
    {
        if (IsUsable)
        {
            IsUsable = false;
            _connection.Say("QUIT");
            _ = Quit();
        }
        else
        {
            _connection.Dispose();
        }
    }

    private async Task Quit()
    {
        try
        {
            await _connection.Flush(TimeSpan.FromSeconds(1), CancellationToken.None).ConfigureAwait(false);
        }
        catch (MailQueueUnavailableException)
        {
            // It is gone already.
        }
        _connection.Dispose();
    }
}
