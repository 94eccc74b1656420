using PostfixNet.Configuration;
using PostfixNet.Queue;
using PostfixNet.ReturnPaths;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of the queue manager.</summary>
public sealed class QmgrRows
{
    private const int Day = 86_400;
    private const string Memory = "qmgr_message_recipient_minimum = 10\nqmgr_message_recipient_limit = 40\ndefault_extra_recipient_limit = 0\n";
    private const string OneByOne = "default_destination_recipient_limit = 1\n";
    private const string Wide = "initial_destination_concurrency = 20\n";
    private const string Gone = "transport_maps = { \"q.test\" = \"error:5.1.2 gone\" }\n";

    private static readonly Func<string, string> s_one = QmgrScene.Play(scene =>
    {
        scene.Mail();
        scene.Run(1);
    });
    private static readonly Func<string, string> s_fromNobody = QmgrScene.Play(scene =>
    {
        scene.Mail(sender: "");
        scene.Run(1);
    });
    private static readonly Func<string, string> s_ten = QmgrScene.Play(scene =>
    {
        for (int i = 0; i < 10; i++)
            scene.Mail();
        scene.Run(1);
    });
    private static readonly Func<string, string> s_refusedSite = QmgrScene.Play(scene =>
    {
        scene.Fail();
        for (int i = 0; i < 60; i++)
            scene.Mail();
        scene.Run(10.5);
    });

    // A mailing, and a small mail that comes after it.
    private static Func<string, string> Overtaking(int deliveries) => QmgrScene.Play(scene =>
    {
        scene.Deliver(1);
        scene.Mail("@q.test", sender: "mailing@q.test", count: 300);
        scene.Mail("@q.test", sender: "small@q.test", count: deliveries);
        scene.Run(1000);
    }, "[service.smtp]\ncommand = \"smtp\"\nprocess_limit = 1\n");

    private static Func<string, string> Deferred(int age, string sender = "alice@q.test") => QmgrScene.Play(scene =>
    {
        scene.Defer();
        scene.Mail(age: age, sender: sender);
        scene.Run(0);
    });

    private static Func<string, string> Refilled(double seconds) => QmgrScene.Play(scene =>
    {
        scene.Deliver(seconds, most: 4);
        scene.Mail("@q.test", count: 30);
        scene.Run(10);
    });

    // Two mails; what became of the first decides about the second.
    private static Func<string, string> Refused(string status, string reply, double pause = 10, string second = "bob@q.test") => QmgrScene.Play(scene =>
    {
        scene.Refuse(status, reply);
        scene.Mail();
        scene.Run(pause);
        scene.Mail(sender: second);
        scene.Run(10);
    });

    private static readonly Func<string, string> s_two = QmgrScene.Play(scene =>
    {
        scene.Mail("@q.test", count: 2);
        scene.Run(1);
    });

    private const string Suppressing = "suppression_enable = true\nsuppression_automatic = true\n", Returned = "bounce append (recipient is on the suppression list: ";
    private static readonly Func<string, string> s_suppressed = QmgrScene.Play(scene =>
    {
        scene.Suppress("a.b-c+d@Q.test");
        scene.Mail("AB@q.test");
        scene.Run(1);
    });

