using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Logins;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Logins;

/// <summary>Tokens for all processes: fetched once, renewed in time, kept over restarts; an authorization server that refuses is left alone.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class TokenBookTests : IDisposable, ITokenEndpoint
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tokens");
    private readonly ManualClock _clock = new();
    private readonly List<string> _lines = [], _requests = [];
    private readonly EventLoop _loop;
    private TokenBook _book;
    private Func<GivenToken> _answer = static () => new GivenToken("a1", 3600, null);
    private TaskCompletionSource? _delay;

    public TokenBookTests()
    {
        _loop = new EventLoop(_clock);
        File.WriteAllText(Place("secret"), "s3cret\n");
        File.WriteAllText(Place("refresh"), "first\n");
        foreach (string name in (string[])["secret", "refresh"])
            File.SetUnixFileMode(Place(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _book = Start();
    }

    public void Dispose()
    {
        _loop.Dispose();
        _directory.Delete(recursive: true);
    }

    async ValueTask<GivenToken> ITokenEndpoint.Ask(OAuthRule rule, string? clientSecret, string? refresh)
    {
        _requests.Add($"{clientSecret} {refresh ?? "-"}");
        if (_delay is not null)
            await _delay.Task;
        return _answer();
    }

    private string Place(string name) => Path.Combine(_directory.FullName, name);

    private TokenBook Start()
    {
        MainConfig config = MainConfig.FromText($"""
            [oauth.apps]
            token_endpoint = "https://login.test/token"
            client_id = "me"
            client_secret = "file:{Place("secret")}"
            [oauth.person]
            token_endpoint = "https://login.test/token"
            client_id = "me"
            client_secret = "file:{Place("secret")}"
            refresh_token = "file:{Place("refresh")}"
            """);
        return new TokenBook(_loop, config.OAuth, this, new TokenFiles(_directory.FullName), _clock, new PostfixNet.Logins.Log(new LogRecord { Written = _lines.Add }));
    }

    private TokenAnswer Ask(string name = "apps", string refused = "") => Value(_book.Ask(new TokenQuestion(name, refused.Length > 0 ? TokenQuestion.HashOf(refused) : "")).AsTask());

    private static T Value<T>(Task<T> answer)
    {
        Assert.True(answer.IsCompleted);
        return answer.Result;
    }

    [Fact]
    public void Twenty_who_ask_make_one_request()
    {
        _delay = new TaskCompletionSource();
        Task<TokenAnswer>[] all = [.. Enumerable.Range(0, 20).Select(_ => _book.Ask(new TokenQuestion("apps", "")).AsTask())];
        _delay.SetResult();
        Assert.All(all, static one => Assert.Equal("a1", Value(one).Token));
        Assert.Equal("a1", Ask().Token);
        Assert.Equal(["s3cret -"], _requests);
        // And so after a restart.
        _book = Start();
        Assert.Equal("a1", Ask().Token);
        Assert.Single(_requests);
    }

    [Fact]
    public void It_is_renewed_while_it_is_good_and_a_warning_comes_in_time()
    {
        _ = Ask();
        _clock.Advance(3600 - 301);
        _ = Ask();
        Assert.Single(_requests);
        _clock.Advance(1);
        _answer = static () => throw new TokenException("login.test: no route", isFinal: false);
        Assert.Equal("a1", Ask().Token);
        Assert.Equal("warning: token apps not renewed: login.test: no route; the present one is good for 270 s; tried again in 30 s", Assert.Single(_lines));
        Assert.Equal("a1", Ask().Token);
        Assert.Equal(2, _requests.Count);
        _clock.Advance(30);
        _answer = static () => new GivenToken("a2", 3600, null);
        _ = Ask();
        Assert.Equal("a2", Ask().Token);
        Assert.Equal("token apps fetched again, good for 3600 s", _lines[^1]);
    }

    [Fact]
    public void Who_refuses_is_left_alone_until_the_secret_is_another()
    {
        _answer = static () => throw new TokenException("login.test: invalid_client: AADSTS7000222", isFinal: true);
        for (int i = 0; i < 10; i++)
            Assert.Equal("no token apps: login.test: invalid_client: AADSTS7000222", Ask().Trouble);
        Assert.Single(_requests);
        Assert.Equal("warning: no token apps: login.test: invalid_client: AADSTS7000222; somebody has to mend that, mail waits; tried again in 300 s, or with another secret", Assert.Single(_lines));
        _clock.Advance(300);
        _ = Ask();
        _clock.Advance(599);
        _ = Ask();
        Assert.Equal(2, _requests.Count);
        File.WriteAllText(Place("secret"), "another\n");
        _answer = static () => new GivenToken("a1", 3600, null);
        Assert.Equal("a1", Ask().Token);
        Assert.Equal("another -", _requests[^1]);
    }

    [Fact]
    public void A_refresh_token_that_comes_with_an_answer_is_kept_over_restarts()
    {
        _answer = static () => new GivenToken("a1", 3600, "second");
        Assert.Equal("a1", Ask("person").Token);
        _book = Start();
        _clock.Advance(3600);
        _answer = static () => new GivenToken("a2", 3600, null);
        Assert.Equal("a2", Ask("person").Token);
        _book = Start();
        _clock.Advance(3600);
        _ = Ask("person");
        Assert.Equal(["s3cret first", "s3cret second", "s3cret second"], _requests);
        string file = Place("person.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        // A new one of the operator's counts at the next start.
        File.WriteAllText(Place("refresh"), "new\n");
        _book = Start();
        _ = Ask("person");
        Assert.Equal("s3cret new", _requests[^1]);
    }

    [Fact]
    public void One_that_the_server_refuses_is_fetched_anew_but_not_for_each_message()
    {
        _ = Ask();
        Assert.Contains("refuses the token that was fetched 0 s ago", Ask(refused: "a1").Trouble, StringComparison.Ordinal);
        _clock.Advance(60);
        _answer = static () => new GivenToken("a2", 3600, null);
        Assert.Equal("a2", Ask(refused: "a1").Token);
        Assert.Equal("a2", Ask(refused: "a1").Token);
        Assert.Equal(2, _requests.Count);
    }

    [Fact]
    public void A_damaged_file_and_a_secret_that_all_can_read_are_told()
    {
        File.WriteAllText(Place("apps.json"), "{\"source\": 5}");
        Assert.Equal("a1", Ask().Token);
        Assert.Contains("apps.json is damaged", Assert.Single(_lines), StringComparison.Ordinal);
        File.SetUnixFileMode(Place("secret"), (UnixFileMode)0b110_100_100);
        _clock.Advance(3600);
        Assert.Contains("can be read by all users", Ask().Trouble, StringComparison.Ordinal);
        Assert.Contains("no table [oauth.\"other\"]", Ask("other").Trouble, StringComparison.Ordinal);
    }

    // A refresh token that has had a successor must not be shown again: the server may take back all of them.
    [Fact]
    public void What_is_kept_and_cannot_be_read_keeps_the_first_refresh_token_from_being_used()
    {
        _answer = static () => new GivenToken("a1", 3600, "second");
        _ = Ask("person");
        string file = Place("person.json"), kept = File.ReadAllText(file);
        _book = Start();
        File.WriteAllText(file, "{\"source\": 5, \"source\": 6}");
        for (int i = 0; i < 3; i++)
            Assert.Contains("person.json is damaged", Ask("person").Trouble, StringComparison.Ordinal);
        Assert.Equal($"warning: no token person: {file} is damaged; remove it to begin with the refresh token of main.toml; mail waits; tried again in 30 s", Assert.Single(_lines));
        File.WriteAllText(file, kept);
        Assert.Equal("a1", Ask("person").Token);
        // The same when the secret is just being replaced.
        _book = Start();
        File.Move(Place("refresh"), Place("away"));
        Assert.StartsWith("no token person: ", Ask("person").Trouble, StringComparison.Ordinal);
        File.Move(Place("away"), Place("refresh"));
        _clock.Advance(3600);
        _ = Ask("person");
        Assert.Equal(["s3cret first", "s3cret second"], _requests);
    }

    [Fact]
    public void After_a_restart_it_is_renewed_before_anybody_asks()
    {
        _ = Ask();
        _clock.Advance(3600 - 300);
        _book = Start();
        _answer = static () => new GivenToken("a2", 3600, null);
        _book.KeepFresh();
        Assert.Equal(2, _requests.Count);
        Assert.Equal("a2", Ask().Token);
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_no_pause_longer()
    {
        _answer = static () => throw new TokenException("login.test: no route", isFinal: false);
        _ = Ask();
        _clock.IsWrongBy = TimeSpan.FromDays(-1);
        _clock.Advance(29);
        _ = Ask();
        Assert.Single(_requests);
        _clock.Advance(1);
        _ = Ask();
        Assert.Equal(2, _requests.Count);
    }

    [Theory]
    [InlineData("{\"access_token\": \"a\", \"expires_in\": 60}", true)]
    [InlineData("{\"access_token\": \"a\", \"access_token\": \"b\"}", false)]
    [InlineData("{\"access_token\": \"a\", \"x\": 1, \"x\": 1}", false)]
    [InlineData("{\"access_token\": \"a\", \"\\ud800\": 1, \"\\ud800\": 1}", false)]
    [InlineData("{\"access_token\": \"\\ud800\"}", false)]
    [InlineData("[1]", false)]
    [InlineData("", false)]
    public void An_answer_that_says_something_twice_is_a_bad_one(string answer, bool isGood) =>
        Assert.Equal(isGood, TokenEndpoint.Given(TokenEndpoint.Parse(System.Text.Encoding.UTF8.GetBytes(answer))) is not null);

    [Theory]
    [InlineData("token_endpoint = 'http://login.test/'\nclient_id = 'a'\nclient_secret = 'env:X'", "is not an address that begins with https://")]
    [InlineData("token_endpoint = 'https://127.0.0.1/'\nclient_id = 'a'\nclient_secret = 'env:X'", "is not an address that begins with https://")]
    [InlineData("token_endpoint = 'https://login.test/'\nclient_id = 'a'", "there is no secret")]
    [InlineData("token_endpoint = 'https://login.test/'\nclient_secret = 'env:X'", "client_id is missing")]
    [InlineData("token_endpoint = 'https://login.test/'\nclient_id = 'a'\nclient_secret = 'open-sesame'", "client_secret: is not accepted; give its place")]
    [InlineData("token_endpoint = 'https://login.test/'\nclient_id = 'a'\nclient_secret = 'env:X'\nsecret = 'x'", "unknown key \"secret\"; known are token_endpoint")]
    public void What_cannot_be_is_refused_at_its_line_without_a_secret(string table, string want)
    {
        ConfigurationException refusal = Assert.Throws<ConfigurationException>(() => MainConfig.FromText($"[oauth.office]\n{table}\n").OAuth);
        Assert.Contains(want, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("open-sesame", refusal.Message, StringComparison.Ordinal);
    }
}
