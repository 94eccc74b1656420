using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>Tells how things stand with all transports and destinations.</summary>
/// <remarks>There may be very many destinations, and whoever may list the queue may ask: all are looked at once a second at most, and an
/// answer holds until then.</remarks>
internal sealed class DestinationReports(Transports transports, ITimers timers)
{
    private const int TransportLimit = 100;
    private static readonly TimeSpan s_holds = TimeSpan.FromSeconds(1);
    private AttributeList? _answer;

    /// <summary>A <see cref="DestinationReport"/>.</summary>
    internal AttributeList Answer()
    {
        if (_answer is null)
        {
            _answer = Report().ToAttributes();
            timers.After(s_holds, () => _answer = null);
        }
        return _answer;
    }

    private DestinationReport Report()
    {
        // The least worth telling comes first, and goes when there are too many.
        PriorityQueue<(Transport Transport, Destination Destination), (bool IsDead, long Deliveries)> told = new();
        List<TransportState> states = [];
        long all = 0, dead = 0;
        foreach (Transport transport in transports.All.OrderBy(static transport => transport.Name, StringComparer.Ordinal))
        {
            long destinations = 0, left = 0, waiting = 0;
            foreach (Destination destination in transport.Destinations)
            {
                bool isDead = destination.DeadBecause is not null;
                if (destination.IsIdle && !isDead)
                    continue;
                destinations++;
                left += isDead ? 1 : 0;
                waiting += destination.Waiting;
                (bool, long) rank = Rank(destination);
                if (told.Count < DestinationReport.Limit)
                    told.Enqueue((transport, destination), rank);
                else
                    told.EnqueueDequeue((transport, destination), rank);
            }
            (all, dead) = (all + destinations, dead + left);
            if (states.Count < TransportLimit)
                states.Add(transport.State with { Destinations = destinations, Dead = left, Waiting = waiting });
        }
        List<DestinationState> chosen = new(told.Count);
        while (told.TryDequeue(out (Transport Transport, Destination Destination) next, out _))
            chosen.Add(next.Transport.ReportOn(next.Destination));
        chosen.Reverse();
        return new DestinationReport(all, dead, states, chosen);
    }

    private static (bool IsDead, long Deliveries) Rank(Destination destination) => destination.DeadBecause is not null
        ? (true, destination.PutOff) : (false, destination.Waiting + destination.Busy);
}
