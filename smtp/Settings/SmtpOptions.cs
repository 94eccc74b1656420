using System.Net;
using PostfixNet.Delivery;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>The settings of this program, each named as its parameter (smtp_ left out), with its default.</summary>
internal sealed record SmtpOptions
{
    internal string MyHostname { get; init; } = "localhost";
    internal string HeloName { get; init; } = "localhost";

    /// <summary>LMTP (RFC 2033) instead of SMTP: the service is called lmtp.</summary>
    internal bool IsLmtp { get; init; }
    internal bool LmtpAssumeFinal { get; init; }

    internal TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);
    internal TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromSeconds(300);
    internal TimeSpan HeloTimeout { get; init; } = TimeSpan.FromSeconds(300);
    internal TimeSpan StartTlsTimeout { get; init; } = TimeSpan.FromSeconds(300);
    internal TimeSpan XForwardTimeout { get; init; } = TimeSpan.FromSeconds(300);
    internal TimeSpan MailTimeout { get; init; } = TimeSpan.FromSeconds(300);
    internal TimeSpan RcptTimeout { get; init; } = TimeSpan.FromSeconds(300);
    internal TimeSpan DataInitTimeout { get; init; } = TimeSpan.FromSeconds(120);
    internal TimeSpan DataXferTimeout { get; init; } = TimeSpan.FromSeconds(180);
    internal TimeSpan DataDoneTimeout { get; init; } = TimeSpan.FromSeconds(600);
    internal TimeSpan RsetTimeout { get; init; } = TimeSpan.FromSeconds(20);
    internal TimeSpan QuitTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Time limits are for whole commands and for the whole message, not for each write.</summary>
    internal bool PerRequestDeadline { get; init; }

    /// <summary>Octets per second; with <see cref="PerRequestDeadline"/>, content that was taken earns that much more time.</summary>
    internal int MinDataRate { get; init; } = 500;

    /// <summary>For one delivery request, whatever a server does: daemon_timeout.</summary>
    internal TimeSpan RequestTimeLimit { get; init; } = TimeSpan.FromHours(5);

    /// <summary>How to log in; null: smtp_sasl_auth_enable is off.</summary>
    internal LoginSettings? Login { get; init; }

    /// <summary>The login that is asked for by name, while <see cref="Login"/> is null; empty: none is.</summary>
    internal string MissingLogin { get; init; } = "";

    internal bool AlwaysSendEhlo { get; init; } = true;
    internal bool NeverSendEhlo { get; init; }
    internal bool Skip5xxGreeting { get; init; } = true;
    internal bool SkipQuitResponse { get; init; } = true;
    internal bool SoftBounce { get; init; }

    /// <summary>Addresses that others get to see in place of ours; null: there are none.</summary>
    internal GenericMap? Generic { get; init; }

    /// <summary>Quote local parts where they need it: smtp_quote_rfc821_envelope.</summary>
    internal bool QuoteEnvelope { get; init; } = true;

    /// <summary>Tell servers that want to know where mail comes from: smtp_send_xforward_command.</summary>
    internal bool SendXForward { get; init; }
    internal bool DisableMimeOutputConversion { get; init; }

    /// <summary>EHLO keywords that are treated as absent, in capitals.</summary>
    internal IReadOnlyList<string> DiscardEhloKeywords { get; init; } = [];

    /// <summary>The same for one server: finds a list of keywords by address; null: use the general list.</summary>
    internal Func<string, string?> DiscardEhloKeywordsOf { get; init; } = static _ => null;

    internal bool PixDisableEsmtp { get; init; } = true;
    internal bool PixDelayDotCrLf { get; init; } = true;
    internal TimeSpan PixThresholdTime { get; init; } = TimeSpan.FromSeconds(500);
    internal TimeSpan PixDelayTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Octets of a message line, without CR LF; 0: no limit.</summary>
    internal int MessageLineLimit { get; init; } = 998;

    /// <summary>Octets of a reply line: line_length_limit.</summary>
    internal int LineLengthLimit { get; init; } = 2048;

    /// <summary>delay_logging_resolution_limit.</summary>
    internal int DelayResolutionLimit { get; init; } = 2;

    /// <summary>Servers whose conversation is logged: debug_peer_list. Null: none.</summary>
    internal PeerList? DebugPeers { get; init; }

    /// <summary>Tells the postmaster of conversations that went wrong: notify_classes. Null: he does not want to know.</summary>
    internal ErrorNotices? ErrorNotices { get; init; }

    internal int TcpPort { get; init; } = 25;

    /// <summary>Mail loops are looked for only when talking to the port at which this system would itself be found.</summary>
    internal int LoopPort { get; init; } = 25;

    internal IPAddress? BindAddress { get; init; }
    internal IPAddress? BindAddress6 { get; init; }

    /// <summary>Rather no connection than one from another address.</summary>
    internal bool BindAddressEnforce { get; init; }
    internal bool UseIPv4 { get; init; } = true;
    internal bool UseIPv6 { get; init; } = true;
    internal AddressPreference AddressPreference { get; init; }
    internal bool BalanceProtocols { get; init; } = true;
    internal bool RandomizeAddresses { get; init; } = true;

    /// <summary>Addresses of equal preference are tried beside each other when one is slow: smtp_race_addresses.</summary>
    internal bool RaceAddresses { get; init; } = true;

    /// <summary>legacy_no_failover_after_greeting.</summary>
    internal bool NoFailoverAfterGreeting { get; init; }

    /// <summary>0: no limit.</summary>
    internal int MxAddressLimit { get; init; } = 5;

    /// <summary>0: no limit.</summary>
    internal int MxSessionLimit { get; init; } = 2;

    /// <summary>Which servers are talked to over TLS; null: none.</summary>
    internal TlsPolicies? Tls { get; init; }

    /// <summary>In place of smtp_tls_security_level, for one destination; null: not said.</summary>
    internal TlsLevel? TlsLevel { get; init; }

    internal bool NoteStartTlsOffer { get; init; }

    /// <summary>Mail must have waited so long before it goes in plain text to a server whose TLS does not work.</summary>
    internal TimeSpan MinimalBackoffTime { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Result lines show the security level: smtp_log_tls_feature_status.</summary>
    internal bool LogTlsFeatureStatus { get; init; }

    internal bool DisableDnsLookups { get; init; }

    /// <summary>/etc/hosts is asked: smtp_host_lookup has "native", or the DNS is not used for mail.</summary>
    internal bool NativeLookups { get; init; }

    /// <summary>/etc/hosts is asked only for what the DNS does not know; else it comes first.</summary>
    internal bool DnsBeforeHostsFile { get; init; }

    /// <summary>A server reached by an alias has the name that the alias stands for.</summary>
    internal bool CnameOverridesServerName { get; init; }
    internal bool IgnoreMxLookupError { get; init; }
    internal bool DeferIfNoMxAddressFound { get; init; }
    internal IReadOnlyList<string> FallbackRelay { get; init; } = [];

    /// <summary>relayhost, to recognise mail that goes there: its 5xx-looking DNS trouble is our own mistake.</summary>
    internal string RelayHost { get; init; } = "";

    /// <summary>"service" or "service:nexthop" that gets the mail of domains whose best exchanger is this system; empty: it is
    /// returned as looping.</summary>
    internal string BestMxTransport { get; init; } = "";

    internal TimeSpan IpcTimeout { get; init; } = TimeSpan.FromSeconds(3600);

    internal bool ConnectionCacheOnDemand { get; init; } = true;

    /// <summary>Next hops whose session is kept open even when nothing waits.</summary>
    internal IReadOnlyList<string> ConnectionCacheDestinations { get; init; } = [];

    internal TimeSpan ConnectionCacheTimeLimit { get; init; } = TimeSpan.FromSeconds(2);
    internal TimeSpan ConnectionReuseTimeLimit { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>0: no limit.</summary>
    internal int ConnectionReuseCountLimit { get; init; }

    /// <summary>These settings, with what main.toml says of one destination in their place.</summary>
    /// <param name="rule">null: nothing.</param>
    internal SmtpOptions For(DeliveryRule? rule) => rule is null ? this : this with
    {
        BindAddress = rule.SourceIPv4 ?? BindAddress,
        BindAddress6 = rule.SourceIPv6 ?? BindAddress6,
        // Where a login is asked for by name, no mail goes without.
        Login = rule.Login is not null && Login is not null ? Login with { OnlyKey = rule.Login, AuthEnforce = true } : Login,
        MissingLogin = Login is null ? rule.Login ?? "" : "",
        // A level that is not known, of a newer main.toml, must not make mail less safe.
        TlsLevel = rule.Tls is not null ? TlsPolicy.LevelOf(rule.Tls) ?? Smtp.TlsLevel.Secure : TlsLevel,
    };

    /// <summary>These settings for mail of a destination that goes to a fallback relay. That one has a name, a login and
    /// addresses of its own to be reached from; but the mail is not less safe there.</summary>
    /// <param name="rule">Of the destination; null: nothing.</param>
    internal SmtpOptions ForFallback(DeliveryRule? rule) =>
        For(rule).TlsLevel is { } level && level > (Tls?.Settings.SecurityLevel ?? Smtp.TlsLevel.None) ? this with { TlsLevel = level } : this;

    /// <summary>An address as it goes over the wire; internal form.</summary>
    internal string Outside(string address) => Generic is null ? address : Generic.Rewrite(address);
}
