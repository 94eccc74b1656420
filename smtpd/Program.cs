using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Login;
using PostfixNet.Service;

namespace PostfixNet.Smtpd;

/// <summary>
/// NAME
///   smtpd - take mail by SMTP
/// SYNOPSIS
///   smtpd [-o name=value ...]   (started by master, not by hand)
///   smtpd -S [-c DIR]           (by "sendmail -bs")
/// DESCRIPTION
///   Serves applications, containers and hosts that may send their mail through this system: each message goes to cleanup, a buffer at
///   a time, and the client is told "250" once it is in the queue, on stable storage. A service of type "inet" in master.toml names the
///   addresses and ports; one of type "unix" with private = false serves programs of this host, whose account is logged (docs/client.md). Several
///   processes have up to smtpd_sessions_per_process sessions each; a crash ends those of one process, each before its "250".
///   When the system stops, clients that say nothing are told "421", others when their command is done.
///   What one client may do in a time is counted by the anvil service over all processes; without it there are no limits.
///   Understood are HELO, EHLO, MAIL, RCPT, DATA, BDAT, RSET, NOOP, VRFY, HELP and QUIT, and XCLIENT and XFORWARD from
///   hosts that may, with SIZE, PIPELINING, 8BITMIME, SMTPUTF8,
///   DSN, ENHANCEDSTATUSCODES, CHUNKING and LIMITS.
///   With smtpd_tls_security_level there is STARTTLS, or with smtpd_tls_wrappermode TLS from the first octet. Certificates and keys are read
///   before root is given up; when a file has changed, processes end with their last client and new ones read it. A certificate for the
///   name that a client asks for comes from tls_server_sni_maps.
///   With smtpd_sasl_auth_enable clients may log in, over TLS; from this host without it, too, unless smtpd_tls_auth_only. Users are
///   those of smtpd_sasl_password_file ("master passwd"), or Dovecot's.
///   With -S there is one session, on standard input and output, with its caller's rights: messages go into maildrop/, as sendmail's do, while the
///   mail system may be down. Restrictions, counts, TLS and logins are not for it, nor is a line that ends with LF alone an offence; sizes,
///   times and errors are limited as usual. It takes no connection of a network.
/// RESTRICTIONS
///   permit, reject, defer, defer_if_permit, defer_if_reject, warn_if_reject, sleep N, the name of a class;
///   permit_mynetworks, permit_inet_interfaces, permit_sasl_authenticated, permit_tls_clientcerts, permit_tls_all_clientcerts,
///   permit_auth_destination, reject_unauth_destination, defer_unauth_destination, reject_non_fqdn_helo_hostname,
///   reject_non_fqdn_sender, reject_non_fqdn_recipient, reject_invalid_helo_hostname, reject_unknown_client_hostname,
///   reject_unknown_reverse_client_hostname, reject_unknown_helo_hostname, reject_unknown_sender_domain,
///   reject_unknown_recipient_domain, reject_unlisted_recipient, reject_unlisted_sender, reject_unauth_pipelining, reject_multi_recipient_bounce, reject_plaintext_session,
///   reject_sender_login_mismatch, reject_authenticated_sender_login_mismatch, reject_known_sender_login_mismatch,
///   reject_unauthenticated_sender_login_mismatch; with a lookup table after it check_client_access,
///   check_reverse_client_hostname_access, check_helo_access, check_sender_access, check_recipient_access, check_sasl_access,
///   check_ccert_access; and check_policy_service with a service. They mean what they mean in Postfix.
///   Tables and services say OK, RELAY, DUNNO, REJECT, DEFER, DEFER_IF_PERMIT, DEFER_IF_REJECT, 4nn or 5nn with a text, HOLD, DISCARD, FILTER transport:nexthop,
///   REDIRECT user@domain, BCC user@domain, PREPEND header, INFO, WARN, or restrictions and classes.
///   Recipients that nobody has are refused after all of them (smtpd_reject_unlisted_recipient): those of this host that are not in
///   local_recipient_maps, or have no alias; those of virtual_alias_domains and relay_domains that their tables do not have; and those that
///   relocated_maps or "error:" in transport_maps would return. See docs/rewriting.md.
///   content_filter has what comes in here go through a filter (docs/filters.md); receive_override_options leaves out what is done before it, or
///   after it. Both, as any parameter, can stand in args of one service alone ("-o name=value").
///   Milters (smtpd_milters; smtpd_milter_maps has others by the address of the client) are told what the client says, after the restrictions, and may
///   refuse it. Their connections are handed to cleanup with the content, and used on for the next message.
/// STANDARDS
///   RFC 5321 (SMTP), 1870 (SIZE), 2920 (PIPELINING), 3030 (CHUNKING), 3461 (DSN), 3463 and 2034 (status codes), 6152 (8BITMIME),
///   6531 (SMTPUTF8), 8689 (REQUIRETLS), 9422 (LIMITS), 3207 (STARTTLS), 8446 (TLS 1.3), 4954 (AUTH), 4616, 5802 and 7677 (PLAIN, SCRAM).
/// SECURITY
///   Talks to any client of the network, as mail_owner and without rights of its own. Lines, recipients, content and time are
///   bounded. Who may send mail to where is decided by the restrictions in main.toml: without any, the loopback interface may relay
///   to anywhere (mynetworks), and others may not. An address is looked through for what would lead it elsewhere
///   ("user%elsewhere@here", "user@elsewhere"@here, elsewhere!user@here). A restriction that is not built is refused, and stops the
///   service. A line of content that ends without CR is no way to end a message, so that a server behind this one cannot be made to
///   see two messages in one (smtpd_forbid_bare_newline).
/// DIAGNOSTICS
///   Lines as Postfix's: "connect from", "ID: client=", "NOQUEUE: reject: RCPT from", "lost connection after", "timeout after",
///   "too many errors after", "improper command pipelining after", "non-SMTP command from", "limit exceeded:", "SASL PLAIN authentication failed:", "disconnect from ... commands=".
///   "NOQUEUE: milter-reject: RCPT from", "milter-hold:", "milter-discard:"; "milter inet:...: can't read SMFIC_... reply packet header: ..." warns of a
///   milter that broke down or misbehaves: milter_default_action holds.
///   With debug_peer_list, or "master verbose", each line of a session ("&gt; client[address]: 250 ...", "&lt; client[address]: EHLO ..."), passwords left out.
///   Exit 0: told to end, or long idle. 70: a bug. 78: configuration unusable. With -S, 0: the session is over; 77: the caller may not submit mail.
/// CONFIGURATION
///   debug_peer_list, soft_bounce, smtpd_upstream_proxy_protocol, smtpd_upstream_proxy_timeout, smtpd_tls_*, tls_server_sni_maps, smtpd_use_tls, smtpd_enforce_tls, smtpd_starttls_timeout,
///   smtpd_forbid_bare_newline_exclusions, smtpd_sasl_auth_enable, smtpd_sasl_exceptions_networks, smtpd_sasl_response_limit, broken_sasl_auth_clients, those of shared/Login/AuthoritySettings.cs,
///   allow_min_user, authorized_submit_users, enable_long_queue_ids, pickup_service_name (-S), cleanup_service_name, disable_vrfy_command, hash_queue_depth,
///   hash_queue_names, ipc_timeout, line_length_limit, local_header_rewrite_clients, mail_name, message_size_limit, content_filter,
///   myhostname, queue_minfree, queue_minfree_percent, smtpd_banner, smtpd_client_auth_rate_limit,
///   smtpd_client_connection_count_limit, smtpd_client_connection_rate_limit, smtpd_client_ipv4_prefix_length,
///   smtpd_client_ipv6_prefix_length, smtpd_client_message_rate_limit, smtpd_client_new_tls_session_rate_limit,
///   smtpd_client_event_limit_exceptions, smtpd_client_port_logging, smtpd_client_recipient_rate_limit,
///   smtpd_discard_ehlo_keywords, smtpd_error_sleep_time, smtpd_forbid_bare_newline, smtpd_forbid_bare_newline_reject_code,
///   smtpd_forbid_unauth_pipelining, smtpd_forbidden_commands, smtpd_hard_error_limit, smtpd_helo_required,
///   smtpd_junk_command_limit, smtpd_milter_maps, smtpd_milters, relayhost, smtpd_min_data_rate, smtpd_noop_commands, smtpd_peername_lookup, smtpd_recipient_limit,
///   smtpd_recipient_overshoot_limit, smtpd_sasl_authenticated_header, smtpd_sessions_per_process, smtpd_soft_error_limit, smtpd_timeout,
///   future_release_limit, future_release_networks, report_domain, report_lifetime, report_senders, requiretls_enable, smtpd_tls_received_header, smtputf8_enable, strict_rfc821_envelopes, strict_smtputf8; for the check of transports default_process_limit, history_enable, master_service_disable, metrics_enable, smtp_tlsrpt_enable, web_enable, webhooks_enable; and those of smtpd/Access/AccessOptions.cs, shared/Milter/MilterOptions.cs and
///   shared/Service/SessionServer.cs.
/// </summary>
internal static class Program
{
    internal static readonly SessionServer<SmtpdSettings> Service =
        new("smtpd", static (config, _) => SmtpdSettings.Read(config), static settings => settings.Options.SessionsPerProcess, Start)
        {
            Examine = static settings => settings.Examine(),
            // Keys and verifiers may be files that root alone can read.
            BeforeConfinement = static (config, _) =>
            {
                s_tls = TlsServerSettings.Read(config);
                s_logins = config.Get(Parameters.SmtpdSaslAuthEnable) ? AuthoritySettings.Read(config) : null;
            },
        };

