using System.Net;
using System.Net.Sockets;
using PostfixNet.Checks;
using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>Reads the settings of this program from main.toml.</summary>
internal static class SmtpConfig
{
    /// <param name="service">Name of the service: lmtp has parameters of its own.</param>
    /// <exception cref="ConfigurationException">Something is wrong, or asks for what this program cannot do.</exception>
    internal static SmtpOptions Read(MainConfig config, string service)
    {
        T Get<T>(Parameter<T> parameter) where T : notnull => config.ForTransport(parameter, service);

        foreach (Parameter<IPAddress> source in (Parameter<IPAddress>[])[Parameters.SmtpBindAddress, Parameters.SmtpBindAddress6])
        {
            IPAddress address = Get(source);
            // Of 127.0.0.0/8 the system has all.
            if (!address.Equals(IPAddress.None) && !IPAddress.IsLoopback(address) && !NetworkInterfaces.Addresses().Contains(address))
                config.Remark(source, $"{address} is no address of this host, now: connections come from another one, or, with smtp_bind_address_enforce, from none", service);
        }
        ProblemList problems = new();
        LoginSettings? login = null;
        TlsPolicies? tls = null;
        if (Get(Parameters.SmtpSaslAuthEnable))
            problems.Try(() => login = LoginSettings.Read(config, service));
        problems.Try(() => tls = TlsConfig.Read(config, service));
        SmtpOptions? options = null;
        problems.Try(() => options = Read(config, service, login, tls));
        problems.ThrowIfAny();
        return options!;
    }

