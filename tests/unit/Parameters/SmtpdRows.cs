using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of smtpd.</summary>
public sealed class SmtpdRows
{
    private static readonly string s_message = "Subject: s\r\n\r\nx\r\n.";

    internal static readonly Row[] All =
    [
        new("smtpd_banner", "'$myhostname hello'", Talk("NOOP"), "220 mx.golden.test hello"),
        new("smtpd_recipient_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@f.test>"), "452 4.5.3 Error: too many recipients"),
        new("smtpd_recipient_overshoot_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<a@d.test>", "RCPT TO:<b@d.test>", "RCPT TO:<c@d.test>", "RCPT TO:<d@d.test>"), "too many errors")
            { With = "smtpd_recipient_limit = 1\nsmtpd_hard_error_limit = 2\nsmtpd_error_sleep_time = 0" },
        new("smtpd_hard_error_limit", "2", Talk("X", "Y"), "421 4.7.0"),
        new("smtpd_soft_error_limit", "1", Timed("X", "Y"), "late") { With = "smtpd_error_sleep_time = 6", IsSlow = true },
        new("smtpd_error_sleep_time", "6", Timed("X", "Y"), "late") { With = "smtpd_soft_error_limit = 1", IsSlow = true },
        new("smtpd_junk_command_limit", "1", Talk("NOOP", "NOOP", "NOOP"), "421 4.7.0") { With = "smtpd_hard_error_limit = 2\nsmtpd_error_sleep_time = 0" },
        new("smtpd_helo_required", "true", Talk("MAIL FROM:<a@b.test>"), "503 5.5.1 Error: send HELO/EHLO first"),
        new("disable_vrfy_command", "true", Talk("VRFY a@b.test"), "502 5.5.1 VRFY command is disabled"),
        new("strict_rfc821_envelopes", "true", Talk("MAIL FROM:a@b.test"), "501 5.1.7"),
        new("smtpd_discard_ehlo_keywords", "['chunking']", Talk("EHLO c"), "") { Hides = "CHUNKING" },
        new("smtpd_noop_commands", "['zork']", Talk("ZORK"), "250 2.0.0 Ok"),
        new("smtpd_forbidden_commands", "['zork']", Talk("ZORK"), "221 2.7.0"),
        new("smtpd_forbid_unauth_pipelining", "false", Talk("EHLO c\r\nNOOP"), "") { Hides = "554 5.5.0" },
        new("smtpd_forbid_bare_newline", "'reject'", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\n\nx\r\n."), "550 5.5.2"),
        new("smtpd_forbid_bare_newline_reject_code", "554", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: s\n\nx\r\n."), "554 5.5.2")
            { With = "smtpd_forbid_bare_newline = 'reject'" },
        new("smtpd_client_connection_count_limit", "1", Twice, "421 4.7.0 mx.golden.test Error: too many connections from 127.0.0.1"),
        new("smtpd_client_connection_rate_limit", "1", Twice, "421 4.7.0 mx.golden.test Error: too many connections from 127.0.0.1"),
        new("smtpd_client_message_rate_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RSET", "MAIL FROM:<a@b.test>"), "450 4.7.1 Error: too much mail from 127.0.0.1"),
        new("smtpd_client_recipient_rate_limit", "1", Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@d.test>"), "450 4.7.1 Error: too many recipients from 127.0.0.1"),
        new("smtpd_client_new_tls_session_rate_limit", "3", Limit(PostfixNet.Delivery.ClientEventKind.NewTlsSession), "3"),
        new("smtpd_client_auth_rate_limit", "3", Limit(PostfixNet.Delivery.ClientEventKind.Login), "3"),
        new("smtpd_client_ipv4_prefix_length", "24", Network("192.0.2.77"), "192.0.2.0/24"),
        new("smtpd_client_ipv6_prefix_length", "64", Network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
        new("anvil_rate_time_unit", "'5s'", static toml => PostfixNet.Anvil.AnvilOptions.Read(Row.Config("", toml)).ToString(), "Unit = 00:00:05"),
        new("anvil_status_update_time", "'5s'", static toml => PostfixNet.Anvil.AnvilOptions.Read(Row.Config("", toml)).ToString(), "StatusInterval = 00:00:05"),
        new("smtpd_client_port_logging", "true", Talk("QUIT"), "connect from localhost[127.0.0.1]:"),
        new("smtpd_timeout", "1", Waiting, "421 4.4.2 mx.golden.test Error: timeout exceeded") { IsSlow = true },
        new("smtpd_min_data_rate", "0", Trickling, "still there") { With = "smtpd_timeout = 2", IsSlow = true },
        new("smtpd_tls_received_header", "true", Received, "using TLSv1.3"),
        new("smtpd_sasl_authenticated_header", "true", Received, "Authenticated sender: user"),
        new("smtpd_sessions_per_process", "3", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).SessionsPerProcess.ToString(System.Globalization.CultureInfo.InvariantCulture), "3"),
        new("smtpd_peername_lookup", "false", static toml => PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("", toml)).LooksNamesUp.ToString(), "False"),
    ];

    static SmtpdRows() => Array.ForEach(All, static row => row.Begin());

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

    private static string Twice(string toml)
    {
        using SmtpdRig rig = new(toml);
        rig.Connect();
        return rig.Connect().Greeting;
    }

    private static PostfixNet.Smtpd.ClientLimits Limits(string toml) => PostfixNet.Smtpd.ClientLimits.Read(Row.Config("", toml));

    private static Func<string, string> Limit(PostfixNet.Delivery.ClientEventKind kind) =>
        toml => Limits(toml).RateOf(kind).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Func<string, string> Network(string address) => toml => Limits(toml).ClientOf(System.Net.IPAddress.Parse(address));

    private static Func<string, string> Timed(params string[] lines) => toml =>
    {
        using SmtpdRig rig = new(toml);
        long start = Environment.TickCount64;
        rig.Talk(lines);
        return Environment.TickCount64 - start > 5500 ? "late" : "at once";
    };

    // A client that says nothing, and waits a little longer than the shorter limit.
    private static string Waiting(string toml)
    {
        using SmtpdRig rig = new(toml);
        SmtpdClient client = rig.Connect();
        return client.ReplyWithin(TimeSpan.FromSeconds(5)) ?? "nothing";
    }

    // One octet in a while is too slow.
    private static string Trickling(string toml)
    {
        using SmtpdRig rig = new(toml);
        SmtpdClient client = rig.Connect();
        foreach (string line in (string[])["EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"])
            client.Say(line);
        for (int i = 0; i < 8; i++)
        {
            client.Send("x");
            if (client.ReplyWithin(TimeSpan.FromMilliseconds(500)) is { } reply)
                return reply;
        }
        return client.Say("\r\n.").StartsWith("250", StringComparison.Ordinal) ? "still there" : "gone";
    }

    private static string Received(string toml)
    {
        PostfixNet.Smtpd.SmtpdOptions options = PostfixNet.Smtpd.SmtpdOptions.Read(Row.Config("myhostname = 'mx.golden.test'", toml));
        PostfixNet.Smtpd.Session session = new(null!, new PostfixNet.Smtpd.ClientInfo { Address = System.Net.IPAddress.Loopback })
        {
            Tls = new("TLSv1.3", "TLS_AES_256_GCM_SHA384", 256),
            Login = new("PLAIN", "user"),
        };
        PostfixNet.Smtpd.Transaction transaction = new() { Sender = "", Arrival = 0 };
        return string.Join('\n', PostfixNet.Smtpd.ReceivedHeader.Lines(options, session, transaction, "ESMTPSA", PostfixNet.Queue.QueueId.TryParse("4jb6XC1hgjz1jJXt", out PostfixNet.Queue.QueueId id) ? id : default)) + s_message;
    }
}
