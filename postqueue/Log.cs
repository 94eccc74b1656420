using PostfixNet.Log;
using PostfixNet.Queue;

namespace PostfixNet.Postqueue;

/// <summary>All lines of showq. What people call says what it has to say to them.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    internal void NotFlushed(string domain, Exception why) => log.Warning($"cannot flush {domain}: {why.Message}");

    internal void NotFlushed(QueueId id, Exception why) => log.Warning($"{id}: cannot flush: {why.Message}");

    internal void NotWoken(Exception why) => log.Warning($"cannot wake the queue manager: {why.Message}");

    internal void NotExplained(Exception why) => log.Warning($"cannot look through the queue: {why.Message}");

    internal void NotListed(Exception why) => log.Warning($"cannot list the queue: {why.Message}");

    /// <summary>The queue manager did not answer.</summary>
    internal void NoAnswer(Exception why) => log.Warning(why.Message);
}
