using PostfixNet.Mail;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of the SMTP client, but for TLS and logins.</summary>
public sealed class SmtpRows
{
    private const string Sent = "status=sent", TimedOut = " timed out ";
    private const string NoPipelining = """{"ext": []}""";
    private const string Loop = "proxy_interfaces = '127.0.0.31'\n";
    private const string Patient = "smtp_data_xfer_timeout = '4s'\n";
    // However slow the machine is, the second message comes in time.
    private const string Lasting = "smtp_connection_cache_time_limit = '1h'\n";
    private const string Firewall = """{"banner": "220 ****"}""";

    private static readonly SmtpScene s_scene = new();
    private static readonly Func<string, string> s_plain = s_scene.Play;
    private static readonly SmtpScene s_kept = new() { Times = 2, Message = static request => request with { MoreWaits = true } };
    private static readonly SmtpScene s_tired = new() { Script = """{"mail": "450 4.7.1 later"}""", Second = "{}", NextHop = "two.test:PORT" };
    private static readonly SmtpScene s_absent = new() { Second = "{}", NextHop = "dead.test:PORT" };
    private static readonly SmtpScene s_direct = new() { NextHop = "mx.test" };
    private static readonly SmtpScene s_generic = new() { Message = static request => request with { Sender = "sf+e@origin.test" } };
    private static readonly SmtpScene s_entity = new() { Content = ["MIME-Version: 1.0", "Content-Type: message/rfc822", "", "X-In: here", "", "text"] };
    private static readonly SmtpScene s_old = new() { Script = Firewall, Message = static request => request with { ArrivalMicroseconds = request.ActiveMicroseconds - 600_000_000 } };

    private const string Signed = "[dkim.'origin.test']\nkeys.s = 'DIR/KEY'\n";
    private static readonly SmtpScene s_signed = new() { Content = ["From: sf@origin.test", "", "text"] };

    // More than fits into the buffers of the system.
    private static readonly SmtpScene s_large = new() { Content = Enumerable.Repeat(new string('x', 900), 25_000) };

    private static Func<string, string> Late(string at, string script = NoPipelining) => new SmtpScene { Late = at, Script = script }.Play;

