using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>One service: its socket and its processes. A client may connect before any process exists, and waits.</summary>
internal sealed class ServiceSlot
{
    // Long enough that a service that crashes at its first task each time does not occupy the machine.
    private static readonly TimeSpan s_restartDelay = TimeSpan.FromSeconds(1);

    private readonly EventLoop _loop;
    private const int KillSignal = 9, TerminateSignal = 15;

    private readonly Log _log;
    private readonly string _directory, _path;
    private readonly uint _ownerUid, _ownerGid;
    private readonly List<Worker> _workers = [];
    private readonly List<Listener> _listeners = [];
    private MasterSettings _settings;
    private EventLoop.Timer? _wakeup;
    private bool _throttled, _turnsAway, _ended, _used, _lastWasKilled;
    private int _failedStarts;
    private long _requests, _starts, _crashes, _throttles;
    private (string How, long Time)? _lastCrash;
    private const int MostPids = 50;

    private sealed record Listener(IPEndPoint? Where, Descriptor Socket, EventLoop.Watch Watch);

    /// <summary>Binds the sockets.</summary>
    /// <exception cref="IOException">It cannot be bound.</exception>
    internal ServiceSlot(EventLoop loop, string directory, ServiceEntry entry, MasterSettings settings, uint ownerUid, uint ownerGid, Log log)
    {
        (_loop, _directory, _settings, Entry, _ownerUid, _ownerGid, _log) = (loop, directory, settings, entry, ownerUid, ownerGid, log);
        _path = Path.Join(entry.IsPrivate ? "private" : "public", entry.Name);
        OpenListeners(entry);
        ScheduleWakeup(TimeSpan.Zero);
    }

    /// <summary>The service as master.toml describes it.</summary>
    internal ServiceEntry Entry { get; private set; }

    /// <summary>Called when the last process has ended.</summary>
    internal Action? Emptied { get; init; }

    internal bool HasProcesses => _workers.Count > 0;

    /// <summary>How it is now.</summary>
    internal ServiceStatus Status
    {
        get
        {
            int busy = _workers.Count(static worker => !worker.IsIdle);
            string state = _ended ? "ending" : _throttled ? "throttled" : _workers.Count == 0 ? "ready" : busy == 0 ? "idle" : busy >= Limit && Limit > 1 ? "full" : "busy";
            return new ServiceStatus(Entry.Name, Entry.Command, state, _workers.Count, busy, Entry.ProcessLimit > 0 ? Entry.ProcessLimit : null, _requests, _starts, _crashes, _throttles,
                _lastCrash?.How, _lastCrash?.Time, [.. _workers.Take(MostPids).Select(static worker => worker.Process.Pid)]);
        }
    }

    private int Limit => Entry.ProcessLimit > 0 ? Entry.ProcessLimit : int.MaxValue;

    private string[] StartArguments => new ServiceCommandLine(_directory, [Entry.Name], IsCheck: false, Entry.Arguments, _listeners.Count).ToWords();

    private string ProgramPath => Path.Join(_settings.Programs, Entry.Command);

    // All that a process gets at its start and cannot change later.
    private string StartLine() => string.Join('\0', [ProgramPath, .. StartArguments, .. StartEnvironment]);

    private IReadOnlyList<string> StartEnvironment => ChildEnvironment.With(_settings.Environment, Entry.Environment);

    // Those that stay keep the clients that wait. All or none: what cannot be had leaves what is there.
    private void OpenListeners(ServiceEntry entry)
    {
        IPEndPoint?[] wanted = entry.Listen.Count > 0 ? [.. entry.Listen] : [null];
        List<Listener> opened = [];
        try
        {
            foreach (IPEndPoint? where in wanted.Where(where => !_listeners.Exists(listener => Equals(listener.Where, where))))
            {
                Descriptor? socket = where is null ? ListenUnix() : ListenTcp(where, isAlone: wanted.Length == 1);
                if (socket is null)
                    continue;
                opened.Add(new Listener(where, socket, _loop.Add(socket, Readiness.Readable, _ => ClientWaits(socket))));
            }
        }
        catch (IOException e)
        {
            Close(opened);
            throw new IOException($"service {entry.Name}: {e.Message}", e);
        }
        List<Listener> gone = _listeners.FindAll(listener => !wanted.Contains(listener.Where));
        _listeners.RemoveAll(gone.Contains);
        Close(gone);
        _listeners.AddRange(opened);
    }

    private void Close(List<Listener> listeners)
    {
        foreach (Listener listener in listeners)
        {
            listener.Watch.Dispose();
            listener.Socket.Dispose();
            if (listener.Where is null)
                FileSystem.TryRemove(_path);
        }
    }

