namespace PostfixNet.History;

/// <summary>What may be wrong with a database.</summary>
internal enum DatabaseTrouble
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
internal sealed class HistoryException(DatabaseTrouble trouble, string message, Exception? inner = null) : IOException(message, inner)
{
    internal DatabaseTrouble Trouble => trouble;
}
