using PostfixNet.Configuration;
using PostfixNet.Web;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of the HTTP API and the page.</summary>
public sealed class WebRows
{
    private const string WithToken = "web_token_file = '/etc/token'\n";

    internal static IReadOnlyList<Row> All { get; } =
    [
        new("web_enable", "true", static toml => string.Join('\n', MasterConfig.FromText("[service.web]\nwhen = 'web_enable'\ncommand = 'web'", MainConfig.FromText(toml)).Services.Select(static service => service.Name)), "web"),
        new("web_listen", "'[::1]:9999'", Seen, "Listen = [::1]:9999"),
        new("web_listen", "''", Seen, "") { Hides = "Listen = 127.0.0.1:9155" },
        new("web_listen", "'9155'", Seen, "web_listen: \"9155\" is not accepted; give \"address:port\""),
        new("web_listen", "'0.0.0.0:9155'", Seen, "web_listen: 0.0.0.0:9155 can be reached from elsewhere: that takes web_token_file and web_tls_cert_file"),
        new("web_listen", "'192.0.2.1:443'", Seen, "web_listen: 192.0.2.1:443 can be reached from elsewhere") { With = WithToken },
        new("web_tls_cert_file", "'/etc/cert'", Seen, "Listen = 192.0.2.1:443") { With = $"web_listen = '192.0.2.1:443'\n{WithToken}" },
        new("web_tls_cert_file", "'/nowhere/cert'", Secrets, "web_tls_cert_file: open /nowhere/cert: "),
        new("web_tls_key_file", "'/nowhere/key'", Secrets, "web_tls_key_file: there is no certificate to it"),
        new("web_token_file", "'token'", Secrets, "web_token_file: give the whole path of a file"),
        new("web_token_file", "'/nowhere/token'", Secrets, "web_token_file: open /nowhere/token: "),
        new("web_token_file", "'/etc/token'", Remarks, "web_token_file: nobody is asked for it") { With = "web_listen = ''\n" },
        new("web_hosts", "['queue.example.com']", static toml => string.Join(' ', WebOptions.Read(Row.Config("myhostname = 'mta.golden.test'", toml)).Hosts), "queue.example.com"),
        new("web_hosts", "['queue.example.com:9155']", Seen, "web_hosts: \"queue.example.com:9155\" is not accepted; give names of hosts, without port"),
        new("web_actions", "true", Seen, "web_actions: that takes web_token_file"),
        new("web_actions", "true", Seen, "HasActions = True") { With = WithToken },
    ];

    private static string Remarks(string toml)
    {
        MainConfig config = Row.Config("myhostname = 'mta.golden.test'", toml);
        _ = WebOptions.Read(config);
        return string.Join('\n', config.Remarks);
    }

    private static string Seen(string toml) => Try(() => WebOptions.Read(Row.Config("myhostname = 'mta.golden.test'", toml)).ToString());

    private static string Secrets(string toml) => Try(() => WebSecrets.Read(Row.Config("myhostname = 'mta.golden.test'", toml)).ToString());

    private static string Try(Func<string> read)
    {
        try
        {
            return read();
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