    private static TlsServerSettings? s_tls;
    private static AuthoritySettings? s_logins;

    private static int Main(string[] arguments) => StandAlone.IsMeant(arguments) ? StandAlone.Run(arguments) : Service.Run(arguments);

    private static SmtpdServer Start(ServiceContext context, EventLoop loop, SmtpdSettings settings)
    {
        (SmtpdOptions options, AccessOptions rules, MilterChoice? milters) = settings;
        Log log = new(MailLog.Lines, options.LogsPort);
        context.AlsoChanged = s_tls is null ? null : s_tls.Certificates.Changed;
        NameLookups names = new(loop, new Lazy<Dns.IResolver>(() => new Dns.StubResolver(rules.Resolver)), new Lazy<Dns.HostsFile>(() => Dns.HostsFile.Load()));
        OwnClients own = new(rules.Interfaces, TimeProvider.System);
        AccessServices services = AccessServices.Of(rules, loop, own, names, log);
        RestrictionAccess access = new(rules, services);
        return new SmtpdServer(new Surroundings(options, loop, access,
            new ClientEvents(loop, "private/anvil", options.Limits, context.Name, client => options.WithoutLimits.Contains(client.Name, client.Address), log),
            new MessageQueue(options, loop, log), new ClientNames(options.LooksNamesUp, names, log), own,
            s_tls is null ? null : new TlsServer(s_tls, log), MilterService.Of(milters, services), s_logins?.Open(log.Warning, Dovecot, loop.Elsewhere, new LoopClock(loop)),
            new LoginFailures(options.ErrorDelay, options.Limits, TimeProvider.System), TimeProvider.System, log)
        { Verbosity = new Verbosity(".", context.Name, settings.DebugPeers) });

        ValueTask<Stream> Dovecot() => DovecotSocket.Connect(loop, s_logins!.DovecotPath);
    }
}
