using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>What main.toml says of who may do what.</summary>
/// <remarks>
/// CONFIGURATION
/// access_map_defer_code, access_map_reject_code, alias_maps, allow_percent_hack, allow_untrusted_routing, append_at_myorigin,
/// append_dot_mydomain, canonical_maps, default_transport, defer_code, dns_nameservers, double_bounce_sender, inet_interfaces,
/// invalid_hostname_reject_code, local_recipient_maps, local_transport, luser_relay,
/// multi_recipient_bounce_reject_code, mydestination, mydomain, mynetworks, myorigin, non_fqdn_reject_code,
/// parent_domain_matches_subdomains, plaintext_reject_code, proxy_interfaces, recipient_canonical_maps, recipient_delimiter, reject_code,
/// receive_override_options, reject_tempfail_action, relay_clientcerts, relay_domains, relay_domains_reject_code, relay_recipient_maps, relay_transport, relocated_maps,
/// sender_canonical_maps, sender_dependent_default_transport_maps, show_user_unknown_table_name, smtpd_authorized_xclient_hosts,
/// smtpd_authorized_xforward_hosts, smtpd_client_restrictions, smtpd_data_restrictions, smtpd_delay_reject,
/// smtpd_end_of_data_restrictions, smtpd_helo_restrictions, smtpd_null_access_lookup_key, smtpd_policy_service_default_action,
/// smtpd_policy_service_max_idle, smtpd_policy_service_max_ttl, smtpd_policy_service_policy_context,
/// smtpd_policy_service_request_limit, smtpd_policy_service_retry_delay, smtpd_policy_service_timeout,
/// smtpd_policy_service_try_limit, smtpd_recipient_restrictions, smtpd_reject_unlisted_recipient, smtpd_reject_unlisted_sender,
/// smtpd_relay_before_recipient_restrictions, smtpd_relay_restrictions,
/// smtpd_restriction_classes, smtpd_sender_login_maps, smtpd_sender_restrictions, swap_bangpath, transport_maps, unknown_address_reject_code,
/// unknown_address_tempfail_action, unknown_client_reject_code, unknown_helo_hostname_tempfail_action, unknown_hostname_reject_code,
/// unknown_local_recipient_reject_code, unknown_relay_recipient_reject_code, unknown_virtual_alias_reject_code,
/// virtual_alias_domains, virtual_alias_maps, virtual_maps.
/// </remarks>
internal sealed record AccessOptions
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>dns_nameservers, or those of the system; a client does not wait longer than this for all that is asked of them at once.</summary>
    internal required ResolverOptions Resolver { get; init; }

    /// <summary>mynetworks.</summary>
    internal required MatchList Networks { get; init; }

    /// <summary>mydestination, and the addresses of this host.</summary>
    internal required LocalDomains LocalDomains { get; init; }

    /// <summary>virtual_alias_domains.</summary>
    internal required MatchList AliasDomains { get; init; }

    /// <summary>relay_domains.</summary>
    internal string ReportDomain { get; init; } = "";

    internal required MatchList RelayDomains { get; init; }

    /// <summary>inet_interfaces.</summary>
    internal required IReadOnlyList<string> Interfaces { get; init; }

    /// <summary>How incomplete addresses are completed before it is decided about them, as cleanup does.</summary>
    internal required AddressCompletion Completion { get; init; }

    /// <summary>allow_untrusted_routing.</summary>
    internal required bool TrustsRoutes { get; init; }

    /// <summary>smtpd_delay_reject.</summary>
    internal required bool DelaysReject { get; init; }

    /// <summary>smtpd_relay_before_recipient_restrictions.</summary>
    internal required bool IsRelayFirst { get; init; }

    /// <summary>smtpd_client_restrictions, and so on.</summary>
    internal required RestrictionList Client { get; init; }

    internal required RestrictionList Helo { get; init; }

    internal required RestrictionList Sender { get; init; }

    internal required RestrictionList Relay { get; init; }

    internal required RestrictionList Recipient { get; init; }

    internal required RestrictionList Data { get; init; }

    internal required RestrictionList EndOfData { get; init; }

    internal required ReplyCodes Codes { get; init; }

    /// <summary>Which addresses there are: local_recipient_maps and its like.</summary>
    internal required AddressLists Lists { get; init; }

    /// <summary>Whether addresses exist is not asked at all (receive_override_options).</summary>
    internal required bool TakesUnlisted { get; init; }

    /// <summary>smtpd_reject_unlisted_recipient.</summary>
    internal required bool RejectsUnlistedRecipient { get; init; }

    /// <summary>smtpd_reject_unlisted_sender.</summary>
    internal required bool RejectsUnlistedSender { get; init; }

    /// <summary>Tables of the lists, and their parameters.</summary>
    internal required IReadOnlyList<(Parameter Parameter, LookupTable Table)> Tables { get; init; }

    /// <summary>What is meant by restrictions that a table or a policy service names; null: they are not known.</summary>
    internal required Func<string, RestrictionList?> Parse { get; init; }

    /// <summary>smtpd_null_access_lookup_key.</summary>
    internal required string NullSenderKey { get; init; }

    /// <summary>Addresses in smtpd_sender_login_maps; null: there are none.</summary>
    internal required AddressLookup? SenderLogins { get; init; }

    /// <summary>smtpd_sender_login_maps.</summary>
    internal required LookupTable SenderLoginMaps { get; init; }

    /// <summary>relay_clientcerts.</summary>
    internal required LookupTable Certificates { get; init; }

    /// <summary>unknown_helo_hostname_tempfail_action is "defer".</summary>
    internal required bool DefersUnknownHelo { get; init; }

    /// <summary>unknown_address_tempfail_action is "defer".</summary>
    internal required bool DefersUnknownAddress { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static AccessOptions Read(MainConfig config)
    {
        RestrictionReader reader = new(config);
        LookupTable logins = config.Get(Parameters.SmtpdSenderLoginMaps);
        LocalDomains local = LocalDomains.Read(config);
        ReplyCodes codes = ReplyCodes.Read(config);
        AccessOptions options = new()
        {
            Resolver = NameServers(config),
            Networks = config.Get(Parameters.MyNetworks),
            LocalDomains = local,
            AliasDomains = config.Get(Parameters.VirtualAliasDomains),
            ReportDomain = config.Get(Parameters.ReportDomain),
            RelayDomains = config.Get(Parameters.RelayDomains),
            Interfaces = config.Get(Parameters.InetInterfaces),
            Completion = new AddressCompletion(config.Get(Parameters.MyOrigin), config.Get(Parameters.MyDomain), config.Get(Parameters.AppendAtMyorigin),
                config.Get(Parameters.AppendDotMydomain), config.Get(Parameters.SwapBangpath), config.Get(Parameters.AllowPercentHack)),
            TrustsRoutes = config.Get(Parameters.AllowUntrustedRouting),
            DelaysReject = config.Get(Parameters.SmtpdDelayReject),
            IsRelayFirst = config.Get(Parameters.SmtpdRelayBeforeRecipientRestrictions),
            Client = reader.Read(Parameters.SmtpdClientRestrictions),
            Helo = reader.Read(Parameters.SmtpdHeloRestrictions),
            Sender = reader.Read(Parameters.SmtpdSenderRestrictions),
            Relay = reader.Read(Parameters.SmtpdRelayRestrictions),
            Recipient = reader.Read(Parameters.SmtpdRecipientRestrictions),
            Data = reader.Read(Parameters.SmtpdDataRestrictions),
            EndOfData = reader.Read(Parameters.SmtpdEndOfDataRestrictions),
            Codes = codes,
            Lists = AddressLists.Read(config, codes),
            TakesUnlisted = Reception.Read(config).Omits(ReceiveOverrides.UnknownRecipients),
            RejectsUnlistedRecipient = config.Get(Parameters.SmtpdRejectUnlistedRecipient),
            RejectsUnlistedSender = config.Get(Parameters.SmtpdRejectUnlistedSender),
            Tables = reader.Tables,
            Parse = reader.Parse,
            NullSenderKey = config.Get(Parameters.SmtpdNullAccessLookupKey),
            SenderLogins = logins.IsEmpty ? null : new AddressLookup(logins.Find, local.And(config.Get(Parameters.MyOrigin)), config.Get(Parameters.RecipientDelimiter)),
            SenderLoginMaps = logins,
            Certificates = config.Get(Parameters.RelayClientcerts),
            DefersUnknownHelo = config.Get(Parameters.UnknownHeloHostnameTempfailAction) == "defer",
            DefersUnknownAddress = config.Get(Parameters.UnknownAddressTempfailAction) == "defer",
        };
        // With none of these anybody could send anything to anywhere.
        string[] closing = ["reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit"];
        if (!reader.Has(options.Relay, closing) && !reader.Has(options.Recipient, closing))
            throw config.Refuse(Parameters.SmtpdRelayRestrictions, $"anybody could relay: it, or {Parameters.SmtpdRecipientRestrictions.Name}, needs one of {string.Join(", ", closing)}");
        return options;
    }

    private static ResolverOptions NameServers(MainConfig config)
    {
        try
        {
            return ResolverOptions.FromNameServers(config.Get(Parameters.DnsNameservers)) with { Deadline = s_patience };
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.DnsNameservers, e.Message);
        }
    }
}

