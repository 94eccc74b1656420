using PostfixNet.Ipc;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.UnitTests.Smtp.Sasl;

/// <summary>The service logins may be away, or hang: mail does not wait for it twice.</summary>
public sealed class LoginTurnsTests
{
    private sealed class Clock : TimeProvider
    {
        internal long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }

    [Theory] // how long it takes not to answer; whether it is asked again at once, and after a minute
    [InlineData(0, 2, 3)]
    [InlineData(40, 1, 2)]
    public void One_that_hangs_is_left_alone_for_a_minute(long hangs, int atOnce, int later)
    {
        Clock clock = new();
        LogRecord log = new();
        int asked = 0;
        LoginTurns turns = new(_ =>
        {
            asked++;
            clock.Seconds += hangs;
            throw new IpcException("no answer");
        }, clock);
        void Take() => Assert.Null(turns.Take(new Credentials("shop", "secret", null), new PostfixNet.Smtp.Log(log)));
        Take();
        Take();
        Assert.Equal(atOnce, asked);
        clock.Seconds += 61;
        Take();
        Assert.Equal(later, asked);
        Assert.Equal(["warning: no answer; logins that servers refuse are tried for each message"], log.Lines);
    }
}
