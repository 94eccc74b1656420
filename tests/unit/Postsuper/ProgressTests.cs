using PostfixNet.Postsuper;

namespace PostfixNet.UnitTests.Postsuper;

/// <summary>How far a long operation has come is one line on a terminal.</summary>
public sealed class ProgressTests
{
    private readonly Clock _clock = new();
    private string _screen = "";

    [Fact]
    public void Of_what_is_soon_done_nothing_is_shown()
    {
        Progress progress = new(text => _screen += text, _clock);
        progress.Begin("looked at", 100);
        for (int i = 0; i < 100; i++)
            progress.Advance();
        progress.Wipe();
        Assert.Equal("", _screen);
    }

    [Fact]
    public void What_takes_long_tells_how_far_it_is_and_leaves_the_line_as_it_was()
    {
        Progress progress = new(text => _screen += text, _clock);
        progress.Begin("looked at", 1000);
        for (int i = 0; i < 250; i++)
        {
            _clock.Seconds += 0.01;
            progress.Advance();
        }
        string[] lines = _screen.Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("postsuper: 100 of 1000 messages looked at, about 9 s left", lines[0].TrimEnd());
        Assert.InRange(lines.Length, 5, 8);
        _screen = "";
        progress.Wipe();
        string wiped = $"\r{new string(' ', lines[^1].TrimEnd().Length)}\r";
        Assert.Equal(wiped, _screen);
        progress.Wipe();
        Assert.Equal(wiped, _screen); // there is nothing more to be wiped
    }

    private sealed class Clock : TimeProvider
    {
        internal double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)Math.Round(Seconds * 1000);
    }
}
