using PostfixNet.Tables;

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

    /// <summary>Code of REJECT in an access table.</summary>
    public static readonly Parameter<int> AccessMapRejectCode = ReplyCode("access_map_reject_code", "554");

    /// <summary>Code of DEFER, DEFER_IF_PERMIT and DEFER_IF_REJECT there.</summary>
    public static readonly Parameter<int> AccessMapDeferCode = ReplyCode("access_map_defer_code", "450");

    /// <summary>Code of reject_unknown_client_hostname and reject_unknown_reverse_client_hostname.</summary>
    public static readonly Parameter<int> UnknownClientRejectCode = ReplyCode("unknown_client_reject_code", "450");

    /// <summary>Code of reject_unknown_helo_hostname.</summary>
    public static readonly Parameter<int> UnknownHostnameRejectCode = ReplyCode("unknown_hostname_reject_code", "450");

    /// <summary>Code of reject_unknown_sender_domain and reject_unknown_recipient_domain.</summary>
    public static readonly Parameter<int> UnknownAddressRejectCode = ReplyCode("unknown_address_reject_code", "450");

    /// <summary>Names of this host that exist; not given, or "$alias_maps": those that mail can go to from there. Empty: any may exist.</summary>
    public static readonly Parameter<LookupTable> LocalRecipientMaps = Add(new Parameter<LookupTable>("local_recipient_maps", "$alias_maps", LookupTable.OpenLocalRecipients));

    /// <summary>Addresses in relay_domains that exist; empty: any may.</summary>
    public static readonly Parameter<LookupTable> RelayRecipientMaps = Table("relay_recipient_maps", "");

    /// <summary>Recipients that nobody has are refused after all restrictions, if none of them has looked.</summary>
    public static readonly Parameter<bool> SmtpdRejectUnlistedRecipient = Flag("smtpd_reject_unlisted_recipient", "yes");

    /// <summary>Likewise, senders.</summary>
    public static readonly Parameter<bool> SmtpdRejectUnlistedSender = Flag("smtpd_reject_unlisted_sender", "no");

    /// <summary>A refusal says which table has no such user.</summary>
    public static readonly Parameter<bool> ShowUserUnknownTableName = Flag("show_user_unknown_table_name", "yes");

    /// <summary>Code for who is not in local_recipient_maps.</summary>
    public static readonly Parameter<int> UnknownLocalRecipientRejectCode = ReplyCode("unknown_local_recipient_reject_code", "550");

    /// <summary>Code for who is not in relay_recipient_maps.</summary>
    public static readonly Parameter<int> UnknownRelayRecipientRejectCode = ReplyCode("unknown_relay_recipient_reject_code", "550");

    /// <summary>Code for who is in virtual_alias_domains, and not in virtual_alias_maps.</summary>
    public static readonly Parameter<int> UnknownVirtualAliasRejectCode = ReplyCode("unknown_virtual_alias_reject_code", "550");

    /// <summary>What reject_unknown_* do while the DNS does not answer.</summary>
    public static readonly Parameter<string> RejectTempfailAction = Choice("reject_tempfail_action", "defer_if_permit", "defer defer_if_permit");

    /// <summary>Likewise, reject_unknown_helo_hostname.</summary>
    public static readonly Parameter<string> UnknownHeloHostnameTempfailAction = TempfailAction("unknown_helo_hostname_tempfail_action");

    /// <summary>Likewise, reject_unknown_sender_domain and reject_unknown_recipient_domain.</summary>
    public static readonly Parameter<string> UnknownAddressTempfailAction = TempfailAction("unknown_address_tempfail_action");

    /// <summary>Key of the null sender in the tables of check_sender_access.</summary>
    public static readonly Parameter<string> SmtpdNullAccessLookupKey = Text("smtpd_null_access_lookup_key", "<>");

    /// <summary>Users who may use a sender address.</summary>
    public static readonly Parameter<LookupTable> SmtpdSenderLoginMaps = Table("smtpd_sender_login_maps", "");

    /// <summary>Fingerprints of certificates, or of their keys, whose owners permit_tls_clientcerts permits.</summary>
    public static readonly Parameter<LookupTable> RelayClientcerts = Table("relay_clientcerts", "", TableLimits.NoServers);

    /// <summary>What is done when a policy service does not answer.</summary>
    public static readonly Parameter<string> SmtpdPolicyServiceDefaultAction = Text("smtpd_policy_service_default_action", "451 4.3.5 Server configuration problem");

    /// <summary>Longest wait for a policy service, for connecting and for an answer.</summary>
    public static readonly Parameter<TimeSpan> SmtpdPolicyServiceTimeout = Time("smtpd_policy_service_timeout", "100s", minimum: 1);

    /// <summary>How long a connection to one is kept while nothing is asked.</summary>
    public static readonly Parameter<TimeSpan> SmtpdPolicyServiceMaxIdle = Time("smtpd_policy_service_max_idle", "300s", minimum: 1);

    /// <summary>How old one becomes.</summary>
    public static readonly Parameter<TimeSpan> SmtpdPolicyServiceMaxTtl = Time("smtpd_policy_service_max_ttl", "1000s", minimum: 1);

    /// <summary>Requests on one; 0: any number.</summary>
    public static readonly Parameter<int> SmtpdPolicyServiceRequestLimit = Number("smtpd_policy_service_request_limit", "0");

    /// <summary>Attempts at one request.</summary>
    public static readonly Parameter<int> SmtpdPolicyServiceTryLimit = Number("smtpd_policy_service_try_limit", "2", minimum: 1);

    /// <summary>Between attempts.</summary>
    public static readonly Parameter<TimeSpan> SmtpdPolicyServiceRetryDelay = Time("smtpd_policy_service_retry_delay", "1s");

    /// <summary>Told to policy services with each request.</summary>
    public static readonly Parameter<string> SmtpdPolicyServicePolicyContext = Text("smtpd_policy_service_policy_context", "");

    /// <summary>Hosts that may say who their clients are (XCLIENT).</summary>
    public static readonly Parameter<MatchList> SmtpdAuthorizedXclientHosts = Hosts("smtpd_authorized_xclient_hosts", "");

    /// <summary>Hosts that may say, for the log, whose mail they pass on (XFORWARD).</summary>
    public static readonly Parameter<MatchList> SmtpdAuthorizedXforwardHosts = Hosts("smtpd_authorized_xforward_hosts", "");

    private static Parameter<string> TempfailAction(string name) => Add(new Parameter<string>(name, "$reject_tempfail_action",
        static value => Conversion.Choice(value, ["defer", "defer_if_permit"])));

    private static Parameter<int> ReplyCode(string name, string defaultText) => Number(name, defaultText, minimum: 400, maximum: 599);
}
