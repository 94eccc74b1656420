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
        new("virtual_alias_domains", "'d.test'", Foreign, "") { Hides = "454 4.7.1 <c@d.test>", With = "mynetworks = '127.0.0.1'" },
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
    ];

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
}
