namespace PostfixNet.Events;

/// <summary>What is done with events that a <see cref="EventConsumer"/> reads. All of it is called by the consumer's thread.</summary>
/// <remarks>What cannot be done now, a full disk or a server that is down, is an <see cref="IOException"/>: it is tried again, after a while, from <see cref="Open"/> on.</remarks>
public interface IEventSink
{
    /// <summary>Makes ready.</summary>
    /// <returns>Where to go on reading: what was kept with the last events that were taken.</returns>
    public EventPosition Open();

    /// <summary>Takes events; on return they are dealt with, and so is the position.</summary>
    /// <param name="events">At least one, or there is something missing; in their order. Some may have been there before: see <see cref="MailEvent.Id"/>.</param>
    /// <param name="after">Where to go on.</param>
    /// <param name="missed">Files of events that were removed before they were read, since the last call.</param>
    public void Take(IReadOnlyList<MailEvent> events, EventPosition after, long missed);

    /// <summary>All events that there are were taken; called about once a second.</summary>
    public void Rest();

    /// <summary>Nothing more comes from this consumer, which was told to end.</summary>
    public void Leave()
    {
    }
}
