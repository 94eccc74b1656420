using PostfixNet.Delivery;
using PostfixNet.Mail;

namespace PostfixNet.Selection;

/// <summary>What can be asked of a message: what a <see cref="Filter"/> looks at. What costs something is found out when it is asked for.</summary>
public interface IMailFacts
{
    /// <summary>Queue ID.</summary>
    public string Id { get; }

    /// <summary>Name of its queue, e.g. "deferred".</summary>
    public string State { get; }

    /// <summary>An operator wants it returned (postsuper -e).</summary>
    public bool IsForceExpired { get; }

    /// <summary>Envelope sender, internal form; empty: the null sender.</summary>
    public string Sender { get; }

    /// <summary>What its sender, or an operator, wants of TLS.</summary>
    public RequireTls RequireTls { get; }

    /// <summary>Octets of content.</summary>
    public long Size { get; }

    /// <summary>Seconds since it arrived.</summary>
    public long Age { get; }

    /// <summary>Seconds until its next attempt, 0 when that is due; null: none is planned, as on hold.</summary>
    public long? Wait { get; }

    /// <summary>Attempts that were made; 0 also when it is not known.</summary>
    public int Attempts { get; }

    /// <summary>The recipients that are not done, with what is on record of them. May be enumerated more than once.</summary>
    public IEnumerable<WaitingRecipient> Recipients();

    /// <summary>Where the mail for a recipient goes.</summary>
    public MailRoute RouteOf(string address);

    /// <summary>The values of the headers of a name, unfolded, without blanks around them.</summary>
    public IEnumerable<string> Headers(string name);
}

/// <summary>A recipient of queued mail that is not done.</summary>
/// <param name="Address">Internal form.</param>
/// <param name="Delay">What was recorded at the last attempt; null: nothing.</param>
/// <param name="Offset">Of its record; 0: it has none.</param>
public readonly record struct WaitingRecipient(string Address, Dsn? Delay, long Offset);
