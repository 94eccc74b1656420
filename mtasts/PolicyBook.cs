using PostfixNet.Ipc;
using PostfixNet.MtaSts;

namespace PostfixNet.Mtasts;

/// <summary>Knows which policy holds for a domain: RFC 8461 sections 3.3 and 5.1.</summary>
/// <remarks><code>
/// the DNS announces            known, not expired                          not known
/// the id that is known         the known one                               -
/// another id                   fetched; if that fails, the known one       fetched; if that fails, none
/// nothing, or it is silent     the known one                               none
/// </code>
/// A domain is looked into by one inquiry at a time, whoever asks. Nobody waits for it longer than <see cref="Patience"/>: then what is known holds.</remarks>
internal sealed class PolicyBook(EventLoop loop, IPolicySource source, PolicyStore store, TimeProvider clock, Log log)
{
    // Whoever makes up domains, while name servers are slow, must not keep those that exist waiting for hours.
    private const int MostInquiries = 500;

    // Mail of all domains goes on meanwhile.
    private const int MostRefreshes = 8;
    private static readonly TimeSpan s_rounds = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Task<PolicyAnswer>> _inquiries = new(StringComparer.Ordinal);
    private readonly FetchFailures _failures = new(clock);
    private int _refreshes;
    private bool _isClosed;

    /// <summary>For an answer where nothing is known.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For an answer where something is known: the DNS has as long to say that there is something new.</summary>
    internal TimeSpan PatienceOfThoseWhoKnow { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Answers a question.</summary>
    internal async ValueTask<PolicyAnswer> Ask(PolicyQuestion question)
    {
        string domain = question.Domain;
        store.Use(domain);
        Task<PolicyAnswer> inquiry = Inquire(domain, question.Refresh);
        if (inquiry.IsCompleted)
            return await inquiry;
        TaskCompletionSource late = new();
        EventLoop.Timer timer = loop.After(store.Find(domain) is not null && !question.Refresh ? PatienceOfThoseWhoKnow : Patience, late.SetResult);
        if (await Task.WhenAny(inquiry, late.Task) == inquiry)
        {
            timer.Cancel();
            return await inquiry;
        }
        return new PolicyAnswer(store.Find(domain), "it takes long to find out; the answer will be known later");
    }

    /// <summary>Begins to fetch policies anew ahead of their end, in the background, for as long as the process lives.</summary>
    internal void KeepFresh()
    {
        if (_isClosed)
            return;
        store.Sweep();
        if (_refreshes == 0)
        {
            Queue<string> due = new(store.Due());
            for (int i = Math.Min(MostRefreshes, due.Count); i > 0; i--)
                _ = Refresh(due);
        }
        loop.After(s_rounds, KeepFresh);
    }

    /// <summary>Another process takes over: nothing is written any more.</summary>
    internal void Close() => _isClosed = true;

    private async Task Refresh(Queue<string> due)
    {
        _refreshes++;
        try
        {
            while (!_isClosed && due.TryDequeue(out string? domain))
                _ = await Inquire(domain, refresh: false, isDue: true);
        }
        finally
        {
            _refreshes--;
        }
    }

    private Task<PolicyAnswer> Inquire(string domain, bool refresh, bool isDue = false)
    {
        if (_inquiries.TryGetValue(domain, out Task<PolicyAnswer>? underWay))
            return underWay;
        if (_inquiries.Count >= MostInquiries && !isDue)
            return Task.FromResult(new PolicyAnswer(store.Find(domain), "too many domains are being looked into"));
        Task<PolicyAnswer> inquiry = FindOut(domain, refresh, isDue);
        if (!inquiry.IsCompleted)
        {
            _inquiries.Add(domain, inquiry);
            _ = Forget();
        }
        return inquiry;

        async Task Forget()
        {
            try
            {
                _ = await inquiry;
            }
            finally
            {
                _inquiries.Remove(domain);
            }
        }
    }

    // refresh: somebody insists. isDue: it is time to look after it.
    private async Task<PolicyAnswer> FindOut(string domain, bool refresh, bool isDue)
    {
        Announcement announced = await source.Announced(domain);
        KnownPolicy? known = store.Find(domain);
        if (announced.Id is not { } id)
            return new PolicyAnswer(known, announced.Trouble ?? (known is null ? null : "it is announced no longer"));
        if (known?.Id == id && !refresh && !isDue)
            return new PolicyAnswer(known, null);
        if (!refresh && _failures.Against(domain, id) is { } before)
            return new PolicyAnswer(known, before.Message, before.Fault);
        try
        {
            StsPolicy policy = await source.Fetch(domain);
            _failures.Forget(domain);
            KnownPolicy fetched = new(domain, id, policy, clock.GetUtcNow().ToUnixTimeSeconds());
            if (_isClosed)
                return new PolicyAnswer(fetched, null);
            if (known?.Id != id || known.Policy.Mode != policy.Mode)
                log.Fetched(fetched);
            return new PolicyAnswer(store.Keep(fetched), null);
        }
        catch (PolicyException e)
        {
            _failures.Note(domain, id, e);
            known = store.Find(domain);
            if (known is null)
                log.NoPolicy(domain, e.Message);
            else if (known.Policy.Mode != StsMode.None)
                log.NotRefreshed(known, e.Message);
            return new PolicyAnswer(known, e.Message, e.Fault);
        }
    }
}
