using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using PostfixNet.Native;

namespace PostfixNet.Sql;

/// <summary>A database in a file, with SQLite; the one place that knows it.</summary>
/// <param name="path">Of the file.</param>
public sealed class SqliteFile(string path)
{
    /// <summary>Name of a damaged one that was put away: the file's own, and this.</summary>
    public const string Aside = ".damaged";

    // Result codes, sqlite3.h.
    private const int Corrupt = 11, TooBig = 18, Constraint = 19, Mismatch = 20, NotADatabase = 26;
    private const int PagesGivenBack = 2000, WaitSeconds = 10;

    static SqliteFile() => SQLitePCL.Batteries_V2.Init();

    /// <summary>Opens a connection.</summary>
    /// <param name="toWrite">Makes the file where there is none. Else the connection can only read.</param>
    /// <exception cref="DatabaseException">The file is not one of its own.</exception>
    /// <exception cref="DbException">It cannot be opened.</exception>
    public DbConnection Connect(bool toWrite)
    {
        if (toWrite && FileSystem.Status(path) is { Kind: not FileKind.Regular } or { LinkCount: > 1 })
            throw new DatabaseException(DatabaseTrouble.Unavailable, $"{path} is not a file of its own");
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
            // Who reads sees what was there when he began, and keeps nobody from writing. A loss of power takes the last transactions away, each as a whole: what events led to is done again, as their position went, too.
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

    /// <summary>Bytes in use.</summary>
    public static long UsedBytes(DbConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        long Pragma(string name)
        {
            using DbCommand command = connection.CreateCommand();
            command.CommandText = $"PRAGMA {name}";
            return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        }
        return (Pragma("page_count") - Pragma("freelist_count")) * Pragma("page_size");
    }

    /// <summary>Gives room back to the file system, some of it.</summary>
    public static void Shrink(DbConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using DbCommand command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({PagesGivenBack})");
        // It gives back a page with each row that it tells.
        using DbDataReader rows = command.ExecuteReader();
        while (rows.Read())
        {
        }
    }

    /// <summary>Ends what another thread is asking.</summary>
    public static void Interrupt(DbConnection connection)
    {
        if (((SqliteConnection)connection).Handle is { IsClosed: false } handle)
            SQLitePCL.raw.sqlite3_interrupt(handle);
    }

    /// <summary>What follows from an error.</summary>
    public static DatabaseTrouble TroubleOf(DbException error) => (error as SqliteException)?.SqliteErrorCode switch
    {
        Corrupt or NotADatabase => DatabaseTrouble.Damaged,
        TooBig or Constraint or Mismatch => DatabaseTrouble.BadValue,
        _ => DatabaseTrouble.Unavailable,
    };

    /// <summary>Puts a damaged one away, so that a new one can be made; one is kept.</summary>
    /// <returns>Its path.</returns>
    public string SetAside()
    {
        // In this order: killed in between, the rest is damaged still, or there is nothing left.
        _ = FileSystem.TryRemove($"{path}-shm");
        _ = FileSystem.TryRemove($"{path}-wal{Aside}");
        _ = FileSystem.TryRename($"{path}-wal", $"{path}-wal{Aside}");
        _ = FileSystem.TryRename(path, path + Aside);
        return path + Aside;
    }
}
