using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>What an operator has paused, as this process knows it.</summary>
internal sealed class PausedDeliveries(string queueDirectory, Log log)
{
    private PauseList _list = PauseList.None;

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

    /// <summary>Some deliveries are paused, and others not.</summary>
    internal bool IsInPart => _list.Pauses.Count > 0 && !IsEverything;

    private static IReadOnlyList<Pause> Known(PauseList list) => list.Problem is null ? list.Pauses : [];

    /// <summary>The pause that a recipient falls under; null: none.</summary>
    internal Pause? Find(Route route, string sender, string recipient) => _list.Find(route.Transport, route.NextHop, sender, recipient);

    /// <summary>Why a recipient's delivery is put off; null: nothing stops it. A pause of everything is not asked here: it keeps
    /// mail where it is.</summary>
    internal Dsn? Stops(Route route, string sender, string recipient) =>
        !IsInPart || Find(route, sender, recipient) is not { } pause
            ? null : new Dsn("4.3.2", $"delivery paused by the operator: {pause}");
}
