using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Queue;

namespace PostfixNet.Metrics;

/// <summary>What main.toml says to this program.</summary>
/// <param name="HostName">myhostname: which system it is.</param>
/// <param name="Listen">metrics_listen: where it answers; null: nowhere.</param>
/// <param name="OtlpEndpoint">metrics_otlp_endpoint: where it sends to; null: nowhere.</param>
/// <param name="SiteLimit">metrics_site_limit: destinations that are told by name at a time.</param>
/// <param name="ReadyAgeLimit">metrics_ready_age_limit.</param>
/// <param name="Queues">Where mail is.</param>
/// <param name="Space">How much of the disk must be free.</param>
/// <param name="HasEvents">events_enable.</param>
/// <param name="TracesEndpoint">traces_otlp_endpoint: where spans are sent to; null: nowhere.</param>
internal sealed record MetricsOptions(string HostName, IPEndPoint? Listen, Uri? OtlpEndpoint, int SiteLimit, TimeSpan ReadyAgeLimit, QueueDirectories Queues, SpaceLimit Space, bool HasEvents, Uri? TracesEndpoint)
{
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static MetricsOptions Read(MainConfig config)
    {
        string listen = config.Get(Parameters.MetricsListen), endpoint = config.Get(Parameters.MetricsOtlpEndpoint);
        IPEndPoint? address = null;
        if (listen.Length > 0 && (!IPEndPoint.TryParse(listen, out address) || address.Port == 0))
            throw config.Refuse(Parameters.MetricsListen, $"\"{listen}\" is not accepted; give \"address:port\" or \"[address]:port\"");
        Uri? url = null;
        if (endpoint.Length > 0 && !(Uri.TryCreate(endpoint, UriKind.Absolute, out url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0))
            throw config.Refuse(Parameters.MetricsOtlpEndpoint, "it is not accepted; give a URL such as \"http://127.0.0.1:4318/v1/metrics\", without a password: everybody may read it");
        bool hasEvents = config.Get(Parameters.EventsEnable);
        if (config.Get(Parameters.MetricsEnable) && !hasEvents)
            config.Remark(Parameters.MetricsEnable, "deliveries are counted from events, and there are none without events_enable = true");
        if (config.Get(Parameters.MetricsEnable) && address is null && url is null)
            config.Remark(Parameters.MetricsEnable, "nobody is told what is counted: metrics_listen and metrics_otlp_endpoint are both empty");
        if (url is { AbsolutePath: "/" })
            config.Remark(Parameters.MetricsOtlpEndpoint, "it has no path, but OTLP over HTTP wants one, for most collectors /v1/metrics");
        return new MetricsOptions(config.Get(Parameters.MyHostname), address, url, config.Get(Parameters.MetricsSiteLimit), config.Get(Parameters.MetricsReadyAgeLimit),
            QueueDirectories.FromConfig(config), SpaceLimit.Read(config), hasEvents, TracesOf(config));
    }

    private static Uri? TracesOf(MainConfig config)
    {
        string text = config.Get(Parameters.TracesOtlpEndpoint);
        bool isOn = config.Get(Parameters.TracesEnable);
        if (text.Length == 0)
            return null;
        if (!(Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0))
            throw config.Refuse(Parameters.TracesOtlpEndpoint, "it is not accepted; give a URL such as \"http://127.0.0.1:4318/v1/traces\", without a password: everybody may read it");
        if (!isOn)
            config.Remark(Parameters.TracesOtlpEndpoint, "no mail is in a trace without traces_enable = true");
        return config.Get(Parameters.EventsEnable) ? url : null;
    }
}
