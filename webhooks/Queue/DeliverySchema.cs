using System.Data.Common;
using System.Globalization;
using PostfixNet.Sql;

namespace PostfixNet.Webhooks;

/// <summary>The tables of the queue.</summary>
internal static class DeliverySchema
{
    // Of a later version: what leads from the one before to it is to be added here.
    private const long Version = 1;

    // "next" is when it is tried: set for the first that waits of each message, by webhook; for the others it is null. Times are microseconds since 1970.
    private const string Tables = """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE webhooks (name TEXT PRIMARY KEY, url TEXT NOT NULL, since INTEGER NOT NULL, stopped INTEGER NOT NULL, lost INTEGER NOT NULL, sent INTEGER NOT NULL, failed INTEGER NOT NULL);
        CREATE TABLE deliveries (
            number INTEGER PRIMARY KEY AUTOINCREMENT, webhook TEXT NOT NULL, event_id TEXT NOT NULL, message TEXT NOT NULL, recipient TEXT, kind TEXT NOT NULL, body TEXT,
            state TEXT NOT NULL, attempts INTEGER NOT NULL, next INTEGER, queued INTEGER NOT NULL, changed INTEGER NOT NULL, trouble TEXT, unreached INTEGER NOT NULL);
        CREATE UNIQUE INDEX deliveries_event ON deliveries (webhook, event_id);
        CREATE INDEX deliveries_next ON deliveries (webhook, next, number) WHERE next IS NOT NULL;
        CREATE INDEX deliveries_message ON deliveries (webhook, message, number) WHERE state = 'waiting';
        CREATE INDEX deliveries_queued ON deliveries (webhook, queued) WHERE state = 'waiting';
        CREATE INDEX deliveries_changed ON deliveries (changed) WHERE state <> 'waiting';
        """;

    /// <summary>Makes the tables, where there are none.</summary>
    /// <exception cref="DatabaseException">A newer program made them.</exception>
    internal static void Prepare(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        long version = Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (version > Version)
            throw new DatabaseException(DatabaseTrouble.Unavailable, string.Create(CultureInfo.InvariantCulture, $"the database of webhooks has tables of version {version}, made by a newer program; this one knows {Version}"));
        if (version == Version)
            return;
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"BEGIN; {Tables}; PRAGMA user_version = {Version}; COMMIT");
        _ = command.ExecuteNonQuery();
    }
}
