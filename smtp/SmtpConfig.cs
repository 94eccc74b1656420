using System.Net;
using System.Net.Sockets;
using PostfixNet.Configuration;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>Reads the settings of this program from main.toml.</summary>
internal static class SmtpConfig
{
    /// <param name="service">Name of the service: lmtp has parameters of its own.</param>
    /// <exception cref="ConfigurationException">Something is wrong, or asks for what this program cannot do.</exception>
    internal static SmtpOptions Read(MainConfig config, string service)
    {
        RefuseWhatIsMissing(config, service);
        T Get<T>(Parameter<T> parameter) => config.ForTransport(parameter, service);
        TimeSpan GetTime(TimeParameter parameter) => config.ForTransport(parameter, service);

        IReadOnlyList<string> protocols = config.Get(Parameters.InetProtocols);
        bool all = Contains(protocols, "all");
        if (protocols.Count == 0)
            throw new ConfigurationException("inet_protocols is empty: want \"all\", \"ipv4\" or \"ipv6\"");
        IReadOnlyList<string> workarounds = Get(Parameters.SmtpPixWorkarounds);
        LookupTable discard = Get(Parameters.SmtpDiscardEhloKeywordAddressMaps);
        bool isLmtp = service == "lmtp";
        int port = Get(Parameters.SmtpTcpPort);
        // The newer parameter, if set, outweighs the older.
        bool noDns = Get(Parameters.SmtpDnsSupportLevel) is { Length: > 0 } level ? level == "disabled" : config.Get(Parameters.DisableDnsLookups);
        return new SmtpOptions
        {
            MyHostname = config.Get(Parameters.MyHostname),
            HeloName = Get(Parameters.SmtpHeloName),
            IsLmtp = isLmtp,
            LmtpAssumeFinal = config.Get(Parameters.LmtpAssumeFinal),
            ConnectTimeout = GetTime(Parameters.SmtpConnectTimeout),
            GreetingTimeout = GetTime(Parameters.SmtpGreetingTimeout),
            HeloTimeout = GetTime(Parameters.SmtpHeloTimeout),
            StartTlsTimeout = GetTime(Parameters.SmtpStarttlsTimeout),
            XForwardTimeout = GetTime(Parameters.SmtpXforwardTimeout),
            MailTimeout = GetTime(Parameters.SmtpMailTimeout),
            RcptTimeout = GetTime(Parameters.SmtpRcptTimeout),
            DataInitTimeout = GetTime(Parameters.SmtpDataInitTimeout),
            DataXferTimeout = GetTime(Parameters.SmtpDataXferTimeout),
            DataDoneTimeout = GetTime(Parameters.SmtpDataDoneTimeout),
            RsetTimeout = GetTime(Parameters.SmtpRsetTimeout),
            QuitTimeout = GetTime(Parameters.SmtpQuitTimeout),
            PerRequestDeadline = Get(Parameters.SmtpPerRequestDeadline),
            MinDataRate = Get(Parameters.SmtpMinDataRate),
            RequestTimeLimit = config.Get(Parameters.DaemonTimeout),
            Login = Get(Parameters.SmtpSaslAuthEnable) ? LoginSettings.Read(config, service) : null,
            AlwaysSendEhlo = Get(Parameters.SmtpAlwaysSendEhlo),
            NeverSendEhlo = Get(Parameters.SmtpNeverSendEhlo),
            Skip5xxGreeting = Get(Parameters.SmtpSkip5xxGreeting),
            SkipQuitResponse = Get(Parameters.SmtpSkipQuitResponse),
            SoftBounce = config.Get(Parameters.SoftBounce),
            Generic = GenericMap.Read(config, service),
            QuoteEnvelope = Get(Parameters.SmtpQuoteRfc821Envelope),
            SendXForward = Get(Parameters.SmtpSendXforwardCommand),
            DisableMimeOutputConversion = config.Get(Parameters.DisableMimeOutputConversion),
            DiscardEhloKeywords = Get(Parameters.SmtpDiscardEhloKeywords),
            DiscardEhloKeywordsOf = discard.IsEmpty ? static _ => null : discard.Find,
            PixDisableEsmtp = Contains(workarounds, "disable_esmtp"),
            PixDelayDotCrLf = Contains(workarounds, "delay_dotcrlf"),
            PixThresholdTime = GetTime(Parameters.SmtpPixWorkaroundThresholdTime),
            PixDelayTime = GetTime(Parameters.SmtpPixWorkaroundDelayTime),
            MessageLineLimit = Get(Parameters.SmtpLineLengthLimit),
            LineLengthLimit = config.Get(Parameters.LineLengthLimit),
            DelayResolutionLimit = config.Get(Parameters.DelayLoggingResolutionLimit),
            DebugPeers = PeerList.Read(config.Get(Parameters.DebugPeerList), Parameters.DebugPeerList.Name),
            ErrorNotices = ErrorNotices.Read(config, isLmtp),
            TcpPort = isLmtp && port == 25 ? 24 : port,
            BindAddress = Address(Get(Parameters.SmtpBindAddress), AddressFamily.InterNetwork, "smtp_bind_address")
                ?? SoleAddress(config.Get(Parameters.InetInterfaces), AddressFamily.InterNetwork),
            BindAddress6 = Address(Get(Parameters.SmtpBindAddress6), AddressFamily.InterNetworkV6, "smtp_bind_address6")
                ?? SoleAddress(config.Get(Parameters.InetInterfaces), AddressFamily.InterNetworkV6),
            BindAddressEnforce = Get(Parameters.SmtpBindAddressEnforce),
            UseIPv4 = all || Contains(protocols, "ipv4"),
            UseIPv6 = all || Contains(protocols, "ipv6"),
            AddressPreference = Get(Parameters.SmtpAddressPreference) switch
            {
                "ipv4" => AddressPreference.IPv4,
                "ipv6" => AddressPreference.IPv6,
                _ => AddressPreference.Any,
            },
            BalanceProtocols = Get(Parameters.SmtpBalanceInetProtocols),
            RandomizeAddresses = Get(Parameters.SmtpRandomizeAddresses),
            RaceAddresses = Get(Parameters.SmtpRaceAddresses),
            NoFailoverAfterGreeting = config.Get(Parameters.LegacyNoFailoverAfterGreeting),
            MxAddressLimit = Get(Parameters.SmtpMxAddressLimit),
            MxSessionLimit = Get(Parameters.SmtpMxSessionLimit),
            Tls = TlsConfig.Read(config, service),
            NoteStartTlsOffer = Get(Parameters.SmtpTlsNoteStarttlsOffer),
            MinimalBackoffTime = config.Get(Parameters.MinimalBackoffTime),
            LogTlsFeatureStatus = Get(Parameters.SmtpLogTlsFeatureStatus),
            DisableDnsLookups = noDns,
            NativeLookups = noDns || Contains(Get(Parameters.SmtpHostLookup), "native"),
            DnsBeforeHostsFile = !noDns && Contains(Get(Parameters.SmtpHostLookup), "dns"),
            CnameOverridesServerName = Get(Parameters.SmtpCnameOverridesServername),
            IgnoreMxLookupError = config.Get(Parameters.IgnoreMxLookupError),
            DeferIfNoMxAddressFound = Get(Parameters.SmtpDeferIfNoMxAddressFound),
            FallbackRelay = Get(Parameters.SmtpFallbackRelay),
            RelayHost = string.Join(", ", config.Get(Parameters.Relayhost)),
            BestMxTransport = isLmtp ? "" : ReadBestMxTransport(config.Get(Parameters.BestMxTransport), service),
            IpcTimeout = config.Get(Parameters.IpcTimeout),
            ConnectionCacheOnDemand = Get(Parameters.SmtpConnectionCacheOnDemand),
            ConnectionCacheDestinations = Get(Parameters.SmtpConnectionCacheDestinations),
            ConnectionCacheTimeLimit = GetTime(Parameters.SmtpConnectionCacheTimeLimit),
            ConnectionReuseTimeLimit = GetTime(Parameters.SmtpConnectionReuseTimeLimit),
            ConnectionReuseCountLimit = Get(Parameters.SmtpConnectionReuseCountLimit),
        };
    }

