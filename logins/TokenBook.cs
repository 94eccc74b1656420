using PostfixNet.Configuration;
using PostfixNet.Ipc;

namespace PostfixNet.Logins;

/// <summary>The tokens of OAuth 2.0 for all processes of the SMTP client: fetched once, used until shortly before their end, renewed while they are still good.</summary>
/// <remarks><code>
/// the token                            who asks
/// is good                              gets it
/// will end soon                        gets it, and a new one is fetched; if that fails there is a warning, while there is time to do something
/// has ended, or a server refused it    waits for a new one; one request, whoever asks
/// could not be fetched                 hears why, and no request is made for a while: longer each time, and longer where the authorization server has refused
///                                      (invalid_grant, invalid_client ...), which somebody has to mend; at once with another secret
/// </code></remarks>
/// <param name="loop">Everything is done on it.</param>
internal sealed class TokenBook(EventLoop loop, IReadOnlyDictionary<string, OAuthRule> rules, ITokenEndpoint endpoint, TokenFiles files, TimeProvider clock, Log log)
{
    // A token must not end between our look at it and the server's.
    private const long ToSpare = 30;

    // A server that refuses each token is not to have us fetch one for each message.
    private const long YoungFor = 60;
    private static readonly TimeSpan s_rounds = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(30), s_firstPauseIfRefused = TimeSpan.FromMinutes(5), s_longestPause = TimeSpan.FromHours(1);

    private readonly Dictionary<string, Source> _sources = rules.ToDictionary(static rule => rule.Key, static rule => new Source(rule.Value), StringComparer.Ordinal);
    private bool _isClosed;

    private sealed class Source(OAuthRule rule)
    {
        internal OAuthRule Rule => rule;
        internal bool IsLoaded { get; set; }
        internal KnownToken? Known { get; set; }
        internal Task<TokenAnswer>? Request { get; set; }
        internal string? Trouble { get; set; }
        internal int Failures { get; set; }
        // Of the loop: a wall clock may be set back.
        internal long NotBefore { get; set; }

        /// <summary>With which secrets it failed.</summary>
        internal string FailedWith { get; set; } = "";
    }

    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Answers a question.</summary>
    internal async ValueTask<TokenAnswer> Ask(TokenQuestion question)
    {
        if (!_sources.TryGetValue(question.Name, out Source? source))
            return new TokenAnswer(null, $"main.toml has no table [oauth.\"{question.Name}\"]");
        if (Load(source) is { } trouble)
            return trouble;
        if (source.Known is { } known && known.Expires - ToSpare > Now)
        {
            bool isRefused = question.Refused.Length > 0 && question.Refused == TokenQuestion.HashOf(known.Access);
            if (!isRefused)
            {
                if (known.RenewFrom <= Now)
                    _ = Fetch(source);
                return new TokenAnswer(known.Access, null);
            }
            if (Now - known.Fetched < YoungFor)
                return new TokenAnswer(null, $"the server refuses the token that was fetched {Now - known.Fetched} s ago");
        }
        return await Fetch(source);
    }

    /// <summary>Renews tokens ahead of their end, for as long as the process lives.</summary>
    internal void KeepFresh()
    {
        if (_isClosed)
            return;
        foreach (Source source in _sources.Values)
        {
            if (Load(source) is null && source.Known is { } known && known.RenewFrom <= Now)
                _ = Fetch(source);
        }
        loop.After(s_rounds, KeepFresh);
    }

    /// <summary>Another process takes over: nothing is fetched any more.</summary>
    internal void Close() => _isClosed = true;

    /// <summary>Comes when no request is under way.</summary>
    internal Task Rest() => Task.WhenAll(_sources.Values.Select(static source => (Task?)source.Request ?? Task.CompletedTask));

    // Who does not know what is kept fetches nothing: the refresh token of main.toml may have had a successor, and a server that sees one again may take back all of them.
    // By client credentials there is nothing to lose.
    private TokenAnswer? Load(Source source)
    {
        if (source.IsLoaded)
            return null;
        try
        {
            source.Known = files.Read(source.Rule.Name, TokenFiles.SourceOf(source.Rule, source.Rule.RefreshToken?.Read()));
        }
        catch (IOException e) when (source.Rule.RefreshToken is null)
        {
            log.Warning($"token {source.Rule.Name}: {e.Message}");
        }
        catch (IOException e)
        {
            return Failed(source, e, secrets: "");
        }
        source.IsLoaded = true;
        return null;
    }

    private Task<TokenAnswer> Fetch(Source source)
    {
        if (source.Request is { } underWay)
            return underWay;
        Task<TokenAnswer> request = Request(source);
        if (!request.IsCompleted)
        {
            source.Request = request;
            _ = Forget();
        }
        return request;

        async Task Forget()
        {
            try
            {
                _ = await request;
            }
            finally
            {
                source.Request = null;
            }
        }
    }

    private async Task<TokenAnswer> Request(Source source)
    {
        OAuthRule rule = source.Rule;
        string secrets = "";
        try
        {
            (string? clientSecret, string? first) = (rule.ClientSecret?.Read(), rule.RefreshToken?.Read());
            string origin = TokenFiles.SourceOf(rule, first);
            string? refresh = first is null ? null : source.Known?.Refresh ?? first;
            secrets = TurnQuestion.KeyOf(origin, clientSecret ?? "", refresh ?? "");
            if (_isClosed)
                return new TokenAnswer(null, "the mail system is about to read its configuration anew");
            if (source.Trouble is { } trouble && loop.Now < source.NotBefore && secrets == source.FailedWith)
                return new TokenAnswer(null, trouble);
            GivenToken given = await endpoint.Ask(rule, clientSecret, refresh);
            KnownToken token = new(given.Access, Now, Now + given.Lifetime, given.Refresh ?? (refresh == first ? null : refresh));
            Keep(source, origin, token);
            if (source.Failures > 0)
                log.TokenFetchedAgain(rule.Name, given.Lifetime);
            (source.Known, source.Trouble, source.Failures) = (token, null, 0);
            return new TokenAnswer(token.Access, null);
        }
        catch (Exception e) when (e is TokenException or IOException)
        {
            return Failed(source, e, secrets);
        }
    }

    private TokenAnswer Failed(Source source, Exception e, string secrets)
    {
        // A secret that cannot be read is found missing with each message.
        if (source.Trouble is not null && source.FailedWith == secrets && loop.Now < source.NotBefore)
            return new TokenAnswer(null, source.Trouble);
        bool isFinal = e is TokenException { IsFinal: true };
        TimeSpan pause = (isFinal ? s_firstPauseIfRefused : s_firstPause) * Math.Pow(2, Math.Min(source.FailedWith == secrets ? source.Failures : 0, 10));
        pause = pause < s_longestPause ? pause : s_longestPause;
        source.Failures++;
        source.FailedWith = secrets;
        source.NotBefore = loop.Now + (long)pause.TotalMilliseconds;
        source.Trouble = $"no token {source.Rule.Name}: {e.Message}";
        log.NoToken(source.Rule.Name, e.Message, isFinal, pause, source.Known is { } known ? known.Expires - ToSpare - Now : 0);
        return new TokenAnswer(null, source.Trouble);
    }

    // An answer that cannot be kept is used all the same: it may be the last that this refresh token brings.
    private void Keep(Source source, string origin, KnownToken token)
    {
        try
        {
            files.Write(source.Rule.Name, origin, token);
        }
        catch (IOException e)
        {
            log.Warning($"token {source.Rule.Name} not kept: {e.Message}{(token.Refresh is null ? "" : "; if this process ends before it can be, the refresh token that came with it is lost")}");
        }
    }
}
