using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Qmgr;

/// <summary>Scans, triggers and the life of the process; what happens to a message is in the other files.</summary>
internal sealed class QueueManager : EventServer.IHandler, EventServer.IReloadable, IDeliveryEvents
{
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(8);

    private readonly EventLoop _loop;
    private readonly Settings _settings;
    private readonly PausedDeliveries _paused = new(".");
    private readonly Intake _intake;
    private readonly ActiveQueue _active;
    private readonly Completion _completion;
    private readonly ReportLines _lines;
    private readonly BuiltIn _builtIn;
    private readonly Sites _sites = new();
    private readonly Dispatch _dispatch;
    private readonly Refill _refill;
    private readonly Dictionary<string, Transport> _transports = [];
    private MainConfig _config;
    private Dictionary<string, int> _processLimits;
    private EventLoop.Timer? _nextRun;
    private bool _ending;

    internal QueueManager(ServiceContext context, EventLoop loop)
    {
        (_loop, _config) = (loop, context.Config);
        _settings = new Settings(_config);
        _dispatch = new Dispatch(TransportOf, DeliverBuiltIn, IsPutOff) { Routing = new Routing(_config, _sites) };
        _processLimits = ProcessLimits(_config);
        QueueDirectories directories = QueueDirectories.FromConfig(_config);
        _lines = new ReportLines(new ReportLine(loop, _settings.BounceService, _settings),
            new ReportLine(loop, _settings.DeferService, _settings), new ReportLine(loop, _settings.TraceService, _settings),
            new ReportLine(loop, _settings.BounceService, _settings));
        _builtIn = new BuiltIn(directories, _lines, _settings);
        _active = new ActiveQueue(directories, _settings, Schedule, Later);
        _intake = new Intake(_active, directories, loop, () => _ending || _paused.IsEverything);
        _completion = new Completion(_active, directories, _settings, _lines, Later, Finished);
        _refill = new Refill(_active, _settings, loop, Schedule);
        _ = new QuestionListener(loop, new Explanations(_active, _dispatch, _paused, TransportOf).Answer);
        _active.TakeBackLeftovers();
        _paused.Read();
        // What was resumed while we were away.
        _intake.WalkDeferred(NotDue.Paused);
        StartQueueRun();
    }

    /// <inheritdoc/>
    public void Trigger(ReadOnlySpan<byte> requests, bool isTrusted)
    {
        // Users flush by way of showq, which knows who may: a scan of everything is work.
        if (!isTrusted)
            requests = "I"u8;
        bool incoming = false, deferred = false;
        NotDue takes = NotDue.None;
        foreach (byte request in requests)
        {
            incoming |= request is (byte)'I' or (byte)'W';
            deferred |= request == (byte)'D';
            if (request == (byte)'A')
                takes |= NotDue.All;
            else if (request == (byte)'F')
                ForgetTrouble();
            else if (request == (byte)'P')
                ReadPauses();
        }
        if (incoming)
            _intake.WalkIncoming(takes);
        if (deferred)
            _intake.WalkDeferred(takes);
        _intake.GoOn();
    }

    /// <inheritdoc/>
    public bool Reload(MainConfig config)
    {
        // Work under way knows these by name.
        if (!Settings.NamesAreTheSame(_config, config))
            return false;
        // All that can throw comes first.
        _ = new Settings(config);
        Routing routing = new(config, _sites);
        Dictionary<string, int> processLimits = ProcessLimits(config);
        foreach (string service in processLimits.Keys)
            _ = TransportLimits.Of(config, service, 0);
        List<(Transport Transport, TransportLimits Limits)> transports = [];
        foreach (Transport transport in _transports.Values)
            transports.Add((transport, TransportLimits.Of(config, transport.Name, ProcessLimit(processLimits, transport.Name))));

        (_config, _dispatch.Routing, _processLimits) = (config, routing, processLimits);
        _settings.Read(config);
        foreach ((Transport transport, TransportLimits limits) in transports)
            transport.Apply(limits, config.Destinations);
        SortAnew();
        StartQueueRun();
        return true;
    }

    private void ReadPauses()
    {
        if (!_paused.Read())
            return;
        foreach (Transport transport in _transports.Values)
            transport.IsPaused = _paused.IsEverything;
        SortAnew();
        // What no pause holds any more is due now.
        _intake.WalkDeferred(NotDue.Paused);
    }

    // Mail that has not been handed out yet goes where the configuration and the operator say now (S1-55, S1-38).
    private void SortAnew()
    {
        List<Entry> waited = [];
        foreach (Transport transport in _transports.Values)
            transport.TakeBack(waited);
        SortAnew(waited);
    }

    private void SortAnew(List<Entry> waited)
    {
        _dispatch.SortAnew(waited);
        foreach (Entry entry in waited)
            EntryDone(entry.Message, 0);
    }

    private static Dictionary<string, int> ProcessLimits(MainConfig config)
    {
        Dictionary<string, int> limits = [];
        foreach (ServiceEntry service in MasterConfig.Load(config.Directory, config).Services)
            limits[service.Name] = service.ProcessLimit;
        return limits;
    }

    private static int ProcessLimit(Dictionary<string, int> limits, string service) => limits.TryGetValue(service, out int limit) ? limit : 0;

    /// <inheritdoc/>
    public void MustEnd()
    {
        _ending = true;
        foreach (Transport transport in _transports.Values)
            transport.Stop();
        // What is not done by then, its agent finishes alone; the file's lock tells our successor.
        _loop.After(s_endLimit, _loop.Stop);
        StopIfDone();
    }

    // What the file system refused is asked for again: the disk may have room by then.
    private void Later(Action action) => _loop.After(_settings.MinimalBackoff, action);

