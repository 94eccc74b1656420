using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.MtaSts;

namespace PostfixNet.Mtasts;

/// <summary>Policies of the world: announced in the DNS, served over HTTPS. A bounded number of questions and of fetches at once.</summary>
internal sealed class PolicySource : IPolicySource
{
    // Each waits for others, and a domain may let us wait for as long as we are patient: one domain is not to be in another's way.
    private const int MostQuestions = 30, MostFetches = 50;

    private readonly EventLoop _loop;
    private readonly IResolver _resolver;
    private readonly PolicyFetch _fetch;
    private readonly Places _questions = new(MostQuestions), _fetches = new(MostFetches);

    internal PolicySource(EventLoop loop, IResolver resolver, PolicyFetch fetch)
    {
        (_loop, _resolver, _fetch) = (loop, resolver, fetch);
        // They wait for servers, so the number of processors is no measure.
        ThreadPool.GetMinThreads(out int workers, out int others);
        _ = ThreadPool.SetMinThreads(Math.Max(workers, MostQuestions + MostFetches + 2), others);
    }

    public ValueTask<Announcement> Announced(string domain) => _questions.In(() => _loop.Elsewhere(() => Ask(domain)));

    public ValueTask<StsPolicy> Fetch(string domain) => _fetches.In(() => _loop.Elsewhere(() => _fetch.Run(domain)));

    private Announcement Ask(string domain)
    {
        string name = StsRecord.NameFor(domain);
        DnsReply reply = _resolver.Query(name, DnsType.Txt);
        return reply.Status switch
        {
            DnsStatus.Ok => new Announcement(StsRecord.IdIn(reply.Records.OfType<TxtRecord>().Select(static record => record.Text)), null),
            DnsStatus.TryAgain or DnsStatus.Refused => new Announcement(null, reply.Explain(name, DnsType.Txt)),
            _ => default,
        };
    }
}
