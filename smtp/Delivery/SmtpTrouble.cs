using System.Diagnostics;
using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.Net;
using PostfixNet.Tables;

namespace PostfixNet.Smtp;

/// <summary>What becomes of a recipient that a server did not take.</summary>
internal enum Verdict { TryNextHost, Defer, Bounce }

/// <summary>Every failure of the SMTP client ends here; only here is a recipient kept, deferred or bounced.</summary>
/// <remarks><code>
/// scope      examples                                       recipients   destination   session
/// site       cannot connect, greeting, EHLO, TLS, DNS       all open     throttled     not reused
/// message    MAIL, DATA, final dot refused; too large       all open     -             may be reused
/// recipient  RCPT refused                                   that one     -             may be reused
/// stream     lost connection, timeout                       all open     throttled     not reused
///
/// failure    another server left      last server
/// 4xx        try it, log why          defer
/// 5xx        bounce                   bounce
/// 5xx with soft_bounce, or where another server may well be able to do it (SMTPUTF8):
///            try it, log why          defer, or bounce without soft_bounce
/// A refusal that is about the session or about us (<see cref="Refusals"/>) is a 4xx, whatever its code, if our own relay has
/// it of us, or any server of the number of mails. A session that has carried mail is replaced by a fresh one first.
/// With legacy_no_failover_after_greeting a server that has greeted us is the last one (A0.1).
/// </code></remarks>
internal sealed class SmtpTrouble(ServerTurn turn)
{
    private readonly DeliveryContext _delivery = turn.Delivery;
    private readonly DeliveryState _state = turn.State;
    private readonly SmtpOptions _options = turn.Delivery.Options;
    private readonly RecipientResults _results = new(turn);

    /// <summary>The table of the remarks.</summary>
    /// <param name="hard">Permanent, class 5.</param>
    /// <param name="isFinalServer">No other server is left.</param>
    /// <param name="softBounce">The soft_bounce safety net is on: no mail is returned to its sender.</param>
    /// <param name="mayWorkElsewhere">The server lacks a feature that others can have (S2-19).</param>
    internal static Verdict Decide(bool hard, bool isFinalServer, bool softBounce, bool mayWorkElsewhere = false) =>
        (hard, isFinalServer, softBounce || mayWorkElsewhere) switch
        {
            (false, false, _) => Verdict.TryNextHost,
            (false, true, _) => Verdict.Defer,
            (true, false, true) => Verdict.TryNextHost,
            // With soft_bounce, bouncing is what defers: see RecipientResults.
            (true, _, _) => Verdict.Bounce,
        };

    /// <summary>What went wrong, in the words that log, notices and queue listing show.</summary>
    /// <param name="remoteMta">The server that said so; null when this system decided (S2-16).</param>
    /// <param name="reply">Its reply; null likewise.</param>
    internal static Dsn Why(string status, string reason, string? remoteMta = null, string? reply = null) =>
        new(status, reason, DsnAction.Unstated, reply is null ? null : "smtp", reply, remoteMta);

    internal static bool IsHard(Dsn trouble) => trouble.Class == DsnClass.Permanent;

    /// <summary>A reply that refuses a command; one that is not a refusal either breaks the protocol (S2-15).</summary>
    internal static Dsn FromReply(SmtpPeer peer, SmtpStage stage, SmtpReply reply)
    {
        string reason = $"host {peer.Name} said: {reply.Text} (in reply to {StageInfo.Of(stage).Command})";
        return reply.Status[0] is '4' or '5'
            ? Why(reply.Status, reason, peer.Host, reply.Text)
            : Why("5.5.0", $"Protocol error: {reason}", peer.Host, reply.Text);
    }

    /// <summary>A server that does not want to talk at all.</summary>
    /// <param name="softly">A 5xx counts as 4xx: smtp_skip_5xx_greeting.</param>
    internal static Dsn Refusal(SmtpPeer peer, SmtpReply reply, bool softly)
    {
        string status = reply.Status[0] is '4' or '5' ? reply.Status : "5.5.0";
        if (softly && reply.Class == 5)
            status = $"4{status.AsSpan(1)}";
        return Why(status, $"host {peer.Name} refused to talk to me: {reply.Text}", peer.Host, reply.Text);
    }

