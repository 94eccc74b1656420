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
///   (smtp_tls_wrappermode) from the start. Without it mail is put off, or at the level may sent in plain text. At the levels dane and
///   dane-only servers prove who they are by TLSA records, where DNSSEC vouches for these (RFC 7672): docs/tls.md. With smtp_mta_sts the
///   MTA-STS policy of the domain whose mail exchangers are looked up holds (RFC 8461), unless main.toml says something for it alone; the service mtasts is asked for it.
///   With smtp_tlsrpt_enable the service tlsrpt is told how each session fared with TLS, for reports to the domains of servers; it is never waited for.
///   smtp_header_checks, smtp_mime_header_checks, smtp_nested_header_checks and smtp_body_checks change what goes out, with the actions WARN, INFO,
///   REPLACE, PREPEND, STRIP, IGNORE and DUNNO: docs/checks.md. They see what was made of 8-bit content for a server that takes none, and
///   addresses before smtp_generic_maps.
///   Mail whose author (From:) is of a domain with a table [dkim."DOMAIN"], or below it, gets a DKIM signature (RFC 6376, RFC 8463) by each key of the table, over the octets
///   that leave, after all of that: docs/dkim.md. Not by LMTP, unless lmtp_dkim_signing. A message that has a signature by the same domain and selector gets no other one. When a
///   key cannot be read mail waits, or is sent without (smtp_dkim_failure_action).
/// SECURITY
///   Talks to servers that cannot be trusted: each wait has a deadline, each reply and list a limit. Needs no privileges
///   once started; the table of passwords is read, and files with certificates and keys are opened, before they are given up; so are keys that sign mail, where mail_owner cannot read them. Opens queue files, Unix-domain sockets, and
///   network connections, and files with certificates and keys. Passwords and tokens are shown nowhere.
///   What a server said before TLS counts for nothing after it. That DNSSEC vouches for an answer is believed of the name servers in
///   dns_trusted_nameservers alone. Nothing is fetched to verify a certificate.
/// DIAGNOSTICS
///   One line per recipient and attempt: to=, relay=, delay=, delays=, dsn=, status=. One line per server or recipient
///   that is given up for the next server, or that waits for another transaction because the server takes no more at once.
///   "ID: replace: header ...: text" and so on: what a check did.
///   "ID: DKIM-Signature field added (s=SELECTOR, d=DOMAIN)": the message goes out signed.
///   "service tlsrpt: ...: N results of TLS are not counted": it does not take them.
///   smtp_tls_loglevel = 1: one line per TLS connection, one per certificate that a server has not shown before, and how many handshakes resumed a session. Always: certificates that do not pass, and TLS that fails.
///   With debug_peer_list, or "master verbose", each line of the conversation, passwords left out. With notify_classes, the transcript of a
///   conversation that broke the protocol goes to error_notice_recipient. A damaged queue file gets mode 0400, and qmgr
///   moves it to corrupt. Exit 0: told to end, or idle, or a lookup table has changed. 70: a bug; the mail is retried. 78: configuration unusable.
/// CONFIGURATION
///   smtp_* (for the service lmtp, lmtp_x takes the place of smtp_x), allow_percent_hack, append_at_myorigin,
///   append_dot_mydomain, best_mx_transport, bounce_service_name, cleanup_service_name, daemon_timeout, [dkim."DOMAIN"], [oauth."NAME"] (by the service logins),
///   debug_peer_list, defer_service_name, delay_logging_resolution_limit, disable_dns_lookups,
///   disable_mime_output_conversion, dns_nameservers, dns_trusted_nameservers, double_bounce_sender, error_notice_recipient, fallback_relay,
///   hash_queue_depth, hash_queue_names, header_address_token_limit, header_size_limit, ignore_mx_lookup_error,
///   inet_interfaces, inet_protocols, legacy_no_failover_after_greeting, line_length_limit, lmtp_assume_final, lmtp_dkim_signing,
///   mime_boundary_length_limit, mime_nesting_limit, minimal_backoff_time, mta_sts_tls_CAfile, mydestination, mydomain, myhostname, myorigin, notify_classes,
///   lmtp_requiretls_policy, propagate_unmatched_extensions, proxy_interfaces, recipient_delimiter, relayhost, requiretls_enable, soft_bounce, swap_bangpath,
///   tls_append_default_CA, tls_dane_digests, tls_required_enable, tlsrpt_sender, trace_service_name, and those of shared/Events/EventOptions.cs and shared/Service/SingleServer.cs.
/// BUGS
///   No login by Kerberos or client certificate. TLS is that of the .NET library over OpenSSL:
///   one client certificate, no ciphers without certificates, no revocation lists, sessions resumed only within
///   a process, and the group of the key exchange is not logged. smtp_reply_filter is refused.
/// </summary>
internal static class Program
{
    internal static readonly SingleServer<AgentSettings> Service = new("smtp", AgentSettings.Read, static (context, settings) => new DeliveryAgent(context, settings, TimeProvider.System).Serve)
    {
        BeforeConfinement = static (config, service) =>
        {
            LoginSettings.OpenTables(config, service);
            TlsFiles.Open(config, service);
            KeyFiles.Open(config, service);
        },
        Tell = static (config, settings, service, question) => question switch
        {
            [Fact.AboutNames] => NameFacts.Of(config, settings.Options),
            [Fact.AboutExchangers, var domain] => ExchangerFacts.Of(config, domain),
            [Fact.AboutSigning, var domain] => RecordFacts.Of(config, domain),
            [Fact.AboutLogin, _, _, _] => LoginTrial.Of(config, settings, service, [.. question.Skip(1)]),
            _ => ServerFacts.Of(config, settings.Options, service, question),
        },
        CallsPrograms = LoginSettings.CallPrograms,
        Examine = static settings => settings.Examine(),
    };

    private static int Main(string[] arguments) => Service.Run(arguments);
}
