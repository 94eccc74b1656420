using System.Net;
using System.Net.Sockets;
using PostfixNet.Mail;

namespace PostfixNet.Configuration;

// Read by smtp: servers, sessions, content. Each smtp_x has a twin lmtp_x, for the service lmtp.
public static partial class Parameters
{
    /// <summary>Port where a next hop names none; for LMTP 24 if not given.</summary>
    public static readonly Parameter<int> SmtpTcpPort = Port("smtp_tcp_port", "smtp");

    /// <summary>Name in EHLO and HELO.</summary>
    public static readonly Parameter<string> SmtpHeloName = Checked("smtp_helo_name", "$myhostname", static text => ParameterTexts.IsHostName(text) || text.StartsWith('[') && DomainName.IsMailDomain(text), "is not a host name; give e.g. \"mail.example.com\"");

    /// <summary>A delivery over LMTP is one to a mailbox: success reports say so.</summary>
    public static readonly Parameter<bool> LmtpAssumeFinal = Flag("lmtp_assume_final", "no");

    /// <summary>EHLO also where the greeting has no "ESMTP".</summary>
    public static readonly Parameter<bool> SmtpAlwaysSendEhlo = Flag("smtp_always_send_ehlo", "yes");

    /// <summary>HELO only.</summary>
    public static readonly Parameter<bool> SmtpNeverSendEhlo = Flag("smtp_never_send_ehlo", "no");

    /// <summary>What servers offer that is not used.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpDiscardEhloKeywords = List("smtp_discard_ehlo_keywords", "", EhloKeywords);

    /// <summary>EHLO keywords that are treated as absent, by address of the server.</summary>
    public static readonly Parameter<LookupTable> SmtpDiscardEhloKeywordAddressMaps = Table("smtp_discard_ehlo_keyword_address_maps", "");

    /// <summary>A greeting of 5xx leads to the next server.</summary>
    public static readonly Parameter<bool> SmtpSkip5xxGreeting = Flag("smtp_skip_5xx_greeting", "yes");

    /// <summary>The reply to QUIT is not waited for.</summary>
    public static readonly Parameter<bool> SmtpSkipQuitResponse = Flag("smtp_skip_quit_response", "yes");

    /// <summary>A server that has greeted is the last one tried. Ours beyond Postfix.</summary>
    public static readonly Parameter<bool> LegacyNoFailoverAfterGreeting = Flag("legacy_no_failover_after_greeting", "no");

    /// <summary>For a connection; 0: the system's.</summary>
    public static readonly Parameter<TimeSpan> SmtpConnectTimeout = Time("smtp_connect_timeout", "30s");

    /// <summary>For the greeting. Ours beyond Postfix.</summary>
    public static readonly Parameter<TimeSpan> SmtpGreetingTimeout = Time("smtp_greeting_timeout", "$smtp_helo_timeout", minimum: 1);

    /// <summary>For the reply to EHLO, HELO, and AUTH.</summary>
    public static readonly Parameter<TimeSpan> SmtpHeloTimeout = Time("smtp_helo_timeout", "300s", minimum: 1);

    /// <summary>For the reply to STARTTLS, and the handshake.</summary>
    public static readonly Parameter<TimeSpan> SmtpStarttlsTimeout = Time("smtp_starttls_timeout", "300s", minimum: 1);

    /// <summary>For the reply to XFORWARD.</summary>
    public static readonly Parameter<TimeSpan> SmtpXforwardTimeout = Time("smtp_xforward_timeout", "300s", minimum: 1);

    /// <summary>For the reply to MAIL FROM.</summary>
    public static readonly Parameter<TimeSpan> SmtpMailTimeout = Time("smtp_mail_timeout", "300s", minimum: 1);

    /// <summary>For the reply to RCPT TO.</summary>
    public static readonly Parameter<TimeSpan> SmtpRcptTimeout = Time("smtp_rcpt_timeout", "300s", minimum: 1);

    /// <summary>For the reply to DATA.</summary>
    public static readonly Parameter<TimeSpan> SmtpDataInitTimeout = Time("smtp_data_init_timeout", "120s", minimum: 1);

    /// <summary>For the server to take some content.</summary>
    public static readonly Parameter<TimeSpan> SmtpDataXferTimeout = Time("smtp_data_xfer_timeout", "180s", minimum: 1);

    /// <summary>For the reply to the end of content.</summary>
    public static readonly Parameter<TimeSpan> SmtpDataDoneTimeout = Time("smtp_data_done_timeout", "600s", minimum: 1);

    /// <summary>For the reply to RSET.</summary>
    public static readonly Parameter<TimeSpan> SmtpRsetTimeout = Time("smtp_rset_timeout", "20s", minimum: 1);

    /// <summary>For the reply to QUIT.</summary>
    public static readonly Parameter<TimeSpan> SmtpQuitTimeout = Time("smtp_quit_timeout", "300s", minimum: 1);

    /// <summary>Older name of smtp_per_request_deadline.</summary>
    public static readonly Parameter<bool> SmtpPerRecordDeadline = Flag("smtp_per_record_deadline", "no");

