namespace PostfixNet.Configuration;

// Read by history; the first by postqueue, too. Not Postfix's.
public static partial class Parameters
{
    /// <summary>A history of messages is kept, of events.</summary>
    public static readonly Parameter<bool> HistoryEnable = Flag("history_enable", "no");

    /// <summary>Time for which a message is kept after the last that was heard of it.</summary>
    public static readonly Parameter<TimeSpan> HistoryKeepTime = Time("history_keep_time", "7d", minimum: 1);

    /// <summary>Bytes that the history takes at most; the oldest messages go first.</summary>
    public static readonly Parameter<long> HistorySizeLimit = Size("history_size_limit", "1073741824", minimum: 1048576);

    /// <summary>Settings of a PostgreSQL server that keeps the history; empty: a file in the queue, with SQLite.</summary>
    public static readonly Parameter<string> HistoryDatabase = Text("history_database", "");
}
