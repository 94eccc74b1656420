namespace PostfixNet.UnitTests.Qmgr.Simulation;

/// <summary>A receiving site: how fast it is, how many deliveries it takes at once, whether it answers at all.</summary>
internal sealed class Site(string name)
{
    internal string Name { get; } = name;

    /// <summary>Milliseconds that a delivery takes.</summary>
    internal int Latency { get; set; } = 1000;

    /// <summary>Milliseconds until a refusal, or until a client gives a dead site up.</summary>
    internal int RefusalLatency { get; set; } = 100;

    /// <summary>Deliveries at once; others get 421.</summary>
    internal int Capacity { get; set; } = int.MaxValue;

    internal bool IsDead { get; set; }

    /// <summary>Deliveries that it takes in any second, counted at their end; others get 454.</summary>
    internal int Rate { get; set; } = int.MaxValue;

    /// <summary>In place of <see cref="Latency"/>.</summary>
    internal Func<int>? LatencyOf { get; set; }

    internal int UnderWay { get; set; }

    internal int MostAtOnce { get; set; }

    /// <summary>Deliveries that it took.</summary>
    internal int Delivered { get; set; }

    /// <summary>Refused with 421.</summary>
    internal int Refused { get; set; }

    /// <summary>When deliveries started, successful or not.</summary>
    internal List<long> Starts { get; } = [];

    /// <summary>When deliveries succeeded.</summary>
    internal List<long> Ends { get; } = [];
}
