using PostfixNet.Ipc;

namespace PostfixNet.Qmgr;

/// <summary>The loop of the process, and the services that master runs.</summary>
internal sealed class Surroundings(EventLoop loop, Log log) : ISurroundings
{
    public ITimers Timers => loop;

    public TimeProvider Clock => TimeProvider.System;

    public Log Log => log;

    public double Chance() => Random.Shared.NextDouble();

    public IAgents AgentsOf(Transport transport, int limit, Settings settings) => new AgentPool(transport, limit, settings, loop, log);

    public IReportLine LineTo(string service, Settings settings) => new ReportLine(loop, service, settings, log);

    public void End() => loop.Stop();
}
