using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Logins;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Logins;

/// <summary>A login that is refused is tried once for each pause, whoever asks.</summary>
public sealed class LoginBookTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _lines = [];
    private readonly EventLoop _loop;
    private readonly LoginBook _book;

    public LoginBookTests()
    {
        _loop = new EventLoop(_clock);
        LoginsOptions options = new(TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(1000)) { Resolver = ResolverOptions.FromNameServers(["127.0.0.1"]) };
        _book = new LoginBook(_loop, options, _clock, new PostfixNet.Logins.Log(new LogRecord { Written = _lines.Add }));
    }

    public void Dispose() => _loop.Dispose();

    private static TurnQuestion Shop(bool insists = false, string key = "a") => new(key, "shop at relay.test", insists);

    private static LoginOutcome Wrong => new(("5.7.8", "535 5.7.8 wrong password"));

    private static LoginOutcome Right => new((ValueTuple<string, string>?)null);

    private RefusedLogin? Ask(TurnQuestion question) => Value(_book.Ask(question).AsTask());

    private static T Value<T>(Task<T> answer)
    {
        Assert.True(answer.IsCompleted);
        return answer.Result;
    }

    [Fact]
    public void The_first_tries_it_and_the_others_hear_what_came_of_it()
    {
        Assert.Null(Ask(Shop()));
        Task<RefusedLogin?>[] others = [.. Enumerable.Range(0, 20).Select(_ => _book.Ask(Shop()).AsTask())];
        Assert.DoesNotContain(others, static other => other.IsCompleted);
        _book.Told(Shop(), Wrong);
        Assert.All(others, static other => Assert.Equal("535 5.7.8 wrong password", Value(other)!.Reply));
        Assert.Equal("warning: login shop at relay.test refused: 535 5.7.8 wrong password; tried again in 300 s at the earliest, until then its mail waits (\"master auth-test\" tries it at once)", Assert.Single(_lines));
        // Another password is another login.
        Assert.Null(Ask(Shop(key: "b")));
    }

    [Fact]
    public void Each_pause_is_longer_than_the_one_before_up_to_a_limit()
    {
        foreach (int pause in (int[])[300, 600, 1000, 1000])
        {
            Assert.Null(Ask(Shop()));
            _book.Told(Shop(), Wrong);
            Assert.Equal(pause, Ask(Shop()) is { } refused ? refused.Until - refused.At : 0);
            _clock.Advance(pause - 1);
            Assert.NotNull(Ask(Shop()));
            _clock.Advance(1);
        }
        Assert.Null(Ask(Shop()));
        _book.Told(Shop(), Right);
        Assert.Equal("login shop at relay.test accepted again", _lines[^1]);
        Assert.Null(Ask(Shop()));
        _book.Told(Shop(), Wrong);
        Assert.Equal(300, Ask(Shop()) is { } last ? last.Until - last.At : 0);
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_no_pause_longer()
    {
        Assert.Null(Ask(Shop()));
        _book.Told(Shop(), Wrong);
        _clock.IsWrongBy = TimeSpan.FromDays(-1);
        _clock.Advance(300);
        Assert.Null(Ask(Shop()));
        _book.Told(Shop(), Wrong);
        Assert.Equal(2, _lines.Count);
        // Nor shorter.
        _clock.IsWrongBy = TimeSpan.FromDays(1);
        Assert.NotNull(Ask(Shop()));
    }

    [Fact]
    public void One_that_works_keeps_nobody_waiting_and_those_under_way_are_one_refusal()
    {
        Assert.Null(Ask(Shop()));
        _book.Told(Shop(), Right);
        for (int i = 0; i < 5; i++)
            Assert.Null(Ask(Shop()));
        for (int i = 0; i < 5; i++)
            _book.Told(Shop(), Wrong);
        Assert.Single(_lines);
        Assert.Equal(300, Ask(Shop()) is { } refused ? refused.Until - refused.At : 0);
    }

    [Fact]
    public void Who_leaves_without_an_answer_makes_room_for_the_next()
    {
        Assert.Null(Ask(Shop()));
        Task<RefusedLogin?> second = _book.Ask(Shop()).AsTask(), third = _book.Ask(Shop()).AsTask();
        _book.Left(Shop());
        Assert.True(second.IsCompleted ^ third.IsCompleted);
        (Task<RefusedLogin?> next, Task<RefusedLogin?> last) = second.IsCompleted ? (second, third) : (third, second);
        Assert.Null(Value(next));
        _book.Told(Shop(), Wrong);
        Assert.NotNull(Value(last));
    }

    [Fact]
    public void Nobody_waits_for_ever_and_who_insists_does_not_wait()
    {
        Assert.Null(Ask(Shop()));
        Task<RefusedLogin?> second = _book.Ask(Shop()).AsTask();
        Assert.Null(Ask(Shop(insists: true)));
        _loop.After(TimeSpan.FromSeconds(30), _loop.Stop);
        _clock.Advance(30);
        _loop.Run();
        Assert.Null(Value(second));
        _book.Told(Shop(), Wrong);
        Assert.Null(Ask(Shop(insists: true)));
        _book.Told(Shop(), Right);
        Assert.Null(Ask(Shop()));
    }
}
