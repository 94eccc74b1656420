namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of cleanup and pickup.</summary>
public sealed class CleanupRows
{
    private const string List = "virtual_alias_maps = { 'list@d.test' = 'x@d.test, y@d.test', 'deep@d.test' = 'list@d.test' }\n";
    private static readonly string s_long = new('x', 1000);
    private static readonly Func<string, string> s_plain = IntakeScene.Header("Subject: s");
    private static readonly Func<string, string> s_abroad = IntakeScene.Records("Sa@b.test|Rjos\u00c3\u00a9@d.test|M|NSubject: s|N|X|E");

    private static readonly Func<string, string> s_nested = IntakeScene.Header("Content-Type: message/rfc822|N|NX-A: nested|N|Nline|Nword");

    internal static readonly Row[] All =
    [
        new("virtual_alias_maps", "{ 'c@d.test' = 'x@d.test' }", s_plain, "recipients: x@d.test."),
        new("virtual_maps", "'static:x@d.test'", s_plain, "recipients: x@d.test."),
        new("virtual_alias_expansion_limit", "1", IntakeScene.To("list@d.test"), "TryAgain (alias expansion error)") { With = List },
        new("virtual_alias_recursion_limit", "1", IntakeScene.To("deep@d.test"), "TryAgain (alias expansion error)") { With = List },
        new("virtual_alias_address_length_limit", "7", IntakeScene.To("list@d.test"), "TryAgain (alias expansion error)") { With = List },
        new("canonical_maps", "{ 'a@b.test' = 'x@y.test' }", s_plain, "S x@y.test"),
        new("canonical_classes", "['header_sender']", IntakeScene.Header("From: a@b.test"), "S a@b.test") { With = "canonical_maps = { 'a@b.test' = 'x@y.test' }\n" },
        new("sender_canonical_maps", "{ 'a@b.test' = 'x@y.test' }", IntakeScene.Header("From: a@b.test"), "N From: x@y.test"),
        new("sender_canonical_classes", "'envelope_sender'", IntakeScene.Header("From: a@b.test"), "N From: a@b.test") { With = "sender_canonical_maps = { 'a@b.test' = 'x@y.test' }\n" },
        new("recipient_canonical_maps", "{ 'c@d.test' = 'x@y.test' }", IntakeScene.Header("To: c@d.test"), "N To: x@y.test"),
        new("recipient_canonical_classes", "'header_recipient'", s_plain, "recipients: c@d.test.") { With = "recipient_canonical_maps = { 'c@d.test' = 'x@y.test' }\n" },
        new("masquerade_domains", "'test'", IntakeScene.Header("From: a@b.test"), "N From: a@test"),
        new("masquerade_exceptions", "'a'", IntakeScene.Header("From: a@b.test"), "N From: a@b.test") { With = "masquerade_domains = 'test'\n" },
        new("masquerade_classes", "'envelope_recipient'", s_plain, "recipients: c@test.") { With = "masquerade_domains = 'test'\n" },
        new("remote_header_rewrite_domain", "'invalid.test'", IntakeScene.Records("Arewrite_context=remote|Sa@b.test|Rc@d.test|M|NTo: c|N|X|E"), "N To: c@invalid.test"),
        new("sender_bcc_maps", "{ 'a@b.test' = 'x@y.test' }", s_plain, "recipients: x@y.test c@d.test."),
        new("recipient_bcc_maps", "{ 'c@d.test' = 'x@y.test' }", s_plain, "recipients: c@d.test x@y.test."),
        new("header_checks", "'regexp:{{/^Subject: s/ REPLACE X-Was: s}}'", s_plain, "N X-Was: s"),
        new("mime_header_checks", "'regexp:{{/./ IGNORE}}'", IntakeScene.Header("Content-Type: x"), "") { Hides = "N Content-Type: x" },
        new("nested_header_checks", "'regexp:{{/^X-A:/ STRIP}}'", s_nested, "") { Hides = "N X-A: nested" },
        new("body_checks", "'regexp:{{/^word/ REPLACE other}}'", s_nested, "N other"),
        new("body_checks_size_limit", "3", s_nested, "N word") { With = "body_checks = 'regexp:{{/^word/ REPLACE other}}'\n" },
        new("disable_mime_input_processing", "true", s_nested, "N X-A: nested") { With = "nested_header_checks = 'regexp:{{/^X-A:/ IGNORE}}'\n" },
        new("mime_nesting_limit", "1", IntakeScene.Header("Content-Type: multipart/x; boundary=a; boundary=b; boundary=c; boundary=d"), "MIME nesting exceeds safety limit") { With = "header_checks = 'regexp:{{/^no/ IGNORE}}'\n" },
        new("mime_boundary_length_limit", "1", IntakeScene.Header("Content-Type: multipart/x; boundary=ab|N|N--ac|NX-A: part"), "") { Hides = "N X-A: part", With = "mime_header_checks = 'regexp:{{/^X-A:/ IGNORE}}'\n" },
        new("strict_8bitmime", "true", IntakeScene.Header("Subject: s\u00e9"), "Refused (improper use of 8-bit data in message header)"),
        new("strict_8bitmime_body", "true", IntakeScene.Header("Subject: s|N|Ntext \u00e9"), "Refused (improper use of 8-bit data in message body)"),
        new("strict_7bit_headers", "true", IntakeScene.Header("Subject: s\u00e9"), "Refused (improper use of 8-bit data in message header)"),
        new("strict_mime_encoding_domain", "true", IntakeScene.Header("Content-Type: multipart/x|NContent-Transfer-Encoding: base64"), "encoding domain"),
        new("milter_header_checks", "'regexp:{{/x/ REJETC}}'", static toml =>
        {
            PostfixNet.Configuration.MainConfig config = Row.Config("myhostname = 'a.test'", toml);
            _ = PostfixNet.Cleanup.CleanupOptions.From(config);
            return string.Join('\n', config.Remarks);
        }, "unsupported command in milter_header_checks map: REJETC"),
        new("content_filter", "'smtp:[127.0.0.1]:10025'", IntakeScene.Dropped("Sa@b.test|Rc@d.test|M|NSubject: s|N|X|E"), "L smtp:[127.0.0.1]:10025"),
        new("receive_override_options", "'no_address_mappings'", IntakeScene.Dropped("Sa@b.test|Rc@d.test|M|NSubject: s|N|X|E"), "recipients: c@d.test.") { With = "virtual_alias_maps = { 'c@d.test' = 'x@d.test' }\n" },
        new("message_strip_characters", "'\\200'", IntakeScene.Header("Subject: a\u0080b"), "N Subject: ab"),
        new("message_reject_characters", "'\\200'", IntakeScene.Header("Subject: a\u0080b"), "(disallowed character)"),
        new("alias_maps", "{ 'c' = 'x@y.test' }", IntakeScene.To("c@d.test"), "recipients: x@y.test.") { With = "mydestination = 'd.test'\n" },
        new("luser_relay", "'$user@y.test'", IntakeScene.To("c@d.test"), "recipients: c@y.test.") { With = "mydestination = 'd.test'\n" },
        new("expand_owner_alias", "true", IntakeScene.To("c@d.test"), "S o@y.test") { With = "mydestination = 'd.test'\nalias_maps = { 'c' = 'x@y.test', 'owner-c' = 'o@y.test' }\n" },
        new("local_transport", "'smtp'", IntakeScene.To("c@d.test"), "recipients: c@d.test.") { With = "mydestination = 'd.test'\nluser_relay = '$user@y.test'\n" },
        new("always_bcc", "'archive@d.test'", s_plain, "recipients: c@d.test archive@d.test."),
        new("duplicate_filter_limit", "1", IntakeScene.To("a@d.test", "b@d.test", "b@d.test"), "recipients: a@d.test b@d.test b@d.test."),
        new("enable_original_recipient", "false", IntakeScene.To("a@d.test", "b@d.test"), "recipients: x@d.test.") { With = "virtual_alias_maps = 'static:x@d.test'\n" },
        new("message_drop_headers", "['x-secret']", IntakeScene.Header("X-Secret: s"), "") { Hides = "N X-Secret: s" },
        new("always_add_missing_headers", "true", IntakeScene.Records("Arewrite_context=remote|Sa@b.test|Rc@d.test|M|NSubject: s|N|X|E"), "N From: a@b.test"),
        new("undisclosed_recipients_header", "'To: undisclosed:;'", s_plain, "N To: undisclosed:;"),
        new("hopcount_limit", "1", IntakeScene.Header("Received: by x"), "(too many hops)"),
        new("queue_minfree", "9000000000000000000", s_plain, "cleanup: insufficient free space in the queue"),
        new("queue_minfree_percent", "99", s_plain, "cleanup: insufficient free space in the queue"),
        new("in_flow_delay", "'7s'", IntakeScene.InFlow, " 7"),
        new("detect_8bit_encoding_header", "false", IntakeScene.Header("Content-Transfer-Encoding: 8bit"), "") { Hides = "A encoding=8bit" },
        new("cleanup_replace_stray_cr_lf", "false", IntakeScene.Header("Subject: a\rb"), "N Subject: a\rb"),
        new("smtputf8_enable", "false", s_abroad, "SMTPUTF8: 0."),
        new("smtputf8_autodetect_classes", "['bounce']", s_abroad, "SMTPUTF8: 0."),
        new("smtputf8_autodetect_classes", "['bounce']", IntakeScene.Records("S|Rjos\u00c3\u00a9@d.test|M|NSubject: s|N|X|E", isInternal: true), "") { Hides = "SMTPUTF8: 0." },
        new("requiretls_esmtp_header", "false", IntakeScene.Header("Require-TLS-ESMTP: yes"), "SMTPUTF8: 0."),
        new("tls_required_enable", "false", IntakeScene.Header("TLS-Required: No"), "SMTPUTF8: 0."),
        new("verp_delimiter_filter", "'#'", IntakeScene.Records("Sa@b.test|V##|Rc@d.test|M|NSubject: s|N|X|E"), "Accepted ()"),
        new("delay_warning_time", "'4h'", s_plain, "\nW "),
        new("empty_address_recipient", "'nobody'", IntakeScene.To(""), "R nobody@golden.test"),
        new("myhostname", "'other.test'", s_plain, "N Message-Id: <ID@other.test>"),
        new("myorigin", "'origin.test'", IntakeScene.To("bob"), "R bob@origin.test"),
        new("mydomain", "'domain.test'", IntakeScene.To("bob@host"), "R bob@host.domain.test") { With = "append_dot_mydomain = true\n" },
        new("mydestination", "['d.test']", IntakeScene.To("c@d.test"), "R x@d.test") { With = "virtual_alias_maps = { 'c' = 'x@d.test' }\n" },
        new("append_at_myorigin", "false", IntakeScene.To("bob"), "R bob\n"),
        new("append_dot_mydomain", "true", IntakeScene.To("bob@host"), "R bob@host.test"),
        new("swap_bangpath", "false", IntakeScene.To("site!bob"), "R site!bob@golden.test"),
        new("allow_percent_hack", "false", IntakeScene.To("bob%site"), "R bob%site@golden.test"),
        new("header_size_limit", "100", IntakeScene.Header($"X-Long: {s_long}|N{s_long}".Replace("|N", "", StringComparison.Ordinal)), "") { Hides = new string('x', 500) },
        new("header_address_token_limit", "3", IntakeScene.Header("To: a, b, c, d"), "") { Hides = "d@golden.test" },
        new("message_size_limit", "500", IntakeScene.Header($"X-Long: {s_long}"), "(message file too big)"),
        new("line_length_limit", "600", IntakeScene.Header($"X-Long: {s_long}"), "(internal protocol error)"),
        new("enable_long_queue_ids", "false", s_plain, "short id"),
        new("mail_name", "'Post'", IntakeScene.Dropped("Sa@b.test|Rc@d.test|M|NSubject: s|N|X|E"), "(Post, from userid"),
        new("myhostname", "'other.test'", IntakeScene.Dropped("Sa@b.test|Rc@d.test|M|NSubject: s|N|X|E"), "N Received: by other.test"),
        new("line_length_limit", "600", IntakeScene.Dropped($"Sa@b.test|Rc@d.test|M|NSubject: {s_long}|N|X|E"), "warning: "),
    ];

    public static TheoryData<int, string> Cases => Row.Cases(All);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_changed_value_is_seen(int row, string parameter)
    {
        Assert.Equal(parameter, All[row].Parameter);
        All[row].Check();
    }
}
