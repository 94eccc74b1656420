using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Which keys main.toml may have, and what a misspelt one was meant to be.</summary>
internal static class KnownNames
{
    /// <summary>Endings of the names TRANSPORT_x; the parameter behind each begins with "default" unless said otherwise.
    /// Longer ones first: each name ends in one of them.</summary>
    private static readonly string[] s_transportSuffixes =
    [
        "_destination_concurrency_failed_cohort_limit", "_destination_concurrency_positive_feedback",
        "_destination_concurrency_negative_feedback", "_destination_concurrency_limit", "_destination_recipient_limit",
        "_initial_destination_concurrency", "_destination_rate_delay", "_transport_rate_delay", "_delivery_slot_cost",
        "_delivery_slot_loan", "_delivery_slot_discount", "_minimum_delivery_slots", "_extra_recipient_limit",
        "_recipient_refill_limit", "_recipient_refill_delay", "_recipient_limit", "_time_limit",
    ];

    /// <summary>Parameters of Postfix without meaning here: of servers that this system has not, or obsolete. A main.toml made
    /// from a Postfix configuration has them, rightly.</summary>
    private const string WithoutMeaning =
        " access_map_defer_code access_map_reject_code alias_database alias_maps allow_mail_to_commands"
        + " allow_mail_to_files allow_min_user allow_percent_hack allow_untrusted_routing biff"
        + " broken_sasl_auth_clients cleanup_replace_stray_cr_lf command_execution_directory command_expansion_filter"
        + " connection_cache_protocol_timeout connection_cache_service_name connection_cache_status_update_time"
        + " daemon_table_open_error_is_fatal dont_remove debugger_command default_database_type default_filter_nexthop"
        + " default_rbl_reply disable_vrfy_command execution_directory_expansion_filter"
        + " expand_owner_alias export_environment fallback_relay fallback_transport fallback_transport_maps force_mime_input_conversion"
        + " forward_expansion_filter forward_path frozen_delivered_to header_from_format home_mailbox html_directory ignore_srv_lookup_error"
        + " invalid_hostname_reject_code known_tcp_ports luser_relay mail_release_date mail_spool_directory"
        + " mailbox_command mailbox_command_maps mailbox_delivery_lock mailbox_size_limit mailbox_transport_maps maillog_file_compressor"
        + " maillog_file_permissions maillog_file_rotate_suffix manpage_directory maps_rbl_domains maps_rbl_reject_code meta_directory"
        + " multi_instance_directories multi_instance_enable multi_instance_group multi_instance_wrapper multi_recipient_bounce_reject_code"
        + " mynetworks_style non_fqdn_reject_code openssl_path owner_request_special"
        + " parent_domain_matches_subdomains permit_mx_backup_networks plaintext_reject_code postmulti_control_commands"
        + " postmulti_start_commands postmulti_stop_commands prepend_delivered_header process_name process_id"
        + " proxy_read_maps proxy_write_maps proxymap_service_name proxywrite_service_name qmgr_site_hog_factor rbl_reply_maps"
        + " readme_directory reject_code reject_tempfail_action relay_clientcerts relay_domains"
        + " relay_domains_reject_code relay_recipient_maps relocated_maps require_home_directory reset_owner_alias"
        + " resolve_dequoted_address resolve_null_domain resolve_numeric_domain respectful_logging sample_directory"
        + " send_cyrus_sasl_authzid sender_based_routing service_name shlib_directory"
        + " show_user_unknown_table_name strict_mailbox_ownership strict_rfc821_envelopes"
        + " swap_bangpath tcp_windowsize unknown_address_reject_code unknown_address_tempfail_action unknown_client_reject_code"
        + " unknown_helo_hostname_tempfail_action unknown_hostname_reject_code unknown_local_recipient_reject_code"
        + " unknown_relay_recipient_reject_code unknown_virtual_alias_reject_code unknown_virtual_mailbox_reject_code"
        + " unverified_recipient_defer_code unverified_recipient_reject_code unverified_recipient_reject_reason"
        + " unverified_recipient_tempfail_action unverified_sender_defer_code unverified_sender_reject_code unverified_sender_reject_reason"
        + " unverified_sender_tempfail_action use_srv_lookup virtual_alias_domains virtual_delivery_status_filter"
        + " virtual_gid_maps virtual_mailbox_base virtual_mailbox_domains virtual_mailbox_limit virtual_mailbox_lock"
        + " virtual_mailbox_maps virtual_maps virtual_minimum_uid virtual_transport virtual_uid_maps ";

    /// <summary>Beginnings of the names of servers' parameters, likewise without meaning here.</summary>
    private static readonly string[] s_foreignPrefixes =
    [
        "address_verify_", "anvil_", "dnsblog_", "local_", "lmdb_", "milter_", "postlog_", "postscreen_", "postmulti_",
        "qmqpd_", "smtpd_", "tlsmgr_", "tlsproxy_",
    ];

