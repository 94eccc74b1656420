using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>What the queue manager has to do with, besides the files of its queue: time, chance, and other processes.</summary>
internal interface ISurroundings
{
    /// <summary>The loop.</summary>
    internal ITimers Timers { get; }

    /// <summary>The time of day.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>What happens to mail and services is told here.</summary>
    internal Log Log { get; }

    /// <summary>A random number, from 0 to less than 1.</summary>
    internal double Chance();

    /// <summary>The delivery agents of a transport.</summary>
    /// <param name="transport">It hears of their results.</param>
    /// <param name="limit">So many at most.</param>
    /// <param name="settings">As they are at any time.</param>
    internal IAgents AgentsOf(Transport transport, int limit, Settings settings);

    /// <summary>The line to a service that keeps recipient results.</summary>
    internal IReportLine LineTo(string service, Settings settings);

    /// <summary>The process has nothing left to do.</summary>
    internal void End();
}
