using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>What a status tells of the queue: who may read it counts himself, also when the system does not run; others ask showq, which knows who may.</summary>
/// <param name="Counts">How much mail there is; null: not known.</param>
/// <param name="Problem">Why not.</param>
/// <param name="Destinations">What the queue manager says of transports and destinations; null: it does not run, or it is not for this user.</param>
internal sealed record QueueLook(QueueCounts? Counts, string? Problem, DestinationReport? Destinations)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <param name="config">main.toml.</param>
    /// <param name="service">showq_service_name.</param>
    /// <param name="isRunning">There is somebody to ask.</param>
    internal static QueueLook At(MainConfig config, string service, bool isRunning)
    {
        QueueDirectories queues = QueueDirectories.FromConfig(config);
        (QueueCounts? counts, string? problem) = Try(() => MailOwner.MayAct(queues.Root) || FileSystem.Status(queues.Root) is null ? QueueCounts.Of(queues)
            : QueueCountsAnswer.From(ShowqQuestion.Ask(queues.Root, service, s_timeout, ShowqQuestion.Counts)));
        DestinationReport? destinations = isRunning ? Try(() => DestinationReport.From(ShowqQuestion.Ask(queues.Root, service, s_timeout, ShowqQuestion.Destinations))).Answer : null;
        return new QueueLook(counts, problem, destinations);
    }

    private static (T? Answer, string? Problem) Try<T>(Func<T> ask) where T : class
    {
        try
        {
            return (ask(), null);
        }
        catch (Exception e) when (e is IOException or ShowqRefusedException)
        {
            return (null, e.Message);
        }
    }
}
