using PostfixNet.Mail;
using PostfixNet.Notices;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of bounce, defer and trace.</summary>
public sealed class BounceRows
{
    private const string Classes = "notify_classes = ['bounce', '2bounce', 'delay']\n";
    private static readonly Func<string, string> s_failure = NoticeScene.Notice(), s_warning = NoticeScene.Notice(BounceRole.Defer, isWarning: true);

    internal static readonly Row[] All =
    [
        new("bounce_size_limit", "10", s_failure, "Content-Type: text/rfc822-headers") { Hides = "Content-Type: message/rfc822" },
        new("bounce_template_file", "'words.cf'", s_failure, "Subject: Sorry"),
        new("notify_classes", "['bounce']", s_failure, "Subject: Postmaster Copy: Undelivered Mail"),
        new("bounce_notice_recipient", "'watch@x.test'", s_failure, "to <watch@x.test>") { With = Classes },
        new("2bounce_notice_recipient", "'watch@x.test'", NoticeScene.Notice(sender: ""), "to <watch@x.test>") { With = Classes },
        new("delay_notice_recipient", "'watch@x.test'", s_warning, "to <watch@x.test>") { With = Classes },
        new("double_bounce_sender", "'twice'", s_failure, "from <twice@mta.golden.test>") { With = Classes },
        new("requiretls_redact_dsn", "true", NoticeScene.Notice(requireTls: RequireTls.Yes), "to <alice@q.test>, REQUIRETLS not wanted") { Hides = "REQUIRETLS wanted" },
        new("enable_threaded_bounces", "true", s_failure, "In-Reply-To: "),
        new("disable_verp_bounces", "true", NoticeScene.Notice(verp: "+="), "1 notices"),
        new("mydomain", "'domain.test'", NoticeScene.Notice(verp: "+="), "to <alice+carol=domain.test@q.test>"),
        new("bounce_digest_limit", "1", NoticeScene.Notice(messages: 3), "1 notices"),
        new("bounce_digest_window", "'60s'", NoticeScene.Notice(messages: 3, later: 61), "Subject: Undelivered Mail: 2 messages") { With = "bounce_digest_limit = 1\n" },
        new("delay_warning_time", "'4h'", s_warning, "more than 4 hour(s)"),
        new("maximal_queue_lifetime", "'3d'", s_warning, "until it is 3 day(s) old"),
        new("myhostname", "'other.test'", s_failure, "the mail system at host other.test"),

        new("queue_directory", "'ROOT/other'", NoticeScene.DeferLog, "/other/defer/4/4A0001"),
        new("hash_queue_names", "['deferred']", NoticeScene.DeferLog, "/queue/defer/4A0001"),
        new("hash_queue_depth", "2", NoticeScene.DeferLog, "/queue/defer/4/A/4A0001"),
        new("backwards_bounce_logfile_compatibility", "false", NoticeScene.DeferLog, "") { Hides = "<bob@q.test>: no such bob@q.test" },
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