    // A machine without IPv6 is no reason not to serve IPv4.
    private static Descriptor? ListenTcp(IPEndPoint where, bool isAlone)
    {
        try
        {
            return Descriptor.ListenTcp(where);
        }
        catch (SystemCallException e) when (e.IsNoSuchAddress && !isAlone && (where.Address.Equals(IPAddress.IPv6Any) || where.Address.Equals(IPAddress.IPv6Loopback)))
        {
            return null;
        }
    }

    private Descriptor ListenUnix()
    {
        // Private sockets are guarded by their directory; public ones are for every local user.
        Descriptor listener = Descriptor.ListenUnix(_path, Entry.IsPrivate ? 0x180 /* 0600 */ : 0x1B6 /* 0666 */);
        if (Users.EffectiveUid == 0)
            FileSystem.ChangeOwner(_path, _ownerUid, _ownerGid, FileKind.Other);
        return listener;
    }

    /// <summary>Takes over a new description; sockets that are in both stay, so that waiting clients do too.</summary>
    /// <exception cref="IOException">A new one cannot be bound; all is as before.</exception>
    internal void Configure(ServiceEntry entry, MasterSettings settings)
    {
        OpenListeners(entry);
        (Entry, _settings) = (entry, settings);
    }

    /// <summary>Processes that can take over the new configuration are told to.</summary>
    /// <remarks>Not those that would be started otherwise now, by another command or with other arguments.</remarks>
    internal void ReloadProcesses()
    {
        string start = StartLine();
        foreach (Worker worker in _workers)
        {
            if (worker.CanReload && worker.StartLine == start)
                worker.Reload();
        }
    }

    /// <summary>Every other process ends after the work in hand; new ones read the new configuration.</summary>
    internal void ReplaceProcesses()
    {
        foreach (Worker worker in _workers)
        {
            if (!worker.IsReloading)
                worker.Retire(hurry: false);
            worker.IsReloading = false;
        }
        _throttled = false;
        ScheduleWakeup(TimeSpan.Zero);
        Listening();
    }

    /// <summary>No new processes; those there are end as soon as they can.</summary>
    internal void End()
    {
        _ended = true;
        _wakeup?.Cancel();
        Listening();
        foreach (Worker worker in _workers)
            worker.Retire(hurry: true);
    }

    /// <summary>Ends all processes at once.</summary>
    internal void Kill()
    {
        End();
        foreach (Worker worker in _workers)
            Signals.TrySend(worker.Process.Pid, Signals.Kill);
    }

    /// <summary>Gives the service up.</summary>
    internal void Close()
    {
        End();
        Close(_listeners);
        _listeners.Clear();
    }

    /// <summary>Clients that nobody serves because processes do not start are turned away from now on; else a stop would wait for those that
    /// wait for them.</summary>
    internal void TurnAwayWhileThrottled()
    {
        _turnsAway = true;
        Listening();
    }

    // Listening costs nothing while an idle process will accept the client anyway.
    private void Listening()
    {
        int idle = 0, active = 0;
        foreach (Worker worker in _workers)
        {
            if (worker.IsRetired && Limit > 1)
                continue;
            active++;
            if (worker.IsIdle)
                idle++;
        }
        bool mayStart = !_ended && !_throttled && idle == 0 && active < Limit;
        foreach (Listener listener in _listeners)
            listener.Watch.Change(mayStart || TurnsAway ? Readiness.Readable : Readiness.None);
    }

    private bool TurnsAway => (_turnsAway || SpeaksSmtp) && _throttled && _workers.Count == 0;

    // A client that hears nothing waits for minutes; one that is refused for now comes back. RFC 5321 section 4.2.3: 421 may be said to anybody at any time.
    private bool SpeaksSmtp => Entry.Command == "smtpd" && Entry.Listen.Count > 0;

    private void ClientWaits(Descriptor socket)
    {
        if (TurnsAway)
        {
            using Descriptor? client = socket.TryAccept();
            if (SpeaksSmtp && client is not null)
                Refuse(client);
            return;
        }
        _used = true;
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        try
        {
            ChildProcess process = ChildProcess.Start(ProgramPath, StartArguments, StartEnvironment,
                [(theirs.Number, ServiceContext.LifelineNumber), .. _listeners.Select(static (listener, i) => (listener.Socket.Number, ServiceContext.ListenerNumber + i))]);
            _workers.Add(new Worker(this, process, ours, StartLine()));
            _failedStarts = 0;
            _starts++;
        }
        catch (IOException e)
        {
            ours.Dispose();
            _log.NotStarted(Entry.Name, e.Message);
            CannotStart();
        }
        finally
        {
            theirs.Dispose();
        }
        Listening();
    }

    private static void Refuse(Descriptor client)
    {
        try
        {
            _ = client.Write("421 4.3.0 Service not available, try again later\r\n"u8);
        }
        catch (IOException)
        {
            // It is gone.
        }
    }

    // The system may have room for another process in a moment; then for a while it has not.
    private void CannotStart()
    {
        if (++_failedStarts < _settings.ForkAttempts)
        {
            HoldBack(_settings.ForkDelay);
            return;
        }
        _failedStarts = 0;
        Throttle();
    }

