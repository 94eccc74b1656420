using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.ReturnPaths;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The running master: one loop that owns all services.</summary>
internal sealed class Supervisor : IDisposable
{
    /// <summary>The command word with which <c>start</c> starts the daemon.</summary>
    internal const string DaemonCommand = "-daemon";

    /// <summary>Descriptor on which the daemon says that it is ready, or why not.</summary>
    internal const int ReadyNumber = 3;

    internal const string ReadyWord = "ready\n";

    // Deliveries report to these while they end, so these end last.
    private static readonly string[] s_lastToEnd = ["bounce", "defer", "cleanup"];

    // The check for misplaced queue files can wait until the first rush is over.
    private static readonly TimeSpan s_structureCheckDelay = TimeSpan.FromSeconds(20);

    // It also removes what lay unfinished for a week.
    private static readonly TimeSpan s_structureCheckInterval = TimeSpan.FromDays(1);

    private static readonly TimeSpan s_restsAfter = TimeSpan.FromSeconds(1);

    private readonly EventLoop _loop = new();
    private readonly Log _log = new(MailLog.Lines);
    private readonly string _directory;
    private readonly Dictionary<string, ServiceSlot> _slots = [];
    private readonly List<PosixSignalRegistration> _signals = [];
    private Instance _instance;
    private bool _isUp, _stopping, _lastStage, _isReading, _mustReload;
    private readonly long _started = MailTime.NowSeconds;
    private long? _reloaded;
    private ReloadReport? _lastReload;
    private int _reloads;
    private StatusSocket? _status;
    private uint _ownerUid, _ownerGid;

    private Supervisor(string directory, Instance instance) => (_directory, _instance) = (directory, instance);

    private MasterSettings Settings => _instance.Settings;

    internal static int RunForeground(string directory) => Run(directory, static instance => instance.Tell());

    internal static int RunDaemon(string directory)
    {
        using Descriptor ready = new(ReadyNumber);
        ready.CloseOnExec();
        try
        {
            return Run(directory, instance =>
            {
                IEnumerable<string> warnings = instance.Warnings.Select(warning => $"master: warning: {warning}\n");
                ready.Write(System.Text.Encoding.UTF8.GetBytes(string.Concat(warnings) + ReadyWord));
                ready.Dispose();
            });
        }
        catch (Exception e) when (e is ConfigurationException or IOException)
        {
            IEnumerable<string> problems = e is ConfigurationException all ? all.Problems : [e.Message];
            ready.Write(System.Text.Encoding.UTF8.GetBytes(string.Concat(problems.Select(problem => $"master: fatal: {problem}\n"))));
            throw;
        }
    }

    private static int Run(string directory, Action<Instance> ready)
    {
        Instance instance = Instance.Read(directory);
        using Supervisor supervisor = new(directory, instance);
        Signals.IgnoreFileSizeLimit();
        FileSystem.SetCreationMask(0x12 /* 022 */);
        supervisor.PrepareQueue();
        // Whoever finds our pid in the file may give an order at once; the loop gets to it in time.
        supervisor.WatchSignals();
        using SafeFileHandle? pidFile = PidFile.TryTake(instance.Settings.Queue);
        if (pidFile is null)
            throw new IOException("the mail system is already running on this queue");
        supervisor.OpenLog();
        supervisor.Apply();
        supervisor._isUp = true;
        supervisor._status = new StatusSocket(supervisor._loop, supervisor.Report);
        supervisor._log.Started(instance.Settings.Version, directory);
        ready(instance);
        ServiceManager.Ready();
        supervisor._loop.After(s_restsAfter, ProgramImage.LetGo);
        supervisor._loop.After(s_structureCheckDelay, supervisor.CheckStructure);
        supervisor._loop.Run();
        PidFile.Leave(pidFile);
        return ExitStatus.Ok;
    }

    private string Report() => StatusSocket.Report(Settings.Version, _directory, _started, _reloaded, _reloads, _lastReload, _stopping, _slots.Values.Select(static slot => slot.Status));

