using System.Globalization;
using Microsoft.Extensions.Options;
using MimeKit;
using PostfixNet.Client.Queue;
using PostfixNet.Client.Smtp;

namespace PostfixNet.Client;

/// <summary>The queue of Postfix.Net, over its socket or SMTP. Safe for any number of threads; disposing it closes kept connections.</summary>
public sealed class MailQueue : IMailQueue, IDisposable
{
    private static readonly SendOptions s_nothing = new();

    private readonly PostfixNetOptions _options;
    private readonly SessionPool _sessions;

    /// <exception cref="OptionsValidationException">The options cannot be used; it says why.</exception>
    public MailQueue(PostfixNetOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.Check(options);
        _options = options.Copy();
        _sessions = new SessionPool(_options);
    }

    /// <inheritdoc/>
    public Task<QueuedMessage> SendAsync(MimeMessage message, SendOptions? options = null, CancellationToken cancellationToken = default) =>
        SendAsync(message, MailEnvelope.Of(message), options, cancellationToken);

    /// <inheritdoc/>
    public Task<QueuedMessage> SendAsync(MimeMessage message, MailEnvelope envelope, SendOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        (MailEnvelope ascii, bool isUtf8) = ForWire(envelope);
        Submission submission = new(ascii, options ?? s_nothing, Size: null, isUtf8, takesEightBits => (output, cancelled) =>
        {
            FormatOptions format = FormatOptions.Default.Clone();
            (format.NewLineFormat, format.EnsureNewLine, format.International) = (NewLineFormat.Dos, true, isUtf8);
            format.HiddenHeaders.Add(HeaderId.Bcc);
            format.HiddenHeaders.Add(HeaderId.ResentBcc);
            format.HiddenHeaders.Add(HeaderId.ContentLength);
            message.Prepare(takesEightBits ? EncodingConstraint.EightBit : EncodingConstraint.SevenBit, LongestLine);
            return message.WriteToAsync(format, output, cancelled);
        });
        return Send(submission, envelope, message.MessageId, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueuedMessage> SendAsync(Stream content, MailEnvelope envelope, SendOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        (MailEnvelope ascii, bool isUtf8) = ForWire(envelope);
        Submission submission = new(ascii, options ?? s_nothing, content.CanSeek ? content.Length - content.Position : null, isUtf8,
            _ => (output, cancelled) => content.CopyToAsync(output, cancelled));
        return Send(submission, envelope, messageId: null, cancellationToken);
    }

    // RFC 5321 section 4.5.3.1.6.
    private const int LongestLine = 998;

    private async Task<QueuedMessage> Send(Submission submission, MailEnvelope envelope, string? messageId, CancellationToken cancellationToken)
    {
        submission.Options.Check();
        for (bool isAgain = false; ; isAgain = true)
        {
            SmtpSession session = await _sessions.Take(isAgain, cancellationToken).ConfigureAwait(false);
            try
            {
                (SmtpReply reply, IReadOnlyList<RefusedRecipient> refused) = await session.Send(submission, cancellationToken).ConfigureAwait(false);
                return new QueuedMessage(reply.QueueId, messageId, AsGiven(refused, submission.Envelope, envelope), reply);
            }
            catch (MailQueueException e) when (!isAgain && session.IsReused && !session.IsUsable && !session.HasBegunContent && IsEndOfSession(e))
            {
                // A connection that was kept, and that the server has given up meanwhile.
            }
            finally
            {
                _sessions.Give(session);
            }
        }
    }

    private static bool IsEndOfSession(MailQueueException e) => e is MailQueueUnavailableException or MailRefusedException { StatusCode: 421 };

    private static IReadOnlyList<RefusedRecipient> AsGiven(IReadOnlyList<RefusedRecipient> refused, MailEnvelope sent, MailEnvelope given) =>
        ReferenceEquals(sent, given) ? refused : [.. refused.Select(one => one with { Address = given.Recipients[sent.Recipients.ToList().IndexOf(one.Address)] })];

    // Domains in ASCII, which every server takes; SMTPUTF8 where the local part needs it.
    private static (MailEnvelope Envelope, bool IsUtf8) ForWire(MailEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        envelope.Check();
        if (envelope.Recipients.Prepend(envelope.Sender).All(static address => System.Text.Ascii.IsValid(address)))
            return (envelope, false);
        MailEnvelope ascii = new(WithAsciiDomain(envelope.Sender), [.. envelope.Recipients.Select(WithAsciiDomain)]);
        return (ascii, !ascii.Recipients.Prepend(ascii.Sender).All(static address => System.Text.Ascii.IsValid(address)));
    }

    private static string WithAsciiDomain(string address)
    {
        int at = address.LastIndexOf('@');
        if (at < 0 || !System.Text.Ascii.IsValid(address.AsSpan(0, at)) || System.Text.Ascii.IsValid(address.AsSpan(at)))
            return address;
        try
        {
            return $"{address[..at]}@{new IdnMapping().GetAscii(address, at + 1)}";
        }
        catch (ArgumentException)
        {
            return address; // the server says what is wrong with it
        }
    }

    /// <inheritdoc/>
    public Task<MessageStatus?> GetStatusAsync(string queueId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(queueId);
        return _options.StatusPath is { } path ? ShowqClient.GetStatus(path, queueId, _options.ReplyTimeout, cancellationToken)
            : throw new MailQueueNotSupportedException("the state of a message is told at a Unix-domain socket: set StatusSocket");
    }

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken = default)
    {
        for (bool isAgain = false; ; isAgain = true)
        {
            // All are busy with mail, and not with connecting, which would have failed by now: that is an answer.
            if (await _sessions.TryTake(isAgain, cancellationToken).ConfigureAwait(false) is not { } session)
                return;
            try
            {
                await session.Check(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MailQueueException e) when (!isAgain && session.IsReused && IsEndOfSession(e))
            {
                // As above.
            }
            finally
            {
                _sessions.Give(session);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sessions.Dispose();
}
