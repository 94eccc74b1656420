using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Events;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Postsuper;
using PostfixNet.Queue;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Delivery;
using PostfixNet.UnitTests.Qmgr;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.Events;

/// <summary>What programs tell, and when: before the step, and ends of recipients before their marks.</summary>
public sealed class WritersTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly EventLog _events;

    public WritersTests() => _events = EventLog.Open(Options, "test", new LogRecord())!;

    private EventOptions Options => new("mta.golden.test", 1 << 20, TimeSpan.FromDays(1), 1 << 20) { Directory = _directory.Path };

    public void Dispose()
    {
        _events.Dispose();
        _directory.Dispose();
    }

    private static List<MailEvent> Told(string directory)
    {
        using EventReader reader = new(directory, EventPosition.Beginning);
        List<MailEvent> told = [];
        while (reader.Next() is { } one)
            told.Add(one);
        return told;
    }

    private List<MailEvent> All() => Told(_directory.Path);

    private static string Short(MailEvent told) => $"{told.Kind.Word()} {told.QueueId} {told.Recipient}".TrimEnd();

    private static ScriptedServer Serve(SmtpRig rig, string script)
    {
        ScriptedServer server = new("127.0.0.31", 0, script);
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.A("mx.test", "127.0.0.31");
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
        return server;
    }

    // Two recipients of one transaction: one flush, and no mark before it.
    [Fact]
    public void What_the_client_ends_is_on_record_before_it_is_marked()
    {
        using SmtpRig rig = new() { Events = new DeliveryEvents("smtp", 3) };
        using ScriptedServer server = Serve(rig, "{}");
        DeliveryRequest request = SmtpRig.Request("mx.test", "a@mx.test", "b@other.test") with { ActiveMicroseconds = 5_000_000, ArrivalMicroseconds = 3_000_000, EnvelopeId = "x" };
        rig.Deliver(request);
        int flushed = rig.Records_.IndexOf("flushed");
        Assert.Equal(["told delivered", "told relayed"], rig.Records_.Take(flushed));
        Assert.Equal(2, rig.Records_.Skip(flushed + 1).Count(static line => line.StartsWith("done", StringComparison.Ordinal)));
        MailEvent first = rig.Told[0];
        Recipient recipient = request.Recipients[0];
        Assert.Equal(MailEvent.IdOfRecipient(request.Id, recipient.Offset, EventKind.Delivered), first.Id);
        Assert.Equal(("a@mx.test", "smtp", "mx.test", "sent", 3, "x"), (first.Recipient, first.Transport, first.NextHop, first.Status, first.Attempt, first.EnvelopeId));
        Assert.Equal(("mx.test", "127.0.0.31", server.Port), (first.Remote!.Name, first.Remote.Address, first.Remote.Port));
        Assert.Equal(2_000_000, first.Delays!.BeforeQueueManager);
        Assert.Null(first.Tls?.Protocol);
        Assert.StartsWith("2.", first.Dsn, StringComparison.Ordinal);
        // The delivery as a whole; about nobody, there is nothing to tell.
        MailEvent whole = rig.Events!.Whole(request)!;
        Assert.Equal((EventKind.Attempt, $"{request.Id}:{recipient.Offset}:attempt:5000000", 2, "sent", null), (whole.Kind, whole.Id, whole.Recipients, whole.Status, whole.Recipient));
        Assert.Equal(2_000_000, whole.Delays!.BeforeQueueManager);
        Assert.Null(new DeliveryEvents("smtp", 3).Whole(request));
    }

    [Theory]
    [InlineData("550 5.1.1 no", "bounced", "told bounced|flushed|done")]
    [InlineData("450 4.2.0 later", "deferred", "told deferred")]
    public void What_the_client_does_not_deliver_is_told_too(string reply, string kind, string order)
    {
        using SmtpRig rig = new() { Events = new DeliveryEvents("relay", 1) };
        using ScriptedServer server = Serve(rig, $$"""{"rcpt": "{{reply}}"}""");
        DeliveryRequest request = SmtpRig.Request("mx.test", "a@mx.test") with { ActiveMicroseconds = 77 };
        rig.Deliver(request);
        Assert.Equal(order, string.Join('|', rig.Records_.Where(static line => !line.StartsWith("bounce", StringComparison.Ordinal) && !line.StartsWith("defer ", StringComparison.Ordinal)).Select(static line => line.StartsWith("done", StringComparison.Ordinal) ? "done" : line)));
        MailEvent told = Assert.Single(rig.Told);
        Assert.Equal(kind, told.Kind.Word());
        Assert.Contains(reply, told.Reply, StringComparison.Ordinal);
        Assert.EndsWith(kind == "deferred" ? ":deferred:77" : ":bounced", told.Id, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recipient_on_the_suppression_list_is_told_as_suppressed()
    {
        List<string> order = [];
        using Machine machine = new("events_enable = true\nmyhostname = \"mta.golden.test\"\nsuppression_enable = true\n", logged: order.Add);
        string directory = $"{machine.Queues.Root}/events";
        Directory.CreateDirectory(directory);
        Assert.Equal(1, machine.Manager.Answer(new PostfixNet.Suppression.SuppressionRequest([PostfixNet.Suppression.SuppressionEntry.Of("a@q.test", "", "", 1, 0, "operator")], [])).Changed);
        QueueId id = machine.Put(QueueName.Incoming, ["a@q.test"]);
        machine.Feed(QueueName.Incoming, id);
        machine.Clock.RunFor(0);
        Assert.Equal([$"queued {id}", $"removed {id}", $"suppressed {id} a@q.test"], Told(directory).Select(Short).Order());
    }

    [Fact]
    public void The_queue_manager_tells_what_it_does_itself()
    {
        List<string> order = [];
        using Machine machine = new("""
            events_enable = true
            myhostname = "mta.golden.test"
            transport_maps = { "gone.test" = "discard:", "bad.test" = "error:5.7.1 not here", "later.test" = "retry:4.3.2 later" }
            """, logged: order.Add);
        string directory = $"{machine.Queues.Root}/events";
        Directory.CreateDirectory(directory);
        QueueId id = machine.Put(QueueName.Incoming, ["a@gone.test", "b@bad.test", "c@later.test"]);
        machine.Feed(QueueName.Incoming, id);
        // The event is there before the mark; that comes with the next turn.
        Assert.Equal([$"queued {id}"], Told(directory).Select(Short).Where(static line => !line.StartsWith("deferred", StringComparison.Ordinal)));
        Assert.Equal(3, Left(machine, id).Count);
        machine.Clock.RunFor(0);
        Assert.Equal([$"bounced {id} b@bad.test", $"deferred {id} c@later.test", $"discarded {id} a@gone.test", $"queued {id}", $"scheduled {id}"], Told(directory).Select(Short).Order());
        Assert.Equal(["c@later.test"], Left(machine, id));
        Assert.Equal(3, Told(directory)[0].Recipients);
        // Another attempt is no other beginning.
        machine.Clock.RunFor(1);
        machine.SetDue(QueueName.Deferred, id, 0);
        machine.Feed(QueueName.Deferred, id);
        machine.Clock.RunFor(0);
        Assert.Single(Told(directory), static told => told.Kind == EventKind.Queued);
        Assert.Equal(2, Told(directory).Where(static told => told.Kind == EventKind.Deferred).Select(static told => told.Id).Distinct().Count());
    }

    private static List<string> Left(Machine machine, QueueId id)
    {
        List<Recipient> left = [];
        string path = new[] { QueueName.Active, QueueName.Deferred }.Select(queue => machine.Queues.PathOf(queue, id)).First(File.Exists);
        using QueueFile file = QueueFile.Open(path);
        file.ReadEnvelope(left, 10, out _);
        return [.. left.Select(static recipient => recipient.Address)];
    }

    [Fact]
    public void Cleanup_tells_of_mail_and_of_aliases()
    {
        using MailFlow flow = new() { Events = _events };
        flow.Options = CleanupOptions.From(MainConfig.FromText("""
            myhostname = "mta.golden.test"
            myorigin = "golden.test"
            virtual_alias_maps = { "all@golden.test" = "a@x.test, b@x.test" }
            """));
        using (CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsFromServer: true)))
        {
            client.Send(MailFlow.Encode("Sa@b.test|Alog_client_name=client.test|Alog_client_address=192.0.2.7|Rall|Rc@d.test|M|NMessage-Id: <1@x.test>|N|Ntext|X|E"));
            Assert.Equal(CleanupVerdict.Accepted, client.Finish().Verdict);
        }
        List<MailEvent> told = All();
        Assert.Equal([EventKind.Accepted, EventKind.Expanded], told.Select(static one => one.Kind));
        MailEvent accepted = told[0];
        string id = Path.GetFileName(Assert.Single(Directory.GetFiles(flow.Queues.DirectoryOf(QueueName.Incoming))));
        Assert.Equal((id, "<1@x.test>", "a@b.test", "smtp", 3), (accepted.QueueId, accepted.MessageId, accepted.Sender, accepted.Origin, accepted.Recipients));
        Assert.Equal(new EventClient("client.test", "192.0.2.7"), accepted.Client);
        Assert.True(accepted.Size > 0);
        Assert.Equal("all@golden.test", told[1].Recipient);
    }

    [Fact]
    public void Who_expired_is_told_after_the_notice_and_before_the_mark()
    {
        using BounceRig rig = new() { Events = _events };
        QueueId id = rig.Message("4jWhRP4YSKz1jQ9J");
        rig.Append(BounceRole.Defer, id, BounceRig.Failed("late@x.test", action: DsnAction.Delayed, status: "4.4.1"));
        Assert.True(rig.Ask(BounceRole.Defer, id));
        List<MailEvent> told = All();
        Assert.Equal([EventKind.Notice, EventKind.Expired], told.Select(static one => one.Kind));
        Assert.Equal((id.ToString(), "alice@q.test"), (told[0].NoticeFor, told[0].Recipient));
        Assert.Equal((id.ToString(), "late@x.test", "expired", "4.4.1"), (told[1].QueueId, told[1].Recipient, told[1].Status, told[1].Dsn));
    }
}

