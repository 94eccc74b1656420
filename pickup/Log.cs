using System.Globalization;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    internal void Submitted(QueueId id, uint uid, string sender) =>
        log.Info($"{id}: uid={uid} from=<{Address.ToExternal(sender)}>");

    internal void Requeued(QueueId id, uint uid, string sender, QueueId originalId) =>
        log.Info($"{id}: uid={uid} from=<{Address.ToExternal(sender)}> orig_id={originalId}");

    internal void NoSender(QueueId id, uint uid) => log.Warning($"{id}: uid={uid}: no envelope sender");

    /// <param name="type">Decimal code of the letter; -1 end of file, -2 not a record.</param>
    internal void BadRecord(uint uid, int type) =>
        log.Warning(string.Create(CultureInfo.InvariantCulture, $"uid={uid}: unexpected or malformed record type {type}"));

    internal void DamagedFile(string path, string what) => log.Warning($"{path}: {what}");

    internal void FromFuture(QueueId id, long seconds) =>
        log.Warning(string.Create(CultureInfo.InvariantCulture, $"{id}: message dated {seconds} seconds into the future"));

    internal void Old(QueueId id, long days) =>
        log.Warning(string.Create(CultureInfo.InvariantCulture, $"{id}: message has been queued for {days} days"));

    internal void NobodyLeft(string file) => log.Info($"{file}: removed: it was delivered to all its recipients when it was requeued");

    internal void NotTaken(string path, QueueId id, string reason) => log.Warning($"{path}: error writing {id}: {reason}");

    internal void SavedCorrupt(QueueId id) =>
        log.Warning($"saving corrupt file \"{id}\" from queue \"maildrop\" to queue \"corrupt\"");

    internal void CorruptIsFull(string path, uint uid) =>
        log.Warning($"{path}: damaged, and removed: uid={uid} has {CorruptShare.Files} files or {CorruptShare.Bytes >> 20} MB in corrupt already");

    internal void NotRegular(string path) => log.Warning($"{path}: not a regular file, left alone");

    internal void Pinned(string path) => log.Warning($"{path}: file is immutable or append-only, left alone: it could not be removed");

    internal void Linked(string path, uint links) => log.Warning($"{path}: file has {links} names, left alone");

    internal void Trouble(string what) => log.Warning(what);

    internal void Panic(string what) => log.Write(Severity.Panic, what);
}