    /// <summary>A server that offers TLS, but then does not want it, while the policy does.</summary>
    internal static Dsn TlsRefusal(SmtpPeer peer, SmtpReply reply) => Why(reply.Status[0] is '4' or '5' ? reply.Status : "5.5.0",
        $"TLS is required, but host {peer.Name} refused to start TLS: {reply.Text}", peer.Host, reply.Text);

    /// <summary>The operator has to put something right; a warning said what.</summary>
    internal static Dsn BadTlsPolicy() => Why("4.7.5", "client TLS configuration problem");

    /// <summary>The server cannot be used, for any mail.</summary>
    internal void SiteFails(Dsn trouble) => AllFail(Charged(trouble), throttle: true);

    /// <summary>The server cannot be used for the mail of this sender, who has a login of his own.</summary>
    internal void SenderFails(Dsn trouble) => AllFail(Charged(trouble), throttle: false);

    // That our own relay does not want us is no fault of the mail.
    private Dsn Charged(Dsn trouble) =>
        trouble.DiagnosticText is not null && IsHard(trouble) && !_options.IsLmtp && Refusals.IsOfClient(trouble) && IsOwnRelay(_state.Undecided) ? OurFault(trouble) : trouble;

    /// <summary>The server refused the message, in reply to MAIL, DATA, or its content.</summary>
    internal void MessageRefused(SmtpStage stage, SmtpReply reply)
    {
        RefusalKind kind = Refusals.KindOf(reply, stage);
        List<AttemptRecipient> open = _state.Open;
        if (open.Count > 0 && FollowsInFreshSession(kind, open))
        {
            _delivery.Log.GoingOn(_delivery.QueueId, FromReply(turn.Server, stage, reply).Reason);
            foreach (AttemptRecipient recipient in open)
                recipient.Mark = RecipientMark.NextSession;
            return;
        }
        Dsn trouble = Weigh(stage, reply, kind, open);
        AllFail(trouble, throttle: false);
        if (kind == RefusalKind.Client && open.Count > 0 && IsFinalServer && !IsHard(trouble) && IsOwnRelay(open))
            _state.HopTrouble ??= trouble;
    }

    /// <summary>The server refused one recipient.</summary>
    internal void RecipientRefused(AttemptRecipient recipient, SmtpStage stage, SmtpReply reply)
    {
        RefusalKind kind = Refusals.KindOf(reply, stage);
        if (FollowsInFreshSession(kind, [recipient]))
        {
            _delivery.Log.GoingOn(_delivery.QueueId, FromReply(turn.Server, stage, reply).Reason);
            recipient.Mark = RecipientMark.NextSession;
            return;
        }
        RecipientFails(recipient, Weigh(stage, reply, kind, [recipient]), isOfAddress: kind == RefusalKind.Mail);
    }

    /// <summary>The message was refused, or is not fit for this server.</summary>
    internal void MessageFails(Dsn trouble, bool mayWorkElsewhere = false) =>
        AllFail(trouble, throttle: false, mayWorkElsewhere);

    /// <summary>The server lacks what the message needs, and what others can have (S2-19). Mail goes back when all lack it (S3-33), not while one that could
    /// not be asked now may have it.</summary>
    internal void FeatureIsMissing(Dsn trouble) => MessageFails(_state.SomeMayYetTakeIt ? trouble.AsTransient() : trouble, mayWorkElsewhere: true);

    /// <summary>The server takes no more recipients at once (RFC 5321 section 4.5.3.1.10), which says nothing about this one.</summary>
    internal void RecipientWaits(AttemptRecipient recipient, Dsn why)
    {
        _delivery.Log.GoingOn(_delivery.QueueId, why.Reason);
        recipient.Mark = RecipientMark.NextTransaction;
    }

    /// <summary>The session broke off before the turn of those that wait came.</summary>
    internal void TurnIsMissed() =>
        AllFail(Why("4.5.3", $"host {turn.Server.Name} takes no more recipients at once, and the session with it ended"), throttle: false);

    // Each fresh session must carry something, or its refusal counts: so this comes to an end.
    private bool FollowsInFreshSession(RefusalKind kind, IEnumerable<AttemptRecipient> recipients) =>
        turn.HasCarriedMail && !_state.IsGivenUp
        && (kind == RefusalKind.SessionLimit || (kind == RefusalKind.Client && IsOwnRelay(recipients)));

