using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Selection;
using PostfixNet.Service;
using PostfixNet.Suppression;

namespace PostfixNet.Qmgr;

/// <summary>Triggers, queue runs, reload and the end of the process. What happens to a message is in the parts that are put
/// together here; it does not come by.</summary>
internal sealed class QueueManager : EventServer.IHandler, EventServer.IReloadable<MainConfig>
{
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(8), s_endPause = TimeSpan.FromMilliseconds(10), s_tablePause = TimeSpan.FromSeconds(10), s_listPause = TimeSpan.FromSeconds(1), s_clockPause = TimeSpan.FromSeconds(5);

    private readonly QueueDirectories _directories;
    private readonly ISurroundings _surroundings;
    private readonly ITimers _timers;
    private readonly Settings _settings;
    private readonly PausedDeliveries _paused;
    private readonly Routing _routing;
    private readonly ReportLines _lines;
    private readonly EventBook _events;
    private readonly Transports _transports;
    private readonly Dispatch _dispatch;
    private readonly RuleBook _rules;
    private readonly SuppressionBook _suppressions;
    private readonly ReturnPathBook _returnPaths;
    private readonly Intake _intake;
    private readonly DestinationReports _destinations;
    private MainConfig _config;
    private EventLoop.Timer? _nextRun, _tableWatch, _listRetry, _clockWatch;
    private string _brokenTable = "";

    /// <summary>Takes up the queue, as it is, and starts a queue run.</summary>
    /// <param name="config">main.toml.</param>
    /// <param name="directories">The queue.</param>
    /// <param name="surroundings">Time and other processes.</param>
    /// <exception cref="ConfigurationException">The configuration cannot be used.</exception>
    internal QueueManager(MainConfig config, QueueDirectories directories, ISurroundings surroundings)
    {
        (_config, _directories, _surroundings, _timers) = (config, directories, surroundings, surroundings.Timers);
        TimeProvider clock = surroundings.Clock;
        Log log = surroundings.Log;
        _settings = new Settings(config);
        _paused = new PausedDeliveries(directories.Root, clock, log);
        _routing = new Routing(config, new Sites(), log.LookupFailed);
        Active = new ActiveQueue(_settings);
        ActiveFiles files = new(directories, _settings, _timers, clock, log);

        // A message goes through these from the last to the first; each knows those before it.
        _lines = new ReportLines(surroundings, _settings);
        _events = new EventBook($"{directories.Root}/{QueueDirectories.Events}", _timers, log);
        _events.Read(config);
        BuiltIn builtIn = new(_lines, files, _events, _settings, clock, log);
        _suppressions = new SuppressionBook(directories, clock, log);
        Results results = new(builtIn, files, _routing, _suppressions, _settings, _timers, clock);
        _transports = new Transports(results, surroundings, _settings);
        _dispatch = new Dispatch(_routing, _paused, _suppressions, builtIn, _transports);
        Refill refill = new(Active, files, _dispatch, _settings, _timers, log);
        _rules = new RuleBook(directories, _routing, clock, log);
        _returnPaths = new ReturnPathBook(directories, clock, log);
        _returnPaths.Read(_settings.ReturnPaths);
        Completion completion = new(Active, files, _lines, _events, refill, _rules, _settings, surroundings);
        Appointments appointments = new(_settings, _timers);
        Admission = new Admission(directories, files, Active, _dispatch, _rules, _returnPaths, _events, appointments, _settings, _timers, clock, log);
        _intake = new Intake(directories, Admission, Active, _paused, _rules, _timers, log);
        Explanations = new Explanations(Active, _routing, _paused, _transports);
        _destinations = new DestinationReports(_transports, _timers);
        // What goes the other way: that there is an end, and room.
        Active.BatchEnded += completion.Begin;
        Active.Progressed += refill.Consider;
        Active.Left += _intake.Left;
        appointments.Come += _intake.Take;
        _suppressions.Broke += StopForSuppressions;
        results.Rerouted += _dispatch.SortAnew;
        completion.Returned += () => _intake.WalkIncoming(NotDue.None);

        _transports.Apply(new TransportTable(config), config.Destinations);
        Admission.TakeBackLeftovers();
        _paused.Read();
        WatchTheClock();
        _rules.Read();
        OpenSuppressions();
        PauseTransports();
        // What was resumed while we were away; and a rule was acknowledged, but perhaps not all mail looked at.
        _intake.WalkDeferred(_rules.HasAny ? NotDue.Paused | NotDue.Ruled : NotDue.Paused);
        StartQueueRun();
        WatchTables();
    }

