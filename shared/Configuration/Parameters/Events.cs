namespace PostfixNet.Configuration;

// Read by all programs that tell what becomes of mail; none of them is Postfix's.
public static partial class Parameters
{
    /// <summary>Each step of a message is recorded in a file of events.</summary>
    public static readonly Parameter<bool> EventsEnable = Flag("events_enable", "no");

    /// <summary>Bytes after which a new file of events is begun.</summary>
    public static readonly Parameter<long> EventsSegmentSize = Size("events_segment_size", "67108864", minimum: 4096);

    /// <summary>Time for which files of events that are finished are kept.</summary>
    public static readonly Parameter<TimeSpan> EventsKeepTime = Time("events_keep_time", "7d", minimum: 1);

    /// <summary>Bytes of files of events that are finished and kept.</summary>
    public static readonly Parameter<long> EventsKeepSize = Size("events_keep_size", "1073741824");

    /// <summary>Events go to systemd's journal, too.</summary>
    public static readonly Parameter<bool> EventsJournal = Flag("events_journal", "no");
}