    /// <summary>Time limits are for whole commands and whole messages, not for each write.</summary>
    public static readonly Parameter<bool> SmtpPerRequestDeadline = Flag("smtp_per_request_deadline", "$smtp_per_record_deadline");

    /// <summary>Bytes of content in a second that earn more time with smtp_per_request_deadline.</summary>
    public static readonly Parameter<int> SmtpMinDataRate = Number("smtp_min_data_rate", "500", minimum: 1);

    /// <summary>For one delivery request, whatever the server does.</summary>
    public static readonly Parameter<TimeSpan> DaemonTimeout = Time("daemon_timeout", "18000s", minimum: 1);

    /// <summary>Name servers to ask, "address" or "address:port"; empty: those of /etc/resolv.conf. Ours beyond
    /// Postfix.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DnsNameservers = List("dns_nameservers", "");

    /// <summary>Of the name servers those whose word counts that an answer is authentic, by DNSSEC: addresses or networks.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DnsTrustedNameservers = List("dns_trusted_nameservers", "127.0.0.0/8, ::1");

    /// <summary>How hosts are looked up: dns, native (/etc/hosts), or both.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpHostLookup = List("smtp_host_lookup", "dns", "dns native");

    /// <summary>disabled or enabled; if not empty, it counts instead of disable_dns_lookups.</summary>
    public static readonly Parameter<string> SmtpDnsSupportLevel = Choice("smtp_dns_support_level", "", "disabled enabled dnssec");

    /// <summary>No MX lookups: every next hop is a host.</summary>
    public static readonly Parameter<bool> DisableDnsLookups = Flag("disable_dns_lookups", "no");

    /// <summary>An MX lookup that fails means: there are none.</summary>
    public static readonly Parameter<bool> IgnoreMxLookupError = Flag("ignore_mx_lookup_error", "no");

    /// <summary>Mail is kept, not returned, where no mail exchanger has an address.</summary>
    public static readonly Parameter<bool> SmtpDeferIfNoMxAddressFound = Flag("smtp_defer_if_no_mx_address_found", "no");

    /// <summary>Addresses tried in one delivery; 0: no limit.</summary>
    public static readonly Parameter<int> SmtpMxAddressLimit = Number("smtp_mx_address_limit", "5");

    /// <summary>Sessions in one delivery; 0: no limit.</summary>
    public static readonly Parameter<int> SmtpMxSessionLimit = Number("smtp_mx_session_limit", "2");

    /// <summary>Addresses of equal preference are tried in random order.</summary>
    public static readonly Parameter<bool> SmtpRandomizeAddresses = Flag("smtp_randomize_addresses", "yes");

    /// <summary>Which kind of address comes first.</summary>
    public static readonly Parameter<string> SmtpAddressPreference = Choice("smtp_address_preference", "any", "any ipv4 ipv6");

    /// <summary>Both kinds of addresses have a share of smtp_mx_address_limit.</summary>
    public static readonly Parameter<bool> SmtpBalanceInetProtocols = Flag("smtp_balance_inet_protocols", "yes");

    /// <summary>The next address of equal preference is tried beside one that is slow to answer. Ours beyond Postfix.</summary>
    public static readonly Parameter<bool> SmtpRaceAddresses = Flag("smtp_race_addresses", "yes");

    /// <summary>Mail whose author's domain has a table [dkim."DOMAIN"] is signed. Ours beyond Postfix.</summary>
    public static readonly Parameter<bool> SmtpDkimSigning = Flag("smtp_dkim_signing", "yes");

    /// <summary>The same for mail that goes by LMTP. Ours beyond Postfix.</summary>
    public static readonly Parameter<bool> LmtpDkimSigning = Flag("lmtp_dkim_signing", "no");

    /// <summary>What becomes of mail that is to be signed and cannot be, since its key is not there: it waits, or is sent without. Ours beyond Postfix.</summary>
    public static readonly Parameter<string> SmtpDkimFailureAction = Choice("smtp_dkim_failure_action", "defer", "defer send");

    /// <summary>A server reached by an alias has the name that the alias stands for.</summary>
    public static readonly Parameter<bool> SmtpCnameOverridesServername = Flag("smtp_cname_overrides_servername", "no");

    /// <summary>Kinds of addresses that are connected to.</summary>
    public static readonly Parameter<IReadOnlyList<string>> InetProtocols = List("inet_protocols", "all", "all ipv4 ipv6");

    /// <summary>Own addresses, or all: what leads there would go in a circle; where there is one, it is also the source of
    /// connections.</summary>
    public static readonly Parameter<IReadOnlyList<string>> InetInterfaces = List("inet_interfaces", "all");

    /// <summary>Further own addresses, outside of a translator of addresses: what leads there would go in a circle.</summary>
    public static readonly Parameter<IReadOnlyList<string>> ProxyInterfaces = List("proxy_interfaces", "");

    /// <summary>Local address of connections over IPv4.</summary>
    public static readonly Parameter<IPAddress> SmtpBindAddress = Address("smtp_bind_address", AddressFamily.InterNetwork);

