namespace PostfixNet.Configuration;

// Read by metrics; the first by master, too. Not Postfix's.
public static partial class Parameters
{
    /// <summary>Numbers about the mail system are told, for monitoring.</summary>
    public static readonly Parameter<bool> MetricsEnable = Flag("metrics_enable", "no");

    /// <summary>Address and port of the HTTP server that tells them; empty: none.</summary>
    public static readonly Parameter<string> MetricsListen = Text("metrics_listen", "127.0.0.1:9154");

    /// <summary>URL of a collector that they are sent to by OTLP over HTTP; empty: none.</summary>
    public static readonly Parameter<string> MetricsOtlpEndpoint = Text("metrics_otlp_endpoint", "");

    /// <summary>Destinations that are told by name at a time.</summary>
    public static readonly Parameter<int> MetricsSiteLimit = Number("metrics_site_limit", "50", maximum: 100);

    /// <summary>Age from which mail in maildrop or incoming says that the system is not ready.</summary>
    public static readonly Parameter<TimeSpan> MetricsReadyAgeLimit = Time("metrics_ready_age_limit", "1h", minimum: 1);
}
