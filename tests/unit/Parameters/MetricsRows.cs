using PostfixNet.Configuration;
using PostfixNet.Metrics;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of the metrics.</summary>
public sealed class MetricsRows
{
    internal static readonly Row[] All =
    [
        new("metrics_enable", "true", static toml => string.Join('\n', MasterConfig.FromText("[service.metrics]\nwhen = 'metrics_enable'\ncommand = 'metrics'", MainConfig.FromText(toml)).Services.Select(static service => service.Name)), "metrics"),
        new("metrics_enable", "true", Remarks, "metrics_enable: deliveries are counted from events, and there are none without events_enable = true"),
        new("metrics_listen", "''", Remarks, "metrics_enable: nobody is told what is counted: metrics_listen and metrics_otlp_endpoint are both empty") { With = "metrics_enable = true\n" },
        new("metrics_otlp_endpoint", "'http://127.0.0.1:4318'", Remarks, "metrics_otlp_endpoint: it has no path, but OTLP over HTTP wants one, for most collectors /v1/metrics"),
        new("metrics_listen", "'[::1]:9999'", Seen, "Listen = [::1]:9999"),
        new("metrics_listen", "'9154'", Seen, "metrics_listen: \"9154\" is not accepted; give \"address:port\""),
        new("metrics_listen", "'localhost:9154'", Seen, "metrics_listen: \"localhost:9154\" is not accepted"),
        new("metrics_otlp_endpoint", "'http://127.0.0.1:4318/v1/metrics'", Seen, "OtlpEndpoint = http://127.0.0.1:4318/v1/metrics"),
        new("metrics_otlp_endpoint", "'https://me:secret@collector.test/'", Seen, "metrics_otlp_endpoint: it is not accepted; give a URL"),
        new("metrics_site_limit", "3", Seen, "SiteLimit = 3,"),
        new("metrics_ready_age_limit", "'2m'", Seen, "ReadyAgeLimit = 00:02:00"),
    ];

    private static string Remarks(string toml)
    {
        MainConfig config = Row.Config("myhostname = 'mta.golden.test'", toml);
        _ = MetricsOptions.Read(config);
        return string.Join('\n', config.Remarks);
    }

    private static string Seen(string toml)
    {
        try
        {
            return MetricsOptions.Read(Row.Config("myhostname = 'mta.golden.test'", toml)).ToString();
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