    private void PrepareQueue()
    {
        if (Users.EffectiveUid == 0)
        {
            _ownerUid = MailOwner.Of(_instance.Config).Uid;
            _ownerGid = MailOwner.GroupOf(_instance.Config);
        }
        else
        {
            _ownerUid = Users.EffectiveUid;
            _ownerGid = uint.MaxValue;
        }
        MakeDirectories(_instance);
        FileSystem.ChangeDirectory(Settings.Queue);
        MakeReturnKey(_instance.Config);
    }

    // Before a process reads it.
    private static void MakeReturnKey(MainConfig config)
    {
        if (config.Get(Parameters.ReportDomain).Length > 0)
            ReturnKey.Make(".");
    }

    private void MakeDirectories(Instance instance) =>
        QueueDirectories.FromConfig(instance.Config).CreateMissing(Users.EffectiveUid == 0 ? _ownerUid : null, _ownerGid, instance.Config.Get(Parameters.EventsEnable));

    private void OpenLog()
    {
        LogOptions log = Settings.Log;
        MailLog.Open(log, "master");
        foreach (string warning in _instance.Warnings)
            _log.Warning(warning);
        // Services write the same file after they have given root up.
        string path = log.Path;
        if (path.Length > 0 && !log.IsStandardOutput && Users.EffectiveUid == 0 && FileSystem.Status(path) is { Kind: FileKind.Regular, Uid: 0 })
            FileSystem.ChangeOwner(path, _ownerUid, uint.MaxValue, FileKind.Regular);
    }

    /// <summary>Makes the set of services be that of master.toml: new ones get a socket, unnamed ones lose theirs.</summary>
    private void Apply()
    {
        HashSet<string> named = [];
        foreach (ServiceEntry entry in _instance.Services)
        {
            named.Add(entry.Name);
            try
            {
                Apply(entry);
            }
            catch (IOException e) when (_isUp)
            {
                // The running system goes on with what it has.
                _log.ReloadRefused(e.Message);
            }
        }
        foreach (string name in _slots.Keys)
        {
            if (!named.Contains(name) && _slots.Remove(name, out ServiceSlot? gone))
                gone.Close();
        }
    }

    private void Apply(ServiceEntry entry)
    {
        // A socket in the other directory is another socket.
        if (_slots.TryGetValue(entry.Name, out ServiceSlot? slot) && slot.Entry.IsPrivate != entry.IsPrivate && _slots.Remove(entry.Name))
        {
            slot.Close();
            slot = null;
        }
        if (slot is not null)
            slot.Configure(entry, Settings);
        else
            _slots.Add(entry.Name, new ServiceSlot(_loop, _directory, entry, Settings, _ownerUid, _ownerGid, _log) { Emptied = EndNextStage });
    }

