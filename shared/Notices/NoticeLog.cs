using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Notices;

/// <summary>All lines of bounce and defer.</summary>
/// <param name="log">Where they go.</param>
internal sealed class NoticeLog(ILog log)
{
    /// <summary>A request that could not be done; its client hears the same.</summary>
    /// <param name="id">null: it was not even a request.</param>
    internal void Failed(QueueId? id, string problem) => log.Warning($"{id?.ToString() ?? "unknown message"}: {problem}");

    internal void Trouble(QueueId id, Exception what) => log.Warning($"{id}: {what.Message}");

    internal void TemplatesUnusable(string why) => log.Warning($"{why}; notices get their built-in texts");

    internal void NotToldNow(QueueId id, QueueName queue) =>
        log.Info($"{id}: moved to {QueueDirectories.NameOf(queue)} while it was delivered: its sender is not told now");

    internal void NotTold(QueueId id) => log.Info($"{id}: deleted while it was delivered: its sender is not told");

    /// <param name="kind">"sender non-delivery notification" and its kin, as Postfix has them.</param>
    /// <param name="noticeId">The notice's own queue ID.</param>
    internal void Queued(string id, string kind, string noticeId) => log.Info($"{id}: {kind}: {noticeId}");

    internal void NeverQueued(QueueId id, string kind, string to, string why) =>
        log.Warning($"{id}: {kind} to {NoticeText.OneLine(Address.ToExternal(to))} can never be queued, and is discarded: {why}");

    internal void Discarded(QueueId id) => log.Warning($"{id}: undeliverable postmaster notification discarded");

    internal void CopyFailed(QueueId id, string sender, string why) =>
        log.Warning($"{id}: postmaster notice failed while bouncing to {Address.ToExternal(sender)}: {why}");

    internal void Held(QueueId id) => log.Info($"{id}: sender non-delivery notification: held for a digest");

    internal void NotHeld(QueueId id, Exception why) => log.Warning($"{id}: no digest: {why.Message}");

    internal void DigestFailed(Exception why) => log.Warning($"digest not sent: {why.Message}");

    /// <param name="firstId">Of the messages it is about.</param>
    /// <param name="isRefused">It can never be queued.</param>
    internal void DigestNotQueued(string firstId, string to, bool isRefused, string why) =>
        log.Warning($"{firstId}: digest to {NoticeText.OneLine(Address.ToExternal(to))} {(isRefused ? "can never be queued, and is discarded" : "not sent")}: {why}");
}
