using PostfixNet.Log;
using PostfixNet.Mail;

namespace PostfixNet.Webhooks;

/// <summary>All lines of this program. What a server says, and the path of a URL, is in none.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <summary>For the consumer of events, which says what keeps it waiting.</summary>
    internal ILog Lines => log;

    internal void BadRequest(string problem) => log.Warning($"bad request: {PrintableText.Of(problem)}");

    internal void NotDelivered(string webhook, string host, string why) => log.Warning($"webhook {webhook}: not delivered to {host}: {PrintableText.Of(why)}; it is tried again");

    internal void DeliveredAgain(string webhook) => log.Info($"webhook {webhook}: delivered again");

    internal void GivenUp(string webhook, string eventId, string why) => log.Warning($"webhook {webhook}: event {PrintableText.Of(eventId)} given up: {PrintableText.Of(why)}");

    internal void Stopped(string webhook, string host) =>
        log.Warning($"webhook {webhook}: stopped, as {host} says that it is gone (status 410); \"master webhooks retry {webhook}\" goes on");

    internal void Full(string webhook, int limit) => log.Warning($"webhook {webhook}: {limit} events wait (webhooks_queue_limit); of more, only the number is kept");

    internal void Damaged(string why, string path) =>
        log.Warning($"the database of webhooks is damaged ({PrintableText.Of(why)}): it was renamed to {path}; events that are kept are sent anew, under the same ids");

    internal void NotAsked(string why) => log.Warning($"the database of webhooks cannot be used: {PrintableText.Of(why)}");

    internal void Bug(Exception e) => log.Write(Severity.Panic, $"{e.GetType().Name}: {PrintableText.Of(e.Message)} {e.StackTrace}");
}
