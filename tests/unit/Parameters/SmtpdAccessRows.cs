using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of smtpd that say who may do what.</summary>
public sealed class SmtpdAccessRows
{
    private const string Hello = "EHLO c.test", Message = "Subject: s\r\n\r\nx\r\n.";

    internal static readonly Row[] All =
    [
        new("mynetworks", "'192.0.2.0/24'", Relay, "454 4.7.1 <c@d.test>: Relay access denied"),
        new("relay_domains", "'d.test'", Foreign, "") { Hides = "454 4.7.1 <c@d.test>", With = "mynetworks = '127.0.0.1'" },
        new("virtual_alias_domains", "'d.test'", Foreign, "550 5.1.1 <c@d.test>: Recipient address rejected: User unknown in virtual alias table") { Hides = "454 4.7.1 <c@d.test>", With = "mynetworks = '127.0.0.1'" },
        new("local_recipient_maps", "{ joe = 'x' }", Tried, "550 5.1.1 <c@d.test>: Recipient address rejected: User unknown in local recipient table")
            { With = "mydestination = 'd.test'\nlocal_transport = 'lmtp:unix:/run/lmtp'" },
        new("relay_recipient_maps", "{ 'joe@d.test' = 'x' }", Tried, "550 5.1.1 <c@d.test>: Recipient address rejected: User unknown in relay recipient table") { With = "relay_domains = 'd.test'" },
        new("smtpd_reject_unlisted_recipient", "false", Tried, "") { Hides = "550 5.1.1 <c@d.test>", With = "mydestination = 'd.test'" },
        new("smtpd_reject_unlisted_sender", "true", Tried, "550 5.1.0 <a@b.test>: Sender address rejected: User unknown in local recipient table") { With = "mydestination = 'b.test'" },
        new("show_user_unknown_table_name", "false", Tried, "550 5.1.1 <c@d.test>: Recipient address rejected: User unknown\n") { Hides = "in local recipient table", With = "mydestination = 'd.test'" },
        new("unknown_local_recipient_reject_code", "571", Tried, "571 5.1.1 <c@d.test>") { With = "mydestination = 'd.test'" },
        new("unknown_relay_recipient_reject_code", "571", Tried, "571 5.1.1 <c@d.test>") { With = "relay_domains = 'd.test'\nrelay_recipient_maps = { 'joe@d.test' = 'x' }" },
        new("unknown_virtual_alias_reject_code", "571", Tried, "571 5.1.1 <c@d.test>") { With = "virtual_alias_domains = 'd.test'" },
        new("parent_domain_matches_subdomains", "[]", Foreign, "454 4.7.1 <c@d.test>") { With = "mynetworks = '127.0.0.1'\nrelay_domains = 'test'" },
        new("allow_untrusted_routing", "true", From("127.0.0.2", Hello, "MAIL FROM:<a@b.test>", "RCPT TO:<c%e.test@d.test>"), "")
            { Hides = "454 4.7.1 <c%e.test@d.test>", With = "mynetworks = '127.0.0.1'\nrelay_domains = 'd.test'" },
        new("smtpd_client_restrictions", "['reject']", Relay, "554 5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied"),
        new("smtpd_helo_restrictions", "['reject']", Relay, "554 5.7.1 <c.test>: Helo command rejected: Access denied"),
        new("smtpd_sender_restrictions", "['reject']", Relay, "554 5.7.1 <a@b.test>: Sender address rejected: Access denied"),
        new("smtpd_relay_restrictions", "['reject_unauth_destination']", Relay, "554 5.7.1 <c@d.test>: Relay access denied"),
        new("smtpd_recipient_restrictions", "['defer']", Relay, "450 4.3.2 <c@d.test>: Recipient address rejected: Try again later"),
        new("smtpd_data_restrictions", "['reject']", Relay, "554 5.7.1 <DATA>: Data command rejected: Access denied"),
        new("smtpd_end_of_data_restrictions", "['reject']", Relay, "554 5.7.1 <END-OF-MESSAGE>: End-of-data rejected: Access denied"),
        new("smtpd_restriction_classes", "['shut']", Tried, "554 5.7.1 <c@d.test>") { With = "smtpd_recipient_restrictions = 'shut'\nshut = 'reject'" },
        new("smtpd_delay_reject", "false", Talk(Hello, "QUIT"), "554 5.7.1 <c.test>: Helo command rejected") { With = "smtpd_helo_restrictions = 'reject'" },
        new("smtpd_relay_before_recipient_restrictions", "false", Foreign, "554 5.7.1 <c@d.test>: Recipient address rejected")
            { With = "mynetworks = '127.0.0.1'\nsmtpd_recipient_restrictions = 'reject'" },
        new("reject_code", "571", Relay, "571 5.7.1 <c@d.test>") { With = "smtpd_recipient_restrictions = 'reject'" },
        new("defer_code", "471", Relay, "471 4.3.2 <c@d.test>") { With = "smtpd_recipient_restrictions = 'defer'" },
        new("relay_domains_reject_code", "571", Foreign, "471 4.7.1 <c@d.test>") { With = "mynetworks = '127.0.0.1'" },
        new("invalid_hostname_reject_code", "571", Talk("EHLO c..test", "QUIT"), "571 5.5.2 <c..test>")
            { With = "smtpd_helo_restrictions = 'reject_invalid_helo_hostname'\nsmtpd_delay_reject = false" },
        new("non_fqdn_reject_code", "571", Talk("EHLO c", "QUIT"), "571 5.5.2 <c>") { With = "smtpd_helo_restrictions = 'reject_non_fqdn_helo_hostname'\nsmtpd_delay_reject = false" },
        new("plaintext_reject_code", "571", Relay, "571 5.7.1 Session encryption is required") { With = "smtpd_recipient_restrictions = 'reject_plaintext_session'" },
        new("multi_recipient_bounce_reject_code", "571", Talk(Hello, "MAIL FROM:<>", "RCPT TO:<c@d.test>", "RCPT TO:<e@d.test>"), "571 5.5.3")
            { With = "smtpd_recipient_restrictions = 'reject_multi_recipient_bounce'" },
        new("access_map_reject_code", "571", Relay, "571 5.7.1 <c@d.test>") { With = "smtpd_recipient_restrictions = 'check_recipient_access inline:{c@d.test=REJECT}'" },
        new("access_map_defer_code", "471", Relay, "471 4.7.1 <c@d.test>") { With = "smtpd_recipient_restrictions = 'check_recipient_access inline:{c@d.test=DEFER}'" },
        new("unknown_client_reject_code", "571", Relay, "571 5.7.25 Client host rejected")
            { With = "smtpd_peername_lookup = false\nsmtpd_client_restrictions = 'reject_unknown_client_hostname'" },
        new("unknown_hostname_reject_code", "571", Asked, "571 5.7.1 <c.test>: Helo command rejected: Host not found") { With = "smtpd_helo_restrictions = 'reject_unknown_helo_hostname'" },
        new("unknown_address_reject_code", "571", Asked, "571 5.1.8 <a@b.test>: Sender address rejected: Domain not found") { With = "smtpd_sender_restrictions = 'reject_unknown_sender_domain'" },
        new("reject_tempfail_action", "'defer'", Silent, "450 4.1.8") { Hides = "571 5.7.1", With = "smtpd_recipient_restrictions = 'reject'\nreject_code = 571\nsmtpd_sender_restrictions = 'reject_unknown_sender_domain'" },
        new("unknown_address_tempfail_action", "'defer'", Silent, "450 4.1.8") { Hides = "571 5.7.1", With = "smtpd_recipient_restrictions = 'reject'\nreject_code = 571\nsmtpd_sender_restrictions = 'reject_unknown_sender_domain'" },
        new("unknown_helo_hostname_tempfail_action", "'defer'", Silent, "450 4.7.1 <c.test>") { Hides = "571 5.7.1", With = "smtpd_recipient_restrictions = 'reject'\nreject_code = 571\nsmtpd_helo_restrictions = 'reject_unknown_helo_hostname'" },
        new("smtpd_null_access_lookup_key", "'nobody'", Talk(Hello, "MAIL FROM:<>", "RCPT TO:<c@d.test>"), "554 5.7.1 <>: Sender address rejected")
            { With = "smtpd_sender_restrictions = 'check_sender_access inline:{nobody=REJECT}'" },
        new("smtpd_sender_login_maps", "{ 'a@b.test' = 'joe' }", Relay, "553 5.7.1 <a@b.test>: Sender address rejected: not logged in")
            { With = "smtpd_sender_restrictions = 'reject_unauthenticated_sender_login_mismatch'" },
        new("relay_clientcerts", "{ '00:11' = 'joe' }", Certified, "250") { With = "mynetworks = '192.0.2.1'\nsmtpd_relay_restrictions = 'permit_tls_clientcerts, reject'" },
        new("smtpd_policy_service_default_action", "'REJECT nobody there'", Relay, "554 5.7.1 <c@d.test>: Recipient address rejected: nobody there") { With = NoPolicy },
        new("smtpd_policy_service_timeout", "7", Policy, "timeout 7"),
        new("smtpd_policy_service_max_idle", "8", Policy, "idle 8"),
        new("smtpd_policy_service_max_ttl", "9", Policy, "age 9"),
        new("smtpd_policy_service_request_limit", "3", Policy, "requests 3"),
        new("smtpd_policy_service_try_limit", "4", Policy, "tries 4"),
        new("smtpd_policy_service_retry_delay", "5", Policy, "delay 5"),
        new("smtpd_policy_service_policy_context", "'mine'", Policy, "context mine"),
        new("smtpd_authorized_xclient_hosts", "'127.0.0.1'", Talk(Hello, "XCLIENT NAME=a.test", "QUIT"), "XCLIENT NAME ADDR"),
        new("smtpd_authorized_xforward_hosts", "'127.0.0.1'", Talk(Hello, "XFORWARD NAME=a.test", "QUIT"), "XFORWARD NAME ADDR"),
    ];

