using System.Data.Common;
using PostfixNet.Sql;

namespace PostfixNet.Webhooks;

/// <summary>All that is said to the database of the queue.</summary>
internal sealed class Statements(DbConnection connection) : IDisposable
{
    internal readonly Statement
        Begin = new(connection, "BEGIN IMMEDIATE"),
        Commit = new(connection, "COMMIT"),
        Rollback = new(connection, "ROLLBACK"),
        Fact = new(connection, "SELECT value FROM facts WHERE name = @p0", "t"),
        SaveFact = new(connection, "INSERT INTO facts (name, value) VALUES (@p0, @p1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", "tt"),
        Webhooks = new(connection, "SELECT name, url, since, stopped, lost, sent, failed FROM webhooks"),
        SaveWebhook = new(connection, "INSERT INTO webhooks (name, url, since, stopped, lost, sent, failed) VALUES (@p0, @p1, @p2, @p3, @p4, 0, 0) "
            + "ON CONFLICT (name) DO UPDATE SET url = excluded.url, stopped = excluded.stopped", "ttnnn"),
        SaveLost = new(connection, "UPDATE webhooks SET lost = @p1 WHERE name = @p0 AND lost <> @p1", "tn"),
        SaveStopped = new(connection, "UPDATE webhooks SET stopped = @p1 WHERE name = @p0", "tn"),
        CountSent = new(connection, "UPDATE webhooks SET sent = sent + @p1, failed = failed + @p2 WHERE name = @p0", "tnn"),
        RemoveWebhook = new(connection, "DELETE FROM webhooks WHERE name = @p0", "t"),
        RemoveDeliveries = new(connection, "DELETE FROM deliveries WHERE webhook = @p0", "t"),
        CountWaiting = new(connection, "SELECT COUNT(*) FROM deliveries WHERE webhook = @p0 AND state = 'waiting'", "t"),
        IsKnown = new(connection, "SELECT 1 FROM deliveries WHERE webhook = @p0 AND event_id = @p1", "tt"),
        Add = new(connection, "INSERT INTO deliveries (webhook, event_id, message, recipient, kind, body, state, attempts, queued, changed, unreached) "
            + "VALUES (@p0, @p1, @p2, @p3, @p4, @p5, 'waiting', 0, @p6, @p6, 0) ON CONFLICT DO NOTHING", "ttttttn"),
        LastNumber = new(connection, "SELECT last_insert_rowid()"),
        Supersede = new(connection, "UPDATE deliveries SET state = 'superseded', body = NULL, next = NULL, changed = @p6, trouble = @p7 WHERE webhook = @p0 AND message = @p1 AND state = 'waiting' "
            + "AND kind = @p2 AND (@p3 IS NULL OR recipient IS NULL OR recipient = @p3) AND number < @p4 AND number <> @p5", "ttttnnnt"),
        // The first that waits has its turn.
        Promote = new(connection, "UPDATE deliveries SET next = @p2 WHERE number = (SELECT MIN(number) FROM deliveries WHERE webhook = @p0 AND message = @p1 AND state = 'waiting') AND next IS NULL", "ttn"),
        Next = new(connection, "SELECT number, message, event_id, body, attempts FROM deliveries WHERE webhook = @p0 AND next IS NOT NULL AND next <= @p1 ORDER BY next, number LIMIT 1", "tn"),
        Fail = new(connection, "UPDATE deliveries SET attempts = attempts + 1, next = @p1, changed = @p2, trouble = @p3, unreached = @p4 WHERE number = @p0 AND state = 'waiting'", "nnntn"),
        End = new(connection, "UPDATE deliveries SET state = @p1, attempts = attempts + @p2, next = NULL, changed = @p3, trouble = COALESCE(@p4, trouble), body = CASE WHEN @p5 = 1 THEN body END "
            + "WHERE number = @p0 AND state = 'waiting'", "ntnntn"),
        Newer = new(connection, "SELECT body FROM deliveries WHERE webhook = @p0 AND message = @p1 AND state = 'waiting' AND number > @p2 ORDER BY number LIMIT 100", "ttn"),
        RetryUnreached = new(connection, "UPDATE deliveries SET next = @p1, unreached = 0 WHERE webhook = @p0 AND next > @p1 AND unreached = 1", "tn"),
        Old = new(connection, "SELECT number, message, event_id FROM deliveries WHERE webhook = @p0 AND state = 'waiting' AND queued < @p1 AND number <> @p2 ORDER BY queued LIMIT @p3", "tnnn"),
        Prune = new(connection, "DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries WHERE state <> 'waiting' AND (changed < @p0 "
            + "OR changed < (SELECT changed FROM deliveries WHERE state <> 'waiting' ORDER BY changed DESC LIMIT 1 OFFSET @p1)) ORDER BY changed LIMIT @p2)", "nnn"),
        Chosen = new(connection, "SELECT number, webhook, message, event_id FROM deliveries WHERE state = @p0 AND (@p1 IS NULL OR number = @p1) AND (@p2 IS NULL OR webhook = @p2) ORDER BY number", "tnt"),
        Revive = new(connection, "UPDATE deliveries SET state = 'waiting', attempts = 0, queued = @p1, changed = @p1 WHERE number = @p0 AND state = 'failed' AND body IS NOT NULL", "nn"),
        RetryNow = new(connection, "UPDATE deliveries SET next = @p1 WHERE number = @p0 AND next > @p1", "nn"),
        Counts = new(connection, "SELECT COUNT(*), MIN(queued), SUM(attempts > 0) FROM deliveries WHERE webhook = @p0 AND state = 'waiting'", "t"),
        List = new(connection, "SELECT number, webhook, event_id, message, recipient, kind, state, attempts, next, queued, changed, trouble FROM deliveries "
            + "WHERE @p0 = 1 OR state IN ('waiting', 'failed') ORDER BY number DESC LIMIT @p1", "nn");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Statement statement in (Statement[])[Begin, Commit, Rollback, Fact, SaveFact, Webhooks, SaveWebhook, SaveLost, SaveStopped, CountSent, RemoveWebhook, RemoveDeliveries, CountWaiting, IsKnown, Add,
            LastNumber, Supersede, Promote, Next, Fail, End, Newer, RetryUnreached, Old, Prune, Chosen, Revive, RetryNow, Counts, List])
            statement.Dispose();
    }
}
