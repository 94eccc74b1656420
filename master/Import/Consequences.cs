using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>When a parameter that is not taken decides about mail.</summary>
internal enum Weight
{
    /// <summary>Never.</summary>
    Never,
    /// <summary>Always.</summary>
    Always,
    /// <summary>When mail for names of this host ends in Postfix's local(8).</summary>
    Local,
    /// <summary>When there are virtual_mailbox_domains.</summary>
    Virtual,
    /// <summary>When master.cf has a service of smtpd.</summary>
    Smtpd,
    /// <summary>When master.cf has a service of postscreen.</summary>
    Postscreen,
    /// <summary>When master.cf has a service of qmqpd.</summary>
    Qmqpd,
    /// <summary>When addresses are verified.</summary>
    Verify,
    /// <summary>When something leads to a transport of pipe(8).</summary>
    Pipe,
}

/// <param name="Weight">When it decides about mail.</param>
/// <param name="Text">What becomes of mail; {0} is the value.</param>
internal sealed record Consequence(Weight Weight, string Text)
{
    internal string For(string value) => Text.Replace("{0}", value.Length > 60 ? value[..60] + "..." : value, StringComparison.Ordinal);
}

/// <summary>What happens without a parameter of Postfix that this system has not: one sentence each.</summary>
internal static class Consequences
{
    private static readonly Dictionary<string, Consequence> s_byName = Read(Text);

    /// <summary>Of a name; for those that nobody would miss, the reason why.</summary>
    internal static Consequence Of(string name) => s_byName.TryGetValue(name, out Consequence? found)
        || (name.StartsWith("lmtp_", StringComparison.Ordinal) && s_byName.TryGetValue($"smtp_{name["lmtp_".Length..]}", out found)) ? found
        : PostfixParameters.Standing(name) == PostfixStanding.Meaningless
        ? new Consequence(Weight.Never, $"nothing becomes of mail otherwise: {PostfixParameters.Reason(name)}")
        : new Consequence(Weight.Always, $"mail would be treated otherwise: {PostfixParameters.Reason(name)}");

