using System.Net;
using PostfixNet.Checks;
using PostfixNet.Delivery;
using PostfixNet.Log;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>The settings of this program, each named as its parameter (smtp_ left out).</summary>
internal sealed record SmtpOptions
{
    internal required string MyHostname { get; init; }
    internal required string HeloName { get; init; }

    /// <summary>LMTP (RFC 2033) instead of SMTP: the service is called lmtp.</summary>
    internal required bool IsLmtp { get; init; }
    internal required bool LmtpAssumeFinal { get; init; }

    internal required TimeSpan ConnectTimeout { get; init; }
    internal required TimeSpan GreetingTimeout { get; init; }
    internal required TimeSpan HeloTimeout { get; init; }
    internal required TimeSpan StartTlsTimeout { get; init; }
    internal required TimeSpan XForwardTimeout { get; init; }
    internal required TimeSpan MailTimeout { get; init; }
    internal required TimeSpan RcptTimeout { get; init; }
    internal required TimeSpan DataInitTimeout { get; init; }
    internal required TimeSpan DataXferTimeout { get; init; }
    internal required TimeSpan DataDoneTimeout { get; init; }
    internal required TimeSpan RsetTimeout { get; init; }
    internal required TimeSpan QuitTimeout { get; init; }

    /// <summary>Time limits are for whole commands and for the whole message, not for each write.</summary>
    internal required bool PerRequestDeadline { get; init; }

    /// <summary>Octets per second; with <see cref="PerRequestDeadline"/>, content that was taken earns that much more time.</summary>
    internal required int MinDataRate { get; init; }

    /// <summary>For one delivery request, whatever a server does: daemon_timeout.</summary>
    internal required TimeSpan RequestTimeLimit { get; init; }

    /// <summary>How to log in; null: smtp_sasl_auth_enable is off.</summary>
    internal required LoginSettings? Login { get; init; }

    /// <summary>What main.toml says of a destination: the certificate that its servers get to see; null: that of smtp_tls_cert_file and its kin, or none.</summary>
    internal OwnCertificate? Certificate { get; init; }

    /// <summary>The login that is asked for by name, while <see cref="Login"/> is null; empty: none is.</summary>
    internal string MissingLogin { get; init; } = "";

    internal required bool AlwaysSendEhlo { get; init; }
    internal required bool NeverSendEhlo { get; init; }
    internal required bool Skip5xxGreeting { get; init; }
    internal required bool SkipQuitResponse { get; init; }
    internal required bool SoftBounce { get; init; }

    /// <summary>Addresses that others get to see in place of ours; null: there are none.</summary>
    internal required GenericMap? Generic { get; init; }

    /// <summary>What looks at content that goes out: smtp_header_checks and its kin; null: nothing.</summary>
    internal required CheckTables? Checks { get; init; }

    /// <summary>What is signed, by DKIM; null: nothing.</summary>
    internal Signing? Signing { get; init; }

    /// <summary>Quote local parts where they need it: smtp_quote_rfc821_envelope.</summary>
    internal required bool QuoteEnvelope { get; init; }

    /// <summary>Tell servers that want to know where mail comes from: smtp_send_xforward_command.</summary>
    internal required bool SendXForward { get; init; }
    internal required bool DisableMimeOutputConversion { get; init; }

    /// <summary>EHLO keywords that are treated as absent, in capitals.</summary>
    internal required IReadOnlyList<string> DiscardEhloKeywords { get; init; }

    /// <summary>The same for one server: finds a list of keywords by address; null: use the general list.</summary>
    internal required Func<string, string?> DiscardEhloKeywordsOf { get; init; }

    internal required bool PixDisableEsmtp { get; init; }
    internal required bool PixDelayDotCrLf { get; init; }
    internal required TimeSpan PixThresholdTime { get; init; }
    internal required TimeSpan PixDelayTime { get; init; }

    /// <summary>Octets of a message line, without CR LF; 0: no limit.</summary>
    internal required int MessageLineLimit { get; init; }

    /// <summary>Octets of a reply line: line_length_limit.</summary>
    internal required int LineLengthLimit { get; init; }

    /// <summary>delay_logging_resolution_limit.</summary>
    internal required int DelayResolutionLimit { get; init; }

    /// <summary>Servers whose conversation is logged: debug_peer_list, and "master verbose". Null: none.</summary>
    internal required Verbosity? Verbosity { get; init; }

    /// <summary>Tells the postmaster of conversations that went wrong: notify_classes. Null: he does not want to know.</summary>
    internal required ErrorNotices? ErrorNotices { get; init; }

    internal required int TcpPort { get; init; }

