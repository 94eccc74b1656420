using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>A service that keeps recipient results, and does what it is told, or fails, or keeps silent.</summary>
internal sealed class FakeLine(Machine machine, string service) : IReportLine
{
    private readonly List<(QueueId Id, string Request, Action<bool> Done)> _open = [];

    /// <summary>It cannot do anything.</summary>
    internal bool Fails { get; set; }

    /// <summary>It answers only when <see cref="Answer"/> is called.</summary>
    internal bool IsSilent { get; set; }

    /// <summary>Hears of each request.</summary>
    internal Action<QueueId, string, BounceRequest> Asked { get; set; } = static (_, _, _) => { };

    /// <summary>Hears of each answer: service, message, request, whether it was done.</summary>
    internal Action<string, QueueId, string, bool> Answered { get; set; } = static (_, _, _, _) => { };

    public int Pending => _open.Count;

    /// <summary>Requests about a message that are not answered yet.</summary>
    /// <param name="request">"append", "flush", "warn".</param>
    internal int PendingOf(QueueId id, string request) => _open.Count(open => open.Id == id && open.Request == request);

    public void Ask(BounceRequest request, Action<bool> done)
    {
        string name = request.ToAttributes().Text("request");
        QueueId id = request.Id ?? default;
        Asked(id, name, request);
        _open.Add((id, name, done));
        if (!IsSilent)
            machine.Clock.Soon(Answer);
    }

    /// <summary>Answers the oldest request.</summary>
    internal void Answer()
    {
        if (_open.Count == 0)
            return; // answered meanwhile
        (QueueId id, string request, Action<bool> done) = _open[0];
        _open.RemoveAt(0);
        if (!Fails && service != "defer" && QueueDirectories.TryParse(service, out QueueName log))
        {
            string path = machine.Queues.PathOf(log, id);
            if (request == "append")
                File.AppendAllText(path, "*\n");
            else if (request == "flush")
                FileSystem.TryRemove(path);
        }
        Answered(service, id, request, !Fails);
        done(!Fails);
    }
}
