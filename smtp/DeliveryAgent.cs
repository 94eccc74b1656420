using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Events;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.MtaSts;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Queue;
using PostfixNet.Service;
using PostfixNet.Smtp.Sts;

namespace PostfixNet.Smtp;

/// <summary>The side of this program that qmgr sees: requests in, queue files, reports out.</summary>
internal sealed class DeliveryAgent : IDisposable
{
    private readonly ServiceContext _context;
    private readonly AgentSettings _settings;
    private readonly Surroundings _surroundings;
    private readonly SessionCache _cache;
    private readonly MxLookup _lookup;
    private readonly ServerPolicies _policies;
    private readonly BounceClient _bounce;
    private readonly TlsReporter? _reporter;
    private readonly EventLog? _events;

    internal DeliveryAgent(ServiceContext context, AgentSettings settings, TimeProvider clock)
    {
        (_context, _settings) = (context, settings);
        StopSignal stop = new(() => context.HurryLine, context.ReadLifeline);
        Log log = new(MailLog.Lines);
        _reporter = settings.Options.TlsReports is null ? null : new TlsReporter(clock, log);
        _surroundings = new Surroundings(settings.Options, log, clock, stop) { TellTls = _reporter is null ? null : _reporter.Tell };
        _cache = new SessionCache(_surroundings);
        _bounce = new BounceClient(settings.Options.IpcTimeout);
        _events = EventLog.Open(settings.Events, context.Name, MailLog.Lines);
        StubResolver resolver = new(settings.Resolver with { Stop = stop });
        // Addresses of both kinds are ours, whatever we use ourselves.
        SmtpOptions all = settings.Options with { UseIPv4 = true, UseIPv6 = true };
        OwnAddresses own = new(() => OwnAddresses.Find(settings.Interfaces, settings.ProxyInterfaces, Named), clock);
        _lookup = new MxLookup(resolver, settings.Options.NativeLookups ? HostsFile.Load() : null, own, _surroundings, settings.Resolver.Search);

        _policies = new ServerPolicies(resolver, _surroundings.Log, settings.Options.HeedsMtaSts
            ? new StsPolicies(static question => question.Ask("."), new PolicyFiles(PolicyFiles.DirectoryName), clock, _surroundings.Log) : null);

        IEnumerable<IPAddress> Named(string parameter, string name)
        {
            List<HostAddress> hosts = [];
            if (new HostLookup(resolver, HostsFile.Load(), all) { Search = settings.Resolver.Search }.Add(hosts, name, 0) is { } why)
                Log.Warning($"{parameter}: {name}: {why.Reason}: a mail loop through it is not noticed");
            return hosts.Select(static host => host.Address);
        }
    }

    private Log Log => _surroundings.Log;

    /// <summary>Serves one connection of qmgr: request, report, request, report, until it closes or this process must end.</summary>
    internal void Serve(Channel channel)
    {
        try
        {
            channel.Send(new AgentReady(Environment.ProcessId).ToAttributes());
            for (bool isFirst = true; WaitForRequest(channel, isFirst) && channel.Receive() is { } message; isFirst = false)
            {
                DeliveryReport report = Deliver(DeliveryRequest.From(message));
                // A process that begins anew reads the tables anew.
                bool ends = _context.MustEnd || _context.ChangedTable() is not null;
                if (ends)
                    _cache.Close();
                channel.Send((report with { Ends = ends, SessionOpen = report.SessionOpen && !ends }).ToAttributes());
                if (ends)
                    return;
            }
        }
        finally
        {
            _cache.Close();
            TellHandshakes();
        }
    }

    // The share of those that resumed a session.
    private void TellHandshakes()
    {
        if (_settings.Options.Tls is { Settings.LogLevel: > 0, Client.Handshakes: { All: > 0 } done } tls)
        {
            Log.HandshakesDone(done.All, done.Resumed);
            tls.Client.Handshakes = default;
        }
    }

    public void Dispose()
    {
        _cache.Dispose();
        _bounce.Dispose();
        _reporter?.Dispose();
        _events?.Dispose();
    }

    private bool WaitForRequest(Channel channel, bool isFirst)
    {
        while (true)
        {
            (Readiness ready, bool word) = channel.Socket.Wait(Readiness.Readable, _cache.RemainingMilliseconds, _context.Lifeline);
            // A request that comes over a channel in use may go unread: qmgr gives it to another process.
            if (ready != Readiness.None)
                return isFirst || _context.ChangedTable() is null;
            if (!word)
                _cache.Close();
            else if (_context.MustEnd)
                return false;
        }
    }

