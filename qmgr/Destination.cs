using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Notices;

namespace PostfixNet.Qmgr;

/// <summary>Mail waiting for one next hop of one transport, and how much of it may be delivered at once.</summary>
internal sealed class Destination(Route route, Concurrency concurrency) : Candidate
{
    /// <summary>Names it within its transport; see <see cref="Route.Destination"/>.</summary>
    internal string Key { get; } = route.Destination;

    internal string NextHop { get; } = route.NextHop;

    /// <summary>The table of main.toml for it; null: none.</summary>
    internal DestinationRule? Rule { get; set; } = route.Rule;

    /// <summary>The window, which follows the site's health.</summary>
    internal Concurrency Concurrency { get; } = concurrency;

    /// <summary>Fixed limits, perhaps shared with other destinations; null: none.</summary>
    internal Limiter? Limiter { get; private set; }

    /// <summary>Recipients in one delivery, at most.</summary>
    internal int RecipientLimit { get; set; } = int.MaxValue;

    /// <summary>Deliveries waiting.</summary>
    internal int Waiting { get; private set; }

    /// <summary>Handed to agents.</summary>
    internal int Busy { get; set; }

    /// <summary>Why deliveries are suspended; null: they are not.</summary>
    internal Dsn? DeadBecause { get; private set; }

    /// <summary>When the suspension ends, on the loop's clock.</summary>
    internal long DeadUntil { get; private set; }

    /// <summary>When an attempt may be of use again, on the loop's clock; in the past: now.</summary>
    internal long WakesAt => DeadBecause is not null ? DeadUntil : Limiter?.OpensAt ?? 0;

    /// <summary>Counted among those that have work.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>Has its share of scarce agents, and is passed over.</summary>
    internal bool IsParked { get; set; }

    /// <summary>Its mail is about to be put off.</summary>
    internal bool IsInTrouble { get; set; }

    /// <summary>Kept for a while without mail, because of what is known of it.</summary>
    internal bool IsRemembered { get; set; }

    internal bool IsIdle => Waiting == 0 && Busy == 0;

    internal bool HasWindow => Busy < Concurrency.Window;

    private Lanes Peers { get; } = new();

    internal override Peer? Front => (Peer?)Peers.First;

    internal override Peer? Smallest => (Peer?)Peers.Smallest;

    /// <summary>Adds mail of a job: to a delivery that waits and has room, else to a new one.</summary>
    internal void Add(Job job, List<DeliveryRecipient> recipients)
    {
        Peer peer = job.PeerOf(this);
        int limit = job.Message.RecipientLimit(this);
        for (int i = 0; i < recipients.Count;)
        {
            if (peer.Unfilled(limit) is not { } entry)
            {
                entry = new Entry(job, this, new List<DeliveryRecipient>(Math.Min(limit, recipients.Count - i)));
                peer.AddLast(entry);
                Waiting++;
                job.Message.PendingEntries++;
            }
            int count = Math.Min(limit - entry.Recipients.Count, recipients.Count - i);
            for (int end = i + count; i < end; i++)
                entry.Recipients.Add(recipients[i]);
        }
        Peers.Put(peer);
    }

    /// <summary>A delivery that was taken, but reached nobody, is the next again.</summary>
    internal void AddAgain(Entry entry)
    {
        Peer peer = entry.Job.PeerOf(this);
        peer.AddFirst(entry);
        Waiting++;
        Peers.Put(peer);
    }

    /// <summary>Takes the next delivery of one job.</summary>
    internal Entry Take(Peer peer)
    {
        Entry entry = peer.TakeFirst();
        Waiting--;
        Peers.Put(peer);
        if (peer.First is null)
            peer.Job.Forget(this);
        return entry;
    }

    /// <summary>Puts it under other fixed limits, with its deliveries under way. It must not stand in any lane.</summary>
    internal void Limit(Limiter? limiter)
    {
        if (Limiter is not null)
            Limiter.Busy -= Busy;
        if (limiter is not null)
            limiter.Busy += Busy;
        Limiter = limiter;
    }

    /// <summary>Hands back all that waits.</summary>
    internal void TakeBack(List<Entry> to)
    {
        while (Front is { } peer)
            to.Add(Take(peer));
    }

    /// <summary>Suspends deliveries.</summary>
    internal void Bury(Dsn why, long until)
    {
        DeadBecause = why with { Reason = $"delivery temporarily suspended: {why.Reason}" };
        DeadUntil = until;
    }

    /// <summary>Ends the suspension, if there is one.</summary>
    internal void Revive()
    {
        if (DeadBecause is null)
            return;
        DeadBecause = null;
        Concurrency.Reset();
    }
}
