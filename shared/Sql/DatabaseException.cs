namespace PostfixNet.Sql;

/// <summary>What may be wrong with a database.</summary>
public enum DatabaseTrouble
{
    /// <summary>It cannot be asked, or written, now.</summary>
    Unavailable,
    /// <summary>It is damaged.</summary>
    Damaged,
    /// <summary>It does not take what it is given.</summary>
    BadValue,
}

/// <summary>The database does not do what it should.</summary>
/// <param name="trouble">What follows from it.</param>
/// <param name="message">In words for the log.</param>
/// <param name="inner">Whence it came.</param>
public sealed class DatabaseException(DatabaseTrouble trouble, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>What follows from it.</summary>
    public DatabaseTrouble Trouble => trouble;
}