    private DeliveryReport Deliver(DeliveryRequest request)
    {
        string path = _settings.Queues.PathOf(request.Queue, request.Id);
        QueueFile file;
        try
        {
            file = QueueFile.Open(path, write: true);
        }
        catch (IOException e)
        {
            return PutOff(request, e.Message);
        }
        using (file)
        {
            // Shared with the agents of the message's other destinations. The queue manager locks exclusively when it
            // takes a file in, and so sees that agents of its predecessor are still at it.
            if (file.TryLockShared(path) is { } why)
                return PutOff(request, why);
            try
            {
                return Deliver(request with { Recipients = StillToDo(request.Recipients, file.Handle) }, file);
            }
            catch (QueueFileException e)
            {
                MarkCorrupt(request, file.Handle, e.Message);
                return new DeliveryReport(true, true, null, false, false);
            }
            finally
            {
                _bounce.Release();
            }
        }
    }

    private DeliveryReport Deliver(DeliveryRequest request, QueueFile file)
    {
        if (request.Recipients.Count == 0)
            return new DeliveryReport(false, false, null, _cache.NextHop == request.NextHop, false);
        DeliveryRecords records = new(this, request, file);
        DeliveryContext delivery = new(request, () => file.ReadContent(request.DataOffset), records, _surroundings);
        DeliveryReport report = new SmtpConnect(delivery, _lookup, _policies, _cache).Deliver();
        records.Settle();
        if (records.Events?.Whole(request) is { } attempt)
            _events!.Write(attempt);
        if (report.IsCorrupt)
            MarkCorrupt(request, file.Handle, "the message content cannot be read");
        return report;
    }

    private DeliveryReport PutOff(DeliveryRequest request, string why)
    {
        Log.Warning($"{request.Id}: delivery put off: {why}");
        return new DeliveryReport(true, false, null, false, false) { IsUnrecorded = true };
    }

    private void MarkCorrupt(DeliveryRequest request, SafeFileHandle file, string why)
    {
        Log.Warning($"{request.Id}: corrupt queue file: {why}");
        FileSystem.ChangeMode(file, QueueFileMode.Corrupt);
    }

    // Recipients that a process before us finished, whose report got lost.
    private static List<Recipient> StillToDo(IReadOnlyList<Recipient> recipients, SafeFileHandle file)
    {
        List<Recipient> open = new(recipients.Count);
        foreach (Recipient recipient in recipients)
        {
            if (recipient.Offset == 0 || !QueueFile.IsDone(file, recipient.Offset))
                open.Add(recipient);
        }
        return open;
    }

    /// <summary>Results go to the services and into the queue file.</summary>
    private sealed class DeliveryRecords(DeliveryAgent agent, DeliveryRequest request, QueueFile file) : IDeliveryRecords
    {
        private readonly List<MailEvent> _told = [];
        private readonly List<long> _ended = [];

        public DeliveryEvents? Events { get; } = agent._events is null ? null : new DeliveryEvents(agent._context.Name, AttemptCount.Of(file.Handle) + 1);

        public void Tell(MailEvent told) => _told.Add(told);

        public void TellEnd(MailEvent told, long offset)
        {
            _told.Add(told);
            _ended.Add(offset);
        }

        public void Settle()
        {
            if (_told.Count == 0)
                return;
            ReadOnlySpan<MailEvent> told = CollectionsMarshal.AsSpan(_told);
            if (_ended.Count > 0)
                agent._events!.WriteDurably(told);
            else
                agent._events!.Write(told);
            _told.Clear();
            _ended.ForEach(MarkDone);
            _ended.Clear();
        }

        public bool AppendBounce(Outcome result) => Append(agent._settings.BounceService, result);

        public bool AppendDefer(Outcome result) => Append(agent._settings.DeferService, result);

        public bool AppendTrace(Outcome result) => Append(agent._settings.TraceService, result);

        public void MarkDone(long offset)
        {
            try
            {
                QueueFile.MarkDone(file.Handle, offset);
                if (request.IsForAll)
                    file.MarkAllDone();
            }
            catch (IOException e)
            {
                // This one may be delivered again; the others of the transaction must not be.
                agent.Log.Warning($"{request.Id}: recipient cannot be marked done: {e.Message}");
            }
        }

        public void NoteTls(TlsUse use) => new TlsNote(request.NextHop, use).Write(agent._settings.Queues.PathOf(request.Queue, request.Id));

        private bool Append(string service, Outcome result)
        {
            if (agent._bounce.Append(service, request.Id, result) is not { } why)
                return true;
            agent.Log.Warning($"{request.Id}: {service} service failure: {why}");
            return false;
        }
    }
}