    private static SmtpOptions Read(MainConfig config, string service, LoginSettings? login, TlsPolicies? tls)
    {
        T Get<T>(Parameter<T> parameter) where T : notnull => config.ForTransport(parameter, service);

        IReadOnlyList<string> protocols = config.Get(Parameters.InetProtocols);
        bool all = protocols.Contains("all");
        if (protocols.Count == 0)
            throw config.Refuse(Parameters.InetProtocols, "empty; give \"all\", \"ipv4\" or \"ipv6\"");
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
            ConnectTimeout = Get(Parameters.SmtpConnectTimeout),
            GreetingTimeout = Get(Parameters.SmtpGreetingTimeout),
            HeloTimeout = Get(Parameters.SmtpHeloTimeout),
            StartTlsTimeout = Get(Parameters.SmtpStarttlsTimeout),
            XForwardTimeout = Get(Parameters.SmtpXforwardTimeout),
            MailTimeout = Get(Parameters.SmtpMailTimeout),
            RcptTimeout = Get(Parameters.SmtpRcptTimeout),
            DataInitTimeout = Get(Parameters.SmtpDataInitTimeout),
            DataXferTimeout = Get(Parameters.SmtpDataXferTimeout),
            DataDoneTimeout = Get(Parameters.SmtpDataDoneTimeout),
            RsetTimeout = Get(Parameters.SmtpRsetTimeout),
            QuitTimeout = Get(Parameters.SmtpQuitTimeout),
            PerRequestDeadline = Get(Parameters.SmtpPerRequestDeadline),
            MinDataRate = Get(Parameters.SmtpMinDataRate),
            RequestTimeLimit = config.Get(Parameters.DaemonTimeout),
            Login = login,
            TlsReports = TlsReportOptions.Read(config, service),
            AlwaysSendEhlo = Get(Parameters.SmtpAlwaysSendEhlo),
            NeverSendEhlo = Get(Parameters.SmtpNeverSendEhlo),
            Skip5xxGreeting = Get(Parameters.SmtpSkip5xxGreeting),
            SkipQuitResponse = Get(Parameters.SmtpSkipQuitResponse),
            SoftBounce = config.Get(Parameters.SoftBounce),
            Generic = GenericMap.Read(config, service),
            Checks = CheckTables.ReadOutgoing(config, service),
            Signing = Signing.Read(config, service),
            QuoteEnvelope = Get(Parameters.SmtpQuoteRfc821Envelope),
            SendXForward = Get(Parameters.SmtpSendXforwardCommand),
            DisableMimeOutputConversion = config.Get(Parameters.DisableMimeOutputConversion),
            DiscardEhloKeywords = Get(Parameters.SmtpDiscardEhloKeywords),
            DiscardEhloKeywordsOf = discard.IsEmpty ? static _ => null : discard.Find,
            PixDisableEsmtp = workarounds.Contains("disable_esmtp"),
            PixDelayDotCrLf = workarounds.Contains("delay_dotcrlf"),
            PixThresholdTime = Get(Parameters.SmtpPixWorkaroundThresholdTime),
            PixDelayTime = Get(Parameters.SmtpPixWorkaroundDelayTime),
            MessageLineLimit = Get(Parameters.SmtpLineLengthLimit),
            LineLengthLimit = config.Get(Parameters.LineLengthLimit),
            DelayResolutionLimit = config.Get(Parameters.DelayLoggingResolutionLimit),
            Verbosity = new Verbosity(".", service, Verbosity.Peers(config)),
            ErrorNotices = ErrorNotices.Read(config, isLmtp),
            TcpPort = isLmtp && port == 25 ? 24 : port,
            BindAddress = Get(Parameters.SmtpBindAddress) is var four && !four.Equals(IPAddress.None) ? four
                : SoleAddress(config.Get(Parameters.InetInterfaces), AddressFamily.InterNetwork),
            BindAddress6 = Get(Parameters.SmtpBindAddress6) is var six && !six.Equals(IPAddress.None) ? six
                : SoleAddress(config.Get(Parameters.InetInterfaces), AddressFamily.InterNetworkV6),
            BindAddressEnforce = Get(Parameters.SmtpBindAddressEnforce),
            UseIPv4 = all || protocols.Contains("ipv4"),
            UseIPv6 = all || protocols.Contains("ipv6"),
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
            Tls = tls,
            RequireTls = new RequireTlsPolicy(config.Get(Parameters.RequiretlsEnable), config.Get(Parameters.TlsRequiredEnable), Get(Parameters.SmtpRequiretlsPolicy)),
            HeedsMtaSts = TlsConfig.UsesSts(config, service),
            NoteStartTlsOffer = Get(Parameters.SmtpTlsNoteStarttlsOffer),
            MinimalBackoffTime = config.Get(Parameters.MinimalBackoffTime),
            LogTlsFeatureStatus = Get(Parameters.SmtpLogTlsFeatureStatus),
            DisableDnsLookups = noDns,
            NativeLookups = noDns || Get(Parameters.SmtpHostLookup).Contains("native"),
            DnsBeforeHostsFile = !noDns && Get(Parameters.SmtpHostLookup).Contains("dns"),
            CnameOverridesServerName = Get(Parameters.SmtpCnameOverridesServername),
            IgnoreMxLookupError = config.Get(Parameters.IgnoreMxLookupError),
            DeferIfNoMxAddressFound = Get(Parameters.SmtpDeferIfNoMxAddressFound),
            FallbackRelay = Get(Parameters.SmtpFallbackRelay),
            RelayHost = string.Join(", ", config.Get(Parameters.Relayhost)),
            BestMxTransport = isLmtp ? "" : ReadBestMxTransport(config, service),
            IpcTimeout = config.Get(Parameters.IpcTimeout),
            ConnectionCacheOnDemand = Get(Parameters.SmtpConnectionCacheOnDemand),
            ConnectionCacheDestinations = Get(Parameters.SmtpConnectionCacheDestinations),
            ConnectionCacheTimeLimit = Get(Parameters.SmtpConnectionCacheTimeLimit),
            ConnectionReuseTimeLimit = Get(Parameters.SmtpConnectionReuseTimeLimit),
            ConnectionReuseCountLimit = Get(Parameters.SmtpConnectionReuseCountLimit),
        };
    }

    // Empty for the service that is itself the one named: it would hand on to itself for ever.
    private static string ReadBestMxTransport(MainConfig config, string service)
    {
        string text = config.Get(Parameters.BestMxTransport);
        string name = BestMxTransport.ServiceOf(text);
        if (BuiltInTransports.Find(name) is not null || name.Contains('/', StringComparison.Ordinal) || (name.Length == 0 && text.Length > 0))
            throw config.Refuse(Parameters.BestMxTransport, $"\"{text}\" is not accepted; give the name of a delivery service in master.toml, with :nexthop or without");
        return name == service ? "" : text;
    }

    // A system with an address of its own, among those of its host, sends mail from there, as servers that look it up expect.
    private static IPAddress? SoleAddress(IReadOnlyList<string> interfaces, AddressFamily family)
    {
        IPAddress? sole = null;
        foreach (string name in interfaces)
        {
            if (HostAndPort.AddressIn(name.Trim('[', ']')) is not { } address || (address.AddressFamily == family && sole is not null))
                return null;
            if (address.AddressFamily == family)
                sole = address;
        }
        return sole is null || IPAddress.IsLoopback(sole) ? null : sole;
    }
}
