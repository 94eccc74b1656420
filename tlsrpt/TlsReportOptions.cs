using System.Security.Cryptography;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Tls;

namespace PostfixNet.Tlsrpt;

/// <summary>What main.toml says to this program.</summary>
/// <param name="Submitter">tlsrpt_organization_name, tlsrpt_contact, tlsrpt_sender.</param>
/// <param name="Hostname">myhostname: of report ids.</param>
/// <param name="Cleanup">cleanup_service_name, as the path of its socket.</param>
/// <param name="IpcTimeout">ipc_timeout.</param>
/// <param name="Resolver">dns_nameservers, or those of the system.</param>
/// <param name="UseIPv4">inet_protocols; and the same for IPv6.</param>
/// <param name="Trusted">tlsrpt_tls_CAfile, or whom the system trusts.</param>
internal sealed record TlsReportOptions(Submitter Submitter, string Hostname, string Cleanup, TimeSpan IpcTimeout, ResolverOptions Resolver, bool UseIPv4, bool UseIPv6, TrustedCertificates Trusted)
{
    /// <summary>tlsrpt_allow_private_addresses.</summary>
    internal bool AllowsPrivate { get; init; }

    private const int LargestFile = 16 * 1024 * 1024, LongestName = 200;

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static TlsReportOptions Read(MainConfig config)
    {
        IReadOnlyList<string> protocols = config.Get(Parameters.InetProtocols);
        bool all = protocols.Contains("all");
        return new TlsReportOptions(SubmitterOf(config), config.Get(Parameters.MyHostname), $"private/{config.Get(Parameters.CleanupServiceName)}", config.Get(Parameters.IpcTimeout), NameServers(config),
            all || protocols.Contains("ipv4"), all || protocols.Contains("ipv6"), Authorities(config))
        {
            AllowsPrivate = config.Get(Parameters.TlsrptAllowPrivateAddresses),
        };
    }

    private static Submitter SubmitterOf(MainConfig config)
    {
        string organization = config.Get(Parameters.TlsrptOrganizationName);
        if (organization.Length is 0 or > LongestName)
            throw config.Refuse(Parameters.TlsrptOrganizationName, $"a report needs the name of who sends it, of {LongestName} characters at most");
        Submitter submitter = new(organization, AddressOf(config, Parameters.TlsrptContact), AddressOf(config, Parameters.TlsrptSender));
        if (!Address.DomainOf(submitter.Sender).Equals(Address.DomainOf(submitter.Contact), StringComparison.OrdinalIgnoreCase))
        {
            config.Remark(Parameters.TlsrptContact, $"\"{submitter.Contact}\" is of another domain than tlsrpt_sender, \"{submitter.Sender}\": "
                + "receivers pass over reports that are not signed by the domain of the contact (RFC 8460 section 3)");
        }
        return submitter;
    }

    private static string AddressOf(MainConfig config, Parameter<string> parameter)
    {
        string address = config.Get(parameter);
        return ByteText.IsAscii(address) && DomainName.ToAscii(Address.DomainOf(address)) is { } domain && DnsName.IsHostName(domain) ? address
            : throw config.Refuse(parameter, $"\"{address}\" is not accepted; give an address with its domain, in ASCII: \"tlsrpt@example.com\"");
    }

    private static ResolverOptions NameServers(MainConfig config)
    {
        try
        {
            return ResolverOptions.FromNameServers(config.Get(Parameters.DnsNameservers));
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DnsNameservers, e.Message);
        }
    }

    private static TrustedCertificates Authorities(MainConfig config)
    {
        string path = config.Get(Parameters.TlsrptTlsCAfile);
        try
        {
            return new TrustedCertificates(new CertificateFiles("", "", path, "", WithSystem: false), file =>
            {
                string text = System.Text.Encoding.UTF8.GetString(FileSystem.ReadAll(file, LargestFile));
                return TrustedCertificates.IsIn(text) ? text : throw config.Refuse(Parameters.TlsrptTlsCAfile, $"there is no certificate in {file}, in PEM format");
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw config.Refuse(Parameters.TlsrptTlsCAfile, e.Message);
        }
    }
}