    private void WatchSignals()
    {
        Signals.HearOrders();
        // Handlers run on a thread of the runtime; a byte brings the signal into our loop.
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                theirs.Write([(byte)-(int)context.Signal]);
            }));
        }
        _loop.Add(ours, Readiness.Readable, _ =>
        {
            Span<byte> got = stackalloc byte[16];
            int n = ours.Read(got);
            for (int i = 0; i < n; i++)
                Signalled((PosixSignal)(-got[i]));
        });
    }

    private void Signalled(PosixSignal signal)
    {
        switch (signal)
        {
            case PosixSignal.SIGHUP:
                if (!_stopping)
                    Reload();
                break;
            case PosixSignal.SIGQUIT:
                _log.Terminating(3);
                KillAll();
                break;
            default:
                if (!_stopping)
                    BeginStop();
                break;
        }
    }

    // The files, and what each program says of them, are read elsewhere: services are started meanwhile, as they are wanted.
    // A handler of the loop, which nobody waits for, and which goes on in the loop: what it does not catch is a bug, and ends master as in any other handler.
    private async void Reload()
    {
        _mustReload = true;
        if (_isReading)
            return;
        _isReading = true;
        ServiceManager.Reloading();
        while (_mustReload && !_stopping)
        {
            _mustReload = false;
            (Instance? instance, Exception? problem) = await _loop.Elsewhere(Read);
            if (_mustReload || _stopping)
                continue; // changed meanwhile, perhaps
            Take(instance, problem);
            _reloads++;
        }
        _isReading = false;
        if (!_stopping)
            ServiceManager.Ready();
    }

    private (Instance? Instance, Exception? Problem) Read()
    {
        try
        {
            return (Instance.Read(_directory), null);
        }
        catch (Exception e) when (e is ConfigurationException or SystemCallException)
        {
            return (null, e);
        }
    }

    private void Take(Instance? instance, Exception? problem)
    {
        try
        {
            if (instance is null)
                throw problem!;
            if (instance.Settings.Queue != Settings.Queue)
                throw new ConfigurationException("queue_directory has changed; that needs a stop and a start");
            // That of events may be new.
            MakeDirectories(instance);
            MakeReturnKey(instance.Config);
            _lastReload = ReloadReport.Of(_instance, instance);
            _instance = instance;
        }
        catch (Exception e) when (e is ConfigurationException or SystemCallException)
        {
            IReadOnlyCollection<string> problems = e is ConfigurationException all ? [.. all.Problems] : [e.Message];
            foreach (string refused in problems)
                _log.ReloadRefused(refused);
            _lastReload = new ReloadReport([], [], [.. problems]);
            return;
        }
        OpenLog();
        _log.Reloaded(Settings.Version, _directory);
        _log.Changed(_lastReload);
        _reloaded = MailTime.NowSeconds;
        Apply();
        // Those that stay hear of it before those they work with end.
        foreach (ServiceSlot slot in _slots.Values)
            slot.ReloadProcesses();
        foreach (ServiceSlot slot in _slots.Values)
            slot.ReplaceProcesses();
    }

    private void BeginStop()
    {
        _log.Terminating(15);
        ServiceManager.Stopping();
        _stopping = true;
        _loop.After(Settings.StopLimit, () =>
        {
            _log.EndedByForce();
            KillAll();
        });
        foreach (ServiceSlot slot in _slots.Values)
        {
            if (IsLastToEnd(slot))
                slot.TurnAwayWhileThrottled();
            else
                slot.End();
        }
        EndNextStage();
    }

    private static bool IsLastToEnd(ServiceSlot slot) => Array.IndexOf(s_lastToEnd, slot.Entry.Command) >= 0;

    private void EndNextStage()
    {
        if (!_stopping)
            return;
        foreach (ServiceSlot slot in _slots.Values)
        {
            if (slot.HasProcesses && (_lastStage || !IsLastToEnd(slot)))
                return;
        }
        if (_lastStage)
        {
            _loop.Stop();
            return;
        }
        _lastStage = true;
        foreach (ServiceSlot slot in _slots.Values)
            slot.End();
        EndNextStage();
    }

    private void KillAll()
    {
        foreach (ServiceSlot slot in _slots.Values)
            slot.Kill();
        _loop.Stop();
    }

    // Files restored from a backup may be in the wrong place, or have a name that is not made from their inode.
    // Not in active: renaming a file under delivery would let it be delivered again.
    private void CheckStructure()
    {
        if (_stopping)
            return;
        _loop.After(s_structureCheckInterval, CheckStructure);
        try
        {
            ChildProcess check = ChildProcess.Start(Path.Join(Settings.Commands, "postsuper"),
                ["-c", _directory, "-s", "-p", "maildrop", "incoming", "deferred", "hold"], Settings.Environment, []);
            EventLoop.Watch? watch = null;
            watch = _loop.Add(check.Exit, Readiness.Readable, _ =>
            {
                watch!.Dispose();
                (int status, string words) = check.WaitForExit();
                check.Dispose();
                if (status != 0)
                    _log.CheckFailed(words);
            });
        }
        catch (IOException e)
        {
            _log.Warning(e.Message);
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
        foreach (ServiceSlot slot in _slots.Values)
            slot.Close();
        _status?.Dispose();
        _loop.Dispose();
    }
}
