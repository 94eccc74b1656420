using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Notices;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Qmgr;

/// <summary>Scans, triggers and the life of the process; what happens to a message is in the other files.</summary>
internal sealed class QueueManager : EventServer.IHandler, Transport.IDeliveryEvents
{
    // Files looked at in one turn of the loop: enough to be quick, few enough that reports do not wait.
    private const int FilesPerTurn = 20;
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(8);

    private readonly EventLoop _loop;
    private readonly MainConfig _config;
    private readonly Settings _settings;
    private readonly Routing _routing;
    private readonly QueueScan _incoming, _deferred;
    private readonly ActiveQueue _active;
    private readonly Completion _completion;
    private readonly ReportLines _lines;
    private readonly Dictionary<string, Transport> _transports = [];
    private readonly Dictionary<string, int> _processLimits = [];
    private bool _scanScheduled, _ending, _deferredIsNext;

    internal QueueManager(ServiceContext context, EventLoop loop)
    {
        (_loop, _config) = (loop, context.Config);
        _settings = new Settings(_config);
        _routing = new Routing(_config);
        foreach (ServiceEntry service in MasterConfig.Load(_config.Directory, _config).Services)
            _processLimits[service.Name] = service.ProcessLimit;
        QueueDirectories directories = QueueDirectories.FromConfig(_config);
        _incoming = new QueueScan(directories, QueueName.Incoming);
        _deferred = new QueueScan(directories, QueueName.Deferred);
        _lines = new ReportLines(new ReportLine(loop, _settings.BounceService, _settings.ReportTimeout),
            new ReportLine(loop, _settings.DeferService, _settings.ReportTimeout), new ReportLine(loop, _settings.TraceService, _settings.ReportTimeout));
        _active = new ActiveQueue(directories, _settings, Schedule, Later);
        _completion = new Completion(_active, directories, _settings, _lines, Later, Finished);
        _active.TakeBackLeftovers();
        _incoming.Start(ignoreTimes: false);
        ScanDeferredNow();
        ScheduleScan();
    }

    /// <inheritdoc/>
    public void Trigger(ReadOnlySpan<byte> requests)
    {
        bool incoming = false, deferred = false, ignoreTimes = false;
        foreach (byte request in requests)
        {
            incoming |= request is (byte)'I' or (byte)'W';
            deferred |= request == (byte)'D';
            ignoreTimes |= request == (byte)'A';
            if (request == (byte)'F')
                ForgetTrouble();
        }
        if (incoming)
            _incoming.Start(ignoreTimes);
        if (deferred)
            _deferred.Start(ignoreTimes);
        ScheduleScan();
    }

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

    private void ScanDeferredNow()
    {
        _deferred.Start(ignoreTimes: false);
        ScheduleScan();
        _loop.After(_settings.QueueRunDelay, ScanDeferredNow);
    }

    private void ScheduleScan()
    {
        if (_scanScheduled || _ending)
            return;
        _scanScheduled = true;
        _loop.Soon(Scan);
    }

    // Incoming and deferred in turn, so that neither starves the other (S5-28).
    private void Scan()
    {
        _scanScheduled = false;
        for (int i = 0; i < FilesPerTurn && !_ending; i++)
        {
            if (!_active.HasRoom || (!_incoming.IsActive && !_deferred.IsActive))
                break;
            _deferredIsNext = _deferred.IsActive && (!_deferredIsNext || !_incoming.IsActive);
            QueueScan scan = _deferredIsNext ? _deferred : _incoming;
            if (scan.Next() is { } entry)
                _active.Feed(entry, scan.IgnoresTimes);
        }
        foreach (Transport transport in _transports.Values)
            transport.Pump();
        if (_active.HasRoom && (_incoming.IsActive || _deferred.IsActive))
            ScheduleScan();
    }

    /// <summary>Sorts a batch of recipients by transport and next hop, and queues them.</summary>
    private void Schedule(Message message, IReadOnlyList<QueueRecipient> recipients)
    {
        // Held until the end of this method, so that the message does not end before all its groups are made.
        message.PendingEntries++;
        message.RecipientsInMemory = recipients.Count;
        Dictionary<Route, List<DeliveryRecipient>> groups = [];
        foreach (QueueRecipient recipient in recipients)
        {
            Route route = _routing.Of(recipient.Address);
            if (!groups.TryGetValue(route, out List<DeliveryRecipient>? group))
                groups.Add(route, group = []);
            group.Add(new DeliveryRecipient(recipient.Address, recipient.OriginalRecipient, recipient.Offset,
                recipient.DsnOriginalRecipient ?? "", recipient.NotifyFlags));
        }
        foreach ((Route route, List<DeliveryRecipient> group) in groups)
            Enqueue(message, route, group);
        EntryDone(message);
    }

    private void Enqueue(Message message, Route route, List<DeliveryRecipient> group)
    {
        if (group.Count > 1)
            group.Sort(static (a, b) => string.CompareOrdinal(a.Address, b.Address));
        if (route.Transport is "error" or "retry" or "discard")
        {
            message.PendingEntries++;
            BuiltIn.Deliver(message, route, group, _lines, _settings, someDeferred =>
            {
                message.SomeDeferred |= someDeferred;
                EntryDone(message);
            });
            return;
        }
        Transport transport = TransportOf(route.Transport);
        Destination destination = transport.DestinationOf(route.NextHop);
        for (int i = 0; i < group.Count; i += transport.RecipientLimit)
        {
            int count = Math.Min(transport.RecipientLimit, group.Count - i);
            message.PendingEntries++;
            transport.Add(new Entry(message, destination, count == group.Count ? group : group.GetRange(i, count)));
        }
    }

    private Transport TransportOf(string name)
    {
        if (!_transports.TryGetValue(name, out Transport? transport))
        {
            int limit = _processLimits.TryGetValue(name, out int configured) ? configured : 0;
            _transports.Add(name, transport = new Transport(name, limit, _config, _settings, _loop, this));
        }
        return transport;
    }

    void Transport.IDeliveryEvents.Delivered(Entry entry, DeliveryReport report)
    {
        entry.Message.SomeDeferred |= report.SomeDeferred;
        entry.Message.IsUnrecorded |= report.IsUnrecorded;
        entry.Message.IsCorrupt |= report.IsCorrupt;
        EntryDone(entry.Message);
        StopIfDone();
    }

    void Transport.IDeliveryEvents.PutOff(Entry entry, Dsn reason) =>
        BuiltIn.Defer(entry.Message, entry.Recipients, reason, _lines, _settings, () =>
        {
            entry.Message.SomeDeferred = true;
            EntryDone(entry.Message);
        });

    private void EntryDone(Message message)
    {
        if (--message.PendingEntries == 0)
            _completion.Begin(message);
    }

    /// <summary>A message left the active queue, or has more recipients to schedule.</summary>
    private void Finished(Message message, IReadOnlyList<QueueRecipient>? more)
    {
        if (more is not null)
        {
            Schedule(message, more);
            foreach (Transport transport in _transports.Values)
                transport.Pump();
            return;
        }
        StopIfDone();
        if (_incoming.IsActive || _deferred.IsActive)
            ScheduleScan();
    }
}
