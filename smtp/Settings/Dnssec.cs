using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Dns;

namespace PostfixNet.Smtp;

/// <summary>Whose word counts that an answer of the DNS is authentic: dns_trusted_nameservers and smtp_dns_support_level.</summary>
internal static class Dnssec
{
    /// <summary>The resolver's options, with the name servers that are trusted.</summary>
    /// <exception cref="ConfigurationException">One of them is no address.</exception>
    internal static ResolverOptions Trusting(MainConfig config, string service, ResolverOptions resolver)
    {
        List<IPNetwork> trusted = [];
        foreach (string text in config.Get(Parameters.DnsTrustedNameservers))
        {
            if (!ResolverOptions.TryParseNetwork(text, out IPNetwork network))
                throw config.Refuse(Parameters.DnsTrustedNameservers, $"\"{text}\" is not accepted; give addresses or networks: \"192.0.2.53\", \"192.0.2.0/24\", \"::1\"");
            trusted.Add(network);
        }
        string level = config.ForTransport(Parameters.SmtpDnsSupportLevel, service);
        resolver = resolver with { TrustedServers = level is "" or "dnssec" ? trusted : [] };
        if (WhyNone(config, service, level, resolver) is { } why)
        {
            if (TlsConfig.AsksForDane(config, service))
                config.Remark(Parameters.SmtpTlsSecurityLevel, $"\"dane\" is as \"may\", and with \"dane-only\" mail waits: {why}", service);
            else if (level == "dnssec")
                config.Remark(Parameters.SmtpDnsSupportLevel, $"no answer counts as authentic: {why}", service);
        }
        return resolver;
    }

    // null: answers may be authentic.
    private static string? WhyNone(MainConfig config, string service, string level, ResolverOptions resolver)
    {
        if (level is not ("" or "dnssec"))
            return $"smtp_dns_support_level is \"{level}\"";
        if (level.Length == 0 && config.Get(Parameters.DisableDnsLookups))
            return "disable_dns_lookups is on";
        if (!config.ForTransport(Parameters.SmtpHostLookup, service).Contains("dns"))
            return "smtp_host_lookup does not have \"dns\"";
        return resolver.HasTrustedServer ? null : $"none of the name servers ({string.Join(", ", resolver.Servers)}) is one of dns_trusted_nameservers";
    }
}