    /// <summary>The messages in delivery.</summary>
    internal ActiveQueue Active { get; }

    /// <summary>main.toml, as it was read last.</summary>
    internal MainConfig Configuration => _config;

    /// <summary>How files come in; a test may let them in one by one.</summary>
    internal Admission Admission { get; }

    /// <summary>Answers why mail waits.</summary>
    internal Explanations Explanations { get; }

    /// <summary>Answers whatever is asked on the socket for questions.</summary>
    /// <exception cref="IpcException">The question is malformed.</exception>
    internal AttributeList Answer(AttributeList question) =>
        RuleRequest.Is(question) ? Answer(RuleRequest.From(question)).ToAttributes()
        : DestinationReport.IsAskedBy(question) ? _destinations.Answer() : SuppressionRequest.Is(question) ? Answer(SuppressionRequest.From(question)).ToAttributes() : Explanations.Answer(question);

    /// <summary>Changes the standing rules, or tells them. When this returns a new rule holds for all that has not been handed to an agent.</summary>
    internal RuleReply Answer(RuleRequest request)
    {
        if (request is RuleRequest.GiveBack give)
        {
            Admission.GiveBack(give.Ids.Select(static text => QueueId.TryParse(text, out QueueId id) ? id : default).Where(static id => id != default));
            return new RuleReply(null, []);
        }
        RuleReply reply = _rules.Answer(request, out bool hasNew);
        PauseTransports();
        if (hasNew)
        {
            Admission.DivertActive();
            _intake.WalkIncoming(NotDue.Ruled);
            _intake.WalkDeferred(NotDue.Ruled);
        }
        return reply;
    }

    /// <summary>Changes the suppression list. When this returns it holds for all that has not been handed to an agent.</summary>
    internal SuppressionReply Answer(SuppressionRequest request)
    {
        bool wasBroken = _suppressions.IsBroken;
        SuppressionReply reply = _suppressions.Answer(request);
        PauseTransports();
        // What was sorted without the list waits still.
        if ((reply.Changed > 0 && request.Adds.Count > 0) || (wasBroken && !_suppressions.IsBroken))
            _dispatch.SortAnew();
        return reply;
    }

    private void OpenSuppressions()
    {
        _suppressions.Open(_settings.Suppression);
        _listRetry?.Cancel();
        _listRetry = _suppressions.IsBroken ? _timers.After(s_listPause, RetryList) : null;
    }

    private void StopForSuppressions()
    {
        PauseTransports();
        _listRetry?.Cancel();
        _listRetry = _timers.After(s_listPause, RetryList);
    }

    // Whoever changes the file while the list is switched on has it for a moment.
    private void RetryList()
    {
        OpenSuppressions();
        PauseTransports();
        if (!_suppressions.IsBroken)
            _dispatch.SortAnew();
    }

    private void PauseTransports() => _transports.Pause(_paused.IsEverything || _rules.IsBroken || _suppressions.IsBroken);

