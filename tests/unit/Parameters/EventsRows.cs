using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Events;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of events.</summary>
public sealed class EventsRows
{
    private const string On = "events_enable = true";

    internal static readonly Row[] All =
    [
        new("events_enable", "true", Seen, "60 events"),
        new("events_segment_size", "4096", Seen, "segments: 1 2 3 ") { With = On },
        new("events_segment_size", "100", Seen, "100 is out of range; give 4096 or more") { With = On },
        new("events_keep_size", "5000", Seen, "") { Hides = "segments: 1 2 3 ", With = $"{On}\nevents_segment_size = 4096" },
        new("events_keep_time", "'1s'", Seen, "finished after 2s") { With = On },
        new("events_journal", "true", Seen, "UsesJournal = True") { With = On },
        new("events_journal", "true", Seen, "there are no events without events_enable = true"),
        new("myhostname", "'other.test'", Seen, "host other.test") { With = On },
    ];

    private static string Seen(string toml)
    {
        using TemporaryDirectory directory = new();
        LogRecord log = new();
        ManualClock clock = new();
        try
        {
            EventOptions? options = EventOptions.Read(Row.Config("myhostname = 'mta.golden.test'", toml));
            if (options is null)
                return "off";
            using EventLog events = EventLog.Open(options with { Directory = directory.Path }, "smtp", log, clock)!;
            for (int i = 0; i < 60; i++)
                events.Write(new MailEvent(EventKind.Queued, "x") { Reply = new string('y', 150) });
            IEnumerable<string> segments = EventSegments.Numbers(directory.Path).Select(static number => $"{number.ToString(CultureInfo.InvariantCulture)} ");
            string seen = $"{options}\nsegments: {string.Concat(segments)}\n";
            long before = EventSegments.Numbers(directory.Path)[^1];
            using EventReader reader = new(directory.Path, EventPosition.Beginning);
            int count = 0;
            while (reader.Next() is { } told)
                (count, seen) = (count + 1, count == 0 ? seen + $"host {told.Host}\n" : seen);
            clock.Advance(2);
            events.Write(new MailEvent(EventKind.Queued, "x"));
            return $"{seen}{count} events\n{(EventSegments.Numbers(directory.Path)[^1] > before ? "finished after 2s\n" : "")}{string.Join('\n', log.Lines)}";
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    }

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }
}
