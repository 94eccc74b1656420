using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>The loop of the process, and the services that master runs.</summary>
internal sealed class Surroundings(EventLoop loop) : ISurroundings
{
    public ITimers Timers => loop;

    public TimeProvider Clock => TimeProvider.System;

    public double Chance() => Random.Shared.NextDouble();

    public IAgents AgentsOf(Transport transport, int limit, Settings settings) => new AgentPool(transport, limit, settings, loop);

    public IReportLine LineTo(string service, Settings settings) => new ReportLine(loop, service, settings);

    public void End() => loop.Stop();
}