    // What a refusal comes to for the mail.
    private Dsn Weigh(SmtpStage stage, SmtpReply reply, RefusalKind kind, IEnumerable<AttemptRecipient> recipients)
    {
        Dsn trouble = FromReply(turn.Server, stage, reply);
        if (kind == RefusalKind.Client)
            return IsOwnRelay(recipients) ? OurFault(trouble) : trouble;
        if (kind == RefusalKind.Mail)
            return trouble;
        _state.AsksForLess = true;
        return IsHard(trouble) && Refusals.IsSpokenLimit(reply) ? trouble.AsTransient() : trouble;
    }

    private Dsn OurFault(Dsn trouble)
    {
        if (!turn.IsRelayTroubleTold)
            _delivery.Log.RelayRefusesUs(_delivery.QueueId, trouble.Reason);
        turn.IsRelayTroubleTold = true;
        return trouble.AsTransient();
    }

    // A server that the operator chose, and that recipients' domains did not. Names tell: mail that goes where its domain points
    // has that domain as next hop.
    private bool IsOwnRelay(IEnumerable<AttemptRecipient> recipients)
    {
        if (turn.Peer is null)
            return false;
        Destination destination = turn.Destination;
        return _delivery.Request.NextHop == _options.RelayHost || recipients.All(recipient =>
            !string.Equals(AsciiDomain(Address.DomainOf(recipient.Address).TrimEnd('.')), AsciiDomain(destination.Hop.Domain), StringComparison.OrdinalIgnoreCase));
    }

    private static string AsciiDomain(string domain) =>
        DomainName.ToAscii(Address.IsDomainLiteral(domain, out string inside) ? inside : domain) ?? domain;

    /// <summary>One recipient was refused; the others go on.</summary>
    /// <param name="isOfAddress">By a server, for what it knows of the address.</param>
    internal void RecipientFails(AttemptRecipient recipient, Dsn trouble, bool isOfAddress = false)
    {
        NoteProtocolError(trouble);
        // Two verdicts on one recipient would mean that replies and commands are out of step (S2-07).
        if (recipient.Mark != RecipientMark.Open)
            throw new UnreachableException($"recipient <{recipient.Address}> is decided already");
        Verdict verdict = Decide(IsHard(trouble), IsFinalServer, _options.SoftBounce, MayDependOnFamily(trouble, [recipient]));
        if (verdict == Verdict.TryNextHost)
            _delivery.Log.GoingOn(_delivery.QueueId, trouble.Reason);
        Execute(verdict, recipient, trouble, isOfAddress: isOfAddress);
        _results.Settle();
    }

    // Servers that want addresses to have names, or a good name, say 5.7.x, and may think better of our other address. Once: the refusal of that one holds.
    private bool MayDependOnFamily(Dsn trouble, IEnumerable<AttemptRecipient> recipients)
    {
        if (!turn.HasOtherFamily || IsFinalServer || trouble.DiagnosticText is null || !trouble.Status.StartsWith("5.7.", StringComparison.Ordinal))
            return false;
        _state.HasAskedOtherFamily = true;
        foreach (AttemptRecipient recipient in recipients)
            recipient.RefusalOfFamily = trouble;
        return true;
    }

    /// <summary>The conversation broke. Always soft: nobody knows what the server would have said (S2-06). Where TLS is no
    /// requirement, the server may get another try without it (S2-17): so it is not the last one, and not throttled (S2-18).</summary>
    internal void StreamFails(ConnectionException failure, SmtpStage stage)
    {
        // No time is left for another server either.
        if (_delivery.Limit.RemainingMilliseconds == 0)
            GiveUp();
        bool handshake = failure.Failure == StreamFailure.Tls && stage == SmtpStage.StartTls;
        turn.RetriesInPlainText |= PlainTextRetry.IsAllowed(turn, failure.Failure);
        string doing = StageInfo.Of(stage).Doing;
        AllFail(failure.Failure switch
        {
            StreamFailure.Lost => Why("4.4.2", $"lost connection with {turn.Server.Name} while {doing}"),
            StreamFailure.TimedOut => Why("4.4.2", $"conversation with {turn.Server.Name} timed out while {doing}"),
            StreamFailure.Tls when handshake => Why("4.7.5", failure.Message.Length > 0 ? $"Cannot start TLS: handshake failure: {failure.Message}" : "Cannot start TLS: handshake failure"),
            StreamFailure.Tls => Why("4.7.5", $"TLS failure in the conversation with {turn.Server.Name} while {doing}"),
            StreamFailure.OutOfStep => Why("4.5.0", $"replies of host {turn.Server.Name} do not match the commands, seen while {doing}"),
            _ => throw new UnreachableException(failure.Failure.ToString()),
        }, throttle: !(handshake && turn.Tls.Level == TlsLevel.May));
    }

