using System.Globalization;
using System.IO.Compression;
using PostfixNet.Master;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Master;

/// <summary>Logs of earlier rotations are compressed with the rights of the caller, root's: only what is a log.</summary>
public sealed class LogRotationTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);
    private readonly TemporaryDirectory _directory = new();
    private readonly string _log;

    public LogRotationTests()
    {
        _log = Path.Join(_directory.Path, "log", "mail.log");
        Directory.CreateDirectory(Path.Join(_directory.Path, "log"));
        Directory.CreateDirectory(Path.Join(_directory.Path, "queue", "pid"));
        File.WriteAllText(Path.Join(_directory.Path, "main.toml"), $"myhostname = \"a.example.com\"\nqueue_directory = \"{_directory.Path}/queue\"\nmaillog_file = \"{_log}\"\n");
        File.WriteAllText(_log, "now\n");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_log_gets_another_name_and_that_of_before_is_compressed()
    {
        File.WriteAllText(_log + ".20261126-080000", "before\n");
        Assert.Equal(0, LogRotation.Run(_directory.Path, new Clock()));
        string rotated = $"{_log}.{s_now.ToLocalTime().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
        Assert.Equal("now\n", File.ReadAllText(rotated));
        using GZipStream zip = new(File.OpenRead(_log + ".20261126-080000.gz"), CompressionMode.Decompress);
        using StreamReader text = new(zip);
        Assert.Equal("before\n", text.ReadToEnd());
        Assert.False(File.Exists(_log + ".20261126-080000"));
    }

    // Who may write where the log is could have anything read with root's rights.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_no_log_is_not_read(bool isSymbolic)
    {
        string secret = Path.Join(_directory.Path, "secret"), name = _log + ".20261126-080000";
        File.WriteAllText(secret, "secret\n");
        if (isSymbolic)
            File.CreateSymbolicLink(name, secret);
        else
            Assert.Equal(0, Mono.Unix.Native.Syscall.link(secret, name));
        Assert.Equal(0, LogRotation.Run(_directory.Path, new Clock()));
        Assert.True(File.Exists(name));
        Assert.Empty(Directory.EnumerateFiles(Path.Join(_directory.Path, "log"), "*.gz*"));
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => s_now;
    }
}
