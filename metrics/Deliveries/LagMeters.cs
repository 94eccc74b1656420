using System.Diagnostics.Metrics;
using PostfixNet.Events;

namespace PostfixNet.Metrics;

/// <summary>How far behind the counts of deliveries are.</summary>
internal sealed class LagMeters
{
    internal LagMeters(Meter meter, EventConsumer consumer, DeliveryMeters deliveries)
    {
        meter.CreateObservableGauge("postfixnet.events.behind", () => Behind(static lag => lag.Bytes), "By", "Events that are not counted yet.");
        meter.CreateObservableGauge("postfixnet.events.behind.time", () => Behind(static lag => lag.Seconds), "s", "Age of the last event that was counted, while there are others.");
        meter.CreateObservableCounter("postfixnet.events.missed.files", () => deliveries.Missed, null, "Files of events that were removed before they were counted.");

        IEnumerable<Measurement<long>> Behind(Func<EventLag, long> which)
        {
            try
            {
                return [new(which(consumer.Lag()))];
            }
            catch (IOException)
            {
                return [];
            }
        }
    }
}
