namespace PostfixNet.Configuration;

/// <summary>Names, defaults and reasons of <see cref="UnsupportedParameters"/>: those of Postfix 3.7 as "postconf -d" prints them at
/// compatibility level 3.6, and of later versions up to 3.12.</summary>
/// <remarks>[refused]: in Postfix another value can make mail go elsewhere, be changed, copied, checked or refused, or make notices,
/// listings or log lines look different. [meaningless]: it only tunes a program that is not there, or nobody sees any of it.
/// A second line of a name is another value that comes to the same. When one is built, its line goes.</remarks>
internal static class UnsupportedTable
{
    internal const string Text = """
        [refused] mail is not changed into other MIME when it arrives
        force_mime_input_conversion = no
        non_empty_end_of_header_action = fix_quietly

        [refused] mail goes where transport_maps, relayhost or the domain of the recipient leads
        transport_null_address_lookup_key = <>
        sender_based_routing = no
        relocated_prefix_enable = yes
        resolve_dequoted_address = yes
        resolve_null_domain = no
        resolve_numeric_domain = no
        use_srv_lookup =
        ignore_srv_lookup_error = no
        allow_srv_lookup_fallback = no
        enable_idna2003_compatibility = no
        known_tcp_ports = lmtp=24, smtp=25, smtps=submissions=465, submission=587
        smtp_address_verify_target = rcpt

        [refused] there is no local delivery
        mailbox_transport =
        mailbox_transport_maps =
        mailbox_command =
        mailbox_command_maps =
        home_mailbox =
        mail_spool_directory = /var/mail
        fallback_transport =
        fallback_transport_maps =
        forward_path = $home/.forward${recipient_delimiter}${extension}, $home/.forward
        allow_mail_to_commands = alias, forward
        allow_mail_to_files = alias, forward
        owner_request_special = yes
        reset_owner_alias = no
        prepend_delivered_header = command, file, forward
        frozen_delivered_to = yes
        local_delivery_status_filter = $default_delivery_status_filter
        virtual_transport = virtual
        virtual_mailbox_domains = $virtual_mailbox_maps
        virtual_mailbox_domains =
        virtual_mailbox_maps =
        virtual_uid_maps =
        virtual_gid_maps =
        virtual_delivery_status_filter = $default_delivery_status_filter
        pipe_delivery_status_filter = $default_delivery_status_filter

        [refused] not supported by cleanup and sendmail
        header_from_format = standard
        full_name_encoding_charset = utf-8
        queue_file_attribute_count_limit = 100
        sun_mailtool_compatibility = no
        dont_remove = 0
        local_login_sender_maps = static:*
        empty_address_local_login_sender_maps_lookup_key = <>

        [refused] results and replies are not rewritten
        default_delivery_status_filter =
        smtp_delivery_status_filter = $default_delivery_status_filter
        smtp_reply_filter =
        smtp_dns_reply_filter =

        [refused] the log has one form and one level of detail
        info_log_address_format = external
        helpful_warnings = yes
        qmgr_clog_warn_time = 300s

        [refused] not supported by the SMTP client
        smtp_dns_resolver_options =
        smtp_pix_workaround_maps =
        smtp_sasl_type = cyrus
        smtp_sasl_auth_cache_name =
        smtp_sasl_password_result_delimiter = :
        send_cyrus_sasl_authzid = no

        [refused] not supported by TLS of the SMTP client
        smtp_tls_per_site =
        smtp_tls_eccert_file =
        smtp_tls_eckey_file = $smtp_tls_eccert_file
        smtp_tls_dcert_file =
        smtp_tls_dkey_file = $smtp_tls_dcert_file
        smtp_tls_trust_anchor_file =
        smtp_tls_force_insecure_host_tlsa_lookup = no
        smtp_tls_enable_rpk = no
        smtp_tls_enforce_sts_mx_patterns = yes
        smtp_tls_loglevel_maps =
        smtp_tls_trace_size_limit = 102400
        tls_trace_rate_limit = 1
        tls_wildcard_matches_multiple_labels = yes
        tls_legacy_public_key_fingerprints = no
        tls_trust_server_ccerts = no
        tls_high_cipherlist = aNULL:-aNULL:HIGH:@STRENGTH
        tls_medium_cipherlist = aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH
        tls_low_cipherlist = aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH
        tls_export_cipherlist = aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH
        tls_null_cipherlist = eNULL:!aNULL
        tls_eecdh_auto_curves = X25519 X448 prime256v1 secp521r1 secp384r1
        tls_eecdh_strong_curve = prime256v1
        tls_eecdh_ultra_curve = secp384r1
        tls_ffdhe_auto_groups =
        tls_config_file = default
        tls_config_name =
        tls_ssl_options =
        tls_disable_workarounds =

        [refused] TLS of the SMTP client is set by smtp_tls_ parameters only
        tlsproxy_client_CAfile = $smtp_tls_CAfile
        tlsproxy_client_CApath = $smtp_tls_CApath
        tlsproxy_client_cert_file = $smtp_tls_cert_file
        tlsproxy_client_chain_files = $smtp_tls_chain_files
        tlsproxy_client_dcert_file = $smtp_tls_dcert_file
        tlsproxy_client_dkey_file = $smtp_tls_dkey_file
        tlsproxy_client_eccert_file = $smtp_tls_eccert_file
        tlsproxy_client_eckey_file = $smtp_tls_eckey_file
        tlsproxy_client_enforce_tls = $smtp_enforce_tls
        tlsproxy_client_fingerprint_digest = $smtp_tls_fingerprint_digest
        tlsproxy_client_key_file = $smtp_tls_key_file
        tlsproxy_client_loglevel = $smtp_tls_loglevel
        tlsproxy_client_loglevel_parameter = smtp_tls_loglevel
        tlsproxy_client_per_site = $smtp_tls_per_site
        tlsproxy_client_policy_maps = ${tlsproxy_client_policy:$smtp_tls_policy_maps}
        tlsproxy_client_scert_verifydepth = $smtp_tls_scert_verifydepth
        tlsproxy_client_security_level = ${tlsproxy_client_level:$smtp_tls_security_level}
        tlsproxy_client_use_tls = $smtp_use_tls
        tlsproxy_client_level =
        tlsproxy_client_policy =

        [refused] the networks are named in mynetworks; without it, it is the loopback interface alone
        mynetworks_style = host

        [refused] the SMTP server does not know it
        smtpd_etrn_restrictions =
        smtpd_proxy_filter =
        smtpd_proxy_ehlo = $myhostname
        smtpd_proxy_options =
        smtpd_command_filter =
        smtpd_dns_reply_filter =
        smtpd_reject_filter_maps =
        smtpd_reject_footer =
        smtpd_reject_footer_maps =
        smtpd_authorized_verp_clients = $authorized_verp_clients
        smtpd_hide_client_session = no
        permit_mx_backup_networks =
        maps_rbl_domains =
        rbl_reply_maps =
        default_rbl_reply = $rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason}
        qmqpd_authorized_clients =
        postscreen_access_list = permit_mynetworks
        postscreen_allowlist_interfaces = ${postscreen_whitelist_interfaces?{$postscreen_whitelist_interfaces}:{static:all}}
        postscreen_whitelist_interfaces = static:all
        postscreen_bare_newline_action = ignore
        postscreen_bare_newline_enable = no
        postscreen_command_filter =
        postscreen_denylist_action = ${postscreen_blacklist_action?{$postscreen_blacklist_action}:{ignore}}
        postscreen_blacklist_action = ignore
        postscreen_dnsbl_action = ignore
        postscreen_dnsbl_allowlist_threshold = ${postscreen_dnsbl_whitelist_threshold?{$postscreen_dnsbl_whitelist_threshold}:{0}}
        postscreen_dnsbl_whitelist_threshold = 0
        postscreen_dnsbl_reply_map =
        postscreen_dnsbl_sites =
        postscreen_dnsbl_threshold = 1
        postscreen_forbidden_commands = $smtpd_forbidden_commands
        postscreen_greet_action = ignore
        postscreen_helo_required = $smtpd_helo_required
        postscreen_non_smtp_command_action = drop
        postscreen_non_smtp_command_enable = no
        postscreen_pipelining_action = enforce
        postscreen_pipelining_enable = no
        postscreen_reject_footer = $smtpd_reject_footer
        postscreen_reject_footer_maps = $smtpd_reject_footer_maps
        address_verify_default_transport = $default_transport
        address_verify_local_transport = $local_transport
        address_verify_map = btree:$data_directory/verify_cache
        address_verify_relay_transport = $relay_transport
        address_verify_relayhost = $relayhost
        address_verify_sender = $double_bounce_sender
        address_verify_sender_dependent_default_transport_maps = $sender_dependent_default_transport_maps
        address_verify_sender_dependent_relayhost_maps = $sender_dependent_relayhost_maps
        address_verify_transport_maps = $transport_maps
        address_verify_virtual_transport = $virtual_transport

        [meaningless] there is no local delivery
        alias_database = hash:/etc/aliases
        alias_database = lmdb:/etc/aliases
        alias_database =
        biff = yes
        command_execution_directory =
        command_expansion_filter = 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
        command_time_limit = 1000s
        default_privs = nobody
        deliver_lock_attempts = 20
        deliver_lock_delay = 1s
        stale_lock_time = 500s
        execution_directory_expansion_filter = 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
        export_environment = TZ MAIL_CONFIG LANG
        forward_expansion_filter = 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ
        local_command_shell =
        mailbox_delivery_lock = fcntl, dotlock
        mailbox_size_limit = 51200000
        mailbox_defer_errors = eagain, enospc, estale
        maildir_defer_errors = enospc, estale
        require_home_directory = no
        strict_mailbox_ownership = yes
        virtual_mailbox_base =
        virtual_mailbox_limit = 51200000
        virtual_mailbox_lock = fcntl, dotlock
        virtual_minimum_uid = 100

        [meaningless] nothing is kept or looked for there
        data_directory = /var/lib/postfix.net
        data_directory = /var/lib/postfix
        process_id_directory = pid
        html_directory = /usr/share/doc/postfix/html
        html_directory = no
        manpage_directory = /usr/share/man
        meta_directory = /etc/postfix
        readme_directory = /usr/share/doc/postfix
        readme_directory = no
        sample_directory = /etc/postfix
        sample_directory = no
        shlib_directory = /usr/lib/postfix
        sendmail_path = $command_directory/sendmail
        sendmail_path = /usr/sbin/sendmail
        mailq_path = $command_directory/mailq
        mailq_path = /usr/bin/mailq
        newaliases_path = $command_directory/newaliases
        newaliases_path = /usr/bin/newaliases
        openssl_path = openssl

        [meaningless] tables are read into memory
        berkeley_db_create_buffer_size = 16777216
        berkeley_db_read_buffer_size = 131072
        lmdb_map_size = 16777216
        default_database_type = hash
        proxy_read_maps = $local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains $virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains $canonical_maps $sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions $address_verify_sender_dependent_default_transport_maps $address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps $fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps $lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps $sender_dependent_default_transport_maps $sender_dependent_relayhost_maps $smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps $virtual_gid_maps $virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps $smtpd_reject_footer_maps $tls_server_sni_maps $tlsproxy_client_policy_maps $default_delivery_status_filter $lmtp_delivery_status_filter $lmtp_dns_reply_filter $lmtp_reply_filter $local_delivery_status_filter $pipe_delivery_status_filter $postscreen_command_filter $smtp_delivery_status_filter $smtp_dns_reply_filter $smtp_reply_filter $smtpd_command_filter $smtpd_dns_reply_filter $virtual_delivery_status_filter $body_checks $header_checks $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks $lmtp_nested_header_checks $milter_header_checks $mime_header_checks $nested_header_checks $smtp_body_checks $smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks
        proxy_write_maps = $smtp_sasl_auth_cache_name $lmtp_sasl_auth_cache_name $address_verify_map $postscreen_cache_map
        non_bdb_migration_level = disable
        non_bdb_custom_mapping =
        daemon_table_open_error_is_fatal = no

        [meaningless] the limits of socketmap: tables are these, and cannot be set
        socketmap_max_query_size = 10000
        socketmap_max_reply_size = 100000

        [meaningless] "master logrotate" names and compresses files in this one way
        maillog_file_compressor = gzip
        maillog_file_rotate_suffix = %Y%m%d-%H%M%S

        [meaningless] there is no such service
        connection_cache_protocol_timeout = 5s
        connection_cache_service_name = scache
        connection_cache_status_update_time = 600s
        connection_cache_ttl_limit = 2s
        dnsblog_reply_delay = 0s
        dnsblog_service_name = dnsblog
        error_service_name = error
        flush_service_name = flush
        postlog_service_name = postlog
        postlogd_watchdog_timeout = 10s
        proxymap_service_name = proxymap
        proxywrite_service_name = proxywrite
        rewrite_service_name = rewrite
        tlsmgr_service_name = tlsmgr
        tlsproxy_service_name = tlsproxy
        smtpd_service_name = smtpd
        address_verify_service_name = verify

        [meaningless] postqueue -s looks through the queue itself, whatever the domain
        fast_flush_domains = $relay_domains
        fast_flush_refresh_time = 12h
        fast_flush_purge_time = 7d

        [meaningless] each instance is started by itself
        multi_instance_directories =
        multi_instance_enable = no
        multi_instance_group =
        multi_instance_wrapper =
        postmulti_control_commands = reload flush
        postmulti_start_commands = start
        postmulti_stop_commands = stop abort drain quick-stop
        alternate_config_directories =

        [meaningless] memory and connections are bounded by other parameters
        default_recipient_limit = 20000
        qmgr_fudge_factor = 100
        qmgr_site_hog_factor = 90
        ipc_ttl = 1000s
        trigger_timeout = 10s
        tcp_windowsize = 0

        [meaningless] master replaces what ends; nothing watches over what hangs
        qmgr_daemon_timeout = 1000s
        debugger_command =
        fault_injection_code = 0

        [meaningless] it only tells what runs
        mail_release_date =
        process_id =
        process_name =
        service_name =
        stress =

        [meaningless] the TLS library sees to it itself
        smtp_tls_connection_reuse = no
        smtp_tls_session_cache_timeout = 3600s
        tls_daemon_random_bytes = 32
        tls_fast_shutdown_enable = yes
        tls_random_bytes = 32
        tls_random_exchange_name = ${data_directory}/prng_exch
        tls_random_prng_update_period = 3600s
        tls_random_reseed_period = 3600s
        tls_random_source = dev:/dev/urandom

        [meaningless] the mechanisms of logins are built in, and failed ones not remembered
        smtp_sasl_path =
        smtp_sasl_auth_cache_time = 90d
        cyrus_sasl_config_path =

        [meaningless] what is logged of conversations with debug_peer_list has one level of detail
        debug_peer_level = 2

        [meaningless] results of TLS go to the service tlsrpt of master.toml
        smtp_tlsrpt_socket_name =

        [meaningless] whose answers are taken for authentic, dns_trusted_nameservers says
        dns_ncache_ttl_fix_enable = no
        dnssec_probe = ns:.

        [meaningless] there is no such server
        postscreen_bare_newline_ttl = 30d
        postscreen_cache_cleanup_interval = 12h
        postscreen_cache_map = btree:$data_directory/postscreen_cache
        postscreen_cache_retention_time = 7d
        postscreen_client_connection_count_limit = $smtpd_client_connection_count_limit
        postscreen_command_count_limit = 20
        postscreen_command_time_limit = ${stress?{10}:{300}}s
        postscreen_disable_vrfy_command = $disable_vrfy_command
        postscreen_discard_ehlo_keyword_address_maps = $smtpd_discard_ehlo_keyword_address_maps
        postscreen_discard_ehlo_keywords = $smtpd_discard_ehlo_keywords
        postscreen_dnsbl_max_ttl = 1h
        postscreen_dnsbl_min_ttl = 60s
        postscreen_dnsbl_timeout = 10s
        postscreen_enforce_tls = $smtpd_enforce_tls
        postscreen_expansion_filter = $smtpd_expansion_filter
        postscreen_greet_banner = $smtpd_banner
        postscreen_greet_ttl = 1d
        postscreen_greet_wait = ${stress?{2}:{6}}s
        postscreen_non_smtp_command_ttl = 30d
        postscreen_pipelining_ttl = 30d
        postscreen_post_queue_limit = $default_process_limit
        postscreen_pre_queue_limit = $default_process_limit
        postscreen_tls_security_level = $smtpd_tls_security_level
        postscreen_upstream_proxy_protocol =
        postscreen_upstream_proxy_timeout = 5s
        postscreen_use_tls = $smtpd_use_tls
        postscreen_watchdog_timeout = 10s
        qmqpd_client_port_logging = no
        qmqpd_error_delay = 1s
        qmqpd_timeout = 300s
        tlsproxy_enforce_tls = $smtpd_enforce_tls
        tlsproxy_tls_CAfile = $smtpd_tls_CAfile
        tlsproxy_tls_CApath = $smtpd_tls_CApath
        tlsproxy_tls_always_issue_session_ids = $smtpd_tls_always_issue_session_ids
        tlsproxy_tls_ask_ccert = $smtpd_tls_ask_ccert
        tlsproxy_tls_ccert_verifydepth = $smtpd_tls_ccert_verifydepth
        tlsproxy_tls_cert_file = $smtpd_tls_cert_file
        tlsproxy_tls_chain_files = $smtpd_tls_chain_files
        tlsproxy_tls_ciphers = $smtpd_tls_ciphers
        tlsproxy_tls_dcert_file = $smtpd_tls_dcert_file
        tlsproxy_tls_dh1024_param_file = $smtpd_tls_dh1024_param_file
        tlsproxy_tls_dh512_param_file = $smtpd_tls_dh512_param_file
        tlsproxy_tls_dkey_file = $smtpd_tls_dkey_file
        tlsproxy_tls_eccert_file = $smtpd_tls_eccert_file
        tlsproxy_tls_eckey_file = $smtpd_tls_eckey_file
        tlsproxy_tls_eecdh_grade = $smtpd_tls_eecdh_grade
        tlsproxy_tls_exclude_ciphers = $smtpd_tls_exclude_ciphers
        tlsproxy_tls_fingerprint_digest = $smtpd_tls_fingerprint_digest
        tlsproxy_tls_key_file = $smtpd_tls_key_file
        tlsproxy_tls_loglevel = $smtpd_tls_loglevel
        tlsproxy_tls_mandatory_ciphers = $smtpd_tls_mandatory_ciphers
        tlsproxy_tls_mandatory_exclude_ciphers = $smtpd_tls_mandatory_exclude_ciphers
        tlsproxy_tls_mandatory_protocols = $smtpd_tls_mandatory_protocols
        tlsproxy_tls_protocols = $smtpd_tls_protocols
        tlsproxy_tls_req_ccert = $smtpd_tls_req_ccert
        tlsproxy_tls_security_level = $smtpd_tls_security_level
        tlsproxy_use_tls = $smtpd_use_tls
        tlsproxy_watchdog_timeout = 10s
        unknown_virtual_mailbox_reject_code = 550
        tlsproxy_tls_enable_rpk = $smtpd_tls_enable_rpk
        postscreen_dnsbl_ttl = 1h
        authorized_verp_clients = $mynetworks
        maps_rbl_reject_code = 554
        respectful_logging = yes
        tls_preempt_cipherlist = no
        tls_session_ticket_cipher = aes-256-cbc

        [meaningless] the SMTP server does not know it
        smtpd_delay_open_until_valid_rcpt = yes
        smtpd_discard_ehlo_keyword_address_maps =
        smtpd_expansion_filter = \t\40!"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~
        smtpd_history_flush_threshold = 100
        smtpd_log_access_permit_actions =
        smtpd_per_request_deadline = ${smtpd_per_record_deadline?{$smtpd_per_record_deadline}:{${stress?{yes}:{no}}}}
        smtpd_proxy_timeout = 100s
        smtpd_tls_always_issue_session_ids = yes
        smtpd_tls_ciphers = medium
        smtpd_tls_dcert_file =
        smtpd_tls_dh1024_param_file =
        smtpd_tls_dh512_param_file =
        smtpd_tls_dkey_file = $smtpd_tls_dcert_file
        smtpd_tls_eccert_file =
        smtpd_tls_eckey_file = $smtpd_tls_eccert_file
        smtpd_tls_eecdh_grade = auto
        smtpd_tls_mandatory_ciphers = medium
        smtpd_tls_session_cache_database =
        smtpd_tls_session_cache_timeout = 3600s
        smtpd_per_record_deadline = no
        smtpd_tls_enable_rpk = no
        smtpd_tls_loglevel_maps =
        smtpd_tls_trace_size_limit = 102400
        smtpd_client_connection_limit_exceptions =

        [meaningless] no addresses are verified by probes
        address_verify_cache_cleanup_interval = 12h
        address_verify_negative_cache = yes
        address_verify_negative_expire_time = 3d
        address_verify_negative_refresh_time = 3h
        address_verify_pending_request_limit = 5000
        address_verify_poll_count = ${stress?{1}:{3}}
        address_verify_poll_delay = 3s
        address_verify_positive_expire_time = 31d
        address_verify_positive_refresh_time = 7d
        address_verify_sender_ttl = 0s
        unverified_recipient_defer_code = 450
        unverified_recipient_reject_code = 450
        unverified_recipient_reject_reason =
        unverified_recipient_tempfail_action = $reject_tempfail_action
        unverified_sender_defer_code = 450
        unverified_sender_reject_code = 450
        unverified_sender_reject_reason =
        unverified_sender_tempfail_action = $reject_tempfail_action
        """;
}
