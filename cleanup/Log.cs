using PostfixNet.Log;

namespace PostfixNet.Cleanup;

/// <summary>All lines of this program.</summary>
internal static class Log
{
    /// <param name="prefix">"" or "resent-".</param>
    internal static void MessageId(Message message, string prefix, string id) =>
        MailLog.Info($"{message.Id}: {prefix}message-id={id}");

    internal static void Rejected(Message message, string why) => MailLog.Warning($"{message.Id}: message rejected: {why}");

    internal static void AliasTrouble(Message message, string what, string address) =>
        MailLog.Warning($"{message.Id}: unreasonable virtual_alias_maps map {what} for {address} -- message not accepted, try again later");

    internal static void NotTraced(Message message, string why) => MailLog.Warning($"{message.Id}: alias expansion not on record: {why}");

    internal static void WriteError(string what) => MailLog.Warning($"queue file write error: {what}");

    internal static void NoSpace(string what) => MailLog.Warning($"not enough free space in the queue: {what}");

    internal static void GivenUp(Message message, string why) => MailLog.Info($"{message.Id}: not queued: {why}");
}
