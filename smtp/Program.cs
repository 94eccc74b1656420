using PostfixNet.Service;
using PostfixNet.Smtp.Sasl;

namespace PostfixNet.Smtp;

/// <summary>
/// NAME
///   smtp - SMTP and LMTP client
/// SYNOPSIS
///   smtp   (started by master, not by hand)
/// DESCRIPTION
///   Takes delivery requests from qmgr, one at a time: a queue file, its sender, a next hop, and recipients. Looks up the
///   servers of the next hop (MX and address records), tries them in order until one takes the message, and decides for
///   each recipient: sent, deferred, or bounced. Marks recipients done in the queue file; problems go to the logs of the
///   bounce and defer services. Under the service name lmtp it speaks LMTP. A session may stay open between requests
///   when more mail waits for the same next hop.
///   Where smtp_tls_security_level or smtp_tls_policy_maps want it the conversation goes over TLS, by STARTTLS or
///   (smtp_tls_wrappermode) from the start. Without it mail is put off, or at the level may sent in plain text.
/// SECURITY
///   Talks to servers that cannot be trusted: each wait has a deadline, each reply and list a limit. Needs no privileges
///   once started; the table of passwords is read before they are given up. Opens queue files, Unix-domain sockets, and
///   network connections, and files with certificates and keys. Passwords and tokens are shown nowhere.
///   What a server said before TLS counts for nothing after it. Nothing is fetched to verify a certificate.
/// DIAGNOSTICS
///   One line per recipient and attempt: to=, relay=, delay=, delays=, dsn=, status=. One line per server or recipient
///   that is given up for the next server, or that waits for another transaction because the server takes no more at once.
///   smtp_tls_loglevel = 1: one line per TLS connection. Always: certificates that do not pass, and TLS that fails.
///   With debug_peer_list, each line of the conversation, passwords left out. With notify_classes, the transcript of a
///   conversation that broke the protocol goes to error_notice_recipient. A damaged queue file gets mode 0400, and qmgr
///   moves it to corrupt. Exit 0: told to end, or idle, or a lookup table has changed. 70: a bug; the mail is retried. 78: configuration unusable.
/// CONFIGURATION
///   smtp_*_timeout, smtp_per_request_deadline, smtp_min_data_rate, daemon_timeout (for one request), smtp_helo_name,
///   smtp_mx_address_limit, smtp_mx_session_limit, smtp_race_addresses, smtp_fallback_relay, best_mx_transport,
///   legacy_no_failover_after_greeting, smtp_skip_5xx_greeting, smtp_line_length_limit, smtp_connection_cache_*,
///   smtp_discard_ehlo_keywords, smtp_pix_workarounds, smtp_bind_address, smtp_bind_address_enforce, smtp_tcp_port,
///   soft_bounce, inet_interfaces, inet_protocols, smtp_host_lookup, disable_dns_lookups, dns_nameservers,
///   notify_classes, error_notice_recipient, debug_peer_list, smtp_tls_*, smtp_log_tls_feature_status,
///   tls_append_default_CA, smtp_sasl_*, smtp_sender_dependent_authentication, smtp_send_dummy_mail_auth,
///   smtp_send_xforward_command, smtp_generic_maps (with recipient_delimiter, propagate_unmatched_extensions, myorigin,
///   mydestination, header_size_limit, header_address_token_limit). For the service lmtp, lmtp_x takes the place of smtp_x.
/// BUGS
///   No login by Kerberos or client certificate. TLS is that of the .NET library over OpenSSL:
///   one client certificate, no DANE, no ciphers without certificates, no revocation lists, sessions resumed only within
///   a process, and the group of the key exchange is not logged. Tables of patterns (smtp_header_checks and
///   the like, smtp_reply_filter) are refused.
/// </summary>
internal static class Program
{
    internal static readonly SingleServer<AgentSettings> Service = new("smtp", AgentSettings.Read, static (context, settings) => new DeliveryAgent(context, settings, TimeProvider.System).Serve)
    {
        BeforeConfinement = LoginSettings.OpenTables,
        Examine = static settings => settings.Examine(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);
}