    internal static readonly Row[] All =
    [
        new("suppression_enable", "true", s_suppressed, $"{Returned}by hand)"),
        new("suppression_normalize", "'plus, minus'", s_suppressed, "start smtp q.test AB@q.test") { With = "suppression_enable = true\n" },
        new("suppression_automatic", "true", Refused("5.1.1", "550 5.1.1 who?"), $"{Returned}550 5.1.1 who?)") { With = "suppression_enable = true\n" },
        new("suppression_codes", "'5.7'", Refused("5.1.1", "550 5.1.1 who?"), "") { Hides = Returned, With = Suppressing },
        new("suppression_failures", "1", Refused("5.6.0", "554 5.6.0 bad"), $"{Returned}1 messages in turn failed, the last one: 554 5.6.0 bad)") { With = Suppressing },
        new("suppression_time", "'1h'", Refused("5.1.1", "550 5.1.1 who?", 7200), "") { Hides = Returned, With = Suppressing },
        new("suppression_complaint_time", "'1h'", QmgrScene.Play(scene =>
        {
            scene.Complain("a@q.test");
            scene.Run(7200);
            scene.Mail();
            scene.Run(1);
        }), "") { Hides = $"{Returned}complaint (abuse))", With = Suppressing },
        new("report_domain", "'bounces.test'", s_two, "started 2,") { With = "report_senders = '*'\n" },
        new("report_senders", "'q.test'", s_two, "started 2,") { With = "report_domain = 'bounces.test'\n" },
        new("report_lifetime", "'60d'", static toml => new ReturnPathMaker(new byte[32], "b.test", new ReturnPathSettings(MainConfig.FromText(toml)).Lifetime) is var maker
            ? maker.Verify(maker.Make(ReturnPathMaker.DayOf(40 * Day), 0, "a@q.test"), 80 * Day, out _).ToString() : "", "Good"),
        new("suppression_scope", "'sender'", Refused("5.1.1", "550 5.1.1 who?"), "") { Hides = Returned, With = Suppressing },
        new("queue_run_delay", "'60s'", QmgrScene.Play(scene =>
        {
            scene.Machine.SetDue(QueueName.Deferred, scene.Machine.Put(QueueName.Deferred, ["a@q.test"]), 10);
            scene.Run(100);
        }), "60.0s start smtp"),
        new("minimal_backoff_time", "'100s'", Deferred(age: 10), "deferred, due in 100s"),
        new("maximal_backoff_time", "'1000s'", Deferred(age: 3000), "deferred, due in 800s"),
        new("maximal_queue_lifetime", "'1d'", Deferred(age: 2 * Day), "defer flush"),
        new("bounce_queue_lifetime", "'1d'", Deferred(age: 2 * Day, sender: ""), "defer flush"),
        new("allow_min_user", "true", QmgrScene.Play(scene =>
        {
            scene.Mail("-x@q.test");
            scene.Run(1);
        }), "start smtp q.test -x@q.test from alice@q.test"),
        new("soft_bounce", "true", s_one, "defer append (gone)") { With = Gone },

        new("qmgr_message_active_limit", "2", QmgrScene.Play(scene =>
        {
            for (int i = 0; i < 5; i++)
                scene.Machine.Put(QueueName.Incoming, ["a@q.test"]);
            scene.Machine.Trigger("I");
            scene.Run(1);
        }), "active: 2 messages"),
        new("qmgr_message_recipient_limit", "80", QmgrScene.Play(scene => scene.Mail("@q.test", count: 100)), "active: 1 messages, 20 recipients"),
        new("qmgr_message_recipient_minimum", "20", QmgrScene.Play(scene => scene.Mail("@q.test", count: 100)), "active: 1 messages, 20 recipients")
            { With = "qmgr_message_recipient_limit = 40\n" },
        new("default_extra_recipient_limit", "0", QmgrScene.Play(scene =>
        {
            for (int i = 0; i < 6; i++)
                scene.Mail("@q.test", count: 10);
        }), "active: 6 messages, 10 recipients") { With = "qmgr_message_recipient_minimum = 1\nqmgr_message_recipient_limit = 8\n" },
        new("default_recipient_refill_limit", "1", Refilled(1), "active: 1 messages, 10 recipients") { With = Memory + OneByOne + Wide },
        new("default_recipient_refill_delay", "'60s'", Refilled(6), "active: 1 messages, 6 recipients") { With = Memory + OneByOne + Wide },

        new("default_filter_nexthop", "'[127.0.0.1]:10025'", QmgrScene.Play(scene =>
        {
            scene.Machine.Feed(QueueName.Incoming, scene.Machine.Put(QueueName.Incoming, ["a@q.test"], filter: "scan"));
            scene.Run(1);
        }), "start scan [127.0.0.1]:10025 a@q.test"),
        new("transport_maps", "{ 'q.test' = 'slow:[host]' }", s_one, "start slow [host]"),
        new("default_transport", "'relay'", s_one, "start relay q.test"),
        new("relayhost", "['[gw.test]']", s_one, "start smtp [gw.test]"),
        new("relay_domains", "'q.test'", s_one, "start relay q.test"),
        new("relay_transport", "'slow'", s_one, "start slow q.test") { With = "relay_domains = 'q.test'\n" },
        new("mydestination", "'q.test'", s_one, "bounce append (unknown user: \"a\")"),
        new("local_transport", "'slow:[store]'", s_one, "start slow [store]") { With = "mydestination = 'q.test'\n" },
        new("virtual_alias_domains", "'q.test'", s_one, "bounce append (User unknown in virtual alias table)"),
        new("sender_dependent_relayhost_maps", "{ 'alice@q.test' = '[alices]' }", s_one, "start smtp [alices]"),
        new("empty_address_relayhost_maps_lookup_key", "'nobody'", s_fromNobody, "start smtp [nulls]") { With = "sender_dependent_relayhost_maps = { 'nobody' = '[nulls]' }\n" },
        new("sender_dependent_default_transport_maps", "{ 'alice@q.test' = 'slow' }", s_one, "start slow q.test"),
        new("empty_address_default_transport_maps_lookup_key", "'nobody'", s_fromNobody, "start slow q.test") { With = "sender_dependent_default_transport_maps = { 'nobody' = 'slow' }\n" },
        new("relocated_maps", "{ 'a@q.test' = 'b@c.test' }", s_one, "bounce append (User has moved to b@c.test)"),
        new("recipient_delimiter", "'+'", QmgrScene.Play(scene => { scene.Mail("a+x@q.test"); scene.Run(1); }), "start slow [host]") { With = "transport_maps = { 'a@q.test' = 'slow:[host]' }\n" },
        new("double_bounce_sender", "'a'", s_one, "") { Hides = "bounce append", With = "mydestination = 'q.test'\n" },
        new("defer_transports", "['smtp']", s_one, "defer append (deferred transport)"),
        new("myorigin", "'origin.test'", QmgrScene.Play(scene => { scene.Mail("bare"); scene.Run(1); }), "start smtp origin.test"),
        new("transport_retry_time", "'10s'", QmgrScene.Play(scene =>
        {
            scene.Machine.IsUnreachable = true;
            scene.Mail();
            scene.Run(20);
            scene.Machine.IsUnreachable = false;
            scene.Mail();
            scene.Run(1);
        }), "20.0s start smtp"),

        new("initial_destination_concurrency", "2", s_ten, "started 2,"),
        new("default_destination_concurrency_limit", "3", s_ten, "started 3,"),
        new("default_process_limit", "4", s_ten, "started 4,") { With = Wide },
        new("default_destination_concurrency_positive_feedback", "'0'", QmgrScene.Play(scene =>
        {
            scene.Deliver(1);
            for (int i = 0; i < 100; i++)
                scene.Mail();
            scene.Run(60);
        }), "at most 5 at once."),
        new("default_destination_concurrency_negative_feedback", "'0'", s_refusedSite, "started 55,")
            { With = "default_destination_concurrency_failed_cohort_limit = 0\n" },
        new("default_destination_concurrency_failed_cohort_limit", "0", s_refusedSite, "") { Hides = "delivery temporarily suspended: no answer" },
        new("default_destination_recipient_limit", "2", QmgrScene.Play(scene => { scene.Mail("@q.test", count: 4); scene.Run(1); }), "started 2,"),
        new("local_destination_recipient_limit", "3", QmgrScene.Play(scene => { scene.Mail("@q.test", count: 3); scene.Run(1); }), "started 1,")
            { With = "default_transport = 'local'\n" },
        new("default_destination_rate_delay", "'7s'", QmgrScene.Play(scene => { scene.Deliver(1); scene.Mail(); scene.Mail(); scene.Run(20); }), "8.0s start"),
        new("default_transport_rate_delay", "'7s'", QmgrScene.Play(scene => { scene.Deliver(1); scene.Mail(); scene.Mail("b@other.test"); scene.Run(20); }), "7.0s start"),
        new("default_delivery_slot_cost", "0", Overtaking(1), "small mail is number 301.") { With = OneByOne },
        new("default_delivery_slot_loan", "0", Overtaking(1), "small mail is number 4.") { With = OneByOne },
        new("default_delivery_slot_discount", "0", Overtaking(7), "small mail is number 21.") { With = OneByOne },
        new("default_minimum_delivery_slots", "100", Overtaking(1), "small mail is number 301.") { With = OneByOne },

        new("bounce_service_name", "'bounce2'", s_one, "bounce2 append") { With = Gone },
        new("defer_service_name", "'defer2'", s_one, "defer2 append") { With = "defer_transports = ['smtp']\n" },
        new("trace_service_name", "'trace2'", QmgrScene.Play(scene =>
        {
            scene.Delivering = (agents, entry) =>
            {
                File.WriteAllText(scene.Machine.Queues.PathOf(QueueName.Trace, entry.Message.Id), "*\n");
                scene.Machine.Clock.Soon(() => agents.Deliver(entry));
            };
            scene.Mail();
            scene.Run(1);
        }), "trace2 flush"),
        new("destination_concurrency_feedback_debug", "true", QmgrScene.Logged(scene =>
        {
            scene.Deliver(1);
            scene.Mail();
            scene.Run(2);
        }), "smtp: q.test: success, window 5 -> 6, 1 busy"),
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