/// <summary>Codes of refusals.</summary>
internal sealed record ReplyCodes
{
    /// <summary>reject_code.</summary>
    internal required int Reject { get; init; }

    /// <summary>defer_code.</summary>
    internal required int Defer { get; init; }

    /// <summary>relay_domains_reject_code.</summary>
    internal required int Relay { get; init; }

    /// <summary>invalid_hostname_reject_code.</summary>
    internal required int InvalidHostname { get; init; }

    /// <summary>non_fqdn_reject_code.</summary>
    internal required int NonFqdn { get; init; }

    /// <summary>plaintext_reject_code.</summary>
    internal required int Plaintext { get; init; }

    /// <summary>multi_recipient_bounce_reject_code.</summary>
    internal required int MultiRecipientBounce { get; init; }

    /// <summary>access_map_reject_code.</summary>
    internal required int MapReject { get; init; }

    /// <summary>access_map_defer_code.</summary>
    internal required int MapDefer { get; init; }

    /// <summary>unknown_client_reject_code.</summary>
    internal required int UnknownClient { get; init; }

    /// <summary>unknown_hostname_reject_code.</summary>
    internal required int UnknownHelo { get; init; }

    /// <summary>unknown_address_reject_code.</summary>
    internal required int UnknownAddress { get; init; }

