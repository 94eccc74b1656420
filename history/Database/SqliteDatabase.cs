using System.Data.Common;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>A file, with SQLite.</summary>
/// <param name="path">Of the file.</param>
internal sealed class SqliteDatabase(string path) : IDatabase
{
    private readonly SqliteFile _file = new(path);

    public string Integer => "INTEGER";

    public string KeyedTable => "WITHOUT ROWID";

    public DbConnection Connect(bool toWrite, TimeSpan? limit = null) => _file.Connect(toWrite);

    public long UsedBytes(DbConnection connection) => SqliteFile.UsedBytes(connection);

    public void Shrink(DbConnection connection) => SqliteFile.Shrink(connection);

    public void Interrupt(DbConnection connection) => SqliteFile.Interrupt(connection);

    public DatabaseTrouble TroubleOf(DbException error) => SqliteFile.TroubleOf(error);

    public string? SetAside() => _file.SetAside();

    public void Dispose()
    {
    }
}
