using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Queue;
using PostfixNet.Service;
using PostfixNet.Suppression;

namespace PostfixNet.Web;

/// <summary>What main.toml says to this program.</summary>
/// <param name="HostName">myhostname: which system it is.</param>
/// <param name="Listen">web_listen: where it answers besides its Unix socket; null: nowhere.</param>
/// <param name="Hosts">web_hosts: how it may be called.</param>
/// <param name="HasActions">web_actions.</param>
/// <param name="Queues">Where mail is.</param>
internal sealed record WebOptions(string HostName, IPEndPoint? Listen, IReadOnlyList<string> Hosts, bool HasActions, QueueDirectories Queues)
{
    /// <summary>showq_service_name.</summary>
    internal required string Showq { get; init; }

    /// <summary>empty_address_recipient.</summary>
    internal required string EmptyAddress { get; init; }

    /// <summary>history_enable.</summary>
    internal required bool HasHistory { get; init; }

    /// <summary>Who of this host may see the queue.</summary>
    internal required QueueRights Rights { get; init; }

    /// <summary>Of the suppression list.</summary>
    internal required SuppressionSettings Suppressions { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used, or lets in who must not be.</exception>
    internal static WebOptions Read(MainConfig config)
    {
        string listen = config.Get(Parameters.WebListen), certificate = config.Get(Parameters.WebTlsCertFile);
        IPEndPoint? address = null;
        if (listen.Length > 0 && (!IPEndPoint.TryParse(listen, out address) || address.Port == 0))
            throw config.Refuse(Parameters.WebListen, $"\"{listen}\" is not accepted; give \"address:port\" or \"[address]:port\"");
        bool hasToken = config.Get(Parameters.WebTokenFile).Length > 0, hasActions = config.Get(Parameters.WebActions), isForAll = config.Get(Parameters.AuthorizedMailqUsers).IsForAll;
        if (address is not null && !IPAddress.IsLoopback(address.Address) && (!hasToken || certificate.Length == 0))
            throw config.Refuse(Parameters.WebListen, $"{address} can be reached from elsewhere: that takes web_token_file and web_tls_cert_file; or give an address of this host alone, as 127.0.0.1:9155");
        if (address is not null && !hasToken && !isForAll)
            throw config.Refuse(Parameters.WebListen, "whoever is on this host could see the queue there, but authorized_mailq_users is not for all: that takes web_token_file; or \"\", for the Unix socket public/web alone, which asks who it is");
        if (hasActions && !hasToken)
            throw config.Refuse(Parameters.WebActions, "that takes web_token_file: who acts must show the token");
        IReadOnlyList<string> hosts = config.Get(Parameters.WebHosts);
        if (hosts.FirstOrDefault(static host => host.AsSpan().IndexOfAny(":/*") >= 0) is { } wrong)
            throw config.Refuse(Parameters.WebHosts, $"\"{wrong}\" is not accepted; give names of hosts, without port");
        if (hasToken && address is null && !hasActions)
            config.Remark(Parameters.WebTokenFile, "nobody is asked for it: web_listen is empty, and web_actions off");
        return new WebOptions(config.Get(Parameters.MyHostname), address, hosts, hasActions, QueueDirectories.FromConfig(config))
        {
            Showq = config.Get(Parameters.ShowqServiceName),
            EmptyAddress = config.Get(Parameters.EmptyAddressRecipient),
            HasHistory = config.Get(Parameters.HistoryEnable),
            Rights = QueueRights.Of(config),
            Suppressions = new SuppressionSettings(config),
        };
    }
}
