using PostfixNet.Configuration;
using PostfixNet.Queue;

namespace PostfixNet.Events;

/// <summary>Whether events are recorded, and how many are kept: what main.toml says.</summary>
/// <remarks>
/// CONFIGURATION
/// events_enable, events_journal, events_keep_size, events_keep_time, events_segment_size, myhostname, queue_directory.
/// </remarks>
/// <param name="Host">myhostname.</param>
/// <param name="SegmentSize">Bytes after which a segment is finished.</param>
/// <param name="KeepTime">How long finished segments are kept.</param>
/// <param name="KeepSize">Bytes of finished segments that are kept.</param>
/// <param name="UsesJournal">Events go to systemd's journal, too.</param>
public sealed record EventOptions(string Host, long SegmentSize, TimeSpan KeepTime, long KeepSize, bool UsesJournal = false)
{
    /// <summary>Where they are: within the queue directory, in which services work.</summary>
    public string Directory { get; init; } = QueueDirectories.Events;

    /// <summary>Socket of the journal.</summary>
    public string JournalPath { get; init; } = "/run/systemd/journal/socket";

    /// <returns>null: events are not recorded.</returns>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static EventOptions? Read(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        EventOptions options = new(config.Get(Parameters.MyHostname), config.Get(Parameters.EventsSegmentSize), config.Get(Parameters.EventsKeepTime),
            config.Get(Parameters.EventsKeepSize), config.Get(Parameters.EventsJournal));
        if (config.Get(Parameters.EventsEnable))
            return options;
        return options.UsesJournal ? throw config.Refuse(Parameters.EventsJournal, "there are no events without events_enable = true") : null;
    }
}
