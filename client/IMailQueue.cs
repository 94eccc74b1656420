using MimeKit;

namespace PostfixNet.Client;

/// <summary>The queue of a mail system. One object serves a whole application, any number of calls at once.</summary>
/// <remarks>
/// When a call of SendAsync returns, the message is on stable storage. When it throws, it is not queued, unless <see cref="MailQueueException.MayBeQueued"/>;
/// <see cref="OperationCanceledException"/> means not queued, too: once the end of the content is sent, the answer is waited for. Nothing is sent again by
/// itself but on a kept connection that turns out to be dead before any content went over it. So delivery is at least once for who repeats what failed
/// and may be queued; give a message its Message-Id before the first attempt and keep it, for others to see that two are the same.
/// </remarks>
public interface IMailQueue
{
    /// <summary>Queues a message for those whom its headers name.</summary>
    /// <param name="message">Is written out for SMTP, without Bcc; its encodings may be changed for that.</param>
    /// <param name="options">What else is wanted; null: nothing.</param>
    /// <exception cref="ArgumentException">It has no sender or no recipients, or an address cannot be one.</exception>
    /// <exception cref="MailQueueException">It was refused, or the mail system cannot be reached.</exception>
    public Task<QueuedMessage> SendAsync(MimeMessage message, SendOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Queues a message for those whom an envelope names.</summary>
    /// <inheritdoc cref="SendAsync(MimeMessage, SendOptions?, CancellationToken)"/>
    public Task<QueuedMessage> SendAsync(MimeMessage message, MailEnvelope envelope, SendOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Queues what is a message already, octet by octet; a line end of LF alone becomes CRLF.</summary>
    /// <param name="content">Headers and body, read from where it stands to its end, once; it is not closed.</param>
    /// <inheritdoc cref="SendAsync(MimeMessage, SendOptions?, CancellationToken)"/>
    public Task<QueuedMessage> SendAsync(Stream content, MailEnvelope envelope, SendOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>What the queue knows of a message.</summary>
    /// <param name="queueId">Of <see cref="QueuedMessage.QueueId"/>.</param>
    /// <returns>null: it is not in the queue, because it is done, or was never there. Events tell what became of it.</returns>
    /// <exception cref="MailQueueException">The mail system cannot be reached, or does not tell this account (authorized_mailq_users).</exception>
    public Task<MessageStatus?> GetStatusAsync(string queueId, CancellationToken cancellationToken = default);

    /// <summary>Whether the mail system takes mail: connects, if there is no connection, and has it answer. While all connections
    /// are at work, that is the answer, after <see cref="PostfixNetOptions.ConnectTimeout"/>: a server that stops in the middle of mail is told to who sends it.</summary>
    /// <exception cref="MailQueueException">It does not.</exception>
    public Task CheckAsync(CancellationToken cancellationToken = default);
}
