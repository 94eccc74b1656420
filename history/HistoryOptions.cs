using PostfixNet.Configuration;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.History;

/// <summary>What main.toml says to this program.</summary>
/// <param name="Database">history_database: settings of a PostgreSQL server; empty: a file in the queue.</param>
/// <param name="KeepTime">history_keep_time.</param>
/// <param name="SizeLimit">history_size_limit, bytes.</param>
/// <param name="MayAsk">authorized_mailq_users.</param>
internal sealed record HistoryOptions(string Database, TimeSpan KeepTime, long SizeLimit, QueueRights MayAsk)
{
    /// <summary>The file of the database, within the queue directory.</summary>
    internal const string FileName = $"{QueueDirectories.History}/history.db";

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static HistoryOptions Read(MainConfig config)
    {
        string database = config.Get(Parameters.HistoryDatabase);
        if (database.Length > 0)
        {
            try
            {
                _ = PostgresDatabase.Parse(database);
            }
            catch (FormatException e)
            {
                throw config.Refuse(Parameters.HistoryDatabase, e.Message);
            }
        }
        bool hasEvents = config.Get(Parameters.EventsEnable);
        return config.Get(Parameters.HistoryEnable) && !hasEvents
            ? throw config.Refuse(Parameters.HistoryEnable, "the history is made of events, and there are none without events_enable = true")
            : new HistoryOptions(database, config.Get(Parameters.HistoryKeepTime), config.Get(Parameters.HistorySizeLimit), QueueRights.Of(config));
    }

    /// <summary>The database.</summary>
    internal IDatabase Open() => Database.Length > 0 ? new PostgresDatabase(PostgresDatabase.Parse(Database)) : new SqliteDatabase(FileName);
}
