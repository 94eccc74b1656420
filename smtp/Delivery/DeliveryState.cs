using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>What became of one delivery request so far: of its recipients, and of its destination.</summary>
internal sealed class DeliveryState(IReadOnlyList<Recipient> recipients)
{
    private readonly AttemptRecipient[] _recipients = Begin(recipients);

    /// <summary>Recipients about which the present server has not decided.</summary>
    internal List<AttemptRecipient> Open
    {
        get
        {
            List<AttemptRecipient> open = new(_recipients.Length);
            foreach (AttemptRecipient recipient in _recipients)
            {
                if (recipient.Mark == RecipientMark.Open)
                    open.Add(recipient);
            }
            return open;
        }
    }

    internal bool HasOpen => Has(RecipientMark.Open);

    /// <summary>Some recipients follow in another transaction.</summary>
    internal bool HasNextTransaction => Has(RecipientMark.NextTransaction);

    /// <summary>Some recipients follow over a fresh connection.</summary>
    internal bool HasNextSession => Has(RecipientMark.NextSession);

    /// <summary>Recipients that still need a server.</summary>
    internal IEnumerable<AttemptRecipient> Undecided => _recipients.Where(static recipient => recipient.Mark != RecipientMark.Done);

    internal bool HasUndecided => Undecided.Any();

    /// <summary>Reports of success that the trace service has not taken.</summary>
    internal List<Outcome> UntoldSuccesses { get; } = [];

    /// <summary>A session went through to its end: the destination is alive (S2-12).</summary>
    internal bool HasCompletedSession { get; set; }

    /// <summary>Some recipient got another try over the other kind of address; there is one in a request (S3-35).</summary>
    internal bool HasAskedOtherFamily { get; set; }

    /// <summary>Recipients whose refusal counts if no server takes them over the other kind of address.</summary>
    internal IEnumerable<AttemptRecipient> RefusedByFamily => Undecided.Where(static recipient => recipient.RefusalOfFamily is not null);

    /// <summary>A server could not be asked, or did not want to now.</summary>
    internal bool SomeMayYetTakeIt { get; set; }

    /// <summary>No server at all is tried any more.</summary>
    internal bool IsGivenUp { get; set; }

    /// <summary>The server would take less in the same time: a refusal said so, and not because of the message.</summary>
    internal bool AsksForLess { get; set; }

    /// <summary>Why the destination should be left alone for a while; the first reason counts (S2-12).</summary>
    internal Dsn? HopTrouble { get; set; }

    /// <summary>The best mail exchanger that was found for the next hop, a host without MX records included.</summary>
    internal string? Exchanger { get; set; }

    /// <summary>How TLS fares with the servers of the present next hop; null: nobody wants to know.</summary>
    internal TlsResults? TlsResults { get; set; }

    /// <summary>What was asked of TLS, and got, at the last server that a recipient was put off at; null: at none.</summary>
    internal TlsUse? TlsWhenDeferred { get; set; }

    /// <summary>The same of the last server that was passed over.</summary>
    internal TlsUse? TlsWhenPassedOver { get; set; }

    /// <summary>Why a login did not work, at some server, and whether it is the sender's own; null: none failed.</summary>
    internal (Dsn Why, bool IsSenders)? LoginTrouble { get; set; }

    /// <summary>Recipients that were delivered, or refused by a server for themselves.</summary>
    internal List<SettledRecipient> Settled { get; } = [];

    /// <summary>Some recipient was deferred: the message stays in the queue.</summary>
    internal bool HasDeferred { get; set; }

    /// <summary>A recipient was deferred without a record: see <see cref="DeliveryReport.IsUnrecorded"/>.</summary>
    internal bool IsUnrecorded { get; set; }

    /// <summary>The queue file cannot be read to its end (S4-08).</summary>
    internal bool IsCorrupt { get; set; }

    /// <summary>Recipients with one mark are open again.</summary>
    internal void Reopen(RecipientMark mark)
    {
        foreach (AttemptRecipient recipient in _recipients)
        {
            if (recipient.Mark == mark)
                recipient.Mark = RecipientMark.Open;
        }
    }

    /// <summary>What another service reports that the rest was handed on to.</summary>
    internal void Add(DeliveryReport report)
    {
        HasDeferred |= report.SomeDeferred;
        IsCorrupt |= report.IsCorrupt;
        IsUnrecorded |= report.IsUnrecorded;
        foreach (AttemptRecipient recipient in Undecided)
            recipient.Mark = RecipientMark.Done;
    }

    /// <summary>What qmgr wants to know.</summary>
    internal DeliveryReport Report(bool sessionOpen) => new(HasDeferred, IsCorrupt, HopTrouble, sessionOpen, Ends: false)
    {
        IsUnrecorded = IsUnrecorded,
        AsksForLess = AsksForLess && HasDeferred,
        Exchanger = Exchanger,
        Settled = Settled,
    };

    private static AttemptRecipient[] Begin(IReadOnlyList<Recipient> recipients)
    {
        AttemptRecipient[] begun = new AttemptRecipient[recipients.Count];
        for (int i = 0; i < begun.Length; i++)
            begun[i] = new AttemptRecipient(recipients[i]);
        return begun;
    }

    private bool Has(RecipientMark mark)
    {
        foreach (AttemptRecipient recipient in _recipients)
        {
            if (recipient.Mark == mark)
                return true;
        }
        return false;
    }
}
