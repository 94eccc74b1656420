using System.Data.Common;
using PostfixNet.Sql;

namespace PostfixNet.History;

/// <summary>Where the history is kept: all that differs between kinds of databases.</summary>
internal interface IDatabase : IDisposable
{
    /// <summary>Type of whole numbers, for the tables.</summary>
    public string Integer { get; }

    /// <summary>What ends the definition of a table that is found by its key alone.</summary>
    public string KeyedTable { get; }

    /// <summary>A new connection.</summary>
    /// <param name="toWrite">For the one that writes; the others only ask.</param>
    /// <param name="limit">For each of its statements, where only the database itself can break one off; null: none.</param>
    public DbConnection Connect(bool toWrite, TimeSpan? limit = null);

    /// <summary>Bytes that are in use.</summary>
    public long UsedBytes(DbConnection connection);

    /// <summary>Gives room of what was removed back, a piece of it.</summary>
    public void Shrink(DbConnection connection);

    /// <summary>Breaks a question off that takes long, where <see cref="Connect"/> gave no limit; may be called by another thread.</summary>
    public void Interrupt(DbConnection connection);

    /// <summary>What an error means.</summary>
    public DatabaseTrouble TroubleOf(DbException error);

    /// <summary>Puts a damaged database away, for a new one to take its place.</summary>
    /// <returns>Where it is; null: this kind cannot do that.</returns>
    public string? SetAside();
}
