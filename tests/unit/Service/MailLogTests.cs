using PostfixNet.Log;

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
}