    internal static readonly Row[] All =
    [
        // Time.
        new("smtp_connect_timeout", "'1s'", ListensLate, "Connection timed out") { IsSlow = true },
        new("smtp_greeting_timeout", "'1s'", Late("CONNECT"), TimedOut) { IsSlow = true },
        new("smtp_helo_timeout", "'1s'", Late("EHLO"), TimedOut) { IsSlow = true },
        new("smtp_xforward_timeout", "'1s'", Late("XFORWARD", """{"ext": ["XFORWARD SOURCE"]}"""), TimedOut) { IsSlow = true, With = "smtp_send_xforward_command = true\n" },
        new("smtp_mail_timeout", "'1s'", Late("MAIL"), TimedOut) { IsSlow = true },
        new("smtp_rcpt_timeout", "'1s'", Late("RCPT"), TimedOut) { IsSlow = true },
        new("smtp_data_init_timeout", "'1s'", Late("DATA"), TimedOut) { IsSlow = true },
        new("smtp_data_done_timeout", "'1s'", Late("."), TimedOut) { IsSlow = true },
        new("smtp_rset_timeout", "'1s'", Late("RSET", """{"ext": [], "rcpt": "550 5.1.1 no"}"""), "") { IsSlow = true, Hides = "C: QUIT" },
        new("smtp_quit_timeout", "'1s'", Late("QUIT"), "") { IsSlow = true, Hides = "< mx.test[127.0.0.31]:PORT: 221", With = "smtp_skip_quit_response = false\ndebug_peer_list = 'mx.test'\n" },
        new("smtp_data_xfer_timeout", "'1s'", (s_large with { Script = """{"rests": [1500]}""" }).Play, TimedOut) { IsSlow = true },
        new("smtp_per_request_deadline", "true", (s_large with { Script = """{"rests": [1200, 1200, 1200, 1200, 1200]}""" }).Play, TimedOut)
            { IsSlow = true, With = Patient + "smtp_min_data_rate = 2000000000\n" },
        new("smtp_per_record_deadline", "true", (s_large with { Script = """{"rests": [1200, 1200, 1200, 1200, 1200]}""" }).Play, TimedOut)
            { IsSlow = true, With = Patient + "smtp_min_data_rate = 2000000000\n" },
        new("smtp_min_data_rate", "2000000000", (s_large with { Script = """{"rests": [1200, 1200, 1200, 1200, 1200]}""" }).Play, TimedOut)
            { IsSlow = true, With = Patient + "smtp_per_request_deadline = true\n" },
        new("daemon_timeout", "'1s'", Late("MAIL"), TimedOut) { IsSlow = true },
        new("smtp_pix_workaround_delay_time", "'0s'", s_old.Play, Sent) { IsSlow = true, With = "daemon_timeout = '8s'\n" },
        new("smtp_race_addresses", "false", DeafNeighbour, "Connection timed out") { IsSlow = true, With = "smtp_connect_timeout = '1s'\nsmtp_randomize_addresses = false\n" },

        // Names and addresses.
        new("smtp_tcp_port", "PORT", (s_scene with { NextHop = "dest.test" }).Play, "relay=mx.test[127.0.0.31]:PORT"),
        new("smtp_host_lookup", "['native']", (s_scene with { NextHop = "[host.test]:PORT", Names = static rig => rig.HostsFile.A("host.test", "127.0.0.31") }).Play, Sent),
        new("smtp_dns_support_level", "'disabled'", s_plain, "relay=dest.test["),
        new("disable_dns_lookups", "true", s_plain, "relay=dest.test["),
        new("ignore_mx_lookup_error", "true", (s_scene with { NextHop = "fail.test:PORT" }).Play, Sent),
        new("smtp_defer_if_no_mx_address_found", "true", (s_scene with { NextHop = "nohost.test:PORT" }).Play, "status=deferred"),
        new("smtp_mx_address_limit", "1", (s_scene with { NextHop = "second.test:PORT" }).Play, "") { Hides = Sent },
        new("smtp_mx_session_limit", "1", s_tired.Play, "") { Hides = Sent },
        new("smtp_randomize_addresses", "false", (s_scene with { NextHop = "equal.test:PORT" }).Play, "tried: dead1.test[127.0.0.41] dead2.test[127.0.0.42] dead3.test[127.0.0.43] dead4.test[127.0.0.44]."),
        new("smtp_address_preference", "'ipv6'", (s_scene with { NextHop = "both.test:PORT" }).Play, "tried: both.test[::1] both.test[127.") { With = "smtp_randomize_addresses = false\n" },
        new("smtp_balance_inet_protocols", "false", (s_scene with { NextHop = "both.test:PORT" }).Play, "") { Hides = "both.test[::1]", With = "smtp_randomize_addresses = false\nsmtp_mx_address_limit = 2\n" },
        new("smtp_cname_overrides_servername", "true", (s_scene with { NextHop = "[alias.test]:PORT" }).Play, "relay=real.test["),
        new("inet_protocols", "'ipv4'", (s_scene with { NextHop = "[::1]:PORT" }).Play, "its protocol is disabled by inet_protocols"),
        new("inet_interfaces", "'192.0.2.1'", s_plain, "warning: bind 192.0.2.1: "),
        new("proxy_interfaces", "'127.0.0.31'", s_direct.Play, "loops back to myself"),
        new("smtp_bind_address", "'127.0.0.77'", s_plain, "client 127.0.0.77."),
        new("smtp_bind_address6", "'2001:db8::1'", (s_scene with { NextHop = "[::1]:PORT" }).Play, "warning: bind 2001:db8::1: "),
        new("smtp_bind_address_enforce", "true", s_plain, "server configuration error") { With = "smtp_bind_address = '192.0.2.1'\n" },
        new("smtp_fallback_relay", "'[127.0.0.32]:PORT'", s_absent.Play, Sent),
        new("fallback_relay", "'[127.0.0.32]:PORT'", s_absent.Play, Sent),
        new("relayhost", "'nowhere.test'", (s_scene with { NextHop = "nowhere.test" }).Play, "dsn=4.3.5"),
        new("best_mx_transport", "'other'", s_direct.Play, "mail transport unavailable") { With = Loop },
        new("legacy_no_failover_after_greeting", "true", s_tired.Play, "") { Hides = Sent },

        // Conversation.
        new("smtp_helo_name", "'me.test'", s_plain, "C: EHLO me.test"),
        new("myhostname", "'me.test'", s_plain, "C: EHLO me.test"),
        new("lmtp_assume_final", "true", (s_scene with { Service = "lmtp", Script = NoPipelining, Message = static request => request with { Recipients = [request.Recipients[0] with { Notify = Notify.Success }] } }).Play, "trace u@dest.test 2.0.0 delivered"),
        new("smtp_always_send_ehlo", "false", (s_scene with { Script = """{"banner": "220 mx"}""" }).Play, "C: HELO"),
        new("smtp_never_send_ehlo", "true", s_plain, "C: HELO"),
        new("smtp_discard_ehlo_keywords", "['size']", s_plain, "") { Hides = " SIZE=" },
        new("smtp_discard_ehlo_keyword_address_maps", "{ '127.0.0.31' = 'SIZE' }", s_plain, "") { Hides = " SIZE=" },
        new("smtp_skip_5xx_greeting", "false", (s_scene with { Script = """{"banner": "554 5.7.1 no"}""" }).Play, "status=bounced"),
        new("smtp_skip_quit_response", "false", s_plain, "< mx.test[127.0.0.31]:PORT: 221") { With = "debug_peer_list = 'mx.test'\n" },
        new("smtp_connection_cache_on_demand", "false", s_kept.Play, "") { Hides = "conn_use=2", With = Lasting },
        new("smtp_connection_cache_destinations", "'dest.test:PORT'", (s_scene with { Times = 2 }).Play, "conn_use=2") { With = Lasting },
        new("smtp_connection_cache_time_limit", "'0s'", s_kept.Play, "") { Hides = "conn_use=2" },
        new("smtp_connection_reuse_time_limit", "'0s'", s_kept.Play, "") { Hides = "conn_use=2", With = Lasting },
        new("smtp_connection_reuse_count_limit", "1", s_kept.Play, "") { Hides = "conn_use=2", With = Lasting },
        new("smtp_send_xforward_command", "true", (s_scene with { Script = """{"ext": ["XFORWARD SOURCE"]}""" }).Play, "C: XFORWARD SOURCE=LOCAL"),
        new("smtp_pix_workarounds", "['delay_dotcrlf']", (s_scene with { Script = Firewall }).Play, "C: EHLO"),
        new("smtp_pix_workaround_threshold_time", "'1d'", s_old.Play, "") { Hides = "delay_dotcrlf", With = "smtp_pix_workaround_delay_time = '0s'\n" },
        new("soft_bounce", "true", (s_scene with { Script = """{"rcpt": "550 5.1.1 no"}""" }).Play, "status=SOFTBOUNCE"),

        // Content and addresses in it.
        new("smtp_generic_maps", "{ 'sf+e@origin.test' = 'x@y.test' }", s_generic.Play, "C: MAIL FROM:<x@y.test>"),
        new("smtp_header_checks", "'regexp:{{/^Subject: s/ REPLACE Subject: other}}'", s_plain, "Subject: other\r\n"),
        new("smtp_mime_header_checks", "'regexp:{{/^MIME-Version/ REPLACE X-Was: mime}}'", s_entity.Play, "X-Was: mime\r\n"),
        new("smtp_nested_header_checks", "'regexp:{{/^X-In/ IGNORE}}'", s_entity.Play, "") { Hides = "X-In: here" },
        new("smtp_body_checks", "'regexp:{{/^text/ PREPEND before}}'", s_plain, "\r\nbefore\r\ntext\r\n"),
        new("smtp_header_checks", "'regexp:{{/^Subject: s/ HOLD}}'", s_plain, "warning: unsupported command in smtp_header_checks map: HOLD"),
        new("smtp_dkim_signing", "false", s_signed.Play, "") { Hides = "DKIM-Signature field added (s=s, d=origin.test)", With = Signed },
        new("lmtp_dkim_signing", "true", (s_signed with { Service = "lmtp" }).Play, "DKIM-Signature field added (s=s, d=origin.test)") { With = Signed },
        new("smtp_dkim_failure_action", "'send'", s_signed.Play, "sent without a DKIM signature: main.toml:") { With = Signed.Replace("KEY", "GONE", StringComparison.Ordinal) },
        new("recipient_delimiter", "'+'", s_generic.Play, "C: MAIL FROM:<x@y.test>") { With = "smtp_generic_maps = { 'sf@origin.test' = 'x@y.test' }\n" },
        new("propagate_unmatched_extensions", "['generic']", s_generic.Play, "C: MAIL FROM:<x+e@y.test>") { With = "recipient_delimiter = '+'\nsmtp_generic_maps = { 'sf@origin.test' = 'x@y.test' }\n" },
        new("header_size_limit", "20", (s_scene with { Content = [$"To: {new string('a', 30)}@origin.test", "", "text"] }).Play, "") { Hides = "To: x@y.test", With = "smtp_generic_maps = { '@origin.test' = 'x@y.test' }\n" },
        new("header_address_token_limit", "3", (s_scene with { Content = ["To: b@origin.test, c@origin.test", "", "text"] }).Play, "") { Hides = "To: x@y.test, x@y.test", With = "smtp_generic_maps = { '@origin.test' = 'x@y.test' }\n" },
        new("mydestination", "['origin.test']", (s_scene with { Content = ["Subject: s", "", "text"] }).Play, "C: MAIL FROM:<x@y.test>") { With = "smtp_generic_maps = { 'sf' = 'x@y.test' }\n" },
        new("smtp_quote_rfc821_envelope", "false", (s_scene with { Recipient = "a b@dest.test" }).Play, "C: RCPT TO:<a b@dest.test>"),
        new("smtp_line_length_limit", "20", (s_scene with { Content = ["Subject: s", "", "one line of more than twenty octets"] }).Play, "breaking line > 20 bytes"),
        new("disable_mime_output_conversion", "true", (s_scene with { Script = NoPipelining, Content = ["MIME-Version: 1.0", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit", "", "caf\u00e9"], Message = static request => request with { Encoding = BodyEncoding.EightBit } }).Play, "\ncaf\u00e9"),

        // Log and records.
        new("line_length_limit", "600", (s_scene with { Script = $$"""{"dot": "250 2.0.0 {{new string('x', 1000)}}"}""" }).Play, "response longer than 600: "),
        new("delay_logging_resolution_limit", "0", (s_scene with { Message = static request => request with { ArrivalMicroseconds = request.ActiveMicroseconds - 1_500_000 } }).Play, "delay has no fraction"),
        new("debug_peer_list", "['mx.test']", s_plain, "> mx.test[127.0.0.31]:PORT: EHLO"),
        new("notify_classes", "['protocol']", (s_scene with { Script = """{"rcpt": "503 5.5.1 bad"}""" }).Play, "notice to the postmaster not sent"),
    ];

    static SmtpRows() => Array.ForEach(All, static row => row.Begin());

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }

    // A server whose backlog is full for a while: connecting takes until the system tries again.
    private static string ListensLate(string toml)
    {
        using DeafServer deaf = new("127.0.0.34");
        using Timer timer = new(_ => deaf.MakeRoom(), null, 1500, Timeout.Infinite);
        return new SmtpScene { NextHop = $"[127.0.0.34]:{deaf.Port}" }.Play("smtp_greeting_timeout = '1s'\n" + toml);
    }

    // Two servers that are equally good, the first one without a word.
    private static string DeafNeighbour(string toml)
    {
        using DeafServer deaf = new("127.0.0.35");
        using ScriptedServer other = new("127.0.0.36", deaf.Port);
        return new SmtpScene
        {
            NextHop = $"neighbours.test:{deaf.Port}",
            Names = static rig =>
            {
                rig.Resolver.A("one.test", "127.0.0.35");
                rig.Resolver.A("other.test", "127.0.0.36");
                rig.Resolver.Mx("neighbours.test", (10, "one.test"), (10, "other.test"));
            },
        }.Play(toml);
    }
}
