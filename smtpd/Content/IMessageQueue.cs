using PostfixNet.Delivery;
using PostfixNet.Queue;

namespace PostfixNet.Smtpd;

/// <summary>Where messages go.</summary>
internal interface IMessageQueue
{
    /// <summary>It belongs to any user, who cannot tell it where a message comes from.</summary>
    public bool IsMaildrop { get; }

    /// <summary>Why no message is begun now; null: one can be.</summary>
    public Reply? Shortage(Session session);

    /// <summary>Begins a message.</summary>
    /// <param name="milters">Are to see its content; null: none is.</param>
    /// <exception cref="IOException">It cannot be begun.</exception>
    /// <exception cref="NoRoomException">Not now.</exception>
    public ValueTask<INewMessage> Begin(Transaction transaction, SessionMilters? milters);
}

/// <summary>A message on its way into the queue. One that is disposed before <see cref="Finish"/> leaves nothing.</summary>
internal interface INewMessage : IDisposable
{
    /// <summary>Its queue ID.</summary>
    public QueueId Id { get; }

    /// <summary>Takes encoded records, any number of whole or partial ones.</summary>
    /// <exception cref="IOException">They cannot be kept.</exception>
    public ValueTask Send(ReadOnlySpan<byte> records);

    /// <summary>The message is complete.</summary>
    /// <returns>What became of it: accepted is what is on stable storage.</returns>
    /// <exception cref="IOException">That is not known, or it is not kept.</exception>
    public ValueTask<CleanupReply.Ended> Finish();
}
