using System.Globalization;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>All lines of this program.</summary>
internal static class Log
{
    internal static void Submitted(QueueId id, uint uid, string sender) =>
        MailLog.Info($"{id}: uid={uid} from=<{Address.ToExternal(sender)}>");

    internal static void Requeued(QueueId id, uint uid, string sender, QueueId originalId) =>
        MailLog.Info($"{id}: uid={uid} from=<{Address.ToExternal(sender)}> orig_id={originalId}");

    internal static void NoSender(QueueId id, uint uid) => MailLog.Warning($"{id}: uid={uid}: no envelope sender");

    /// <param name="type">Decimal code of the letter; -1 end of file, -2 not a record.</param>
    internal static void BadRecord(uint uid, int type) =>
        MailLog.Warning(string.Create(CultureInfo.InvariantCulture, $"uid={uid}: unexpected or malformed record type {type}"));

    internal static void DamagedFile(string path, string what) => MailLog.Warning($"{path}: {what}");

    internal static void FromFuture(QueueId id, long seconds) =>
        MailLog.Warning(string.Create(CultureInfo.InvariantCulture, $"{id}: message dated {seconds} seconds into the future"));

    internal static void Old(QueueId id, long days) =>
        MailLog.Warning(string.Create(CultureInfo.InvariantCulture, $"{id}: message has been queued for {days} days"));

    internal static void NotTaken(string path, QueueId id, string reason) => MailLog.Warning($"{path}: error writing {id}: {reason}");

    internal static void SavedCorrupt(QueueId id) =>
        MailLog.Warning($"saving corrupt file \"{id}\" from queue \"maildrop\" to queue \"corrupt\"");

    internal static void NotRegular(string path) => MailLog.Warning($"{path}: not a regular file, left alone");

    internal static void Linked(string path, uint links) => MailLog.Warning($"{path}: file has {links} names, left alone");

    internal static void Trouble(string what) => MailLog.Warning(what);
}
