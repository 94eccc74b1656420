using PostfixNet.Events;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Where results are made durable: the logs of bounce, defer and trace, and the queue file.</summary>
internal interface IDeliveryRecords
{
    /// <summary>Appends to the log of permanent failures.</summary>
    /// <returns>True: it is on stable storage.</returns>
    public bool AppendBounce(Outcome result);

    /// <summary>Appends to the log of temporary failures.</summary>
    public bool AppendDefer(Outcome result);

    /// <summary>Appends to the log of successes that the sender wants to hear of.</summary>
    public bool AppendTrace(Outcome result);

    /// <summary>Marks the recipient in the queue file.</summary>
    /// <param name="offset">Of its record; 0 when it has none.</param>
    public void MarkDone(long offset);

    /// <summary>The message stays in the queue: what this attempt wanted of TLS, and got, for people who ask why it waits. May fail unseen.</summary>
    public void NoteTls(TlsUse use);

    /// <summary>Makes events of results; null: nobody wants them.</summary>
    public DeliveryEvents? Events => null;

    /// <summary>Takes an event of a recipient that stays.</summary>
    public void Tell(MailEvent told)
    {
    }

    /// <summary>Takes the event of a recipient's end, which is to be on stable storage before the recipient is marked. Both are done by <see cref="Settle"/>.</summary>
    /// <param name="offset">As of <see cref="MarkDone"/>.</param>
    public void TellEnd(MailEvent told, long offset)
    {
    }

    /// <summary>All that was told is on record, with one flush for all; recipients at their end are marked.</summary>
    public void Settle()
    {
    }
}