    // A setting that protects mail or lets it through must not be passed over in silence.
    private static void RefuseWhatIsMissing(MainConfig config, string service)
    {
        if (config.ForTransport(Parameters.SmtpDnsReplyFilter, service).Length > 0)
            throw new ConfigurationException("smtp_dns_reply_filter: not supported by this version; leave it out");
        if (config.ForTransport(Parameters.SmtpDnsResolverOptions, service).Count > 0)
            throw new ConfigurationException("smtp_dns_resolver_options: not supported: names in mail are absolute, no domain is appended to them; leave it out");
        (string Name, string Value)[] filters =
        [
            ("smtp_header_checks", config.ForTransport(Parameters.SmtpHeaderChecks, service)),
            ("smtp_mime_header_checks", config.ForTransport(Parameters.SmtpMimeHeaderChecks, service)),
            ("smtp_nested_header_checks", config.ForTransport(Parameters.SmtpNestedHeaderChecks, service)),
            ("smtp_body_checks", config.ForTransport(Parameters.SmtpBodyChecks, service)),
            ("smtp_reply_filter", config.ForTransport(Parameters.SmtpReplyFilter, service)),
            ("smtp_delivery_status_filter", config.ForTransport(Parameters.SmtpDeliveryStatusFilter, service)),
        ];
        foreach ((string name, string value) in filters)
        {
            if (value.Length > 0)
                throw new ConfigurationException($"{name} = \"{value}\": tables of patterns are not supported by this version; leave it out");
        }
    }

    // Empty for the service that is itself the one named: it would hand on to itself for ever.
    private static string ReadBestMxTransport(string text, string service)
    {
        string name = BestMxTransport.ServiceOf(text);
        if (name is "error" or "retry" or "discard" || name.Contains('/', StringComparison.Ordinal) || (name.Length == 0 && text.Length > 0))
            throw new ConfigurationException($"best_mx_transport = \"{text}\": want the name of a delivery service in master.toml, with :nexthop or without");
        return name == service ? "" : text;
    }

    private static IPAddress? Address(string text, AddressFamily family, string name)
    {
        if (text.Length == 0)
            return null;
        return IPAddress.TryParse(text.Trim('[', ']'), out IPAddress? address) && address.AddressFamily == family
            ? address
            : throw new ConfigurationException($"{name} = \"{text}\": want an {(family == AddressFamily.InterNetwork ? "IPv4" : "IPv6")} address");
    }

    // A system with an address of its own, among those of its host, sends mail from there, as servers that look it up expect.
    private static IPAddress? SoleAddress(IReadOnlyList<string> interfaces, AddressFamily family)
    {
        IPAddress? sole = null;
        foreach (string name in interfaces)
        {
            if (NextHop.AddressIn(name.Trim('[', ']')) is not { } address || (address.AddressFamily == family && sole is not null))
                return null;
            if (address.AddressFamily == family)
                sole = address;
        }
        return sole is null || IPAddress.IsLoopback(sole) ? null : sole;
    }

    private static bool Contains(IReadOnlyList<string> list, string word)
    {
        foreach (string item in list)
        {
            if (item == word)
                return true;
        }
        return false;
    }
}
