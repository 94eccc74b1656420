using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using PostfixNet.Native;

namespace PostfixNet.History;

/// <summary>A file, with SQLite; the one place that knows it.</summary>
/// <param name="path">Of the file.</param>
internal sealed class SqliteDatabase(string path) : IDatabase
{
    /// <summary>Name of a damaged one that was put away: the file's own, and this.</summary>
    internal const string Aside = ".damaged";

    // Result codes, sqlite3.h.
    private const int Corrupt = 11, TooBig = 18, Constraint = 19, Mismatch = 20, NotADatabase = 26;
    private const int PagesGivenBack = 2000, WaitSeconds = 10;

    static SqliteDatabase() => SQLitePCL.Batteries_V2.Init();

    public string Integer => "INTEGER";

    public string KeyedTable => "WITHOUT ROWID";

    public DbConnection Connect(bool toWrite, TimeSpan? limit = null)
    {
        if (toWrite && FileSystem.Status(path) is { Kind: not FileKind.Regular } or { LinkCount: > 1 })
            throw new HistoryException(DatabaseTrouble.Unavailable, $"{path} is not a file of its own");
        SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = toWrite ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadOnly,
            Pooling = false,
            DefaultTimeout = WaitSeconds,
        }.ToString());
        try
        {
            connection.Open();
            // Who reads sees what was there when he began, and keeps nobody from writing. A loss of power takes the last events away with their position: they are read again.
            using DbCommand command = connection.CreateCommand();
            command.CommandText = toWrite
                ? "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384"
                : "PRAGMA temp_store = MEMORY; PRAGMA query_only = 1";
            _ = command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public long UsedBytes(DbConnection connection)
    {
        long Pragma(string name)
        {
            using DbCommand command = connection.CreateCommand();
            command.CommandText = $"PRAGMA {name}";
            return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        }
        return (Pragma("page_count") - Pragma("freelist_count")) * Pragma("page_size");
    }

    public void Shrink(DbConnection connection)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({PagesGivenBack})");
        // It gives back a page with each row that it tells.
        using DbDataReader rows = command.ExecuteReader();
        while (rows.Read())
        {
        }
    }

    public void Interrupt(DbConnection connection)
    {
        if (((SqliteConnection)connection).Handle is { IsClosed: false } handle)
            SQLitePCL.raw.sqlite3_interrupt(handle);
    }

    public DatabaseTrouble TroubleOf(DbException error) => (error as SqliteException)?.SqliteErrorCode switch
    {
        Corrupt or NotADatabase => DatabaseTrouble.Damaged,
        TooBig or Constraint or Mismatch => DatabaseTrouble.BadValue,
        _ => DatabaseTrouble.Unavailable,
    };

    public string? SetAside()
    {
        // In this order: killed in between, the rest is damaged still, or there is nothing left.
        _ = FileSystem.TryRemove($"{path}-shm");
        _ = FileSystem.TryRemove($"{path}-wal{Aside}");
        _ = FileSystem.TryRename($"{path}-wal", $"{path}-wal{Aside}");
        _ = FileSystem.TryRename(path, path + Aside);
        return path + Aside;
    }

    public void Dispose()
    {
    }
}
