using PostfixNet.Mail;

namespace PostfixNet.Qmgr;

/// <summary>The delivery agents of one transport: what scheduling knows of processes.</summary>
internal interface IAgents
{
    /// <summary>Agents there may be.</summary>
    internal int Limit { get; }

    /// <summary>Agents at work.</summary>
    internal int Busy { get; }

    /// <summary>One can take a delivery now: there may be another, or one is without work, and not too many are just starting.</summary>
    internal bool MayStart { get; }

    /// <summary>Hands a delivery to an agent; there must be one without work. The transport hears of its end.</summary>
    /// <param name="entry">The delivery.</param>
    /// <param name="moreWaits">More mail waits for the same next hop.</param>
    /// <returns>null, or why no agent can be reached.</returns>
    internal Dsn? Start(Entry entry, bool moreWaits);

    /// <summary>The configuration has changed: idle processes have the old one, and are let go.</summary>
    /// <param name="limit">Agents there may be from now on.</param>
    internal void Renew(int limit);
}