    private static Dictionary<string, Consequence> Read(string text)
    {
        Dictionary<string, Consequence> byName = new(StringComparer.Ordinal);
        Consequence? current = null;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('['))
            {
                int end = line.IndexOf(']', StringComparison.Ordinal);
                current = new Consequence(Enum.Parse<Weight>(line[1..end]), line[(end + 2)..]);
            }
            else if (current is not null)
            {
                foreach (string name in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    byName.Add(name, current);
            }
        }
        return byName;
    }

    // "[weight] what happens", then the names.
    private const string Text = """
        [Always] headers and text of mail would leave unchecked and unchanged
        smtp_header_checks smtp_mime_header_checks smtp_nested_header_checks smtp_body_checks

        [Smtpd] headers that milters add would not be looked at
        milter_header_checks

        [Always] mail with such content would be taken and sent as it is
        force_mime_input_conversion non_empty_end_of_header_action

        [Smtpd] mail would not pass through the proxy {0} before it is taken
        smtpd_proxy_filter

        [Never] nothing becomes of mail otherwise: it only says how a filter or proxy is spoken to that is not there
        smtpd_proxy_ehlo smtpd_proxy_options smtpd_proxy_timeout

        [Always] mail would go where transport_maps, relayhost or the recipient's domain leads
        transport_null_address_lookup_key sender_based_routing use_srv_lookup ignore_srv_lookup_error allow_srv_lookup_fallback

        [Always] addresses would be understood as Postfix's default says, and mail for odd ones go elsewhere
        resolve_dequoted_address resolve_null_domain resolve_numeric_domain relocated_prefix_enable enable_idna2003_compatibility

        [Never] ports have the names that the system and Postfix give them
        known_tcp_ports smtp_address_verify_target

        [Local] mail for users of this host would not go to {0}: it goes where alias_maps lead, or is returned as "unknown user"
        mailbox_transport mailbox_transport_maps fallback_transport fallback_transport_maps

        [Local] mail for users of this host would not be given to {0}: it goes where alias_maps lead, or is returned as "unknown user"
        mailbox_command mailbox_command_maps home_mailbox mail_spool_directory

        [Local] mail of users of this host would not be forwarded by their own files {0}
        forward_path

        [Local] mail for names of this host goes where alias_maps lead, or is returned; commands and files get none
        allow_mail_to_commands allow_mail_to_files owner_request_special reset_owner_alias prepend_delivered_header frozen_delivered_to local_delivery_status_filter

        [Virtual] mail for {0} would be refused from outside; from this host it would go to the mail exchangers of its domain
        virtual_mailbox_domains virtual_mailbox_maps virtual_transport

        [Virtual] mail for virtual mailboxes would not be stored here
        virtual_uid_maps virtual_gid_maps virtual_delivery_status_filter

        [Pipe] what commands say would not be changed: no command gets mail
        pipe_delivery_status_filter

        [Never] headers that are added have Postfix's standard form
        header_from_format full_name_encoding_charset

        [Always] old ways of mail programs would not be borne with
        queue_file_attribute_count_limit sun_mailtool_compatibility

        [Never] delivered mail is not kept as a copy in the queue directory saved
        dont_remove

        [Always] any user of this host could send as any sender
        local_login_sender_maps empty_address_local_login_sender_maps_lookup_key

        [Always] results and replies would count as they are: mail that {0} puts off or gives another status would be returned or put off as the server says
        default_delivery_status_filter smtp_delivery_status_filter smtp_reply_filter smtp_dns_reply_filter

        [Never] nothing becomes of mail otherwise: the log has one form and one level of detail
        info_log_address_format debug_peer_level helpful_warnings qmgr_clog_warn_time

        [Always] host names would be looked up as the system's resolver configuration says
        smtp_dns_resolver_options

        [Never] old firewalls would get the work-arounds of smtp_pix_workarounds alike
        smtp_pix_workaround_maps

        [Always] logins at other servers would be made by the mechanisms built in, not by {0}
        smtp_sasl_type

        [Never] failed logins would be tried again, and not remembered
        smtp_sasl_auth_cache_name

        [Always] passwords would be told apart from names at the first ":", and logins be made otherwise
        smtp_sasl_password_result_delimiter send_cyrus_sasl_authzid

        [Never] newer than Postfix 3.7, which passes over it
        smtp_tls_enable_rpk smtp_tls_enforce_sts_mx_patterns smtp_tls_loglevel_maps smtp_tls_trace_size_limit tls_trace_rate_limit
        tls_trust_server_ccerts tls_ffdhe_auto_groups tls_config_file tls_config_name postscreen_bare_newline_action postscreen_bare_newline_enable smtpd_reject_filter_maps
        smtpd_hide_client_session

        [Always] mail would go to {0} with the TLS that smtp_tls_security_level says, or without
        smtp_tls_per_site

        [Always] servers would see the certificate of smtp_tls_cert_file, or none
        smtp_tls_eccert_file smtp_tls_eckey_file smtp_tls_dcert_file smtp_tls_dkey_file

        [Always] servers would be trusted by smtp_tls_CAfile and smtp_tls_CApath alone: others would get no mail where trust is demanded
        smtp_tls_trust_anchor_file smtp_tls_force_insecure_host_tlsa_lookup tls_wildcard_matches_multiple_labels
        tls_legacy_public_key_fingerprints

        [Never] TLS would use the ciphers, curves and options of the system's library; an old server may not understand them
        tls_high_cipherlist tls_medium_cipherlist tls_low_cipherlist tls_export_cipherlist tls_null_cipherlist tls_eecdh_auto_curves tls_eecdh_strong_curve tls_eecdh_ultra_curve
        tls_ssl_options tls_disable_workarounds tls_preempt_cipherlist smtpd_tls_ciphers smtpd_tls_mandatory_ciphers smtpd_tls_eecdh_grade smtpd_tls_dh1024_param_file
        smtpd_tls_dh512_param_file

        [Smtpd] clients would see the certificate of smtpd_tls_cert_file, or be offered no TLS
        smtpd_tls_eccert_file smtpd_tls_eckey_file smtpd_tls_dcert_file smtpd_tls_dkey_file

        [Postscreen] TLS of postscreen and of the client's tlsproxy is that of smtpd and smtp
        tlsproxy_client_CAfile tlsproxy_client_CApath tlsproxy_client_cert_file tlsproxy_client_chain_files tlsproxy_client_dcert_file tlsproxy_client_dkey_file
        tlsproxy_client_eccert_file tlsproxy_client_eckey_file tlsproxy_client_enforce_tls tlsproxy_client_fingerprint_digest tlsproxy_client_key_file tlsproxy_client_loglevel
        tlsproxy_client_loglevel_parameter tlsproxy_client_per_site tlsproxy_client_policy_maps tlsproxy_client_scert_verifydepth tlsproxy_client_security_level
        tlsproxy_client_use_tls tlsproxy_client_level tlsproxy_client_policy

        [Never] mynetworks is written as the addresses that this style gives now
        mynetworks_style

        [Smtpd] clients that {0} refuses or lets in would be treated like all others
        smtpd_etrn_restrictions smtpd_command_filter smtpd_dns_reply_filter permit_mx_backup_networks maps_rbl_domains smtpd_authorized_verp_clients
        authorized_verp_clients smtpd_discard_ehlo_keyword_address_maps smtpd_client_connection_limit_exceptions

        [Never] refused clients would hear other words
        smtpd_reject_footer smtpd_reject_footer_maps rbl_reply_maps default_rbl_reply maps_rbl_reject_code

        [Qmqpd] mail would not be taken by QMQP
        qmqpd_authorized_clients

        [Postscreen] bots would not be tested before smtpd: clients that {0} refuses would be let through to it
        postscreen_access_list postscreen_allowlist_interfaces postscreen_whitelist_interfaces postscreen_command_filter postscreen_denylist_action postscreen_blacklist_action
        postscreen_dnsbl_action postscreen_dnsbl_allowlist_threshold postscreen_dnsbl_whitelist_threshold postscreen_dnsbl_reply_map postscreen_dnsbl_sites
        postscreen_dnsbl_threshold postscreen_forbidden_commands postscreen_greet_action postscreen_helo_required postscreen_non_smtp_command_action
        postscreen_non_smtp_command_enable postscreen_pipelining_action postscreen_pipelining_enable

        [Never] refused clients of postscreen would hear other words
        postscreen_reject_footer postscreen_reject_footer_maps

        [Verify] addresses would not be probed: mail for those that do not exist would be taken, and returned
        address_verify_default_transport address_verify_local_transport address_verify_map address_verify_relay_transport address_verify_relayhost address_verify_sender
        address_verify_sender_dependent_default_transport_maps address_verify_sender_dependent_relayhost_maps address_verify_transport_maps address_verify_virtual_transport
        """;
}