    private void Throttle()
    {
        _log.BadStart(ProgramPath);
        _throttles++;
        HoldBack(_settings.ThrottleTime);
    }

    private void HoldBack(TimeSpan pause)
    {
        _throttled = true;
        _loop.After(pause, () =>
        {
            _throttled = false;
            Listening();
        });
    }

    private void ScheduleWakeup(TimeSpan delay)
    {
        _wakeup?.Cancel();
        if (Entry.Wakeup == TimeSpan.Zero || _ended)
            return;
        _wakeup = _loop.After(delay, () =>
        {
            try
            {
                if (Entry.Listen.Count == 0 && (_used || !Entry.WakeupOnlyIfUsed))
                    Trigger.Send(_path, "W"u8);
            }
            catch (IOException e)
            {
                _log.NotWoken(_path, e.Message);
            }
            ScheduleWakeup(Entry.Wakeup);
        });
    }

    private void Ended(Worker worker)
    {
        _workers.Remove(worker);
        (int status, string words) = worker.Process.WaitForExit();
        worker.Dispose();
        if (status != 0)
        {
            _log.Ended(ProgramPath, worker.Process.Pid, words);
            _crashes++;
            _lastCrash = (words, MailTime.NowSeconds);
            // One that served somebody first had a bad day; one that never did will not do better at once.
            // So had one that somebody killed; but not the one after it, too.
            bool isKilled = status is 128 + KillSignal or 128 + TerminateSignal && !_lastWasKilled;
            if (!worker.HasServed && !_ended && !worker.IsRetired && !isKilled)
                Throttle();
            _lastWasKilled = isKilled && !worker.HasServed;
        }
        // One that stays through reloads ends unasked only when it could not take the new configuration over.
        if (status != 0 || (worker.CanReload && !worker.IsRetired))
        {
            // What it was doing must not wait for the timer, nor for a client: nobody else may know of that work.
            ScheduleWakeup(s_restartDelay);
        }
        else if (worker.IsRetired)
        {
            // It may have taken the trigger that was meant for its successor.
            ScheduleWakeup(TimeSpan.Zero);
        }
        Listening();
        if (_workers.Count == 0)
            Emptied?.Invoke();
    }

    /// <summary>One process of the service.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly Descriptor _line;
        private readonly EventLoop.Watch _lineWatch, _exitWatch;
        private readonly ServiceSlot _slot;

        internal Worker(ServiceSlot slot, ChildProcess process, Descriptor line, string startLine)
        {
            (_slot, Process, _line, StartLine) = (slot, process, line, startLine);
            _lineWatch = slot._loop.Add(line, Readiness.Readable, _ => Told());
            _exitWatch = slot._loop.Add(process.Exit, Readiness.Readable, _ => slot.Ended(this));
        }

        internal ChildProcess Process { get; }

        /// <summary>Waits for a client, or is on its way to that.</summary>
        internal bool IsIdle { get; private set; } = true;

        internal bool HasServed { get; private set; }

        internal bool IsRetired { get; private set; }

        /// <summary>It said that it takes a reload.</summary>
        internal bool CanReload { get; private set; }

        /// <summary>It was told to in the reload under way.</summary>
        internal bool IsReloading { get; set; }

        /// <summary>What it was started with.</summary>
        internal string StartLine { get; }

        /// <summary>The process reads its configuration anew, and goes on.</summary>
        internal void Reload()
        {
            IsReloading = !IsRetired;
            Say(ServiceContext.ReloadRequest);
        }

        /// <summary>Closes our half of the line: the process finishes the work in hand and ends.</summary>
        internal void Retire(bool hurry)
        {
            if (hurry)
                Say(ServiceContext.StopRequest);
            if (!IsRetired)
                _line.FinishWriting();
            IsRetired = true;
        }

        private void Say(byte word)
        {
            try
            {
                if (!IsRetired)
                    _line.Write([word]);
            }
            catch (IOException)
            {
                // It has ended; its pidfd will tell.
            }
        }

        private void Told()
        {
            Span<byte> words = stackalloc byte[64];
            int n = _line.Read(words);
            if (n == 0)
                _lineWatch.Dispose(); // a closed line would be ready for ever
            if (n <= 0)
                return;
            foreach (byte word in words[..n])
            {
                CanReload |= word == (byte)ServiceState.CanReload;
                HasServed |= word == (byte)ServiceState.Busy;
                _slot._requests += word == (byte)ServiceState.Busy ? 1 : 0;
                if (word is (byte)ServiceState.Idle or (byte)ServiceState.Busy)
                    IsIdle = word == (byte)ServiceState.Idle;
            }
            _slot.Listening();
        }

        public void Dispose()
        {
            _lineWatch.Dispose();
            _exitWatch.Dispose();
            _line.Dispose();
            Process.Dispose();
        }
    }
}
