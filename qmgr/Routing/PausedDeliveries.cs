using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>What an operator has paused, as this process knows it, and quiet hours of destinations.</summary>
internal sealed class PausedDeliveries(string queueDirectory, TimeProvider clock, Log log)
{
    private PauseList _list = PauseList.None;
    private HashSet<string> _quiet = [];

    /// <summary>Nothing may start at all.</summary>
    internal bool IsEverything { get; private set; }

    /// <summary>Counts the changes; more than 0.</summary>
    internal int Version { get; private set; }

    /// <summary>Reads the operator's list, and tells the log what has changed.</summary>
    /// <returns>False: nothing has.</returns>
    internal bool Read()
    {
        PauseList list = PauseList.Read(queueDirectory);
        if (Version > 0 && list.Problem == _list.Problem && list.Pauses.ToHashSet().SetEquals(_list.Pauses))
            return false;
        if (list.Problem is { } problem)
            log.PausesUnreadable(problem);
        foreach (Pause pause in Known(list).Except(Known(_list)))
            log.Paused(pause);
        // What a file said that cannot be read now is not known to be over.
        foreach (Pause pause in list.Problem is null ? _list.Pauses.Except(list.Pauses) : [])
            log.Resumed(pause);
        _list = list;
        Version++;
        IsEverything = list.IsEverything;
        return true;
    }

    /// <summary>Looks whether quiet hours have begun or ended, and tells the log.</summary>
    /// <param name="rules">Of destinations that have some.</param>
    /// <returns>False: none have.</returns>
    internal bool Look(IReadOnlyList<DestinationRule> rules)
    {
        HashSet<string> quiet = [];
        foreach (DestinationRule rule in rules)
        {
            if (rule.Quiet?.Until(Now) is { } end && quiet.Add(rule.Name) && !_quiet.Contains(rule.Name))
                log.Quiet(rule.Name, end);
        }
        if (quiet.SetEquals(_quiet))
            return false;
        foreach (string name in _quiet.Except(quiet))
            log.QuietIsOver(name);
        _quiet = quiet;
        Version++;
        return true;
    }

    /// <summary>Some deliveries are paused, and others not.</summary>
    internal bool IsInPart => (_list.Pauses.Count > 0 || _quiet.Count > 0) && !IsEverything;

    private static IReadOnlyList<Pause> Known(PauseList list) => list.Problem is null ? list.Pauses : [];

    /// <summary>The pause that a recipient falls under; null: none.</summary>
    internal Pause? Find(Route route, string sender, string recipient) => _list.Find(route.Transport, route.NextHop, sender, recipient);

    /// <summary>When the quiet hours of a route's destination end, seconds since 1970; null: there are none now.</summary>
    internal long? QuietUntil(Route route) => _quiet.Count == 0 || route.Rule is not { Quiet: { } hours } rule || !_quiet.Contains(rule.Name) ? null : hours.Until(Now) ?? Now;

    /// <summary>Milliseconds to a moment.</summary>
    /// <param name="end">Seconds since 1970.</param>
    internal long Left(long end) => Math.Max(0, end - Now) * 1000;

    /// <summary>Why a recipient's delivery is put off; null: nothing stops it. A pause of everything is not asked here: it keeps
    /// mail where it is. What an operator has tried at once is no matter of quiet hours.</summary>
    internal Dsn? Stops(Message message, Route route, string recipient) =>
        !IsInPart ? null
        : Find(route, message.Sender, recipient) is { } pause ? new Dsn("4.3.2", $"delivery paused by the operator: {pause}")
        : !message.IgnoresDeadDestinations && QuietUntil(route) is { } end ? new Dsn("4.3.2", $"quiet hours of the destination, until {MailTime.DateWithYear(end)}") : null;

    /// <summary>Which of the two it is that stops it.</summary>
    internal WaitCode CodeFor(Message message, Route route, string recipient) => Find(route, message.Sender, recipient) is null ? WaitCode.QuietHours : WaitCode.Paused;

    private long Now => MailTime.Microseconds(clock) / 1_000_000;
}
