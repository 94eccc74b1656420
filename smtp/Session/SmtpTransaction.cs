using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Net;
using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>MAIL, RCPT, DATA, the message, and what follows: one message over a session that is ready for it.</summary>
/// <remarks>Stream failures pass through; the recipients that are open then have no verdict.</remarks>
internal sealed class SmtpTransaction(
    SmtpChat chat, ServerFeatures features, DeliveryAttempt attempt, SmtpTrouble trouble, RecipientResults results,
    SmtpOptions options, Log log)
{
    private int _accepted;

    /// <summary>The session was at rest: the server may have closed it before it saw MAIL.</summary>
    internal bool MayBeStale { get; init; }

    /// <summary>No QUIT at the end.</summary>
    internal bool KeepOpen { get; init; }

    /// <summary>PIX work-around: the final dot goes in a packet of its own.</summary>
    internal bool DelayDot { get; init; }

    /// <summary>QUIT was sent.</summary>
    internal bool HasQuit { get; private set; }

    /// <inheritdoc cref="SmtpSession.IsBroken"/>
    internal bool IsBroken { get; private set; }

    /// <inheritdoc cref="SmtpSession.IsStale"/>
    internal bool IsStale { get; private set; }

    private SmtpPeer Peer => attempt.Peer ?? throw new InvalidOperationException("no server");

    private bool NeedsConversion =>
        !features.EightBitMime && !options.DisableMimeOutputConversion && attempt.Request.Encoding != BodyEncoding.SevenBit;

    internal void Run(Func<ContentReader> content)
    {
        _accepted = 0;
        List<AttemptRecipient> recipients = [];
        foreach (AttemptRecipient recipient in attempt.Recipients)
        {
            if (recipient.Mark == RecipientMark.Open)
                recipients.Add(recipient);
        }
        if (options.SendXForward && !TellOrigin(attempt.Request.Origin ?? MessageOrigin.Local))
            return;
        bool convert = NeedsConversion;
        string mail = EnvelopeCommands.Mail(attempt.Request, features, convert, options);
        if (features.Pipelining)
            RunPipelined(mail, recipients, convert, content);
        else
            RunInStep(mail, recipients, convert, content);
    }

    // The server forgets it with each transaction. That it does not like it says nothing about the message. False: nobody
    // listens any more.
    private bool TellOrigin(MessageOrigin origin) =>
        TellOrigin(SmtpStage.ForwardClient, ForwardedOrigin.Client(origin, features))
        && TellOrigin(SmtpStage.ForwardProtocol, ForwardedOrigin.Protocol(origin, features));

    private bool TellOrigin(SmtpStage stage, string? command)
    {
        if (command is null)
            return true;
        SmtpReply reply = chat.Ask(stage, command);
        if (IsStaleAfter(reply))
            return false;
        if (reply.Class != 2)
            log.OriginRefused(attempt.QueueId, Peer, reply, StageInfo.Of(stage).Command);
        return true;
    }

    // RFC 2920: one batch, then the replies in the same order.
    private void RunPipelined(string mail, List<AttemptRecipient> recipients, bool convert, Func<ContentReader> content)
    {
        chat.RefuseEarlyReply(SmtpStage.Mail);
        chat.Say(SmtpStage.Mail, mail);
        foreach (AttemptRecipient recipient in recipients)
            chat.Say(SmtpStage.Rcpt, EnvelopeCommands.Rcpt(recipient, features, options));
        if (!attempt.IsProbe)
            chat.Say(SmtpStage.Data, "DATA");
        chat.Flush(SmtpStage.Mail);

        bool accepted = ReadMailReply();
        if (IsStale)
            return;
        SmtpReply? data = ReadBatch(recipients, accepted);
        if (IsHopeless)
            return;
        if (data is null)
        {
            Reset();
        }
        else if (data.Class != 3)
        {
            if (attempt.OpenRecipients > 0)
                trouble.MessageFails(SmtpTrouble.FromReply(Peer, SmtpStage.Data, data));
            Reset();
        }
        else if (attempt.OpenRecipients == 0)
        {
            EndEmpty();
        }
        else
        {
            SendMessage(convert, content);
        }
    }

    // The replies to RCPT and DATA. Recipients are judged when all replies are in: only then is it known that each command
    // has its own.
    private SmtpReply? ReadBatch(List<AttemptRecipient> recipients, bool accepted)
    {
        bool several = recipients.Count > 1;
        List<SmtpReply> replies = new(recipients.Count);
        SmtpReply? data = null;
        try
        {
            while (replies.Count < recipients.Count)
            {
                if (IsHopeless)
                    return null;
                replies.Add(ReadBatchReply(SmtpStage.Rcpt, several));
                // After junk no reply is known to come; a recipient alone can be given no other's.
                if (chat.IsOutOfStep)
                    JudgeBatch(recipients, replies, accepted);
            }
            if (IsHopeless)
                return null;
            if (!attempt.IsProbe)
                data = ReadBatchReply(SmtpStage.Data, several || replies[0].Class != 2);
            // More after 354, where it belongs, is about the message: SendMessage looks.
            if (data is not { Class: 3 })
                chat.RefuseEarlyReply(chat.Stage);
        }
        catch (Exception e) when (e is StoppingException or ConnectionException { Failure: not StreamFailure.OutOfStep })
        {
            JudgeBatch(recipients, replies, accepted);
            throw;
        }
        JudgeBatch(recipients, replies, accepted);
        return data;
    }

    private void JudgeBatch(List<AttemptRecipient> recipients, List<SmtpReply> replies, bool accepted)
    {
        for (int i = 0; accepted && i < replies.Count; i++)
        {
            if (recipients[i].Mark == RecipientMark.Open)
                Judge(recipients[i], replies[i]);
        }
    }

    // suspicious: the reply may be another command's.
    private SmtpReply ReadBatchReply(SmtpStage stage, bool suspicious)
    {
        SmtpReply reply = chat.ReadReply(stage);
        bool isOdd = reply.Class == (stage == SmtpStage.Data ? 2 : 3);
        return suspicious && (chat.IsOutOfStep || isOdd) ? throw new ConnectionException(StreamFailure.OutOfStep) : reply;
    }

    private void RunInStep(string mail, List<AttemptRecipient> recipients, bool convert, Func<ContentReader> content)
    {
        chat.RefuseEarlyReply(SmtpStage.Mail);
        chat.Say(SmtpStage.Mail, mail);
        chat.Flush(SmtpStage.Mail);
        bool accepted = ReadMailReply();
        if (IsStale)
            return;
        foreach (AttemptRecipient recipient in recipients)
        {
            if (accepted)
                Judge(recipient, chat.Ask(SmtpStage.Rcpt, EnvelopeCommands.Rcpt(recipient, features, options)));
        }
        if (attempt.OpenRecipients > 0)
        {
            SmtpReply data = chat.Ask(SmtpStage.Data, "DATA");
            if (data.Class == 3)
            {
                SendMessage(convert, content);
                return;
            }
            trouble.MessageFails(SmtpTrouble.FromReply(Peer, SmtpStage.Data, data));
        }
        Reset();
    }

    // Replies and commands no longer match, and nobody waits for one any more.
    private bool IsHopeless => chat.IsOutOfStep && attempt.OpenRecipients == 0;

    // The server tired of the idle session; this says nothing about the message.
    private bool IsStaleAfter(SmtpReply reply)
    {
        if (MayBeStale && reply.Code == 421)
            IsBroken = IsStale = true;
        return IsStale;
    }

    private bool ReadMailReply()
    {
        SmtpReply reply = chat.ReadReply(SmtpStage.Mail);
        if (reply.Class == 2)
            return true;
        if (IsStaleAfter(reply))
            return false;
        trouble.MessageFails(SmtpTrouble.FromReply(Peer, SmtpStage.Mail, reply));
        return false;
    }

    // What the server says to RCPT.
    private void Judge(AttemptRecipient recipient, SmtpReply reply)
    {
        if (reply.Class == 2 && attempt.IsProbe)
            results.Sent(attempt, recipient, reply, features.Dsn);
        if (reply.Class == 2)
            _accepted++;
        else if (_accepted > 0 && IsRecipientLimit(reply))
            trouble.RecipientWaits(recipient, SmtpTrouble.FromReply(Peer, SmtpStage.Rcpt, reply));
        else
            trouble.RecipientFails(recipient, SmtpTrouble.FromReply(Peer, SmtpStage.Rcpt, reply));
    }

    // RFC 5321 section 4.5.3.1.10: 452, and 552 from old servers. A status that is about something else tells them from full
    // mailboxes and disks; where there is none the next transaction will show, because it begins with the recipient.
    private static bool IsRecipientLimit(SmtpReply reply) =>
        (reply.Code, reply.Status) is (452, "4.5.3" or "4.0.0") or (552, "5.5.3" or "5.0.0");

    private void SendMessage(bool convert, Func<ContentReader> content)
    {
        if (chat.IsOutOfStep)
        {
            // The 354 may belong to another command: sending content now could deliver it to the wrong recipients.
            IsBroken = true;
            trouble.MessageFails(SmtpTrouble.Why("4.5.0", $"host {Peer.Name} sent replies that are not SMTP", Peer.Host));
            return;
        }
        bool quit = !KeepOpen && features.Pipelining && !attempt.HasNextTransaction;
        MessageTransfer transfer = new(chat, features, attempt, trouble, results, options, log) { DelayDot = DelayDot };
        transfer.Run(content, convert, quit);
        (HasQuit, IsBroken) = (quit, transfer.IsBroken);
        if (quit && !IsBroken && !options.SkipQuitResponse)
            IgnoreReply(SmtpStage.Quit);
    }

    // Nobody is left, but the server waits for content.
    private void EndEmpty()
    {
        chat.Say(SmtpStage.Dot, ".");
        SayQuit();
        chat.Flush(SmtpStage.Dot);
        IgnoreReply(SmtpStage.Dot);
    }

    private void Reset()
    {
        chat.Say(SmtpStage.Rset, "RSET");
        if (features.Pipelining)
            SayQuit();
        chat.Flush(SmtpStage.Rset);
        IgnoreReply(SmtpStage.Rset);
    }

    private void SayQuit()
    {
        if (KeepOpen || attempt.HasNextTransaction)
            return;
        chat.Say(SmtpStage.Quit, "QUIT");
        HasQuit = true;
    }

    private void IgnoreReply(SmtpStage stage)
    {
        try
        {
            _ = chat.ReadReply(stage);
        }
        catch (ConnectionException)
        {
            IsBroken = true;
        }
    }
}
