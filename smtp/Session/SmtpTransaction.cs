using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>MAIL, RCPT, DATA, the message, and what follows: one message over a session that is ready for it.</summary>
/// <remarks>Stream failures pass through; the recipients that are open then have no verdict.</remarks>
internal sealed class SmtpTransaction(SmtpChat chat, ServerFeatures features, ServerTurn turn)
{
    private readonly SmtpTrouble _trouble = new(turn);
    private readonly DeliveryState _state = turn.State;
    private readonly DeliveryRequest _message = turn.Delivery.Request;
    private readonly bool _isProbe = turn.Delivery.IsProbe;
    private readonly List<AttemptRecipient> _recipients = features.Limits.Part(turn.State.Open);
    private int _accepted;

    /// <summary>No QUIT at the end.</summary>
    internal bool KeepOpen { get; init; }

    private bool NeedsConversion =>
        !features.EightBitMime && !chat.Options.DisableMimeOutputConversion && _message.Encoding != BodyEncoding.SevenBit;

    private bool EndsSession => !KeepOpen && !_state.HasNextTransaction;

    /// <summary>Each recipient that was open has a verdict when this returns, or waits for another transaction.</summary>
    internal void Run()
    {
        // The server says how many it takes at once (S3-36).
        List<AttemptRecipient> open = _state.Open;
        if (_recipients.Count < open.Count)
        {
            foreach (AttemptRecipient recipient in open.Except(_recipients))
                recipient.Mark = RecipientMark.NextTransaction;
        }
        if (chat.Options.SendXForward)
            TellOrigin(_message.Origin ?? MessageOrigin.Local);
        string mail = EnvelopeCommands.Mail(_message, features, NeedsConversion, chat.Options, turn.Destination.RequireTls);
        if (features.Pipelining)
            RunPipelined(mail);
        else
            RunInStep(mail);
    }

    // The server forgets it with each transaction. That it does not like it says nothing about the message.
    private void TellOrigin(MessageOrigin origin)
    {
        TellOrigin(SmtpStage.ForwardClient, ForwardedOrigin.Client(origin, features));
        TellOrigin(SmtpStage.ForwardProtocol, ForwardedOrigin.Protocol(origin, features));
    }

    private void TellOrigin(SmtpStage stage, string? command)
    {
        if (command is null)
            return;
        SmtpReply reply = chat.Ask(stage, command);
        RefuseStaleSession(reply);
        if (reply.Class != 2)
            turn.Delivery.Log.OriginRefused(turn.Delivery.QueueId, turn.Server, reply, StageInfo.Of(stage).Command);
    }

    // RFC 2920: one batch, then the replies in the same order.
    private void RunPipelined(string mail)
    {
        chat.RefuseEarlyReply(SmtpStage.Mail);
        chat.Say(SmtpStage.Mail, mail);
        foreach (AttemptRecipient recipient in _recipients)
            chat.Say(SmtpStage.Rcpt, EnvelopeCommands.Rcpt(recipient, _message, features, chat.Options));
        if (!_isProbe)
            chat.Say(SmtpStage.Data, "DATA");
        chat.Flush(SmtpStage.Mail);

        bool accepted = ReadMailReply(mail);
        SmtpReply? data = ReadBatch(accepted);
        if (IsHopeless)
            return;
        if (data is null)
        {
            Reset();
        }
        else if (data.Class != 3)
        {
            if (_state.HasOpen)
                _trouble.MessageRefused(SmtpStage.Data, data);
            Reset();
        }
        else if (!_state.HasOpen)
        {
            EndEmpty();
        }
        else
        {
            SendMessage();
        }
    }

    // The replies to RCPT and DATA. Recipients are judged when all replies are in: only then is it known that each command
    // has its own.
    private SmtpReply? ReadBatch(bool accepted)
    {
        bool several = _recipients.Count > 1;
        List<SmtpReply> replies = new(_recipients.Count);
        SmtpReply? data = null;
        try
        {
            while (replies.Count < _recipients.Count)
            {
                if (IsHopeless)
                    return null;
                replies.Add(ReadBatchReply(SmtpStage.Rcpt, several));
                // After junk no reply is known to come; a recipient alone can be given no other's.
                if (chat.IsOutOfStep && !several)
                    JudgeBatch(replies, accepted);
            }
            if (IsHopeless)
                return null;
            if (!_isProbe)
                data = ReadBatchReply(SmtpStage.Data, several || replies[0].Class != 2);
            // More after 354, where it belongs, is about the message: SendMessage looks.
            if (data is not { Class: 3 })
                chat.RefuseEarlyReply(chat.Stage);
        }
        catch (Exception e) when (e is StoppingException or ConnectionException { Failure: not StreamFailure.OutOfStep })
        {
            // One of them may be another command's.
            if (!chat.IsOutOfStep)
                JudgeBatch(replies, accepted);
            throw;
        }
        JudgeBatch(replies, accepted);
        return data;
    }

