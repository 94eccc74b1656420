using PostfixNet.Net;
using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>Sends the message after DATA, and decides about its recipients by what the server says then.</summary>
internal sealed class MessageTransfer(
    SmtpChat chat, ServerFeatures features, DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results,
    SmtpOptions options, Log log)
{
    /// <inheritdoc cref="SmtpTransaction.DelayDot"/>
    internal bool DelayDot { get; init; }

    /// <inheritdoc cref="SmtpSession.IsBroken"/>
    internal bool IsBroken { get; private set; }

    private SmtpPeer Peer => attempt.Peer ?? throw new InvalidOperationException("no server");

    /// <param name="convert">To 7-bit content.</param>
    /// <param name="quit">QUIT goes with the final dot.</param>
    internal void Run(Func<ContentReader> content, bool convert, bool quit)
    {
        if (chat.TakeEarlyReply(chat.Stage) is { } early)
        {
            // That it takes the message cannot be said before.
            if (!IsRefusal(early))
                throw new ConnectionException(StreamFailure.OutOfStep);
            return;
        }
        try
        {
            SendContent(convert, content, quit ? ".\r\nQUIT\r\n"u8 : ".\r\n"u8);
        }
        catch (ConnectionException e) when (e.Failure == StreamFailure.Lost)
        {
            if (chat.TakeEarlyReply(chat.Stage) is { } reply && IsRefusal(reply))
                return;
            throw;
        }
        if (options.IsLmtp)
            JudgeEach();
        else
            JudgeAll(chat.ReadReply(SmtpStage.Dot));
        chat.Stream.HeedsStop = true;
    }

    // A server that has seen enough says so, perhaps closes, and does not wait for the end of the message.
    private bool IsRefusal(SmtpReply early)
    {
        if (early.Class is not (4 or 5))
            return false;
        IsBroken = true;
        trouble.MessageFails(SmtpTrouble.FromReply(Peer, SmtpStage.Dot, early));
        return true;
    }

    private void SendContent(bool convert, Func<ContentReader> content, ReadOnlySpan<byte> last)
    {
        MessageBody body = new(chat.SendBody, options.MessageLineLimit,
            () => log.BreakingLine(attempt.QueueId, options.MessageLineLimit));
        CopyContent(body, convert, options.Generic, content);
        if (DelayDot)
        {
            body.SendAll();
            chat.Stream.Pause(options.PixDelayTime);
        }
        chat.Stream.ThrowIfStopping();
        // From here on the server may have the whole message, and only its reply tells.
        chat.Stream.HeedsStop = false;
        body.Finish(last);
    }

    private static void CopyContent(MessageBody body, bool convert, GenericMap? generic, Func<ContentReader> content)
    {
        try
        {
            body.Copy(content(), convert, generic);
        }
        catch (Exception e) when (e is QueueFileException or IOException)
        {
            throw new ContentException(e);
        }
    }

    // RFC 2033 section 4.2: one reply for each recipient that was accepted, in the order of RCPT.
    private void JudgeEach()
    {
        List<AttemptRecipient> recipients = [];
        List<SmtpReply> replies = [];
        foreach (AttemptRecipient recipient in attempt.Recipients)
        {
            if (recipient.Mark == RecipientMark.Open)
                recipients.Add(recipient);
        }
        try
        {
            while (replies.Count < recipients.Count)
            {
                replies.Add(chat.ReadReply(SmtpStage.Dot));
                // Then there are too few replies, and those before may be other recipients', too.
                if (IsNoVerdict(replies[^1]))
                    return;
            }
        }
        finally
        {
            for (int i = 0; i < replies.Count && recipients[i].Mark == RecipientMark.Open; i++)
                Judge(recipients[i], replies[i]);
        }
    }

    // The reply may be the answer to QUIT, which some server gives before it has stored the message; so is a code with junk
    // in front. Once too often is better than never.
    private bool IsNoVerdict(SmtpReply reply)
    {
        if (!reply.HasJunk && !chat.IsOutOfStep && reply.Code != 221)
            return false;
        IsBroken = true;
        trouble.MessageFails(SmtpTrouble.Why("4.5.0",
            $"host {Peer.Name} sent a reply that is none: {reply.Text} (in reply to {StageInfo.Of(SmtpStage.Dot).Command}) -- message may be sent more than once",
            Peer.Host, reply.Text));
        return true;
    }

    private void JudgeAll(SmtpReply reply)
    {
        if (IsNoVerdict(reply))
            return;
        if (reply.Class != 2)
        {
            trouble.MessageFails(SmtpTrouble.FromReply(Peer, SmtpStage.Dot, reply));
            return;
        }
        results.BeginGroup();
        foreach (AttemptRecipient recipient in attempt.Recipients)
        {
            if (recipient.Mark == RecipientMark.Open)
                results.Sent(attempt, recipient, reply, features.Dsn);
        }
        results.EndGroup();
    }

    private void Judge(AttemptRecipient recipient, SmtpReply reply)
    {
        if (reply.Class == 2)
            results.Sent(attempt, recipient, reply, features.Dsn);
        else
            trouble.RecipientFails(recipient, SmtpTrouble.FromReply(Peer, SmtpStage.Dot, reply));
    }
}
