using PostfixNet.Configuration;
using PostfixNet.Tlsrpt;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of tlsrpt.</summary>
public sealed class TlsrptRows
{
    internal static readonly Row[] All =
    [
        new("tlsrpt_organization_name", "'Some Inc.'", Seen, "Organization = Some Inc."),
        new("tlsrpt_organization_name", "''", Seen, "a report needs the name of who sends it"),
        new("tlsrpt_contact", "'admin@contact.test'", Seen, "Contact = admin@contact.test"),
        new("tlsrpt_contact", "'admin@contact.test'", Seen, "is of another domain than tlsrpt_sender"),
        new("tlsrpt_contact", "'admin'", Seen, "tlsrpt_contact: \"admin\" is not accepted; give an address with its domain"),
        new("tlsrpt_sender", "'reports@sender.test'", Seen, "Sender = reports@sender.test"),
        new("tlsrpt_sender", "'reports@[192.0.2.1]'", Seen, "is not a"),
        new("mydomain", "'domain.test'", Seen, "Sender = tlsrpt@domain.test"),
        new("myhostname", "'other.test'", Seen, "Hostname = other.test"),
        new("cleanup_service_name", "'other'", Seen, "Cleanup = private/other"),
        new("inet_protocols", "'ipv4'", Seen, "UseIPv6 = False"),
        new("tlsrpt_allow_private_addresses", "true", Seen, "private: True"),
        new("tlsrpt_tls_CAfile", $"'{Path.GetTempPath()}no-such-file.pem'", Seen, "tlsrpt_tls_CAfile: open "),
        new("tlsrpt_tls_CAfile", "'/etc/hostname'", Seen, "there is no certificate in /etc/hostname, in PEM format"),
    ];

    private static string Seen(string toml)
    {
        try
        {
            MainConfig config = Row.Config("myhostname = 'mta.golden.test'", toml);
            TlsReportOptions options = TlsReportOptions.Read(config);
            return $"{options}\nprivate: {options.AllowsPrivate}\n{string.Join('\n', config.Remarks)}";
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    }

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }
}
