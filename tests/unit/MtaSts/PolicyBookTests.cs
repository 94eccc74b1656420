using PostfixNet.Ipc;
using PostfixNet.Mtasts;
using PostfixNet.MtaSts;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>Which policy holds, by what the DNS announces, what is known, and what a fetch gives: RFC 8461 sections 3.3 and 5.1.</summary>
public sealed class PolicyBookTests : IDisposable
{
    private const string Domain = "a.test";

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();
    private readonly LogRecord _lines = new();
    private readonly EventLoop _loop = new();
    private readonly World _world = new();
    private readonly PolicyStore _store;
    private readonly PolicyBook _book;

    public PolicyBookTests()
    {
        PostfixNet.Mtasts.Log log = new(_lines);
        _store = new PolicyStore(new PolicyFiles(_directory.Path), 100, _clock, log);
        _book = new PolicyBook(_loop, _world, _store, _clock, log) { Patience = TimeSpan.FromMilliseconds(300), PatienceOfThoseWhoKnow = TimeSpan.FromMilliseconds(100) };
    }

    private sealed class World : IPolicySource
    {
        internal Announcement Says { get; set; }

        /// <summary>null: it cannot be fetched.</summary>
        internal StsMode? Serves { get; set; }

        /// <summary>Until it is set, fetches wait.</summary>
        internal TaskCompletionSource? Gate { get; set; }

        internal int Fetches { get; private set; }

        public ValueTask<Announcement> Announced(string domain) => new(Says);

        public async ValueTask<StsPolicy> Fetch(string domain)
        {
            Fetches++;
            if (Gate is { } gate)
                await gate.Task;
            return Serves is { } mode ? new StsPolicy(mode, TimeSpan.FromDays(7), ["new.test"]) : throw new PolicyException("https is down");
        }
    }

    private PolicyAnswer Ask(bool refresh = false)
    {
        Task<PolicyAnswer> answer = _book.Ask(new PolicyQuestion(Domain, refresh)).AsTask();
        Run(answer);
        return answer.Result;
    }

    private void Run(Task until)
    {
        if (until.IsCompleted)
            return;
        until.ContinueWith(_ => _loop.Stop(), TaskContinuationOptions.ExecuteSynchronously);
        _loop.Run();
    }

    private void Know(string id, StsMode mode, int secondsAgo) =>
        _store.Keep(new KnownPolicy(Domain, id, new StsPolicy(mode, TimeSpan.FromDays(1), ["old.test"]), _clock.GetUtcNow().ToUnixTimeSeconds() - secondsAgo));

    /// <summary>known (id of it, or "expired", or "-") × announced (id, "-" nothing, "?" no answer) × HTTPS ("works", "fails") → which policy holds.</summary>
    [Theory]
    // "attempt to fetch a new policy" (5.1); "If a valid TXT record is found but no policy can be fetched via HTTPS (for any reason), and there is no
    // valid (non-expired) previously cached policy, senders MUST continue with delivery as though the domain has not implemented MTA-STS" (3.3).
    [InlineData("-", "1", "works", "new")]
    [InlineData("-", "1", "fails", "none, https is down")]
    [InlineData("-", "-", "works", "none")]
    [InlineData("-", "?", "works", "none, silent")]
    [InlineData("expired", "1", "works", "new")]
    [InlineData("expired", "1", "fails", "none, https is down")]
    [InlineData("expired", "-", "works", "none")]
    [InlineData("expired", "?", "fails", "none, silent")]
    // Known and announced: nothing is fetched.
    [InlineData("1", "1", "fails", "old")]
    // "a new id means that the policy has changed".
    [InlineData("1", "2", "works", "new")]
    // "if no "live" policy can be discovered via DNS or fetched via HTTPS, but a valid (non-expired) policy exists in the sender's cache, the sender
    // MUST apply that cached policy" (3.3).
    [InlineData("1", "2", "fails", "old, https is down")]
    [InlineData("1", "-", "works", "old, it is announced no longer")]
    [InlineData("1", "?", "works", "old, silent")]
    public void The_policy_that_holds(string known, string announced, string https, string holds)
    {
        if (known != "-")
            Know(known == "expired" ? "1" : known, StsMode.Enforce, known == "expired" ? 86_401 : 86_400);
        _world.Says = announced switch { "-" => default, "?" => new Announcement(null, "silent"), _ => new Announcement(announced, null) };
        _world.Serves = https == "works" ? StsMode.Testing : null;
        PolicyAnswer answer = Ask();
        string which = answer.Known is null ? "none" : answer.Known.Policy.Mx[0] == "old.test" ? "old" : "new";
        Assert.Equal(holds, answer.Trouble is null ? which : $"{which}, {answer.Trouble}");
        // What holds now is what a process that comes later finds.
        Assert.Equal(which == "none" ? null : $"{which}.test", _store.Find(Domain)?.Policy.Mx[0]);
    }

