using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>One message of the active queue, while it is there.</summary>
internal sealed class Message
{
    private const long LongestAge = 100L * 366 * 86_400;

    internal required QueueId Id { get; init; }

    internal required Envelope Envelope { get; init; }

    /// <summary>When it entered the active queue, microseconds since 1970.</summary>
    internal required long ActiveMicroseconds { get; init; }

    /// <summary>Where the file has more recipients to do; 0: all are in memory or done.</summary>
    internal long MoreRecipientsAt { get; set; }

    /// <summary>Its jobs, one for each transport that has had recipients of it.</summary>
    internal List<Job> Jobs { get; } = new(1);

    /// <summary>The next batch could not be read; when this one is done, it is found out why.</summary>
    internal bool CannotRefill { get; set; }

    /// <summary>When recipients were last read from the file, on the loop's clock.</summary>
    internal long ReadAt { get; set; }

    /// <summary>Groups of recipients not yet reported on.</summary>
    internal int PendingEntries { get; set; }

    /// <summary>Recipients in memory.</summary>
    internal int RecipientsInMemory { get; set; }

    /// <summary>A recipient was deferred, in this or an earlier batch; the message must stay.</summary>
    internal bool SomeDeferred { get; set; }

    /// <summary>A recipient is put off, but the defer log does not say so: the message must not expire by that log.</summary>
    internal bool IsUnrecorded { get; set; }

    /// <summary>The notice about failed recipients, or about delivered ones, could not be sent; its log must not be left without
    /// its message.</summary>
    internal bool NoticeFailed { get; set; }

    /// <summary>A recipient's delivery was put off by the operator: no verdict on the message before it was tried.</summary>
    internal bool IsPaused => PausedUnder > 0;

    /// <summary>Number of the operator's list (<see cref="PausedDeliveries.Version"/>) that did that; 0: none.</summary>
    internal int PausedUnder { get; set; }

    /// <summary>An agent could not read the file.</summary>
    internal bool IsCorrupt { get; set; }

    /// <summary>When it is tried again.</summary>
    internal RetryPlan Retry { get; } = new();

    /// <summary>confirm_delay_cleared: senders that were told of a delay are told of the delivery too.</summary>
    internal bool TellsEndOfDelay { get; init; }

    /// <summary>Domain of recipients without one, in VERP addresses.</summary>
    internal string MyDomain { get; init; } = "";

    /// <summary>Asked for by an operator: dead destinations are tried all the same (S5-07).</summary>
    internal bool IgnoresDeadDestinations { get; init; }

    internal long ArrivalMicroseconds => Envelope.ArrivalSeconds * 1_000_000 + Envelope.ArrivalMicroseconds;

    /// <summary>Time since the message was made, by whatever the file says of it: never negative.</summary>
    /// <param name="now">Microseconds since 1970.</param>
    internal TimeSpan AgeAt(long now) =>
        Age(now / 1_000_000, Envelope.CreateTime > 0 ? Envelope.CreateTime : Envelope.ArrivalSeconds);

    /// <summary>Time between two times in seconds. Those in a file are somebody else's word: any value must make an age.</summary>
    internal static TimeSpan Age(long now, long then) => TimeSpan.FromSeconds(Math.Clamp(now - then, 0, LongestAge));

    /// <summary>Content length, as announced and logged.</summary>
    internal long Size => Envelope.Size?.EffectiveSize ?? 0;

    /// <summary>Its job on a transport; null: there is none yet.</summary>
    internal Job? JobOn(Transport transport)
    {
        foreach (Job job in Jobs)
        {
            if (job.Transport == transport)
                return job;
        }
        return null;
    }

    /// <summary>Recipients in one delivery: with VERP, one.</summary>
    internal int RecipientLimit(Destination destination) => Envelope.Verp is null ? destination.RecipientLimit : 1;

    /// <summary>The envelope sender of the mail for a recipient: with VERP, one that tells the recipient.</summary>
    internal string SenderTo(Recipient recipient) => Envelope is { Verp: { } verp, Sender: { Length: > 0 } sender }
        ? Verp.Sender(verp, sender, recipient.Original ?? recipient.Address, MyDomain)
        : Envelope.Sender ?? "";

    internal MessageFacts Facts(QueueName queue) => new(
        queue, Id, Envelope.Sender ?? "", Envelope.SmtpUtf8, Envelope.EnvelopeId, Envelope.Return, Envelope.Verp);
}
