using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Cleanup;

/// <summary>Events of mail that is about to become mail (docs/events.md).</summary>
internal static class AcceptanceEvents
{
    /// <summary>Tells them, before the file is made mail: a crash in between leaves events of a message that never was.</summary>
    /// <param name="lists">Messages to the members of lists, which become mail before it.</param>
    internal static void Tell(EventLog events, Message message, SizeRecord size, IEnumerable<(QueueId Id, string Sender)> lists)
    {
        List<MailEvent> told = [.. lists.Select(list => Accepted(message, list.Id, list.Sender, size)), Accepted(message, message.Id, message.Sender ?? "", size)];
        if (message.IsHeld)
            told.Add(new MailEvent(EventKind.Held, MailEvent.IdOf(message.Id, EventKind.Held)) { QueueId = message.Id.ToString(), Sender = message.Sender, Trace = EventTrace.Of(message.Trace, message.Id) });
        for (int i = 0; i < message.Aliases!.Count; i++)
        {
            Recipient alias = message.Aliases[i];
            told.Add(new MailEvent(EventKind.Expanded, MailEvent.IdOf(message.Id, EventKind.Expanded, i))
            {
                QueueId = message.Id.ToString(),
                Sender = message.Sender,
                Recipient = alias.Address,
                OriginalRecipient = alias.HasOtherOriginal ? alias.Original : null,
                Trace = EventTrace.Of(message.Trace, message.Id),
            });
        }
        if (message.Aliases.Count > 0)
            events.WriteDurably([.. told]);
        else
            events.Write([.. told]);
    }

    private static MailEvent Accepted(Message message, QueueId id, string sender, SizeRecord size) => new(EventKind.Accepted, MailEvent.IdOf(id, EventKind.Accepted))
    {
        QueueId = id.ToString(),
        MessageId = message.MessageId,
        Sender = sender,
        Size = size.EffectiveSize,
        Recipients = id == message.Id ? size.RecipientCount : null,
        Client = message.ClientAddress is null && message.ClientName is null ? null : new EventClient(message.ClientName, message.ClientAddress),
        Origin = message.IsInternal ? "notice" : message.IsFromServer ? "smtp" : "sendmail",
        EnvelopeId = message.EnvelopeId,
        Trace = EventTrace.Of(message.Trace, id),
    };
}
