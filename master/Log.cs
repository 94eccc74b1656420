using PostfixNet.Log;

namespace PostfixNet.Master;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    internal void Started(string version, string directory) => log.Info($"daemon started -- version {version}, configuration {directory}");

    internal void Reloaded(string version, string directory) => log.Info($"reload -- version {version}, configuration {directory}");

    internal void Changed(ReloadReport report)
    {
        if (report.Changed.Count > 0)
            log.Info($"reload: changed: {string.Join(", ", report.Changed)}");
        if (report.NeedRestart.Count > 0)
            log.Warning($"reload: in force after a stop and a start only: {string.Join(", ", report.NeedRestart)}");
    }

    internal void ReloadRefused(string why) => log.Error($"reload: {why}; the running configuration stays");

    internal void Terminating(int signal) => log.Info($"terminating on signal {signal}");

    internal void EndedByForce() => log.Warning("some processes did not end in time and are killed");

    internal void CheckFailed(string how) => log.Warning($"postsuper -s -p: {how}");

    internal void BadStart(string program) => log.Warning($"{program}: bad command startup -- throttling");

    internal void NotStarted(string service, string why) => log.Warning($"service {service}: {why}");

    internal void NotWoken(string socket, string why) => log.Warning($"wake up {socket}: {why}");

    /// <param name="how">"exit status 1", "killed by signal 9".</param>
    internal void Ended(string program, int pid, string how) => log.Warning($"process {program} pid {pid} {how}");

    internal void Warning(string text) => log.Warning(text);
}