    /// <summary>Name of a parameter for one transport; null when it has none of its own.</summary>
    internal static string? ForTransport(string fallback, string transport)
    {
        if (fallback.StartsWith("default_", StringComparison.Ordinal))
            return string.Concat(transport, fallback.AsSpan("default".Length));
        if (string.Equals(fallback, "initial_destination_concurrency", StringComparison.Ordinal))
            return transport + "_initial_destination_concurrency";
        if (string.Equals(fallback, "command_time_limit", StringComparison.Ordinal))
            return transport + "_time_limit";
        if (string.Equals(transport, "lmtp", StringComparison.Ordinal) && fallback.StartsWith("smtp_", StringComparison.Ordinal))
            return string.Concat("lmtp", fallback.AsSpan("smtp".Length));
        return null;
    }

    /// <summary>The parameter whose kind and default a key of main.toml has; null when there is none.</summary>
    internal static Parameter? ParameterFor(string name)
    {
        if (Parameters.Find(name) is { } own)
            return own;
        foreach (string suffix in s_transportSuffixes)
        {
            if (name.Length <= suffix.Length || !name.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            return suffix switch
            {
                "_initial_destination_concurrency" => Parameters.InitialDestinationConcurrency,
                "_time_limit" => Parameters.CommandTimeLimit,
                _ => Parameters.Find("default" + suffix),
            };
        }
        return name.StartsWith("lmtp_", StringComparison.Ordinal) ? Parameters.Find(string.Concat("smtp", name.AsSpan("lmtp".Length))) : null;
    }

    /// <summary>True for parameters, their forms for one transport, and Postfix's parameters without meaning here.</summary>
    internal static bool IsKnown(string name)
    {
        if (ParameterFor(name) is not null || WithoutMeaning.Contains($" {name} ", StringComparison.Ordinal))
            return true;
        foreach (string prefix in s_foreignPrefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    /// <summary>One line for each top-level key that is no parameter and that no value refers to.</summary>
    internal static List<string> FindUnknown(TomlTable root, string path)
    {
        List<string> lines = [];
        foreach (TomlEntry entry in root.Entries)
        {
            bool isTable = entry.Value is TomlTable;
            if (IsKnown(entry.Key) || entry.Key == DestinationRules.TableName || (!isTable && IsReferenced(root, entry.Key)))
                continue;
            string suggestion = isTable && EditDistance(entry.Key, DestinationRules.TableName) <= 2
                ? $"; did you mean \"{DestinationRules.TableName}\"?" : Suggestion(entry.Key);
            string line = $"{path}:{entry.Line}:{entry.Column}: unknown {(isTable ? "table" : "parameter")} \"{entry.Key}\"{suggestion}";
            foreach (char c in line)
            {
                if (char.IsControl(c))
                    line = line.Replace(c, '?');
            }
            lines.Add(line);
        }
        return lines;
    }

    /// <summary><c>; did you mean "NAME"?</c>, or nothing when no known name is near.</summary>
    internal static string Suggestion(string name)
    {
        string? best = null;
        // One slip in six letters, three at most; more would be guessing.
        int least = Math.Clamp(name.Length / 6, 1, 3);
        foreach (Parameter parameter in Parameters.All)
        {
            if (Math.Abs(parameter.Name.Length - name.Length) > least || name.Length > 100)
                continue;
            int distance = EditDistance(name, parameter.Name);
            if (distance < least || (distance == least && best is null))
                (best, least) = (parameter.Name, distance);
        }
        return best is null ? "" : $"; did you mean \"{best}\"?";
    }

    /// <summary>Characters inserted, removed, replaced or swapped with their neighbour.</summary>
    private static int EditDistance(string a, string b)
    {
        int[] before = new int[b.Length + 1], previous = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                int cost = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost = Math.Min(cost, before[j - 2] + 1);
                current[j] = cost;
            }
            (before, previous, current) = (previous, current, before);
        }
        return previous[b.Length];
    }

    /// <summary>Names made up by the operator are no mistake when some value uses them.</summary>
    private static bool IsReferenced(TomlNode node, string name)
    {
        switch (node)
        {
            case TomlString { Value: string text }:
                return text.Contains("$" + name, StringComparison.Ordinal) || text.Contains("${" + name, StringComparison.Ordinal)
                    || text.Contains("$(" + name, StringComparison.Ordinal);
            case TomlArray array:
                foreach (TomlNode item in array.Items)
                {
                    if (IsReferenced(item, name))
                        return true;
                }
                return false;
            case TomlTable table:
                foreach (TomlEntry entry in table.Entries)
                {
                    if (IsReferenced(entry.Value, name))
                        return true;
                }
                return false;
            default:
                return false;
        }
    }
}
