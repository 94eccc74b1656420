using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>What main.toml says of who may do what.</summary>
/// <remarks>
/// CONFIGURATION
/// allow_percent_hack, allow_untrusted_routing, append_at_myorigin, append_dot_mydomain, defer_code, inet_interfaces,
/// invalid_hostname_reject_code, multi_recipient_bounce_reject_code, mydestination, mydomain, mynetworks, myorigin,
/// non_fqdn_reject_code, parent_domain_matches_subdomains, plaintext_reject_code, proxy_interfaces, reject_code, relay_domains,
/// relay_domains_reject_code, smtpd_client_restrictions, smtpd_data_restrictions, smtpd_delay_reject, smtpd_end_of_data_restrictions,
/// smtpd_helo_restrictions, smtpd_recipient_restrictions, smtpd_relay_before_recipient_restrictions, smtpd_relay_restrictions,
/// smtpd_restriction_classes, smtpd_sender_restrictions, swap_bangpath, virtual_alias_domains, virtual_alias_maps, virtual_maps.
/// </remarks>
internal sealed record AccessOptions
{
    /// <summary>mynetworks.</summary>
    internal required MatchList Networks { get; init; }

    /// <summary>mydestination.</summary>
    internal required IReadOnlyList<string> LocalDomains { get; init; }

    /// <summary>virtual_alias_domains.</summary>
    internal required MatchList AliasDomains { get; init; }

    /// <summary>relay_domains.</summary>
    internal required MatchList RelayDomains { get; init; }

    /// <summary>inet_interfaces.</summary>
    internal required IReadOnlyList<string> Interfaces { get; init; }

    /// <summary>Addresses among proxy_interfaces.</summary>
    internal required IReadOnlyList<IPAddress> ProxyAddresses { get; init; }

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

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static AccessOptions Read(MainConfig config)
    {
        RestrictionReader reader = new(config);
        AccessOptions options = new()
        {
            Networks = config.Get(Parameters.MyNetworks),
            LocalDomains = config.Get(Parameters.MyDestination),
            AliasDomains = config.Get(Parameters.VirtualAliasDomains),
            RelayDomains = config.Get(Parameters.RelayDomains),
            Interfaces = config.Get(Parameters.InetInterfaces),
            ProxyAddresses = [.. config.Get(Parameters.ProxyInterfaces).Select(static name => HostAndPort.AddressIn(name.Trim('[', ']'))).OfType<IPAddress>()],
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
            Codes = ReplyCodes.Read(config),
        };
        // With none of these anybody could send anything to anywhere.
        string[] closing = ["reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit"];
        if (!options.Relay.Restrictions.Concat(options.Recipient.Restrictions).Any(restriction => closing.Contains(restriction.Name)))
            throw config.Refuse(Parameters.SmtpdRelayRestrictions, $"anybody could relay: it, or {Parameters.SmtpdRecipientRestrictions.Name}, needs one of {string.Join(", ", closing)}");
        return options;
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

    internal static ReplyCodes Read(MainConfig config) => new()
    {
        Reject = config.Get(Parameters.RejectCode),
        Defer = config.Get(Parameters.DeferCode),
        Relay = config.Get(Parameters.RelayDomainsRejectCode),
        InvalidHostname = config.Get(Parameters.InvalidHostnameRejectCode),
        NonFqdn = config.Get(Parameters.NonFqdnRejectCode),
        Plaintext = config.Get(Parameters.PlaintextRejectCode),
        MultiRecipientBounce = config.Get(Parameters.MultiRecipientBounceRejectCode),
    };
}