    private void JudgeBatch(List<SmtpReply> replies, bool accepted)
    {
        for (int i = 0; accepted && i < replies.Count; i++)
        {
            if (_recipients[i].Mark == RecipientMark.Open)
                Judge(_recipients[i], replies[i]);
        }
    }

    // suspicious: the reply may be another command's.
    private SmtpReply ReadBatchReply(SmtpStage stage, bool suspicious)
    {
        SmtpReply reply = chat.ReadReply(stage);
        bool isOdd = reply.Class == (stage == SmtpStage.Data ? 2 : 3);
        return suspicious && isOdd ? throw new ConnectionException(StreamFailure.OutOfStep) : reply;
    }

    private void RunInStep(string mail)
    {
        chat.RefuseEarlyReply(SmtpStage.Mail);
        chat.Say(SmtpStage.Mail, mail);
        chat.Flush(SmtpStage.Mail);
        bool accepted = ReadMailReply(mail);
        foreach (AttemptRecipient recipient in _recipients)
        {
            if (accepted)
                Judge(recipient, chat.Ask(SmtpStage.Rcpt, EnvelopeCommands.Rcpt(recipient, _message, features, chat.Options)));
        }
        if (_state.HasOpen)
        {
            SmtpReply data = chat.Ask(SmtpStage.Data, "DATA");
            if (data.Class == 3)
            {
                SendMessage();
                return;
            }
            _trouble.MessageRefused(SmtpStage.Data, data);
        }
        Reset();
    }

    // Replies and commands no longer match, and nobody waits for one any more.
    private bool IsHopeless => chat.IsOutOfStep && !_state.HasOpen;

    // As if it had closed the session while it was at rest.
    private void RefuseStaleSession(SmtpReply reply)
    {
        if (turn.HasCarriedMail && reply.Code == 421)
            throw new ConnectionException(StreamFailure.Lost);
    }

    // Some server announces an extension, and then refuses what belongs to it: without, it takes the mail.
    private void FollowsWithoutParameters(AttemptRecipient recipient, SmtpStage stage, SmtpReply reply)
    {
        if (turn.LesserFeatures is null)
            turn.Delivery.Log.ParametersRefused(turn.Delivery.QueueId, turn.Server, reply, StageInfo.Of(stage).Command);
        turn.LesserFeatures = (turn.LesserFeatures ?? features).WithoutParameters(stage, reply);
        recipient.Mark = RecipientMark.NextTransaction;
    }

    private bool ReadMailReply(string mail)
    {
        SmtpReply reply = chat.ReadReply(SmtpStage.Mail);
        if (reply.Class == 2)
            return true;
        RefuseStaleSession(reply);
        if (EnvelopeCommands.HasParameters(mail) && Refusals.IsOfParameters(reply, SmtpStage.Mail))
        {
            foreach (AttemptRecipient recipient in _recipients)
                FollowsWithoutParameters(recipient, SmtpStage.Mail, reply);
            return false;
        }
        _trouble.MessageRefused(SmtpStage.Mail, reply);
        return false;
    }

    // What the server says to RCPT.
    private void Judge(AttemptRecipient recipient, SmtpReply reply)
    {
        if (reply.Class == 2 && _isProbe)
            new RecipientResults(turn).Sent(recipient, reply, features.Dsn);
        if (reply.Class == 2)
            _accepted++;
        else if (Refusals.IsOfParameters(reply, SmtpStage.Rcpt) && EnvelopeCommands.HasParameters(EnvelopeCommands.Rcpt(recipient, _message, features, chat.Options)))
            FollowsWithoutParameters(recipient, SmtpStage.Rcpt, reply);
        else if (_accepted > 0 && Refusals.IsRecipientLimit(reply))
            _trouble.RecipientWaits(recipient, SmtpTrouble.FromReply(turn.Server, SmtpStage.Rcpt, reply));
        else
            _trouble.RecipientRefused(recipient, SmtpStage.Rcpt, reply);
    }

    private void SendMessage()
    {
        bool quit = features.Pipelining && EndsSession;
        new MessageTransfer(chat, features, turn).Run(NeedsConversion, quit);
        if (quit && !chat.IsBroken && !chat.Options.SkipQuitResponse)
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
        if (EndsSession)
            chat.Say(SmtpStage.Quit, "QUIT");
    }

    private void IgnoreReply(SmtpStage stage)
    {
        try
        {
            _ = chat.ReadReply(stage);
        }
        catch (ConnectionException)
        {
            chat.Abandon();
        }
    }
}
