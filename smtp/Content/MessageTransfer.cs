using PostfixNet.Checks;
using PostfixNet.Net;
using PostfixNet.Queue;

namespace PostfixNet.Smtp;

/// <summary>Sends the message after DATA, and decides about its recipients by what the server says then.</summary>
internal sealed class MessageTransfer(SmtpChat chat, ServerFeatures features, ServerTurn turn)
{
    private readonly SmtpTrouble _trouble = new(turn);
    private readonly RecipientResults _results = new(turn);

    /// <param name="convert">To 7-bit content.</param>
    /// <param name="quit">QUIT goes with the final dot.</param>
    internal void Run(bool convert, bool quit)
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
            SendContent(convert, quit);
        }
        catch (ConnectionException e) when (e.Failure == StreamFailure.Lost)
        {
            if (chat.TakeEarlyReply(chat.Stage) is { } reply && IsRefusal(reply))
                return;
            throw;
        }
        catch (SigningException e)
        {
            // Nothing of the message was sent; closing now makes the server forget it.
            chat.Abandon();
            _trouble.SigningFails(e.Message);
            return;
        }
        if (chat.Options.IsLmtp)
            JudgeEach(quit);
        else
            JudgeAll(chat.ReadReply(SmtpStage.Dot), quit);
        chat.Stream.HeedsStop = true;
    }

    // A server that has seen enough says so, perhaps closes, and does not wait for the end of the message.
    private bool IsRefusal(SmtpReply early)
    {
        if (early.Class is not (4 or 5))
            return false;
        chat.Abandon();
        _trouble.MessageRefused(SmtpStage.Dot, early);
        return true;
    }

    private void SendContent(bool convert, bool quit)
    {
        int lineLimit = chat.Options.MessageLineLimit;
        MessageBody body = new(chat.SendBody, lineLimit, () => turn.Delivery.Log.BreakingLine(turn.Delivery.QueueId, lineLimit),
            turn.Delivery.Surroundings.ContentBuffer);
        try
        {
            foreach (MessageSignature signature in Sign(convert, lineLimit))
                body.AddField(signature.Field);
            body.Copy(turn.Delivery.Content(), Steps(convert, turn.Delivery.Log));
        }
        catch (Exception e) when (e is QueueFileException or IOException)
        {
            throw new ContentException(e);
        }
        if (features.DelayDot)
        {
            body.SendAll();
            chat.Stream.Pause(chat.Options.PixDelayTime);
        }
        chat.Stream.ThrowIfStopping();
        // From here on the server may have the whole message, and only its reply tells.
        chat.Stream.HeedsStop = false;
        body.Finish(quit ? ".\r\nQUIT\r\n"u8 : ".\r\n"u8);
        chat.HasQuit |= quit;
    }

    // What is signed are the lines that leave, whatever was made of them for this server: so they pass twice.
    private IReadOnlyList<MessageSignature> Sign(bool convert, int lineLimit)
    {
        if (chat.Options.Signing is not { } signing)
            return [];
        try
        {
            using MessageSigner signer = new(signing);
            FoldedLines lines = new(lineLimit, static () => { }, signer.Add);
            // What is logged of the content is logged when it goes out.
            Steps(convert, Log.Silent).Copy(turn.Delivery.Content(), lines.Add, () => signer.IsOver);
            lines.End();
            IReadOnlyList<MessageSignature> signatures = signer.Finish(turn.Delivery.Now / 1_000_000);
            if (signatures.Count > 0)
                turn.Delivery.Log.Signed(turn.Delivery.QueueId, signatures);
            return signatures;
        }
        catch (SigningException e) when (signing.SendsUnsigned || e.IsOfMessage)
        {
            turn.Delivery.Log.NotSigned(turn.Delivery.QueueId, e.Message);
            return [];
        }
    }

    private ContentSteps Steps(bool convert, Log log) => new(convert, chat.Options.Generic,
        chat.Options.Checks is { } tables ? output => Look(tables, output, convert, log) : null, ToAsciiReport: IsOwnNotice && !features.SmtpUtf8);

    // From nobody, and from no client: what others report goes as it came.
    private bool IsOwnNotice => turn.Delivery.Request is { Sender: "", Origin: null };

    // Encoders put a line out in pieces.
    private CheckedContent Look(CheckTables tables, LineSink output, bool convert, Log log) =>
        new(tables, output, log, turn.Delivery.QueueId, convert ? chat.Options.LineLengthLimit : 0);

    // RFC 2033 section 4.2: one reply for each recipient that was accepted, in the order of RCPT.
    private void JudgeEach(bool quit)
    {
        List<AttemptRecipient> recipients = turn.State.Open;
        List<SmtpReply> replies = [];
        SmtpReply? junk = null;
        try
        {
            while (replies.Count < recipients.Count)
            {
                replies.Add(chat.ReadReply(SmtpStage.Dot));
                junk ??= replies[^1].HasJunk ? replies[^1] : null;
                // Then there are too few replies, and those before may be other recipients', too.
                if (IsNoVerdict(replies[^1], junk, quit: false))
                    return;
            }
            if (junk is not null && IsNoVerdict(junk, junk, quit))
                return;
            junk = null;
        }
        finally
        {
            for (int i = 0; junk is null && i < replies.Count && recipients[i].Mark == RecipientMark.Open; i++)
                Judge(recipients[i], replies[i]);
            _results.Settle();
        }
    }

    // The reply may be the answer to QUIT, which some server gives before it has stored the message. With junk in front it is the
    // reply to the content only if another one follows for QUIT. Once too often is better than never.
    private bool IsNoVerdict(SmtpReply reply, SmtpReply? junk, bool quit)
    {
        if (reply.Code != 221 && (junk is null || !quit || AnswersQuit()))
            return false;
        reply = junk ?? reply;
        chat.Abandon();
        _trouble.MessageFails(SmtpTrouble.Why("4.5.0",
            $"host {turn.Server.Name} sent a reply that is none: {reply.Text} (in reply to {StageInfo.Of(SmtpStage.Dot).Command}) -- message may be sent more than once",
            turn.Server.Host, reply.Text));
        return true;
    }

    private bool AnswersQuit()
    {
        try
        {
            _ = chat.ReadReply(SmtpStage.Quit);
            return true;
        }
        catch (ConnectionException)
        {
            return false;
        }
        finally
        {
            chat.Abandon();
        }
    }

    private void JudgeAll(SmtpReply reply, bool quit)
    {
        // Whatever a refusal answers, nothing was taken.
        if (IsNoVerdict(reply, reply.HasJunk ? reply : null, quit && reply.Class == 2))
            return;
        if (reply.Class != 2)
        {
            _trouble.MessageRefused(SmtpStage.Dot, reply);
            return;
        }
        long now = turn.Delivery.Now;
        foreach (AttemptRecipient recipient in turn.State.Open)
            _results.Sent(recipient, reply, features.Dsn, now);
        _results.Settle();
    }

    private void Judge(AttemptRecipient recipient, SmtpReply reply)
    {
        if (reply.Class == 2)
            _results.Sent(recipient, reply, features.Dsn);
        else
            _trouble.RecipientRefused(recipient, SmtpStage.Dot, reply);
    }
}
