using System.Security.Cryptography;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Native;
using PostfixNet.Tls;

namespace PostfixNet.Mtasts;

/// <summary>What main.toml says to this program.</summary>
/// <param name="CacheLimit">mta_sts_cache_limit.</param>
/// <param name="Resolver">dns_nameservers, or those of the system.</param>
/// <param name="UseIPv4">inet_protocols; and the same for IPv6.</param>
/// <param name="Trusted">mta_sts_tls_CAfile, or whom the system trusts.</param>
internal sealed record MtaStsOptions(int CacheLimit, ResolverOptions Resolver, bool UseIPv4, bool UseIPv6, TrustedCertificates Trusted)
{
    // It waits for the whole of an inquiry elsewhere.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private const int LargestFile = 16 * 1024 * 1024;

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static MtaStsOptions Read(MainConfig config)
    {
        (bool v4, bool v6) = Protocols(config);
        return new MtaStsOptions(config.Get(Parameters.MtaStsCacheLimit), NameServers(config), v4, v6, Authorities(config));
    }

    private static (bool V4, bool V6) Protocols(MainConfig config)
    {
        IReadOnlyList<string> protocols = config.Get(Parameters.InetProtocols);
        return (protocols.Contains("ipv4") || protocols.Contains("all"), protocols.Contains("ipv6") || protocols.Contains("all"));
    }

    private static ResolverOptions NameServers(MainConfig config)
    {
        try
        {
            return ResolverOptions.FromNameServers(config.Get(Parameters.DnsNameservers)) with { Deadline = s_patience };
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DnsNameservers, e.Message);
        }
    }

    private static TrustedCertificates Authorities(MainConfig config)
    {
        string path = config.Get(Parameters.MtaStsTlsCAfile);
        try
        {
            return new TrustedCertificates(new CertificateFiles("", "", path, "", WithSystem: false), file =>
            {
                string text = System.Text.Encoding.UTF8.GetString(FileSystem.ReadAll(file, LargestFile));
                return TrustedCertificates.IsIn(text) ? text : throw config.Refuse(Parameters.MtaStsTlsCAfile, $"there is no certificate in {file}, in PEM format");
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw config.Refuse(Parameters.MtaStsTlsCAfile, e.Message);
        }
    }
}
