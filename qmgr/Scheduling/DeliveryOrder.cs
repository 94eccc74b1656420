using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>Which delivery of one transport starts next. Nothing here knows processes or time.</summary>
/// <remarks>
/// Destinations that could start stand in two lanes. The first serves the job that came first; of the destinations it has
/// mail for, the one that waited longest. From the second, that of the smallest jobs, a job may overtake as far as
/// <see cref="SlotRules"/> allow. Because the first lane always moves on, nothing starves; each start costs O(log n).
/// When few agents are free, a destination that has its share of them is passed over: parked.
/// </remarks>
internal sealed class DeliveryOrder
{
    // One agent in so many is kept for destinations below their share.
    private const int ReservePart = 10;
    private readonly Lanes _ready = new();
    private SlotRules _slots;
    private readonly KeyHeap _parked = new();
    private readonly HashSet<Destination> _withWork = [];
    private int _share = int.MaxValue;
    private long _served;
    private Job? _overtaken;

    internal DeliveryOrder(SlotRules slots) => _slots = slots;

    /// <summary>Goes over to other rules.</summary>
    internal void Apply(SlotRules slots) => _slots = slots;

    /// <summary>What keeping the order has cost so far: moves in the heaps.</summary>
    internal long Moves => _ready.Moves + _parked.Moves;

    /// <summary>Takes note of a change: of what waits, of what is under way, of whether the destination may start.</summary>
    internal void Place(Destination destination, bool canStart)
    {
        if (destination.IsIdle)
            _withWork.Remove(destination);
        else
            _withWork.Add(destination);
        if (IsParked(destination) && (!canStart || destination.Busy < _share))
            Unpark(destination);
        if (!IsParked(destination))
            PlaceReady(destination, canStart);
    }

    /// <summary>Has its share of scarce agents, and is passed over.</summary>
    internal bool IsParked(Destination destination) => _parked.Contains(destination.InFront);

    /// <summary>Takes note that a limiter opened or closed.</summary>
    internal void Place(Limiter limiter, bool isOpen)
    {
        limiter.IsOpen = isOpen;
        PlaceReady(limiter);
    }

    /// <summary>The next delivery; null: none can start now.</summary>
    /// <param name="free">Agents without work, or that could be started.</param>
    /// <param name="limit">Agents in all.</param>
    internal Peer? Next(int free, int limit)
    {
        bool scarce = free <= (limit - 1) / ReservePart + 1;
        LetParkedBack(scarce, Math.Max(1, limit / Math.Max(1, _withWork.Count)));
        while (_ready.First is { } first)
        {
            Peer front = first.Front!, small = _ready.Smallest!.Smallest!;
            bool overtakes = _slots.MayOvertake(front.Job, small.Job);
            Peer chosen = overtakes ? small : front;
            if (scarce && chosen.Destination.Busy >= _share)
            {
                Park(chosen.Destination);
                continue;
            }
            _overtaken = overtakes ? front.Job : null;
            return chosen;
        }
        return null;
    }

    /// <summary>What <see cref="Next"/> gave was started.</summary>
    internal void Started(Peer peer)
    {
        Destination destination = peer.Destination;
        destination.Served = ++_served;
        if (destination.Limiter is { } limiter)
            limiter.Served = _served;
        if (_overtaken is null)
            SlotRules.Earn(peer.Job);
        else
            _slots.Pay(_overtaken, peer.Job);
    }

    private Lanes LanesOf(Destination destination) => destination.Limiter?.Ready ?? _ready;

    private void PlaceReady(Destination destination, bool canStart)
    {
        if (canStart)
            LanesOf(destination).Put(destination);
        else
            LanesOf(destination).Remove(destination);
        if (destination.Limiter is { } limiter)
            PlaceReady(limiter);
    }

    private void PlaceReady(Limiter limiter)
    {
        if (limiter.IsOpen)
            _ready.Put(limiter);
        else
            _ready.Remove(limiter);
    }

    private void Park(Destination destination)
    {
        long order = destination.Front!.Job.Order;
        PlaceReady(destination, canStart: false);
        _parked.Put(destination.InFront, order, destination.Served);
    }

    private void Unpark(Destination destination) => _parked.Remove(destination.InFront);

    // A larger share may be news for all of them; more agents than the reserve for the first whose limiter is open.
    private void LetParkedBack(bool scarce, int share)
    {
        bool all = share > _share;
        _share = share;
        while ((all || !scarce) && _parked.First is Candidate.Node { Owner: Destination destination })
        {
            Unpark(destination);
            PlaceReady(destination, canStart: true);
            if (!all && _ready.First is not null)
                break;
        }
    }
}
