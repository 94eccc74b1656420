using PostfixNet.Delivery;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Selection;
using PostfixNet.Suppression;

namespace PostfixNet.Qmgr;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <summary>The log itself, for those who word their lines elsewhere.</summary>
    internal ILog Lines => log;

    internal void Activated(Message message) =>
        log.Info($"{message.Id}: from=<{Address.ToExternal(message.Sender)}>, size={message.Size}, nrcpt={message.TotalRecipients} (queue active)");

    internal void StillDelivered(QueueId id) => log.Info($"{id}: skipped, still being delivered");

    internal void Scheduled(QueueId id, long seconds) => log.Info($"{id}: to go out at {MailTime.ListingDate(seconds).TrimEnd()}, as its sender asked for");

    internal void FromFuture(QueueId id, long seconds) =>
        log.Warning($"{id}: time stamp {seconds} s in the future, tried now; was the clock set back?");

    internal void TablesRead(string file) => log.Info($"table {file} has changed -- read again");

    internal void TableBroken(string why) => log.Warning($"{why} -- the table that was read before stays in use");

    internal void LookupFailed(string what) => log.Warning(what);

    internal void Linked(string path, uint links) => log.Warning($"{path}: file has {links} hard links, left alone");

    internal void WrongMode(string path, int mode) =>
        log.Warning($"{path}: mode {Convert.ToString(mode, 8)} in place of 700, left alone; \"postsuper -s\" repairs it");

    internal void OtherClock(QueueId id, long ahead) =>
        log.Warning($"{id}: made {Math.Abs(ahead)} s {(ahead > 0 ? "in the future" : "ago")} by another clock; its age counts from now");

    internal void Vanished(string path) => log.Warning($"{path}: vanished before it became active");

    internal void Corrupt(QueueId id) => log.Warning($"saving corrupt file \"{id}\" from queue \"active\" to queue \"corrupt\"");

    internal void ScanFailed(QueueName queue, string why) => log.Warning($"scan of the {QueueDirectories.NameOf(queue)} queue: {why}");

    /// <summary>What became of a recipient that no agent had.</summary>
    internal void Result(Message message, Recipient recipient, in DeliveryLog.Times times, DeliveryStatus status, Dsn dsn, int resolution) =>
        log.Write(Severity.Info, DeliveryLog.Line(message.Id, recipient, "none", 0, times, status, dsn, resolution));

    internal void Expired(Message message, bool isForced) =>
        log.Info($"{message.Id}: from=<{Address.ToExternal(message.Sender)}>, status={(isForced ? "force-expired" : "expired")}, returned to sender");

    internal void Removed(Message message) => log.Info($"{message.Id}: removed");

    internal void GoneBeforeRemoval(Message message) => log.Warning($"{message.Id}: gone before it was removed");

    internal void GoneBeforeDeferral(Message message) => log.Info($"{message.Id}: gone before it was deferred");

    internal void Paused(Pause pause) => log.Info($"deliveries paused: {pause}");

    internal void Quiet(string destination, long end) => log.Info($"quiet hours of destination \"{destination}\", until {MailTime.DateWithYear(end)}");

    internal void QuietIsOver(string destination) => log.Info($"quiet hours of destination \"{destination}\" are over");

    internal void Resumed(Pause pause) => log.Info($"deliveries resumed: {pause}");

    internal void PausesUnreadable(string why) => log.Error($"{why}: all deliveries are paused");

    internal void RulesUnreadable(string why) => log.Error($"{why}: nothing is delivered");

    internal void RuleAdded(StandingRule rule) => log.Info($"standing rule {rule.Name}: {rule}");

    internal void RuleRemoved(StandingRule rule) => log.Info($"standing rule {rule.Name} removed: {rule}");

    internal void SuppressionsUnreadable(string why) => log.Error($"{why}: nothing is delivered");

    internal void SuppressionsDamaged(int lines) => log.Warning($"suppression list: {lines} lines cannot be understood, and count for nothing");

    internal void NoReturnPath(string why) => log.Warning($"{why}: mail leaves without a return path of report_domain");

    internal void SuppressionsFull() => log.Warning($"suppression list: full, with {SuppressionList.MostEntries} addresses");

    /// <summary>An address was put on the list.</summary>
    internal void Suppressed(string source, SuppressionEntry entry) =>
        log.Info($"{source}: <{Address.ToExternal(entry.Address)}> put on the suppression list{(entry.Sender.Length > 0 ? $" for <{Address.ToExternal(entry.Sender)}>" : "")}: {entry.Reason}");

    /// <summary>What became of a message by a rule.</summary>
    internal void Diverted(Message message, StandingRule rule) => log.Info($"{message.Id}: from=<{Address.ToExternal(message.Sender)}>, " + rule.Action switch
    {
        RuleAction.Hold => "placed on hold",
        RuleAction.Discard => "discarded",
        _ => $"redirected to <{Address.ToExternal(rule.Target)}>",
    } + $" by standing rule {rule.Name}");

    internal void NotRedirected(QueueId id, StandingRule rule, Exception why) =>
        log.Warning($"{id}: not redirected by standing rule {rule.Name}: {why.Message}; placed on hold");

    /// <param name="success">Of the delivery that moved the window.</param>
    /// <param name="before">The window before.</param>
    internal void Window(string transport, Destination destination, bool success, double before, int busy) =>
        log.Info($"{transport}: {destination.NextHop}: {(success ? "success" : "failure")}, window {before} -> {destination.Concurrency.Window}, {busy} busy");

    internal void AgentLost(string transport, string why, QueueId id) =>
        log.Warning($"private/{transport}: {why} before the delivery of {id} was reported");

    internal void NoAgent(string transport) => log.Warning($"private/{transport}: no process serves this transport");

    internal void NoSuchTransport(string transport) => log.Warning($"\"{transport}\": no such transport");

    internal void AgentOutOfReach(string transport, string why) => log.Warning($"connect to transport private/{transport}: {why}");

    internal void NoAnswer(string service, TimeSpan waited) => log.Warning($"private/{service}: no answer for {waited.TotalSeconds:0} s");

    internal void ServiceTrouble(string service, string why) => log.Warning($"private/{service}: {why}");

    internal void QuestionTookTooLong(TimeSpan limit) =>
        log.Warning($"{WaitQuestion.Path}: a client kept its connection for {limit.TotalSeconds:0} s");

    /// <summary>Something about a message did not work, and will be tried again.</summary>
    internal void Trouble(QueueId id, Exception what) => log.Warning($"{id}: {what.Message}");

    /// <summary>Something about a message did not work, and a person must look.</summary>
    internal void Failure(QueueId id, Exception what) => log.Error($"{id}: {what.Message}");

    internal void Trouble(Exception what) => log.Warning(what.Message);
}
