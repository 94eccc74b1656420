namespace PostfixNet.Configuration;

// Read by smtpd: who may do what.
public static partial class Parameters
{
    /// <summary>Hosts that may send mail to anywhere by way of this system. Postfix: that of mynetworks_style; here the loopback interface alone.</summary>
    public static readonly Parameter<MatchList> MyNetworks = Hosts("mynetworks", "127.0.0.0/8 [::1]/128");

    /// <summary>Domains to which anybody may send mail by way of this system.</summary>
    public static readonly Parameter<MatchList> RelayDomains = Domains("relay_domains", "");

    /// <summary>Domains whose addresses all stand for others.</summary>
    public static readonly Parameter<MatchList> VirtualAliasDomains =
        Add(new Parameter<MatchList>("virtual_alias_domains", "$virtual_alias_maps", MatchList.AliasDomains));

    /// <summary>Parameters in whose lists a name stands for all below it, too.</summary>
    public static readonly Parameter<IReadOnlyList<string>> ParentDomainMatchesSubdomains = List("parent_domain_matches_subdomains",
        "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps");

    /// <summary>Addresses that say themselves where the next host is to send them ("user%elsewhere@example.com") are taken for relay_domains, too.</summary>
    public static readonly Parameter<bool> AllowUntrustedRouting = Flag("allow_untrusted_routing", "no");

    /// <summary>Restrictions that are applied when a client connects.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdClientRestrictions = List("smtpd_client_restrictions", "");

    /// <summary>Likewise, with HELO and EHLO.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdHeloRestrictions = List("smtpd_helo_restrictions", "");

    /// <summary>Likewise, with MAIL.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdSenderRestrictions = List("smtpd_sender_restrictions", "");

    /// <summary>Likewise, with RCPT: who may relay.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdRelayRestrictions =
        List("smtpd_relay_restrictions", "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination");

    /// <summary>Likewise, with RCPT: what else is to hold.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdRecipientRestrictions = List("smtpd_recipient_restrictions", "");

    /// <summary>Likewise, with DATA and the first BDAT.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdDataRestrictions = List("smtpd_data_restrictions", "");

    /// <summary>Likewise, once the content is there.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdEndOfDataRestrictions = List("smtpd_end_of_data_restrictions", "");

    /// <summary>Names for lists of restrictions; each is a parameter of its own.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdRestrictionClasses = List("smtpd_restriction_classes", "");

    /// <summary>What client, HELO and sender restrictions say is told with RCPT.</summary>
    public static readonly Parameter<bool> SmtpdDelayReject = Flag("smtpd_delay_reject", "yes");

    /// <summary>smtpd_relay_restrictions come before smtpd_recipient_restrictions.</summary>
    public static readonly Parameter<bool> SmtpdRelayBeforeRecipientRestrictions = Flag("smtpd_relay_before_recipient_restrictions", "yes");

    /// <summary>Code of "reject".</summary>
    public static readonly Parameter<int> RejectCode = ReplyCode("reject_code", "554");

    /// <summary>Code of "defer".</summary>
    public static readonly Parameter<int> DeferCode = ReplyCode("defer_code", "450");

    /// <summary>Code of reject_unauth_destination; that of defer_unauth_destination is 100 less.</summary>
    public static readonly Parameter<int> RelayDomainsRejectCode = Number("relay_domains_reject_code", "554", minimum: 500, maximum: 599);

    /// <summary>Code of reject_invalid_helo_hostname.</summary>
    public static readonly Parameter<int> InvalidHostnameRejectCode = ReplyCode("invalid_hostname_reject_code", "501");

    /// <summary>Code of reject_non_fqdn_*.</summary>
    public static readonly Parameter<int> NonFqdnRejectCode = ReplyCode("non_fqdn_reject_code", "504");

    /// <summary>Code of reject_plaintext_session.</summary>
    public static readonly Parameter<int> PlaintextRejectCode = ReplyCode("plaintext_reject_code", "450");

    /// <summary>Code of reject_multi_recipient_bounce.</summary>
    public static readonly Parameter<int> MultiRecipientBounceRejectCode = ReplyCode("multi_recipient_bounce_reject_code", "550");

    private static Parameter<int> ReplyCode(string name, string defaultText) => Number(name, defaultText, minimum: 400, maximum: 599);
}
