using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>Mail waiting for one next hop of one transport, and how much of it may be delivered at once.</summary>
/// <remarks>Whatever changes here, its transport is told: it gives the destination its new place before it starts anything.</remarks>
/// <param name="route">Of the mail that waits here.</param>
/// <param name="concurrency">Its window.</param>
/// <param name="changed">The transport; called once before each <see cref="Settled"/>.</param>
internal sealed class Destination(Route route, Concurrency concurrency, Action<Destination> changed) : Candidate
{
    private bool _hasChanged;

    /// <summary>Names it within its transport; see <see cref="Route.Destination"/>.</summary>
    internal string Key { get; } = route.Destination;

    internal string NextHop { get; } = route.NextHop;

    /// <summary>The table of main.toml for it; null: none.</summary>
    internal DestinationRule? Rule { get; private set; } = route.Rule;

    /// <summary>The window, which follows the site's health.</summary>
    internal Concurrency Concurrency { get; } = concurrency;

    /// <summary>How fast it wants its mail.</summary>
    internal Pace Pace { get; } = new();

    /// <summary>Looks again when the pace allows a start; null: nothing waits for that.</summary>
    internal EventLoop.Timer? Alarm { get; set; }

    /// <summary>Fixed limits, perhaps shared with other destinations; null: none.</summary>
    internal Limiter? Limiter { get; private set; }

    /// <summary>Recipients in one delivery, at most.</summary>
    internal int RecipientLimit { get; private set; } = int.MaxValue;

    /// <summary>Deliveries waiting.</summary>
    internal int Waiting { get; private set; }

    /// <summary>Handed to agents.</summary>
    internal int Busy { get; private set; }

    /// <summary>Why deliveries are suspended; null: they are not.</summary>
    internal Dsn? DeadBecause { get; private set; }

    /// <summary>When the suspension ends, on the loop's clock.</summary>
    internal long DeadUntil { get; private set; }

    /// <summary>When the first of the suspensions began between which nothing has gone well, on the loop's clock.</summary>
    internal long DeadSince { get; private set; }

    /// <summary>Deliveries put off since then, because of it.</summary>
    internal long PutOff { get; set; }

    /// <summary>When an attempt may be of use again, on the loop's clock; in the past: now.</summary>
    internal long WakesAt => DeadBecause is not null ? DeadUntil : Limiter?.OpensAt ?? 0;

    internal bool IsIdle => Waiting == 0 && Busy == 0;

    internal bool HasWindow => Busy < Concurrency.Window;

    private Lanes Peers { get; } = new();

    internal override Peer? Front => (Peer?)Peers.First;

    internal override Peer? Smallest => (Peer?)Peers.Smallest;

    /// <summary>Tells the transport to look at it.</summary>
    internal void Touch()
    {
        if (_hasChanged)
            return;
        _hasChanged = true;
        changed(this);
    }

    /// <summary>The transport has looked at it.</summary>
    internal void Settled() => _hasChanged = false;

    /// <summary>Queues recipients for delivery: in a delivery that waits and has room, else in a new one.</summary>
    internal void Add(Job job, List<Recipient> recipients)
    {
        if (job.Message.IgnoresDeadDestinations)
            Revive();
        Peer peer = job.PeerOf(this);
        int limit = job.Message.RecipientLimit(this);
        for (int i = 0; i < recipients.Count;)
        {
            if (peer.Unfilled(limit) is not { } entry)
            {
                entry = new Entry(job, this, Math.Min(limit, recipients.Count - i));
                peer.AddLast(entry);
                Waiting++;
            }
            int count = Math.Min(limit - entry.Recipients.Count, recipients.Count - i);
            for (int end = i + count; i < end && !entry.IsFull; i++)
                entry.Add(recipients[i]);
        }
        Peers.Put(peer);
        Touch();
    }

    /// <summary>A delivery that was taken, but reached nobody, is the next again.</summary>
    internal void AddAgain(Entry entry)
    {
        Peer peer = entry.Job.PeerOf(this);
        peer.AddFirst(entry);
        Waiting++;
        Peers.Put(peer);
        Touch();
    }

    /// <summary>Takes the next delivery of one job.</summary>
    internal Entry Take(Peer peer)
    {
        Entry entry = peer.TakeFirst();
        Waiting--;
        Peers.Put(peer);
        if (peer.First is null)
            peer.Job.Forget(this);
        Touch();
        return entry;
    }

    /// <summary>An agent has taken what was taken from here.</summary>
    /// <param name="now">On the loop's clock.</param>
    internal void Started(long now)
    {
        Busy++;
        Limiter?.Started(now);
        Pace.Started(now);
        Touch();
    }

    /// <summary>A delivery is no longer under way.</summary>
    /// <param name="now">On the loop's clock.</param>
    internal void Ended(long now)
    {
        Busy--;
        Limiter?.Ended(now);
        Touch();
    }

    /// <summary>Puts it under other limits, with its deliveries under way. It must not stand in any lane.</summary>
    /// <param name="rule">The table of main.toml; null: none.</param>
    /// <param name="concurrency">Of the window, which keeps what it has learned.</param>
    /// <param name="recipients">Recipients in one delivery.</param>
    /// <param name="limiter">Fixed limits; null: none.</param>
    internal void Apply(DestinationRule? rule, ConcurrencyLimits concurrency, int recipients, Limiter? limiter)
    {
        (Rule, RecipientLimit) = (rule, recipients);
        Concurrency.Apply(concurrency);
        if (Limiter is not null)
            Limiter.Busy -= Busy;
        if (limiter is not null)
            limiter.Busy += Busy;
        Limiter = limiter;
        Touch();
    }

    /// <summary>Hands back all that waits.</summary>
    internal List<Entry> TakeBack()
    {
        List<Entry> all = new(Waiting);
        while (Front is { } peer)
            all.Add(Take(peer));
        return all;
    }

    /// <summary>Suspends deliveries.</summary>
    /// <param name="why">For the reports of those that are put off.</param>
    /// <param name="now">On the loop's clock, as <paramref name="until"/>.</param>
    /// <param name="until">When one is tried again.</param>
    internal void Bury(Dsn why, long now, long until)
    {
        if (!Concurrency.IsOnProbation)
            (DeadSince, PutOff) = (now, 0);
        DeadBecause = why with { Reason = $"delivery temporarily suspended: {why.Reason}" };
        DeadUntil = until;
        Touch();
    }

    /// <summary>Ends the suspension, if there is one, and what is known of the site's health with it.</summary>
    internal void Revive()
    {
        if (DeadBecause is null)
            return;
        DeadBecause = null;
        Concurrency.Reset();
        Touch();
    }

    /// <summary>Ends the suspension because its time is over: one delivery tries whether the site is well again.</summary>
    internal void Probe()
    {
        DeadBecause = null;
        Concurrency.Probe();
        Touch();
    }
}