/// <summary>What happens without a table that cannot be read here.</summary>
internal static class TableConsequences
{
    /// <summary>A sentence about mail.</summary>
    /// <param name="parameter">Names the table.</param>
    internal static string Of(string parameter) => parameter switch
    {
        "alias_maps" => "mail to the names of this host in it would be returned as \"unknown user\"",
        "virtual_alias_maps" or "virtual_maps" => "mail to the addresses in it would not go where they lead, but be refused or go to their own domain",
        "virtual_alias_domains" => "mail to the domains in it would be refused, or go to their mail exchangers",
        "transport_maps" => "mail to the addresses and domains in it would go by relayhost or to the mail exchangers of its domain",
        "relayhost" or "sender_dependent_relayhost_maps" or "sender_dependent_default_transport_maps" => "mail of the senders in it would go the way of all others",
        "relay_domains" => "mail to the domains in it would be refused from outside",
        "relay_recipient_maps" => "mail to unknown addresses of relay_domains would be taken, and returned by their servers",
        "local_recipient_maps" => "mail to unknown names of this host would be taken, and returned; or that to known ones refused",
        "mydestination" => "mail to the domains in it would not be for this host, but go to their mail exchangers",
        "mynetworks" => "clients in it could send no mail through this host",
        "canonical_maps" or "sender_canonical_maps" or "recipient_canonical_maps" or "smtp_generic_maps" => "the addresses in it would not become others",
        "relocated_maps" => "mail to the addresses in it would not be returned with where they went",
        "sender_bcc_maps" or "recipient_bcc_maps" => "the copies that it asks for would not be sent",
        "smtp_sasl_password_maps" => "mail to servers that want a login would wait",
        "smtp_tls_policy_maps" => "mail to the places in it would go with the TLS of smtp_tls_security_level",
        "smtpd_sender_login_maps" => "who logs in could send as anybody, or nobody as himself",
        "header_checks" or "mime_header_checks" or "nested_header_checks" or "body_checks" => "mail would not be checked by it",
        _ when parameter.StartsWith("smtpd_", StringComparison.Ordinal) => "what it refuses or lets in would be decided by what else stands in the list",
        _ => "mail that it decides about would be treated as if it were not there",
    };
}
