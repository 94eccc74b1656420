using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Service;

namespace PostfixNet.Smtp;

/// <summary>The mail exchangers of a domain, for "master mta-sts"; the DNS is asked.</summary>
internal static class ExchangerFacts
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    internal static IEnumerable<Fact> Of(MainConfig config, string domain)
    {
        StubResolver resolver = new(AgentSettings.NameServers(config) with { Timeout = s_patience, Attempts = 1, Deadline = s_patience });
        DnsReply reply = resolver.Query(domain, DnsType.Mx);
        if (reply.Status == DnsStatus.Ok)
        {
            foreach (MxRecord exchanger in reply.Records.OfType<MxRecord>().OrderBy(static record => record.Preference).Where(static record => !record.IsNullMx))
                yield return new Fact(Fact.ExchangerName, exchanger.Host, exchanger.Preference.ToString(CultureInfo.InvariantCulture));
        }
        else if (reply.Status is DnsStatus.NoData or DnsStatus.NotFound)
        {
            // RFC 5321 section 5.1: without MX records the domain is its own exchanger.
            yield return new Fact(Fact.ExchangerName, domain, "0");
        }
        else
        {
            yield return new Fact(Fact.ErrorName, reply.Explain(domain, DnsType.Mx), "");
        }
    }
}
