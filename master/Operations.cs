using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>What an operator asks of a system that runs, or does not.</summary>
internal static class Operations
{
    // Longer than any orderly start; a start that takes longer has gone wrong.
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_reloadLimit = TimeSpan.FromSeconds(20);

    internal static int Start(string directory)
    {
        if (PidFile.Running(Settings(directory).Queue) is { } running)
            return Caller.Fail($"the mail system is already running, pid {running}", 1);
        string self = Environment.ProcessPath ?? throw new IOException("the path of this program is unknown");
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        using (ours)
        using (Descriptor nothing = Descriptor.OpenDevNull())
        {
            using ChildProcess daemon = ChildProcess.Start(self, ["-c", directory, Supervisor.DaemonCommand],
                [.. ChildEnvironment.Inherited()],
                [(nothing.Number, 0), (nothing.Number, 1), (nothing.Number, 2), (theirs.Number, Supervisor.ReadyNumber)], newSession: true);
            theirs.Dispose();
            // The daemon writes warnings and "ready", or what was wrong, and closes.
            string answer = Answer.Read(ours, Deadline.In(s_startLimit));
            if (answer.EndsWith(Supervisor.ReadyWord, StringComparison.Ordinal))
            {
                StandardStreams.WriteError(answer[..^Supervisor.ReadyWord.Length]);
                return ExitStatus.Ok;
            }
            StandardStreams.WriteError(answer.Length > 0 ? answer : "master: fatal: the system did not start; see the log\n");
            return daemon.Exit.Wait(Readiness.Readable, 5000).This == Readiness.None ? ExitStatus.TemporaryFailure
                : daemon.WaitForExit().Status is > 0 and < 128 and var status ? status : ExitStatus.TemporaryFailure;
        }
    }

    internal static int Stop(string directory, bool abruptly)
    {
        RunningSystem system = RunningSystem.Of(directory);
        string queue = system.Queue;
        if (PidFile.Running(queue) is not { } pid)
            return Caller.Fail("the mail system is not running", 1);
        if (!PidFile.IsHere(pid))
            return NotHere(pid);
        Signals.TrySend(pid, abruptly ? Signals.Quit : Signals.Terminate);
        // Master itself sees to it that nobody takes longer than this.
        Deadline end = Deadline.In(system.StopLimit + TimeSpan.FromSeconds(10));
        while (PidFile.Running(queue) == pid)
        {
            if (end.IsOver)
                return Caller.Fail($"master, pid {pid}, does not end", ExitStatus.TemporaryFailure);
            Descriptor.Pause(5);
        }
        return ExitStatus.Ok;
    }

    internal static int Reload(string directory)
    {
        // A broken configuration must not reach the running system.
        Instance instance = Instance.Read(directory);
        instance.Tell();
        if (PidFile.Running(instance.Settings.Queue) is not { } pid)
            return Caller.Fail("the mail system is not running", 1);
        if (!PidFile.IsHere(pid))
            return NotHere(pid);
        int before = Reloads(instance.Settings.Queue);
        Signals.TrySend(pid, Signals.HangUp);
        return TellReload(instance.Settings.Queue, pid, before);
    }

    private static int Reloads(string queue)
    {
        using JsonDocument? status = StatusQuestion.Ask(queue);
        return status?.RootElement.GetProperty("reloads").GetInt32() ?? 0;
    }

    // What the running system made of it; one that takes long says it in the log.
    private static int TellReload(string queue, int pid, int before)
    {
        for (Deadline end = Deadline.In(s_reloadLimit); !end.IsOver; Descriptor.Pause(20))
        {
            if (PidFile.Running(queue) != pid)
                return Caller.Fail("the mail system has been stopped meanwhile", 1);
            using JsonDocument? status = StatusQuestion.Ask(queue);
            if (status is null || status.RootElement.GetProperty("reloads").GetInt32() == before)
                continue;
            string[] Of(string name) => [.. status.RootElement.GetProperty("last_reload").GetProperty(name).EnumerateArray().Select(static word => word.GetString()!)];
            if (Of("refused") is { Length: > 0 } problems)
                return problems.Select(static problem => Caller.Fail(problem, ExitStatus.Configuration)).Last();
            StandardStreams.WriteError(Of("changed") is { Length: > 0 } changed ? $"master: changed: {string.Join(", ", changed)}\n" : "master: no value has changed; tables and files are read anew\n");
            if (Of("need_restart") is { Length: > 0 } late)
                StandardStreams.WriteError($"master: warning: in force after a stop and a start only: {string.Join(", ", late)}\n");
            return ExitStatus.Ok;
        }
        return ExitStatus.Ok;
    }

    private static int NotHere(int pid) =>
        Caller.Fail($"the mail system runs in a container, with the pid {pid} there; say this there", 1);

    internal static int Flush(string directory)
    {
        try
        {
            Trigger.Send(Settings(directory).QueueManager, "FADI"u8);
            return ExitStatus.Ok;
        }
        catch (IOException e) when (e is not SystemCallException { IsForbidden: true })
        {
            return Caller.Fail("Cannot flush mail queue - mail system is down", ExitStatus.Unavailable);
        }
    }

    internal static int Check(string directory)
    {
        Instance instance = Instance.Read(directory);
        List<Finding> findings = [.. HostCheck.Run(directory, instance, TimeProvider.System)];
        // What a start tells of the directories, the findings tell with how to mend it.
        List<string> known = [.. SystemCheck.Problems(instance.Config)];
        foreach (string warning in instance.Warnings.Except(known))
            StandardStreams.WriteError($"master: warning: {warning}\n");
        foreach (Finding finding in findings)
            StandardStreams.WriteError($"master: {(finding.IsError ? "error" : "warning")}: {finding.Text}\n");
        return findings.Exists(static finding => finding.IsError) ? 1 : ExitStatus.Ok;
    }

    internal static int SetPermissions(string directory)
    {
        MainConfig config = MainConfig.Load(directory);
        (uint? owner, uint group) = Users.EffectiveUid == 0 ? (MailOwner.Of(config).Uid, MailOwner.GroupOf(config)) : (default(uint?), uint.MaxValue);
        QueueDirectories.FromConfig(config).SetPermissions(owner, group, config.Get(Parameters.EventsEnable));
        return ExitStatus.Ok;
    }

    private static MasterSettings Settings(string directory) => MasterSettings.Read(MainConfig.Load(directory));
}
