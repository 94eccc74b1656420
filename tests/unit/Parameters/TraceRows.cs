using PostfixNet.Configuration;
using PostfixNet.Metrics;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of traces.</summary>
public sealed class TraceRows
{
    private const string On = "events_enable = true\ntraces_enable = true\n", Named = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    internal static readonly Row[] All =
    [
        new("traces_enable", "true", IntakeScene.Header(Named), "A trace_context=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") { Hides = "N traceparent", With = "events_enable = true\n" },
        new("traces_enable", "true", Refused(static config => PostfixNet.Cleanup.CleanupOptions.From(config)), "traces_enable: traces are made of events, and there are none without events_enable = true"),
        new("trace_keep_header", "true", IntakeScene.Header(Named), "N traceparent") { With = On },
        new("trace_sample_ratio", "1", IntakeScene.Header("Subject: s"), "-0000000000000000-01") { With = On },
        new("traces_otlp_endpoint", "'http://127.0.0.1:4318/v1/traces'", Seen, "TracesEndpoint = http://127.0.0.1:4318/v1/traces") { With = On },
        new("traces_otlp_endpoint", "'ftp://x/'", Seen, "traces_otlp_endpoint: it is not accepted; give a URL"),
        new("traces_otlp_endpoint", "'http://127.0.0.1:4318/v1/traces'", Seen, "traces_otlp_endpoint: no mail is in a trace without traces_enable = true") { With = "events_enable = true\n" },
    ];

    private static Func<string, string> Refused(Action<MainConfig> read) => toml =>
    {
        try
        {
            read(Row.Config("myhostname = 'mta.golden.test'\nmydomain = 'golden.test'\nmyorigin = 'golden.test'", toml));
            return "accepted";
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    };

    private static string Seen(string toml)
    {
        try
        {
            MainConfig config = Row.Config("myhostname = 'mta.golden.test'", toml);
            return $"{MetricsOptions.Read(config)}\n{string.Join('\n', config.Remarks)}";
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