    /// <summary>unknown_local_recipient_reject_code.</summary>
    internal required int UnknownLocal { get; init; }

    /// <summary>unknown_relay_recipient_reject_code.</summary>
    internal required int UnknownRelay { get; init; }

    /// <summary>unknown_virtual_alias_reject_code.</summary>
    internal required int UnknownAlias { get; init; }

    internal static ReplyCodes Read(MainConfig config) => new()
    {
        Reject = config.Get(Parameters.RejectCode),
        Defer = config.Get(Parameters.DeferCode),
        Relay = config.Get(Parameters.RelayDomainsRejectCode),
        InvalidHostname = config.Get(Parameters.InvalidHostnameRejectCode),
        NonFqdn = config.Get(Parameters.NonFqdnRejectCode),
        Plaintext = config.Get(Parameters.PlaintextRejectCode),
        MultiRecipientBounce = config.Get(Parameters.MultiRecipientBounceRejectCode),
        MapReject = config.Get(Parameters.AccessMapRejectCode),
        MapDefer = config.Get(Parameters.AccessMapDeferCode),
        UnknownClient = config.Get(Parameters.UnknownClientRejectCode),
        UnknownHelo = config.Get(Parameters.UnknownHostnameRejectCode),
        UnknownAddress = config.Get(Parameters.UnknownAddressRejectCode),
        UnknownLocal = config.Get(Parameters.UnknownLocalRecipientRejectCode),
        UnknownRelay = config.Get(Parameters.UnknownRelayRecipientRejectCode),
        UnknownAlias = config.Get(Parameters.UnknownVirtualAliasRejectCode),
    };
}