    /// <summary>Local address of connections over IPv6.</summary>
    public static readonly Parameter<IPAddress> SmtpBindAddress6 = Address("smtp_bind_address6", AddressFamily.InterNetworkV6);

    /// <summary>No connection where the local address cannot be used.</summary>
    public static readonly Parameter<bool> SmtpBindAddressEnforce = Flag("smtp_bind_address_enforce", "no");

    /// <summary>Hosts for mail whose own servers cannot be reached, or do not exist.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpFallbackRelay = NextHops("smtp_fallback_relay", "$fallback_relay");

    /// <summary>Older name of smtp_fallback_relay.</summary>
    public static readonly Parameter<IReadOnlyList<string>> FallbackRelay = NextHops("fallback_relay", "");

    /// <summary>Service, or "service:nexthop", for domains whose best mail exchanger is this system. Empty: their mail is
    /// returned.</summary>
    public static readonly Parameter<string> BestMxTransport = Transport("best_mx_transport", "");

    /// <summary>A session is kept open while more mail waits for the same next hop.</summary>
    public static readonly Parameter<bool> SmtpConnectionCacheOnDemand = Flag("smtp_connection_cache_on_demand", "yes");

    /// <summary>Next hops whose session is kept open in any case.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpConnectionCacheDestinations = List("smtp_connection_cache_destinations", "");

    /// <summary>For how long a session is kept open that nothing uses.</summary>
    public static readonly Parameter<TimeSpan> SmtpConnectionCacheTimeLimit = Time("smtp_connection_cache_time_limit", "2s");

    /// <summary>For how long a session is used.</summary>
    public static readonly Parameter<TimeSpan> SmtpConnectionReuseTimeLimit = Time("smtp_connection_reuse_time_limit", "300s");

    /// <summary>Deliveries over one session; 0: no limit.</summary>
    public static readonly Parameter<int> SmtpConnectionReuseCountLimit = Number("smtp_connection_reuse_count_limit", "0");

    /// <summary>Addresses that others get to see in place of ours.</summary>
    public static readonly Parameter<LookupTable> SmtpGenericMaps = Table("smtp_generic_maps", "");

    /// <summary>What is done about headers on their way out that match a pattern.</summary>
    public static readonly Parameter<LookupTable> SmtpHeaderChecks = Table("smtp_header_checks", "");

    /// <summary>The same for headers of MIME and of parts.</summary>
    public static readonly Parameter<LookupTable> SmtpMimeHeaderChecks = Table("smtp_mime_header_checks", "");

    /// <summary>The same for headers of messages within messages.</summary>
    public static readonly Parameter<LookupTable> SmtpNestedHeaderChecks = Table("smtp_nested_header_checks", "");

    /// <summary>The same for lines of text.</summary>
    public static readonly Parameter<LookupTable> SmtpBodyChecks = Table("smtp_body_checks", "");

    /// <summary>Tables whose results get what was added to the name looked up.</summary>
    public static readonly Parameter<IReadOnlyList<string>> PropagateUnmatchedExtensions =
        List("propagate_unmatched_extensions", "canonical, virtual", "canonical virtual alias forward include generic");

    /// <summary>Local parts are quoted where RFC 5321 wants it.</summary>
    public static readonly Parameter<bool> SmtpQuoteRfc821Envelope = Flag("smtp_quote_rfc821_envelope", "yes");

    /// <summary>Bytes of a line of content; longer ones are folded. 0: no limit.</summary>
    public static readonly Parameter<int> SmtpLineLengthLimit = Number("smtp_line_length_limit", "998");

    /// <summary>Eight-bit content goes as it is to servers without 8BITMIME.</summary>
    public static readonly Parameter<bool> DisableMimeOutputConversion = Flag("disable_mime_output_conversion", "no");

    /// <summary>Servers that want to know are told where mail comes from.</summary>
    public static readonly Parameter<bool> SmtpSendXforwardCommand = Flag("smtp_send_xforward_command", "no");

    /// <summary>Work-arounds for servers behind a firewall that changes what they say: disable_esmtp, delay_dotcrlf.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpPixWorkarounds = List("smtp_pix_workarounds", "disable_esmtp,delay_dotcrlf", "disable_esmtp delay_dotcrlf");

    /// <summary>Age of mail from which delay_dotcrlf is used.</summary>
    public static readonly Parameter<TimeSpan> SmtpPixWorkaroundThresholdTime = Time("smtp_pix_workaround_threshold_time", "500s");

    /// <summary>How long delay_dotcrlf waits before the end of the content.</summary>
    public static readonly Parameter<TimeSpan> SmtpPixWorkaroundDelayTime = Time("smtp_pix_workaround_delay_time", "10s");

    /// <summary>Servers and clients whose conversations are logged, line by line, without passwords: names, addresses, networks.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DebugPeerList = List("debug_peer_list", "");

    /// <summary>Who gets transcripts of conversations that went wrong.</summary>
    public static readonly Parameter<string> ErrorNoticeRecipient = MailAddress("error_notice_recipient", "postmaster");
}
