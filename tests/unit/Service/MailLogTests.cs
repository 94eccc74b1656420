using System.Text.Json;
using PostfixNet.Delivery;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Service;

/// <summary>Whoever sends mail decides how long what he sends is, not how long lines of the log are.</summary>
public sealed class MailLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("log").FullName;

    [Theory]
    [InlineData(1_999)]
    [InlineData(2_000)]
    [InlineData(1_900_000)]
    public void A_long_text_is_logged_with_its_beginning(int length)
    {
        string path = Path.Join(_directory, "maillog");
        MailLog.Open(new LogOptions("name", "host", 16, path, 0x180, IsJson: false), "program", mustBeSomewhere: false);
        MailLog.Info($"begin {length}{new string('x', length)}"[..length]);
        MailLog.Info("after it");
        string[] texts = [.. File.ReadAllLines(path).Where(static line => line.Contains("]: ", StringComparison.Ordinal)).Select(static line => line.Split("]: ", 2)[1])];
        Assert.Equal(Math.Min(length, 2_000), Assert.Single(texts, text => text.StartsWith($"begin {length}", StringComparison.Ordinal)).Length);
        Assert.Contains("after it", texts);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // As it stands in a log in JSON; whoever finds a line by its text finds it still.
    [Fact]
    public void In_JSON_the_parts_are_fields()
    {
        string path = Path.Join(_directory, "json");
        Assert.True(QueueId.TryParse("1BC7BB2A7B8", out QueueId id));
        MailLog.Open(new LogOptions("postfix", "mta", 2 << 3, path, 0x180, IsJson: true), "smtp");
        MailLog.Lines.Write(Severity.Info, DeliveryLog.Line(id, new Recipient("bob \udce9@sink.test", "info@origin.test"), "mx[192.0.2.1]:25", 2,
            new DeliveryLog.Times(0, 1_000_000, 3_500_000, 6_000_000, 10_000_000), DeliveryStatus.Deferred, new Dsn("4.2.0", "later \"x\"\n"), use: new TlsUse("may")));
        MailLog.Lines.Write(Severity.Warning, "plain");
        JsonElement[] lines = [.. File.ReadLines(path).Where(static line => line.Contains("1BC7BB2A7B8", StringComparison.Ordinal) || line.Contains("\"plain\"", StringComparison.Ordinal)).Select(static line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal("time program pid severity text queue_id to orig_to relay conn_use delay delays tls dsn status reason", string.Join(' ', lines[0].EnumerateObject().Select(static field => field.Name)));
        Assert.Equal("1BC7BB2A7B8 10 2.5 2 4.2.0 deferred later \"x\"?", $"{lines[0].GetProperty("queue_id")} {lines[0].GetProperty("delay")} {lines[0].GetProperty("delays").GetProperty("queue_manager")} {lines[0].GetProperty("conn_use")} {lines[0].GetProperty("dsn")} {lines[0].GetProperty("status")} {lines[0].GetProperty("reason")}");
        Assert.Contains("status=deferred (later \"x\"?)", lines[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("time program pid severity text", string.Join(' ', lines[1].EnumerateObject().Select(static field => field.Name)));
    }
}
