using PostfixNet.Ipc;

namespace PostfixNet.Logins;

/// <summary>Which logins servers refuse, over all processes of the SMTP client: each is tried once, then left alone for a while, longer each time. Many servers lock the account
/// of somebody who comes with a wrong password for each message.</summary>
/// <remarks><code>
/// a login is     who asks
/// not known      tries it, if nobody does; else waits for what comes of it
/// accepted       tries it: sessions are not to wait for each other
/// refused        hears so, until its time is over: then it is not known
/// </code>
/// So it is tried once for each pause, and a password that is withdrawn while it is in use as often as there are sessions at that moment. What is known begins anew with the process, and with
/// another secret.</remarks>
/// <param name="loop">Everything is done on it, and pauses are by its clock.</param>
/// <param name="clock">For words: when.</param>
internal sealed class LoginBook(EventLoop loop, LoginsOptions options, TimeProvider clock, Log log)
{
    // A table of passwords may have as many. Forgetting everything then is cheaper than keeping an order; it costs an attempt each.
    private const int Most = 20_000;

    private readonly Dictionary<string, Login> _logins = new(StringComparer.Ordinal);

    /// <summary>So long somebody waits for what another one finds out; then he tries it himself.</summary>
    internal TimeSpan Patience { get; init; } = LoginsService.Patience;

    private sealed class Login
    {
        internal bool IsAccepted { get; set; }
        internal bool IsTried { get; set; }
        internal int Refusals { get; set; }
        internal RefusedLogin? Refused { get; set; }

        /// <summary>When it may be tried again, by the loop's clock: that of <see cref="Refused"/> is for words, and may be set back.</summary>
        internal long RestsUntil { get; set; }
        internal TaskCompletionSource Known { get; set; } = new();
    }

    /// <summary>Somebody has a login at hand.</summary>
    /// <returns>Why he is to leave it alone; null: he tries it, and then calls <see cref="Told"/> or <see cref="Left"/>.</returns>
    internal async ValueTask<RefusedLogin?> Ask(TurnQuestion question)
    {
        Login login = Find(question.Key);
        long end = loop.Now + (long)Patience.TotalMilliseconds;
        while (!question.Insists)
        {
            if (login.Refused is { } refused && loop.Now < login.RestsUntil)
                return refused;
            if (login.IsAccepted || !login.IsTried || loop.Now >= end)
                break;
            TaskCompletionSource late = new();
            EventLoop.Timer timer = loop.After(TimeSpan.FromMilliseconds(end - loop.Now), late.SetResult);
            _ = await Task.WhenAny(login.Known.Task, late.Task);
            timer.Cancel();
        }
        login.IsTried = true;
        return null;
    }

    /// <summary>What a login came to.</summary>
    internal void Told(TurnQuestion question, LoginOutcome outcome)
    {
        Login login = Find(question.Key);
        if (outcome.Refusal is { } refusal)
        {
            // Those that were under way when it became known say nothing new.
            if (login.Refused is null || loop.Now >= login.RestsUntil)
            {
                TimeSpan pause = Pause(login.Refusals++);
                long now = clock.GetUtcNow().ToUnixTimeSeconds();
                login.RestsUntil = loop.Now + (long)pause.TotalMilliseconds;
                login.Refused = new RefusedLogin(refusal.Status, refusal.Reply, now, now + (long)pause.TotalSeconds);
                log.Refused(question.Shown, login.Refused);
            }
        }
        else
        {
            if (login.Refusals > 0)
                log.AcceptedAgain(question.Shown);
            (login.Refused, login.Refusals) = (null, 0);
        }
        login.IsAccepted = outcome.Refusal is null;
        Release(login);
    }

    /// <summary>Who tried a login has learned nothing of it.</summary>
    internal void Left(TurnQuestion question) => Release(Find(question.Key));

    private TimeSpan Pause(int refusals)
    {
        TimeSpan pause = options.FirstPause * Math.Pow(2, Math.Min(refusals, 20));
        return pause < options.LongestPause ? pause : options.LongestPause > options.FirstPause ? options.LongestPause : options.FirstPause;
    }

    private static void Release(Login login)
    {
        login.IsTried = false;
        TaskCompletionSource known = login.Known;
        login.Known = new TaskCompletionSource();
        known.TrySetResult();
    }

    private Login Find(string key)
    {
        if (_logins.TryGetValue(key, out Login? login))
            return login;
        if (_logins.Count >= Most)
            _logins.Clear();
        _logins.Add(key, login = new Login());
        return login;
    }
}
