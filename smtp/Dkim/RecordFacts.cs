using System.Security.Cryptography;
using PostfixNet.Configuration;
using PostfixNet.Dkim;
using PostfixNet.Dns;
using PostfixNet.Service;

namespace PostfixNet.Smtp;

/// <summary>Whether receivers find the keys that this program signs with, for "master dkim check"; the DNS is asked.</summary>
/// <remarks>For each key a fact: its name one of the words below, its value the name in the DNS, and why. Where a record is to be made or mended another
/// one follows, "record", with the line for the zone file.</remarks>
internal static class RecordFacts
{
    internal const string Good = "ok", Odd = "warning", Wrong = "error", Unknown = "unknown";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <param name="domain">Of a table; another one has no facts.</param>
    internal static IEnumerable<Fact> Of(MainConfig config, string domain)
    {
        ResolverOptions asking = AgentSettings.NameServers(config) with { Timeout = s_patience, Attempts = 2, Deadline = s_patience * 2 };
        return Of(config, new StubResolver(asking), domain);
    }

    internal static IEnumerable<Fact> Of(MainConfig config, IResolver resolver, string domain)
    {
        foreach (DkimRule rule in config.Dkim.All.Where(rule => rule.Domain == domain))
        {
            foreach (DkimKeySetting setting in rule.Keys)
            {
                foreach (Fact fact in Of(rule, setting, resolver))
                    yield return fact;
            }
        }
    }

    private static IEnumerable<Fact> Of(DkimRule rule, DkimKeySetting setting, IResolver resolver)
    {
        string name = DkimRecord.NameOf(setting.Selector, rule.Domain);
        DkimKey key;
        string? failure = null;
        try
        {
            key = KeyFiles.Read(setting.File);
        }
        catch (Exception e) when (e is IOException or FormatException or CryptographicException)
        {
            (key, failure) = (null!, setting.Refuse(KeyFiles.Problem(setting.File, e)).Message);
        }
        if (failure is not null)
        {
            yield return new Fact(Wrong, name, failure);
            yield break;
        }
        using (key)
        {
            (string status, string why) = Judge(rule, key, resolver.Query(name, DnsType.Txt));
            yield return new Fact(status, name, why);
            if (status == Wrong)
                yield return new Fact("record", name, DkimRecord.TextOf(key));
        }
    }

    private static (string Status, string Why) Judge(DkimRule rule, DkimKey key, DnsReply reply)
    {
        string[] texts = [.. reply.Records.OfType<TxtRecord>().Select(static record => record.Text)];
        if (reply.Status is DnsStatus.NotFound or DnsStatus.NoData || (reply.Status == DnsStatus.Ok && texts.Length == 0))
            return (Wrong, "the DNS has no such TXT record: publish it, or wait until all name servers of the domain have it");
        if (reply.Status != DnsStatus.Ok)
            return (Unknown, "no name server says whether there is a record: try again later");
        if (texts.Length > 1)
            return (Wrong, $"there are {texts.Length} TXT records, and receivers may take either: leave the right one only");
        if (DkimRecord.Problem(texts[0], key) is { } problem)
            return (Wrong, $"the record {problem}: publish the one for this key, or sign with the key that is published");
        return DkimRecord.Remark(texts[0], rule.Identity, rule.Domain) is { } remark ? (Odd, $"the record {remark}") : (Good, $"the record is that of the {key.Kind} key");
    }
}
