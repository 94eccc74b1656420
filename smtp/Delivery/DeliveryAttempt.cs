using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Net;

namespace PostfixNet.Smtp;

/// <summary>What is known of a recipient during one session (S2-02).</summary>
internal enum RecipientMark
{
    /// <summary>Nothing was decided with this server.</summary>
    Open,
    /// <summary>The server takes no more recipients at once: it follows in another transaction of this session.</summary>
    NextTransaction,
    /// <summary>This server did not take it; the next one gets its chance.</summary>
    TryNextHost,
    /// <summary>Sent, deferred or bounced: not looked at again in this request.</summary>
    Done,
}

/// <summary>A recipient, and how far it got in this attempt.</summary>
internal sealed class AttemptRecipient(Recipient recipient)
{
    internal Recipient Recipient => recipient;

    internal string Address => recipient.Address;

    internal RecipientMark Mark { get; set; }
}

/// <summary>The state of one delivery request: what became of its recipients, and what was learned of the destination.</summary>
internal sealed class DeliveryAttempt
{
    private readonly AttemptRecipient[] _recipients;

    internal DeliveryAttempt(DeliveryRequest request, long startTime)
    {
        Request = request;
        StartTime = startTime;
        QueueId = request.Id.ToString();
        _recipients = new AttemptRecipient[request.Recipients.Count];
        for (int i = 0; i < _recipients.Length; i++)
            _recipients[i] = new AttemptRecipient(request.Recipients[i]);
    }

    internal DeliveryRequest Request { get; }

    /// <summary>Only find out what would become of the mail (sendmail -bv): nothing is delivered.</summary>
    internal bool IsProbe => (Request.Tracing & Tracing.Probe) != 0;

    /// <summary>Deliver, and report each result to the sender (sendmail -v).</summary>
    internal bool IsReported => (Request.Tracing & Tracing.Report) != 0;

    /// <summary>The sender was told of the delay, and is to hear of its end (confirm_delay_cleared).</summary>
    internal bool EndsDelay => (Request.Tracing & Tracing.DelayWasTold) != 0;

    /// <summary>For log lines.</summary>
    internal string QueueId { get; }

    internal IReadOnlyList<AttemptRecipient> Recipients => _recipients;

    /// <summary>The session stays open after a success: more mail is expected for the same next hop.</summary>
    internal bool KeepSession { get; set; }

    /// <summary>When all must be over: a server that is always just in time for the next limit cannot hold a recipient for ever.</summary>
    internal Deadline Limit { get; init; } = Deadline.Never;

    /// <summary>Microseconds since 1970: when this program got the request.</summary>
    internal long StartTime { get; }

    /// <summary>Microseconds since 1970: when the present session was ready for mail; 0 while it is not.</summary>
    internal long SetUpTime { get; set; }

    /// <summary>What the conversation with the present server needs.</summary>
    internal TlsPolicy Tls { get; set; } = TlsPolicy.None;

    /// <summary>The present conversation goes over TLS.</summary>
    internal bool IsEncrypted { get; set; }

    /// <summary>The present server is tried once more, without TLS (S2-17).</summary>
    internal bool RetriesInPlainText { get; set; }

    /// <summary>The next hop or fallback relay whose servers are tried, as written.</summary>
    internal string Destination { get; set; } = "";

    /// <summary>The server that is talked to; null before there is a connection.</summary>
    internal SmtpPeer? Peer { get; set; }

    /// <summary>No other server will be tried after this one.</summary>
    internal bool IsFinalServer { get; set; }

    /// <summary>The server has greeted us, and is willing to talk: see <see cref="SmtpOptions.NoFailoverAfterGreeting"/>.</summary>
    internal bool IsGreeted { get; set; }

    /// <summary>How often the present connection was used, this time included.</summary>
    internal int ConnectionUse { get; set; } = 1;

    /// <summary>A session went through to its end: the destination is alive (S2-12).</summary>
    internal bool HasCompletedSession { get; set; }

    /// <summary>No server at all is tried any more.</summary>
    internal bool IsGivenUp { get; set; }

    /// <summary>The present session must not be used for another message.</summary>
    internal bool SessionIsSpoiled { get; set; }

    /// <summary>Why the destination should be left alone for a while; the first reason counts (S2-12).</summary>
    internal Dsn? HopTrouble { get; set; }

    /// <summary>What went wrong that the postmaster may want to know.</summary>
    internal ErrorClasses Errors { get; set; }

    /// <summary>The best mail exchanger that was found for the next hop, a host without MX records included.</summary>
    internal string? Exchanger { get; set; }

    /// <summary>Some recipient was deferred: the message stays in the queue.</summary>
    internal bool HasDeferred { get; set; }

    /// <summary>A recipient was deferred without a record: see <see cref="DeliveryReport.IsUnrecorded"/>.</summary>
    internal bool IsUnrecorded { get; set; }

    /// <summary>The queue file cannot be read to its end (S4-08).</summary>
    internal bool IsCorrupt { get; set; }

    /// <summary>Recipients that still need a server.</summary>
    internal bool HasRecipientsLeft
    {
        get
        {
            foreach (AttemptRecipient recipient in _recipients)
            {
                if (recipient.Mark != RecipientMark.Done)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Somebody is left for whom another server may be tried.</summary>
    internal bool GoesOn => HasRecipientsLeft && !IsGivenUp && Limit.RemainingMilliseconds > 0;

    /// <summary>Number of recipients about which this server has not decided.</summary>
    internal int OpenRecipients => Count(RecipientMark.Open);

    /// <summary>Some recipients follow in another transaction.</summary>
    internal bool HasNextTransaction => Count(RecipientMark.NextTransaction) > 0;

    /// <summary>Turns to a server: the recipients that the one before did not take are open again (rule: recipients done
    /// in one session are never repeated on the next).</summary>
    /// <param name="tls">What the conversation needs; null: nothing is talked about yet.</param>
    internal void BeginServer(SmtpPeer? peer, bool isFinal, TlsPolicy? tls = null)
    {
        Tls = tls ?? TlsPolicy.None;
        IsEncrypted = false;
        RetriesInPlainText = false;
        Peer = peer;
        IsFinalServer = isFinal;
        IsGreeted = false;
        SetUpTime = 0;
        ConnectionUse = 1;
        SessionIsSpoiled = false;
        Reopen();
    }

    /// <summary>Nothing is decided any more about recipients that were to go to the next server.</summary>
    internal void Reopen() => Reopen(RecipientMark.TryNextHost);

    /// <summary>The turn has come for the recipients that were left for another transaction, if there are any.</summary>
    internal void BeginTransaction() => Reopen(RecipientMark.NextTransaction);

    private void Reopen(RecipientMark mark)
    {
        foreach (AttemptRecipient recipient in _recipients)
        {
            if (recipient.Mark == mark)
                recipient.Mark = RecipientMark.Open;
        }
    }

    private int Count(RecipientMark mark)
    {
        int count = 0;
        foreach (AttemptRecipient recipient in _recipients)
        {
            if (recipient.Mark == mark)
                count++;
        }
        return count;
    }
}
