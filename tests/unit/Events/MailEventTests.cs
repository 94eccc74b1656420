using System.Text;
using System.Text.Json;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Events;

public sealed class MailEventTests
{
    // Each field has a value.
    private static readonly MailEvent s_full = new(EventKind.Delivered, "4jWhRP4YSKz1jQ9J:312:delivered")
    {
        Time = 1_772_357_400_123_456,
        Host = "mta.golden.test",
        Service = "smtp",
        Pid = 4711,
        QueueId = "4jWhRP4YSKz1jQ9J",
        MessageId = "<1@golden.test>",
        Sender = "",
        Size = 10_000_000_000,
        Recipients = 3,
        Client = new("client.test", "192.0.2.7"),
        Origin = "smtp",
        EnvelopeId = "a+b",
        Recipient = "ann@dest.test",
        OriginalRecipient = "all@golden.test",
        Attempt = 2,
        Transport = "smtp",
        NextHop = "dest.test",
        Status = "sent",
        Dsn = "2.0.0",
        Reply = "250 2.0.0 \"ok\"\r\n",
        Reason = "connection",
        Remote = new("mx.dest.test", "2001:db8::1", 25),
        Delays = new(10_000, 0, 1_500_000, 1),
        Tls = new("dane", "TLSv1.3", "TLS_AES_256_GCM_SHA384", "dane", false),
        Arrived = 1_772_357_100_000_000,
        NextAttempt = 1_772_357_700_000_000,
        Count = 5,
        Trace = new("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true) { ParentId = "00f067aa0ba902b7" },
        NoticeFor = "4jWhRP4YSKz1jQ9K",
        IsCut = true,
    };

    private static MailEvent Parsed(MailEvent told) => MailEvent.Parse(told.ToLine())!;

    [Fact]
    public void What_is_written_is_read()
    {
        Assert.Equal(s_full, Parsed(s_full));
        MailEvent bare = new(EventKind.Gap, "x") { Time = 1 };
        Assert.Equal(bare, Parsed(bare));
        Assert.Equal("""{"v":1,"id":"x","time":"1970-01-01T00:00:00.000001Z","event":"gap"}""" + "\n", Encoding.UTF8.GetString(bare.ToLine()));
    }

    // The names are a promise: those of the schema, all of them.
    [Fact]
    public void The_fields_are_those_of_the_schema()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Vectors.Directory, "..", "..", "docs", "events.schema.json")));
        using JsonDocument told = JsonDocument.Parse(s_full.ToLine());
        JsonElement properties = schema.RootElement.GetProperty("properties");
        Assert.Equal(properties.EnumerateObject().Select(static p => p.Name), told.RootElement.EnumerateObject().Select(static p => p.Name));
        foreach (string part in (string[])["client", "remote", "delays", "tls", "trace"])
            Assert.Equal(properties.GetProperty(part).GetProperty("properties").EnumerateObject().Select(static p => p.Name), told.RootElement.GetProperty(part).EnumerateObject().Select(static p => p.Name));
        Assert.Equal(Enum.GetValues<EventKind>().Skip(1).Select(static kind => kind.Word()), properties.GetProperty("event").GetProperty("enum").EnumerateArray().Select(static word => word.GetString()));
    }

    [Fact]
    public void The_documentation_has_each_field_and_kind()
    {
        string text = File.ReadAllText(Path.Combine(Vectors.Directory, "..", "..", "docs", "events.md"));
        using JsonDocument told = JsonDocument.Parse(s_full.ToLine());
        foreach (JsonProperty field in told.RootElement.EnumerateObject())
            Assert.Contains($"`{field.Name}`", text, StringComparison.Ordinal);
        foreach (EventKind kind in Enum.GetValues<EventKind>().Skip(1))
            Assert.Matches($@"\| [^|]*`{kind.Word()}`[^|]*\| {(kind.IsEnd() ? "yes" : "\\|")}", text);
    }

    [Theory]
    [InlineData("caf\\xE9@dest.test", "caf\\xE9@dest.test")] // the octet E9, see below
    [InlineData("a\\\\xE9", "a\\x5CxE9")] // the four characters
    [InlineData("a\\\\", "a\\")]
    [InlineData("\\\\x5C", "\\x5Cx5C")]
    [InlineData("ümläut 𝄞", "ümläut 𝄞")]
    [InlineData("a\tb\0c\u0085\u2028", "a\tb\0c\u0085\u2028")]
    [InlineData("<>&'\"+", "<>&'\"+")]
    public void Octets_are_shown_so_that_they_can_be_had_back(string given, string shown)
    {
        // In the table "\xE9" stands for an octet, and "\\" for a backslash.
        List<byte> octets = [];
        for (int i = 0; i < given.Length; i++)
        {
            if (given[i] == '\\' && given[i + 1] == 'x')
            {
                octets.Add(Convert.ToByte(given.Substring(i + 2, 2), 16));
                i += 3;
            }
            else
            {
                if (given[i] == '\\')
                    i++;
                int length = char.IsHighSurrogate(given[i]) ? 2 : 1;
                octets.AddRange(Encoding.UTF8.GetBytes(given.Substring(i, length)));
                i += length - 1;
            }
        }
        MailEvent told = new(EventKind.Bounced, "x") { Time = 1, Recipient = ByteText.Decode([.. octets]) };
        byte[] line = told.ToLine();
        Assert.True(System.Text.Unicode.Utf8.IsValid(line));
        using JsonDocument json = JsonDocument.Parse(line);
        Assert.Equal(shown, json.RootElement.GetProperty("recipient").GetString());
        Assert.Equal([.. octets], ByteText.Encode(MailEvent.Parse(line)!.Recipient!));
        Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
    }

    [Fact]
    public void A_line_has_64_KB_at_most_whatever_is_in_it()
    {
        string much = new('\u0001', 100_000);
        MailEvent told = s_full with { IsCut = false, Reply = much };
        Assert.InRange(told.ToLine().Length, 10_000, MailEvent.LongestLine);
        Assert.True(Parsed(told).IsCut);
        Assert.Equal(s_full.Recipient, Parsed(told).Recipient);
        Assert.StartsWith(Parsed(told).Reply!, much, StringComparison.Ordinal);
        string octets = new('\uDCFF', 100_000), wide = string.Concat(Enumerable.Repeat("𝄞", 50_001));
        told = told with { Sender = much, Recipient = octets, OriginalRecipient = wide, NextHop = "x" + wide, Client = new(much, much), Remote = new(much, much, 1), MessageId = much, EnvelopeId = much, Tls = new(much, much, much, much, null) };
        Assert.InRange(told.ToLine().Length, 1000, MailEvent.LongestLine);
        Assert.True(Parsed(told).IsCut);
        Assert.NotNull(JsonDocument.Parse(told.ToLine()));
    }

    [Theory]
    [InlineData("""{"v":2,"id":"x","time":"2026-03-01T09:30:00Z","event":"teleported","host":{"a":[1]},"size":"big","new":[{"a":1}],"tls":7,"delays":{"connection":"x","y":[1]}}""", true)] // of a later version
    [InlineData("""{"v":1,"id":"a","time":"2026-03-01T09:30:00.1Z","event":"que{"v":1,"id":"x","time":"2026-03-01T09:30:00.123456Z","event":"gap"}""", true)] // after a part of another
    [InlineData("""{"v":1,"id":"{\"v\":1,","time":"2026-03-01T09:30:00.123456Z","event":"gap"}""", true)] // the beginning, quoted
    [InlineData("""{"id":"x","time":"2026-03-01T09:30:00Z","event":"gap"}""", false)]
    [InlineData("""{"v":1,"id":"","time":"2026-03-01T09:30:00Z","event":"gap"}""", false)]
    [InlineData("""{"v":1,"id":"x","time":"never","event":"gap"}""", false)]
    [InlineData("""{"v":1,"id":"x","time":"2026-03-01T09:30:00Z"}""", false)]
    [InlineData("""{"v":1,"id":"x","time":"2026-03-01T09:30:00Z","event":"gap"}}""", false)]
    [InlineData("""{"v":1,"id":"x","time":"2026-03-01T09:30:00Z","event":"gap"} {}""", false)]
    [InlineData("""{"v":1,"id":"\udc80","time":"2026-03-01T09:30:00Z","event":"gap"}""", false)]
    [InlineData("""{"v":1,"id":"x","time":"2026-03-01T09:30:00Z","event":"ga""", false)]
    [InlineData("[1]", false)]
    [InlineData("", false)]
    public void Lines_that_are_not_ours(string line, bool isEvent) => Assert.Equal(isEvent, MailEvent.Parse(Encoding.UTF8.GetBytes(line)) is not null);

    [Fact]
    public void Any_octets_are_an_event_or_are_not()
    {
        Random random = new(14);
        byte[] line = s_full.ToLine();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = [.. line];
            for (int changes = random.Next(4); changes >= 0; changes--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            _ = MailEvent.Parse(changed.AsSpan(0, random.Next(changed.Length + 1)));
        }
    }
}
