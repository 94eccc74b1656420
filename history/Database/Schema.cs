using System.Data.Common;
using System.Globalization;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>The tables, and how those of an earlier version become those of the present one.</summary>
internal static class Schema
{
    /// <summary>Name, among the facts, of the version.</summary>
    internal const string VersionFact = "schema";

    // What leads from each version to the next; the first begins with nothing. A version that was in use stays as it is. {integer} and {keyed} are IDatabase's.
    internal static readonly string[] Versions =
    [
        """
        CREATE TABLE messages (
            number {integer} PRIMARY KEY,
            queue_id TEXT NOT NULL, message_id TEXT, sender TEXT, sender_folded TEXT, sender_domain TEXT, size {integer}, client TEXT, origin TEXT, envelope_id TEXT, notice_for TEXT,
            arrived {integer} NOT NULL, changed {integer} NOT NULL, finished {integer},
            recipients {integer} NOT NULL, seen {integer} NOT NULL, ended {integer} NOT NULL, failed {integer} NOT NULL, deferred {integer} NOT NULL, held {integer} NOT NULL,
            fate TEXT, state TEXT NOT NULL, bytes {integer} NOT NULL);
        CREATE INDEX messages_queue_id ON messages (queue_id);
        CREATE INDEX messages_message_id ON messages (message_id);
        CREATE INDEX messages_sender ON messages (sender_folded);
        CREATE INDEX messages_sender_domain ON messages (sender_domain);
        CREATE INDEX messages_arrived ON messages (arrived);
        CREATE INDEX messages_changed ON messages (changed);
        CREATE TABLE recipients (
            message {integer} NOT NULL, address TEXT NOT NULL, folded TEXT NOT NULL, domain TEXT NOT NULL, original TEXT, original_folded TEXT,
            state TEXT NOT NULL, attempts {integer} NOT NULL, changed {integer} NOT NULL, transport TEXT, nexthop TEXT, dsn TEXT, reply TEXT, remote TEXT, next_attempt {integer},
            PRIMARY KEY (message, address)) {keyed};
        CREATE INDEX recipients_address ON recipients (folded);
        CREATE INDEX recipients_domain ON recipients (domain);
        CREATE INDEX recipients_original ON recipients (original_folded) WHERE original_folded IS NOT NULL;
        CREATE TABLE steps (message {integer} NOT NULL, id TEXT NOT NULL, time {integer} NOT NULL, event TEXT NOT NULL, PRIMARY KEY (message, id)) {keyed};
        """,
    ];

    /// <summary>Makes the tables those of this version; one transaction for each step.</summary>
    /// <param name="versions"><see cref="Versions"/>.</param>
    /// <exception cref="DatabaseException">A newer program made them.</exception>
    internal static void Prepare(IDatabase database, DbConnection connection, IReadOnlyList<string> versions)
    {
        Execute(connection, "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
        int version = VersionOf(connection);
        if (version > versions.Count)
        {
            throw new DatabaseException(DatabaseTrouble.Unavailable, string.Create(CultureInfo.InvariantCulture,
                $"the database of the history has tables of version {version}, made by a newer program; this one knows {versions.Count}"));
        }
        for (; version < versions.Count; version++)
        {
            string script = versions[version].Replace("{integer}", database.Integer, StringComparison.Ordinal).Replace("{keyed}", database.KeyedTable, StringComparison.Ordinal);
            Execute(connection, string.Create(CultureInfo.InvariantCulture,
                $"BEGIN; {script}; INSERT INTO facts (name, value) VALUES ('{VersionFact}', '{version + 1}') ON CONFLICT (name) DO UPDATE SET value = excluded.value; COMMIT"));
        }
    }

    private static int VersionOf(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT value FROM facts WHERE name = '{VersionFact}'";
        return command.ExecuteScalar() is string text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : 0;
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        _ = command.ExecuteNonQuery();
    }
}