    /// <summary>The queue file could not be read: nothing that another server could change.</summary>
    internal void DataFails(string reason)
    {
        turn.Errors |= ErrorClasses.Data;
        GiveUp();
        AllFail(Why("4.3.0", $"unable to read the message: {reason}"), throttle: false);
    }

    /// <summary>A key of ours is not there: nothing that another server could change.</summary>
    /// <param name="why">For the log: no sender needs to know our files.</param>
    internal void SigningFails(string why)
    {
        turn.Delivery.Log.Warning($"{turn.Delivery.QueueId}: {why}");
        GiveUp();
        AllFail(Why("4.7.0", "mail system configuration error: the message cannot be signed (DKIM)"), throttle: false);
    }

    /// <summary>A table of this system cannot say what is to be sent.</summary>
    internal void LookupFails(LookupException failure)
    {
        turn.Delivery.Log.Warning($"{turn.Delivery.QueueId}: {failure.Message}");
        MessageFails(Why("4.3.0", "temporary lookup failure"));
    }

    /// <summary>This program has to end.</summary>
    internal void Stopping()
    {
        GiveUp();
        AllFail(Why("4.3.2", "mail system is stopping"), throttle: false);
    }

    // No other server gets a try, and those that were waiting for one are decided now.
    private void GiveUp()
    {
        _state.IsGivenUp = true;
        turn.IsSpoiled = true;
        _state.Reopen(RecipientMark.TryNextHost);
    }

    private bool IsFinalServer => _state.IsGivenUp
        || (!turn.RetriesInPlainText && (turn.IsFinal || (turn.IsGreeted && _options.NoFailoverAfterGreeting)));

    // Replies that show a misunderstanding; others are about settings, mailboxes or policies (S2-14).
    private void NoteProtocolError(Dsn trouble)
    {
        if (trouble.DiagnosticText is not { Length: >= 3 } reply
            || !int.TryParse(reply.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            return;
        if (code is < 400 or > 599 or 555 or (>= 500 and < 510))
            turn.Errors |= ErrorClasses.Protocol;
    }

    private void AllFail(Dsn trouble, bool throttle, bool mayWorkElsewhere = false)
    {
        NoteProtocolError(trouble);
        // What is said of the message, or of the server, holds for those that wait for their turn with it. But not a final
        // refusal: a server that takes few at once may do so because each recipient has a policy of his own.
        if (!IsHard(trouble))
            _state.Reopen(RecipientMark.NextTransaction);
        turn.IsSpoiled |= throttle;
        Verdict verdict = Decide(IsHard(trouble), IsFinalServer, _options.SoftBounce, mayWorkElsewhere || MayDependOnFamily(trouble, _state.Open));
        if (verdict == Verdict.TryNextHost && _state.HasUndecided)
            _delivery.Log.GoingOn(_delivery.QueueId, trouble.Reason);
        _state.SomeMayYetTakeIt |= verdict == Verdict.TryNextHost && !IsHard(trouble);
        if (verdict == Verdict.TryNextHost && turn.Peer is not null)
            _state.TlsWhenPassedOver = turn.TlsUse ?? _state.TlsWhenPassedOver;
        List<AttemptRecipient> open = _state.Open;
        if (open.Count == 0)
            return;
        long now = _delivery.Now;
        foreach (AttemptRecipient recipient in open)
            Execute(verdict, recipient, trouble, now);
        _results.Settle();
        // A destination that served somebody in this request is not dead.
        bool soft = !IsHard(trouble) || _options.SoftBounce;
        if (throttle && soft && verdict != Verdict.TryNextHost && _state is { HasDeferred: true, HasCompletedSession: false })
            _state.HopTrouble ??= trouble;
    }

    private void Execute(Verdict verdict, AttemptRecipient recipient, Dsn trouble, long? time = null, bool isOfAddress = false)
    {
        switch (verdict)
        {
            case Verdict.TryNextHost:
                recipient.Mark = RecipientMark.TryNextHost;
                break;
            case Verdict.Defer:
                _results.Deferred(recipient, trouble, time);
                break;
            case Verdict.Bounce:
                _results.Bounced(recipient, trouble, time, isOfAddress);
                break;
            default:
                throw new UnreachableException(verdict.ToString());
        }
    }
}