    /// <summary>Mail loops are looked for only when talking to the port at which this system would itself be found.</summary>
    internal int LoopPort { get; init; } = 25;

    internal required IPAddress? BindAddress { get; init; }
    internal required IPAddress? BindAddress6 { get; init; }

    /// <summary>Rather no connection than one from another address.</summary>
    internal required bool BindAddressEnforce { get; init; }
    internal required bool UseIPv4 { get; init; }
    internal required bool UseIPv6 { get; init; }
    internal required AddressPreference AddressPreference { get; init; }
    internal required bool BalanceProtocols { get; init; }
    internal required bool RandomizeAddresses { get; init; }

    /// <summary>Addresses of equal preference are tried beside each other when one is slow: smtp_race_addresses.</summary>
    internal required bool RaceAddresses { get; init; }

    /// <summary>legacy_no_failover_after_greeting.</summary>
    internal required bool NoFailoverAfterGreeting { get; init; }

    /// <summary>0: no limit.</summary>
    internal required int MxAddressLimit { get; init; }

    /// <summary>0: no limit.</summary>
    internal required int MxSessionLimit { get; init; }

    /// <summary>Which servers are talked to over TLS; null: none.</summary>
    internal required TlsPolicies? Tls { get; init; }

    /// <summary>In place of smtp_tls_security_level, for one destination; null: not said.</summary>
    internal TlsLevel? TlsLevel { get; init; }

    /// <summary>How REQUIRETLS and TLS-Required: are held to.</summary>
    internal required RequireTlsPolicy RequireTls { get; init; }

    /// <summary>MTA-STS policies of next hops hold: smtp_mta_sts.</summary>
    internal bool HeedsMtaSts { get; init; }

    /// <summary>Results of TLS that the service tlsrpt is told; null: none.</summary>
    internal TlsReportOptions? TlsReports { get; init; }

    internal required bool NoteStartTlsOffer { get; init; }

    /// <summary>Mail must have waited so long before it goes in plain text to a server whose TLS does not work.</summary>
    internal required TimeSpan MinimalBackoffTime { get; init; }

    /// <summary>Result lines show the security level: smtp_log_tls_feature_status.</summary>
    internal required bool LogTlsFeatureStatus { get; init; }

    internal required bool DisableDnsLookups { get; init; }

    /// <summary>/etc/hosts is asked: smtp_host_lookup has "native", or the DNS is not used for mail.</summary>
    internal required bool NativeLookups { get; init; }

    /// <summary>/etc/hosts is asked only for what the DNS does not know; else it comes first.</summary>
    internal required bool DnsBeforeHostsFile { get; init; }

    /// <summary>A server reached by an alias has the name that the alias stands for.</summary>
    internal required bool CnameOverridesServerName { get; init; }
    internal required bool IgnoreMxLookupError { get; init; }
    internal required bool DeferIfNoMxAddressFound { get; init; }
    internal required IReadOnlyList<string> FallbackRelay { get; init; }

    /// <summary>relayhost, to recognise mail that goes there: its 5xx-looking DNS trouble is our own mistake.</summary>
    internal required string RelayHost { get; init; }

    /// <summary>"service" or "service:nexthop" that gets the mail of domains whose best exchanger is this system; empty: it is
    /// returned as looping.</summary>
    internal required string BestMxTransport { get; init; }

    internal required TimeSpan IpcTimeout { get; init; }

    internal required bool ConnectionCacheOnDemand { get; init; }

    /// <summary>Next hops whose session is kept open even when nothing waits.</summary>
    internal required IReadOnlyList<string> ConnectionCacheDestinations { get; init; }

    internal required TimeSpan ConnectionCacheTimeLimit { get; init; }
    internal required TimeSpan ConnectionReuseTimeLimit { get; init; }

    /// <summary>0: no limit.</summary>
    internal required int ConnectionReuseCountLimit { get; init; }

    /// <summary>These settings, with what main.toml says of one destination in their place.</summary>
    /// <param name="rule">null: nothing.</param>
    internal SmtpOptions For(DeliveryRule? rule) => rule is null ? this : this with
    {
        BindAddress = rule.SourceIPv4 ?? BindAddress,
        BindAddress6 = rule.SourceIPv6 ?? BindAddress6,
        // Where a login is asked for by name, no mail goes without.
        Login = rule.Login is not null && Login is not null ? Login with { OnlyKey = rule.Login, AuthEnforce = true } : Login,
        MissingLogin = Login is null ? rule.Login ?? "" : "",
        Certificate = rule.Certificate is { } file ? new OwnCertificate(file, rule.CertificateKey ?? file) : Certificate,
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