    /// <summary>The transports that have had mail.</summary>
    internal Transports Transports => _transports;

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
                _transports.ForgetTrouble();
            else if (request == (byte)'P')
                ReadPauses();
        }
        if (incoming)
            _intake.WalkIncoming(takes);
        if (deferred)
            _intake.WalkDeferred(takes);
    }

    /// <inheritdoc/>
    public bool Reload(MainConfig config)
    {
        // Work under way knows these by name.
        if (!Settings.NamesAreTheSame(_config, config))
            return false;
        // All that can throw comes first.
        _ = new Settings(config);
        _ = new Routing(config, new Sites());
        TransportTable table = new(config);
        table.Check(_transports.All.Select(static transport => transport.Name));
        _events.Read(config);

        _config = config;
        _settings.Read(config);
        _routing.Read(config);
        _returnPaths.Read(_settings.ReturnPaths);
        OpenSuppressions();
        PauseTransports();
        _transports.Apply(table, config.Destinations);
        _dispatch.SortAnew();
        WatchTheClock();
        StartQueueRun();
        WatchTables();
        return true;
    }

    /// <inheritdoc/>
    public void MustEnd()
    {
        Active.IsClosed = true;
        _transports.Stop();
        // What is not done by then, its agent finishes alone; the file's lock tells our successor.
        _timers.After(s_endLimit, _surroundings.End);
        _timers.After(TimeSpan.Zero, EndWhenDone);
    }

    private void EndWhenDone()
    {
        if (_transports.Busy == 0 && _lines.Pending == 0 && _events.Pending == 0)
            _surroundings.End();
        else
            _timers.After(s_endPause, EndWhenDone);
    }

    private void StartQueueRun()
    {
        // Whoever should have told us of a change, or of new mail, may have died before he could.
        ReadPauses();
        NotDue takes = NotDue.None;
        if (_rules.IsBroken)
        {
            _rules.Read();
            PauseTransports();
            if (!_rules.IsBroken)
            {
                Admission.DivertActive();
                takes = NotDue.Ruled;
            }
        }
        _intake.WalkIncoming(takes);
        _intake.WalkDeferred(takes);
        AskForDigests();
        _nextRun?.Cancel();
        _nextRun = _timers.After(_settings.QueueRunDelay, StartQueueRun);
    }

    private void WatchTables()
    {
        _tableWatch?.Cancel();
        _tableWatch = _config.HasTableFiles ? _timers.After(s_tablePause, LookAtTables) : null;
    }

    private void LookAtTables()
    {
        if (_config.ChangedTable() is { } file)
        {
            MainConfig anew = _config.WithTablesAnew();
            try
            {
                _ = new Routing(anew, new Sites());
                _config = anew;
                _routing.Read(anew);
                _surroundings.Log.TablesRead(file);
                _brokenTable = "";
                _dispatch.SortAnew();
            }
            catch (ConfigurationException e)
            {
                // What was read before holds; it is said once of each mistake.
                if (e.Message != _brokenTable)
                    _surroundings.Log.TableBroken(_brokenTable = e.Message);
            }
        }
        WatchTables();
    }

    // Quiet hours begin and end.
    private void WatchTheClock()
    {
        _clockWatch?.Cancel();
        IReadOnlyList<DestinationRule> quiet = [.. _config.Destinations.All.Where(static rule => rule.Quiet is not null)];
        if (_paused.Look(quiet))
            PausesChanged();
        _clockWatch = quiet.Count > 0 ? _timers.After(s_clockPause, WatchTheClock) : null;
    }

    private void ReadPauses()
    {
        if (_paused.Read())
            PausesChanged();
    }

    private void PausesChanged()
    {
        PauseTransports();
        _dispatch.SortAnew();
        // What no pause holds any more is due now.
        _intake.WalkDeferred(NotDue.Paused);
    }

    // Held notices are sent when their time has come, also when bounce_digest_limit says meanwhile that none are to be held.
    private void AskForDigests()
    {
        if (_lines.Digests.Pending > 0)
            return;
        try
        {
            if (FileSystem.Names($"{_directories.Root}/{QueueDirectories.Digest}").Any())
                _lines.Digests.Ask(new BounceRequest.Digest(), static _ => { });
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            // A queue of before; master makes the directory when it starts.
        }
        catch (IOException e)
        {
            _surroundings.Log.Trouble(e);
        }
    }
}