    private const string NoPolicy = "smtpd_recipient_restrictions = 'check_policy_service unix:/nowhere/policy'\nsmtpd_policy_service_retry_delay = 0";

    static SmtpdAccessRows() => Array.ForEach(All, static row => row.Begin());

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }

    private static Func<string, string> Talk(params string[] lines) => toml =>
    {
        using SmtpdRig rig = new(toml);
        string talk = rig.Talk(lines);
        return $"{talk}\n{rig.WaitForLog("connect from")}";
    };

    private static Func<string, string> From(string address, params string[] lines) => toml =>
    {
        using SmtpdRig rig = new(toml);
        string talk = rig.TalkFrom(address, lines);
        return $"{talk}\n{rig.WaitForLog("connect from")}";
    };

    // A message that goes out, as far as it goes.
    private static string Relay(string toml) => Talk(Hello, "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", Message)(toml);

    // The same of somebody else.
    private static string Foreign(string toml) => From("127.0.0.2", Hello, "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>")(toml);

    // A configuration that cannot be used is told.
    private static string Tried(string toml)
    {
        try
        {
            return Relay(toml);
        }
        catch (PostfixNet.Configuration.ConfigurationException e)
        {
            return e.Message;
        }
    }

    // The DNS knows no name.
    private static string Asked(string toml) => With(new MadeUpNames(DnsStatus.NotFound))(toml);

    // The DNS does not answer.
    private static string Silent(string toml) => With(new MadeUpNames(DnsStatus.TryAgain))(toml);

    private static Func<string, string> With(IResolver names) => toml =>
    {
        using SmtpdRig rig = new(toml) { Resolver = names };
        return rig.Talk(Hello, "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>");
    };

    // A client that shows a certificate.
    private static string Certified(string toml)
    {
        PostfixNet.Smtpd.AccessOptions options = PostfixNet.Smtpd.AccessOptions.Read(Row.Config("", toml));
        PostfixNet.Smtpd.Session session = new(null!, new PostfixNet.Smtpd.ClientInfo { Address = System.Net.IPAddress.Loopback })
        {
            Tls = new("TLSv1.3", "TLS_AES_256_GCM_SHA384", 256, Fingerprint: "00:11"),
        };
        using PostfixNet.Ipc.EventLoop loop = new();
        PostfixNet.Smtpd.Log log = new(new LogRecord(), logsPort: false);
        PostfixNet.Smtpd.OwnClients own = new([], TimeProvider.System);
        PostfixNet.Smtpd.NameLookups names = new(loop, new Lazy<IResolver>(static () => new MadeUpNames(DnsStatus.NotFound)), new Lazy<HostsFile>(static () => HostsFile.Parse("")));
        PostfixNet.Smtpd.RestrictionAccess access = new(options, PostfixNet.Smtpd.AccessServices.Of(options, loop, own, names, log));
        session.Begin(new PostfixNet.Smtpd.Transaction { Sender = "", Arrival = 0 });
        return access.Recipient(session, "c@d.test").AsTask().GetAwaiter().GetResult()?.ToString() ?? "250";
    }

    private static string Policy(string toml)
    {
        MainConfig config = Row.Config("", toml);
        PostfixNet.Smtpd.PolicyOptions policy = PostfixNet.Smtpd.PolicyOptions.Read(config, PostfixNet.Configuration.Parameters.SmtpdRecipientRestrictions, "inet:127.0.0.1:1");
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"timeout {policy.Timeout.TotalSeconds} idle {policy.MaxIdle.TotalSeconds} age {policy.MaxAge.TotalSeconds} requests {policy.RequestLimit} tries {policy.TryLimit} delay {policy.RetryDelay.TotalSeconds} context {policy.Context}");
    }
}
