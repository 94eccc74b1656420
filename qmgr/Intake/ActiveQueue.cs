using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>The bounded set of messages in delivery. What fills it and what empties it meet here, and need not know each other:
/// mail goes from <see cref="Intake"/> to <see cref="Completion"/>, and room goes the other way.</summary>
internal sealed class ActiveQueue(Settings settings)
{
    private readonly Dictionary<QueueId, Message> _messages = [];

    /// <summary>All recipients of a message that were read are settled; <see cref="Completion"/> goes on with it.</summary>
    internal event Action<Message>? BatchEnded;

    /// <summary>Some recipients of a message are settled and others not: <see cref="Refill"/> may read more of them.</summary>
    internal event Action<Message>? Progressed;

    /// <summary>A message is gone: <see cref="Intake"/> may let another in.</summary>
    internal event Action<Message>? Left;

    /// <summary>Messages in the active queue.</summary>
    internal int Count => _messages.Count;

    /// <summary>All of them.</summary>
    internal IReadOnlyCollection<Message> Messages => _messages.Values;

    /// <summary>Open recipients of all messages: those in memory.</summary>
    internal int Recipients { get; private set; }

    /// <summary>Another message may come in (S5-01).</summary>
    internal bool HasRoom => Count < settings.MessageLimit;

    /// <summary>The process ends: nothing is read any more.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>The message of an id; null when it is not in the active queue.</summary>
    internal Message? Find(QueueId id) => _messages.GetValueOrDefault(id);

    /// <summary>A message comes in.</summary>
    internal void Add(Message message) => _messages.Add(message.Id, message);

    /// <summary>A message goes.</summary>
    internal void Remove(Message message)
    {
        _messages.Remove(message.Id);
        Left?.Invoke(message);
    }

    /// <summary>Recipients of a message were read, or settled.</summary>
    /// <param name="message">It knows how many are open now.</param>
    /// <param name="recipients">How many more, or fewer.</param>
    internal void Changed(Message message, int recipients)
    {
        Recipients += recipients;
        if (message.Open == 0)
            BatchEnded?.Invoke(message);
        else if (recipients < 0)
            Progressed?.Invoke(message);
    }

    // One message with very many recipients leaves room for others; and each gets a few, however full it is.
    private int MessageShare => Math.Max(settings.RecipientMinimum, settings.RecipientLimit / 4);

    /// <summary>Recipients that may be read of a message that comes in.</summary>
    /// <remarks>Small mail comes in whole although large mail fills the memory: it may overtake, and could not without recipients.</remarks>
    internal int FirstBatch => Math.Max(settings.RecipientMinimum, Math.Min(MessageShare, settings.RecipientLimit + settings.ExtraRecipients - Recipients));

    /// <summary>Recipients of a message that may be read now, beside those in memory; 0 or less: none.</summary>
    internal int RoomFor(Message message) =>
        Math.Max(settings.RecipientMinimum - message.Open, Math.Min(MessageShare - message.Open, settings.RecipientLimit - Recipients));
}