/// <summary>What an operator does.</summary>
public sealed class OperatorsEventsTests : Postsuper.PostsuperTest
{
    [Fact]
    public void What_an_operator_does_is_told()
    {
        Directory.CreateDirectory($"{Root}/events");
        using EventLog events = EventLog.Open(new EventOptions("mta.golden.test", 1 << 20, TimeSpan.FromDays(1), 1 << 20) { Directory = $"{Root}/events" }, "postsuper", new LogRecord())!;
        string id = Add(QueueName.Incoming), other = Add(QueueName.Deferred), third = Add(QueueName.Maildrop);
        void Do(params string[] arguments)
        {
            Orders orders = new();
            Assert.Null(orders.Parse(arguments));
            _ = PostfixNet.Postsuper.Program.Run(orders, Queues, new Collector(), true, static () => [], events);
        }
        Do("-h", id);
        Do("-h", id); // is already
        Do("-H", id);
        Do("-r", id);
        Do("-d", third); // no mail yet
        Do("-d", "ALL", "deferred");
        using EventReader reader = new($"{Root}/events", EventPosition.Beginning);
        List<string> told = [];
        while (reader.Next() is { } one)
            told.Add($"{one.Kind.Word()} {one.QueueId}");
        Assert.Equal([$"held {id}", $"released {id}", $"requeued {id}", $"deleted {other}"], told);
    }
}
