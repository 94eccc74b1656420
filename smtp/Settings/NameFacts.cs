using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Smtp;

/// <summary>What is wrong with the names of this host and its relays, for "master check"; the DNS is asked.</summary>
internal static class NameFacts
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    // Every name server knows something of it.
    private const string Root = "localhost";

    internal static IEnumerable<Fact> Of(MainConfig config, SmtpOptions options)
    {
        if (options.DisableDnsLookups)
            yield break;
        ResolverOptions asking = AgentSettings.NameServers(config) with { Timeout = s_patience, Attempts = 1, Deadline = s_patience };
        string servers = string.Join(", ", asking.Servers);
        StubResolver resolver = new(asking);
        string host = options.MyHostname;
        DnsStatus own = AddressStatus(resolver, host);
        if (own is DnsStatus.TryAgain or DnsStatus.Refused && AddressStatus(resolver, Root) is DnsStatus.TryAgain or DnsStatus.Refused)
        {
            yield return Error($"no name server answers ({servers}): mail for all domains waits; see /etc/resolv.conf or dns_nameservers");
            yield break;
        }
        if (host.Contains('.', StringComparison.Ordinal) && !host.EndsWith(".localdomain", StringComparison.OrdinalIgnoreCase) && own is DnsStatus.NotFound or DnsStatus.NoData)
            yield return Warning($"myhostname: \"{host}\" has no address in the DNS: many servers refuse mail from it; give it an address record, or set myhostname to a name that has one");
        foreach (string hop in NextHop.Split(options.RelayHost).Concat(options.FallbackRelay))
        {
            if (HostAndPort.Parse(hop) is not { Address: null } place)
                continue;
            bool isKnown = AddressStatus(resolver, place.Host) is not (DnsStatus.NotFound or DnsStatus.NoData)
                || (!place.IsBracketed && resolver.Query(place.Host, DnsType.Mx).Status == DnsStatus.Ok);
            bool isInFile = !isKnown && HostsFile.Load().Query(place.Host, DnsType.A).Status == DnsStatus.Ok;
            if (isInFile && !options.NativeLookups)
                yield return Error($"relayhost: {OnlyInFile(place.Host)}: mail for it is not delivered");
            else if (!isKnown && !isInFile)
                yield return Error($"relayhost: the DNS does not know {place.Host}: mail for it is not delivered; correct its name");
        }
    }

    /// <summary>What is wrong with a name that hosts(5) has and the DNS has not, where hosts(5) is not asked.</summary>
    internal static string OnlyInFile(string host) => $"{host} stands in /etc/hosts alone, which is not asked; smtp_host_lookup = [\"dns\", \"native\"] has it asked, too";

    private static DnsStatus AddressStatus(StubResolver resolver, string name)
    {
        DnsStatus[] statuses = [.. resolver.Query(name, [DnsType.A, DnsType.Aaaa]).Select(static reply => reply.Status)];
        return statuses.Contains(DnsStatus.Ok) ? DnsStatus.Ok : statuses.All(static status => status == DnsStatus.NotFound) ? DnsStatus.NotFound
            : statuses.Contains(DnsStatus.TryAgain) ? DnsStatus.TryAgain : statuses[0];
    }

    private static Fact Error(string text) => new(Fact.ErrorName, text, "");

    private static Fact Warning(string text) => new(Fact.WarningName, text, "");
}