    // "limit further attempts to a period of five minutes or longer per version ID" (3.3).
    [Fact]
    public void What_cannot_be_fetched_is_left_alone_for_longer_and_longer()
    {
        _world.Says = new Announcement("1", null);
        List<int> fetchedAt = [];
        for (int second = 0; second < 4 * 3600; second += 30)
        {
            int before = _world.Fetches;
            PolicyAnswer answer = Ask();
            Assert.Equal(("https is down", StsFault.Fetch), (answer.Trouble, answer.Fault));
            if (_world.Fetches > before)
                fetchedAt.Add(second);
            _clock.Advance(30);
        }
        Assert.Equal([0, 300, 900, 2100, 4500, 8100, 11700], fetchedAt);
        // Another id is another policy, but who announces another one each time is not asked each time.
        _clock.Advance(3600);
        int count = _world.Fetches;
        for (int i = 0; i < 20; i++)
        {
            _world.Says = new Announcement($"x{i}", null);
            Ask();
            _clock.Advance(10);
        }
        Assert.InRange(_world.Fetches - count, 3, 4);
        // An operator who insists is not held back; what works is forgotten as a failure.
        _world.Serves = StsMode.Enforce;
        Assert.Equal("new.test", Ask(refresh: true).Known!.Policy.Mx[0]);
    }

    [Fact]
    public void Several_who_ask_share_one_fetch()
    {
        _world.Says = new Announcement("1", null);
        _world.Serves = StsMode.Enforce;
        _world.Gate = new TaskCompletionSource();
        Task<PolicyAnswer>[] all = [.. Enumerable.Range(0, 50).Select(_ => _book.Ask(new PolicyQuestion(Domain, false)).AsTask())];
        Assert.Equal(1, _world.Fetches);
        _world.Gate.SetResult();
        Run(Task.WhenAll(all));
        Assert.All(all, static answer => Assert.Equal("new.test", answer.Result.Known!.Policy.Mx[0]));
        Assert.Equal(1, _world.Fetches);
    }

    // Nobody waits for a server that hangs; what it says at last is known to the next.
    [Theory]
    [InlineData(true, "old")]
    [InlineData(false, "none")]
    public void Who_asks_waits_for_a_while_only(bool isKnown, string holds)
    {
        if (isKnown)
            Know("0", StsMode.Enforce, 5);
        _world.Says = new Announcement("1", null);
        _world.Serves = StsMode.Enforce;
        _world.Gate = new TaskCompletionSource();
        PolicyAnswer early = Ask();
        Assert.Equal(holds, early.Known is null ? "none" : "old");
        Assert.StartsWith("it takes long", early.Trouble);
        _world.Gate.SetResult();
        Assert.Equal("new.test", Ask().Known!.Policy.Mx[0]);
        Assert.Equal(1, _world.Fetches);
    }

    [Fact]
    public void Policies_are_fetched_anew_ahead_of_their_end_and_failures_are_told()
    {
        Know("1", StsMode.Enforce, 50_000);
        _world.Says = new Announcement("1", null);
        _world.Serves = StsMode.Enforce;
        _book.KeepFresh();
        Assert.Equal(1, _world.Fetches);
        Assert.Equal("new.test", _store.Find(Domain)!.Policy.Mx[0]);
        Assert.Empty(_lines.Lines);
        // The next day it does not work: the policy holds on, and the log says so.
        _clock.Advance(86_400);
        _world.Serves = null;
        _book.KeepFresh();
        Assert.Equal(2, _world.Fetches);
        Assert.Equal("new.test", _store.Find(Domain)!.Policy.Mx[0]);
        Assert.StartsWith("warning: policy of a.test not fetched: https is down; that of ", Assert.Single(_lines.Lines));
        _book.KeepFresh();
        Assert.Equal(2, _world.Fetches);
    }

    [Fact]
    public void A_policy_of_mode_none_takes_the_place_of_one_that_enforces()
    {
        Know("1", StsMode.Enforce, 5);
        _world.Says = new Announcement("2", null);
        _world.Serves = StsMode.None;
        Assert.Equal(StsMode.None, Ask().Known!.Policy.Mode);
        Assert.Equal(StsMode.None, _store.Find(Domain)!.Policy.Mode);
    }

    [Fact]
    public void A_process_that_must_end_writes_no_more()
    {
        Know("1", StsMode.Enforce, 5);
        _world.Says = new Announcement("2", null);
        _world.Serves = StsMode.Testing;
        _book.Close();
        Assert.Equal("new.test", Ask().Known!.Policy.Mx[0]);
        Assert.Equal("old.test", _store.Find(Domain)!.Policy.Mx[0]);
    }

    public void Dispose()
    {
        _loop.Dispose();
        _directory.Dispose();
    }
}