    private void StopIfDone()
    {
        if (!_ending || _lines.Pending > 0)
            return;
        foreach (Transport transport in _transports.Values)
        {
            if (transport.Busy > 0)
                return;
        }
        _loop.Stop();
    }

    private void ForgetTrouble()
    {
        foreach (Transport transport in _transports.Values)
            transport.ForgetTrouble();
    }

    private void StartQueueRun()
    {
        // Whoever should have told us of a change, or of new mail, may have died before he could.
        ReadPauses();
        _intake.WalkIncoming(NotDue.None);
        _intake.WalkDeferred(NotDue.None);
        AskForDigests();
        _nextRun?.Cancel();
        _nextRun = _loop.After(_settings.QueueRunDelay, StartQueueRun);
    }

    // Held notices are sent when their time has come, also when bounce_digest_limit says meanwhile that none are to be held.
    private void AskForDigests()
    {
        if (_lines.Digests.Pending > 0)
            return;
        try
        {
            foreach (string _ in FileSystem.Names(QueueDirectories.Digest))
            {
                _lines.Digests.Ask(BounceRequest.Digest(), static _ => { });
                return;
            }
        }
        catch (FileNotFoundException)
        {
            // A queue of before; master makes the directory when it starts.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            MailLog.Warning(e.Message);
        }
    }

    /// <summary>Queues a batch of recipients for delivery.</summary>
    private void Schedule(Message message, IReadOnlyList<Recipient> recipients)
    {
        // Held until the end of this method, so that the message does not end before all its groups are made.
        message.PendingEntries++;
        _dispatch.Sort(message, recipients);
        EntryDone(message, 0);
    }

    // What an operator has paused is not even queued.
    private bool IsPutOff(Message message, Route route, Recipient recipient)
    {
        if (_paused.Stops(route, message.Envelope.Sender ?? "", recipient.Address) is not { } why)
            return false;
        message.PausedUnder = _paused.Version;
        PutOff(message, [recipient], why);
        return true;
    }

    private void DeliverBuiltIn(Message message, Route route, List<Recipient> recipients)
    {
        message.PendingEntries++;
        _builtIn.Deliver(message, route, recipients, someDeferred =>
        {
            message.SomeDeferred |= someDeferred;
            if (someDeferred)
                PlanRetry(message, _settings.Retries.For(route.Rule).Refused, 0);
            EntryDone(message, recipients.Count);
        });
    }

    private Transport TransportOf(string name)
    {
        if (!_transports.TryGetValue(name, out Transport? transport))
        {
            TransportLimits limits = TransportLimits.Of(_config, name, ProcessLimit(_processLimits, name));
            AgentPool agents = new(name, limits.Agents, _settings, _loop);
            transport = new Transport(name, limits, _loop, agents, this) { IsPaused = _paused.IsEverything };
            agents.Owner = transport;
            _transports.Add(name, transport);
        }
        return transport;
    }

    void IDeliveryEvents.Delivered(Entry entry, DeliveryReport report)
    {
        entry.Message.SomeDeferred |= report.SomeDeferred;
        entry.Message.IsUnrecorded |= report.IsUnrecorded;
        entry.Message.IsCorrupt |= report.IsCorrupt;
        if (report.SomeDeferred)
            PlanRetry(entry, siteFailed: report.Trouble is not null);
        if (report.Exchanger is { } exchanger && _dispatch.Routing.Learn(entry.Destination.NextHop, exchanger))
            Regroup(entry);
        EntryDone(entry.Message, entry.Recipients.Count);
        StopIfDone();
    }

    void IDeliveryEvents.PutOff(Entry entry, Dsn reason)
    {
        PlanRetry(entry, siteFailed: true);
        PutOff(entry.Message, entry.Recipients, reason);
        EntryDone(entry.Message, 0);
    }

    private void PutOff(Message message, List<Recipient> recipients, Dsn reason)
    {
        message.PendingEntries++;
        _builtIn.Defer(message, recipients, reason, () =>
        {
            message.SomeDeferred = true;
            EntryDone(message, recipients.Count);
        });
    }

    // Its domain turned out to be one of a site that has a table.
    private void Regroup(Entry entry)
    {
        List<Entry> waited = [];
        entry.Destination.TakeBack(waited);
        SortAnew(waited);
    }

    private void PlanRetry(Entry entry, bool siteFailed)
    {
        DestinationPolicy policy = _settings.Retries.For(entry.Destination.Rule);
        long rest = Math.Max(0, entry.Destination.WakesAt - _loop.Now);
        PlanRetry(entry.Message, siteFailed ? policy.Unreachable : policy.Refused, rest);
    }

    // In vain before so many milliseconds have passed.
    private static void PlanRetry(Message message, RetryPolicy policy, long rest)
    {
        long now = MailTime.NowMicroseconds;
        message.Retry.PutOff(policy, message.AgeAt(now), now, now + rest * 1000);
    }

    private void EntryDone(Message message, int recipients)
    {
        _active.Done(message, recipients);
        if (--message.PendingEntries == 0)
            _completion.Begin(message);
        else if (!_ending)
            _refill.Consider(message);
    }

    /// <summary>A message left the active queue, or has more recipients to schedule.</summary>
    private void Finished(Message message, IReadOnlyList<Recipient>? more)
    {
        if (more is not null)
        {
            // Not at once: a batch may be done before its scheduling returns, and the next one follows it here.
            _loop.Soon(() => Schedule(message, more));
            return;
        }
        // Resumed, perhaps, while its other recipients were still busy.
        if (message.IsPaused && message.PausedUnder != _paused.Version)
            _intake.WalkDeferred(NotDue.Paused);
        StopIfDone();
        _intake.GoOn();
    }
}
