using PostfixNet.Log;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.Qmgr;

/// <summary>What an operator has paused, as this process knows it.</summary>
internal sealed class PausedDeliveries(string queueDirectory)
{
    private PauseList _list = PauseList.None;

    /// <summary>Nothing may start at all.</summary>
    internal bool IsEverything { get; private set; }

    /// <summary>Counts the changes; more than 0.</summary>
    internal int Version { get; private set; }

    /// <summary>Reads the operator's list, and tells the log what has changed.</summary>
    internal void Read()
    {
        PauseList list = PauseList.Read(queueDirectory);
        if (list.Problem is { } problem)
            MailLog.Error($"{problem}: all deliveries are paused");
        foreach (Pause pause in list.Problem is null ? list.Pauses : [])
        {
            if (!_list.Pauses.Contains(pause))
                MailLog.Info($"deliveries paused: {pause}");
        }
        foreach (Pause pause in _list.Pauses)
        {
            if (!list.Pauses.Contains(pause))
                MailLog.Info($"deliveries resumed: {pause}");
        }
        _list = list;
        Version++;
        IsEverything = list.IsEverything;
    }

    /// <summary>The pause that a recipient falls under; null: none.</summary>
    internal Pause? Find(Route route, string sender, string recipient) => _list.Find(route.Transport, route.NextHop, sender, recipient);

    /// <summary>Why a recipient's delivery is put off; null: nothing stops it. A pause of everything is not asked here: it keeps
    /// mail where it is.</summary>
    internal Dsn? Stops(Route route, string sender, string recipient) =>
        _list.Pauses.Count == 0 || IsEverything || Find(route, sender, recipient) is not { } pause
            ? null : new Dsn("4.3.2", "", $"delivery paused by the operator: {pause}");
}
