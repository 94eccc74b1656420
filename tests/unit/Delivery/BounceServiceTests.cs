using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

public sealed class BounceServiceTests : IDisposable
{
    private const string Host = "mta.test";

    private readonly string _root = Directory.CreateTempSubdirectory("postfixnet-test-").FullName;
    private readonly QueueDirectories _directories;
    private readonly FakeSubmitter _submitter = new();
    private readonly LogRecord _log = new();
    private readonly StepClock _clock = new();
    private readonly QueueId _id = QueueId.TryParse("B6051B3029A", out QueueId id) ? id : default;

    public BounceServiceTests()
    {
        _directories = new QueueDirectories(_root, ["defer"], 1);
        foreach (string name in new[] { "active", "bounce", "defer", "trace" })
            Directory.CreateDirectory(Path.Combine(_root, name));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "vectors", "partly-done.active"), _directories.PathOf(QueueName.Active, _id));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private BounceService Service(BounceRole role, BounceSettings? settings = null) =>
        new(role, settings ?? BounceRig.Usual, _directories, _submitter,
            () => NoticeTemplates.BuiltIn(MainConfig.FromText($"myhostname = '{Host}'\ndelay_warning_time = '4h'")), _log, _clock);

    private static Outcome Failed(
        string address, Notify notify = Notify.Default, DsnAction action = DsnAction.Failed, string status = "5.1.1", string? original = null) =>
        new(new Recipient(address, original, $"rfc822;{address}", notify, 300), new Dsn(status, $"no such {address}", action));

    private MessageFacts Facts(string sender = "alice@q.test", int ret = 0, string? verp = null, int utf8 = 0, QueueName queue = QueueName.Active) =>
        new(queue, _id, sender, SmtpUtf8Flags.FromNumber(utf8), "env", DsnReturns.FromNumber(ret), verp);

    private BounceRequest.Flush Flush(string sender = "alice@q.test", int ret = 0, string? verp = null, int utf8 = 0, QueueName queue = QueueName.Active) =>
        new(Facts(sender, ret, verp, utf8, queue));

    private BounceRequest.Warn Warn() => new(Facts());

    private string LogPath(BounceRole role) => _directories.PathOf(role switch { BounceRole.Bounce => QueueName.Bounce, BounceRole.Defer => QueueName.Defer, _ => QueueName.Trace }, _id);

    private void Log(BounceService service, params Outcome[] outcomes)
    {
        foreach (Outcome outcome in outcomes)
            Ok(service.Answer(new BounceRequest.Append(_id, outcome)));
    }

    private static void Ok(BounceReply reply) => Assert.Null(reply.Problem);

    private static string Reason(BounceReply reply)
    {
        Assert.NotNull(reply.Problem);
        return reply.Problem;
    }

    // S1-29
    [Theory]
    [InlineData(BounceRole.Bounce)]
    [InlineData(BounceRole.Defer)] // hashed: makes the subdirectory
    [InlineData(BounceRole.Trace)]
    public void Append_is_in_the_log_when_answered(BounceRole role)
    {
        Outcome bob = Failed("bob@q.test", Notify.Success | Notify.Failure) with { Dsn = new Dsn("5.1.1", "said", DsnAction.Failed, "smtp", "550", "mx") };
        Log(Service(role), bob, Failed("carol@q.test"));
        Assert.Equal([bob, Failed("carol@q.test")], RecipientLog.ReadUnlocked(LogPath(role), DsnClass.Permanent));
    }

    [Fact] // S2-08, S2-09: the client must not mark the recipient done
    public void Append_that_fails_says_why()
    {
        Directory.Delete(Path.Combine(_root, "bounce"));
        Assert.Contains("bounce", Reason(Service(BounceRole.Bounce).Answer(new BounceRequest.Append(_id, Failed("bob@q.test")))), StringComparison.Ordinal);
    }

    // S1-57, S5-13
    [Fact]
    public void Flush_returns_the_message_and_then_removes_the_log()
    {
        BounceService service = Service(BounceRole.Bounce);
        Log(service, Failed("bob@q.test"), Failed("carol@q.test"));
        _submitter.WhenFinished = () => Assert.True(File.Exists(LogPath(BounceRole.Bounce))); // S5-31
        Ok(service.Answer(Flush()));
        FakeDraft notice = Assert.Single(_submitter.Queued);
        Assert.Equal(("", "alice@q.test", SmtpUtf8.None), (notice.Sender, notice.Recipient, notice.SmtpUtf8));
        Assert.Contains("\nSubject: Undelivered Mail Returned to Sender\nTo: alice@q.test\n", notice.Text, StringComparison.Ordinal);
        Assert.Contains("\n<bob@q.test>: no such bob@q.test\n\n<carol@q.test>: no such carol@q.test\n", notice.Text, StringComparison.Ordinal);
        Assert.Contains("\nOriginal-Envelope-Id: env\nX-Postfix-Queue-ID: B6051B3029A\nX-Postfix-Sender: rfc822; alice@q.test\nArrival-Date: " + MailTime.HeaderDate(1795240816), notice.Text, StringComparison.Ordinal);
        Assert.Contains("\nContent-Type: message/rfc822\n", notice.Text, StringComparison.Ordinal);
        Assert.Contains("\nReturn-Path: <alice@q.test>\nReceived: by mta.golden.test (Postfix, from userid 0)\n", notice.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(LogPath(BounceRole.Bounce)));
        Assert.Equal(["B6051B3029A: sender non-delivery notification: NOTICE1"], _log.Lines);
    }

    // RFC 8689 section 5
    [Theory] // what was wanted of the message, requiretls_redact_dsn; of the notice
    [InlineData(RequireTls.Yes, false, RequireTls.Yes)]
    [InlineData(RequireTls.Yes, true, RequireTls.Unsaid)]
    [InlineData(RequireTls.No, false, RequireTls.No)]
    [InlineData(RequireTls.Unsaid, false, RequireTls.Unsaid)]
    public void A_notice_is_as_safe_as_its_message(RequireTls wish, bool isRedacted, RequireTls wanted)
    {
        using BounceRig rig = new();
        rig.Settings = BounceRig.Usual with { RedactsRequireTls = isRedacted, TellPostmasterOfBounces = true, DigestLimit = 1 };
        for (int i = 0; i < 2; i++)
        {
            QueueId id = rig.Message($"4A000{i}");
            rig.Append(BounceRole.Bounce, id, Failed("bob@q.test"));
            MessageFacts facts = new(QueueName.Active, id, "alice@q.test", Return: DsnReturn.Full) { RequireTls = wish };
            Ok(rig.Service(BounceRole.Bounce).Answer(new BounceRequest.Flush(facts)));
        }
        Assert.Equal(4, rig.Submitter.Queued.Count);
        foreach (FakeDraft notice in rig.Submitter.Queued)
        {
            Assert.Equal(wanted, notice.RequireTls);
            Assert.Equal(wish == RequireTls.No, notice.Text.Contains("\nTLS-Required: No\n", StringComparison.Ordinal));
            bool isFull = wish != RequireTls.Yes && notice.Recipient == "alice@q.test";
            Assert.Contains(isFull ? "\nContent-Type: message/rfc822\n" : "\nContent-Type: text/rfc822-headers\n", notice.Text, StringComparison.Ordinal);
        }
    }

    // A0.4, S5-31
    [Theory]
    [InlineData("refused")]
    [InlineData("finish")]
    [InlineData("begin")]
    public void A_notice_that_cannot_be_queued_keeps_the_log(string when)
    {
        BounceService service = Service(BounceRole.Bounce);
        Log(service, Failed("bob@q.test"));
        _submitter.Fail = when;
        Assert.Contains("trouble", Reason(service.Answer(Flush())), StringComparison.Ordinal);
        Assert.Empty(_submitter.Queued);
        Assert.Single(RecipientLog.ReadUnlocked(LogPath(BounceRole.Bounce), DsnClass.Permanent));

        _submitter.Fail = "";
        Ok(service.Answer(Flush()));
        Assert.Single(_submitter.Queued);
        Assert.False(File.Exists(LogPath(BounceRole.Bounce)));
    }

    // S5-16, S5-18
    [Theory] // role, request, flags of one recipient, told
    [InlineData(BounceRole.Bounce, "flush", Notify.Default, true)]
    [InlineData(BounceRole.Bounce, "flush", Notify.Failure | Notify.Delay, true)]
    [InlineData(BounceRole.Bounce, "flush", Notify.Never, false)]
    [InlineData(BounceRole.Bounce, "flush", Notify.Delay, false)]
    [InlineData(BounceRole.Bounce, "flush", Notify.Success, false)] // A0.3
    [InlineData(BounceRole.Defer, "flush", Notify.Default, true)]
    [InlineData(BounceRole.Defer, "flush", Notify.Delay, false)]
    [InlineData(BounceRole.Defer, "warn", Notify.Default, true)]
    [InlineData(BounceRole.Defer, "warn", Notify.Delay, true)]
    [InlineData(BounceRole.Defer, "warn", Notify.Failure, false)]
    [InlineData(BounceRole.Defer, "warn", Notify.Never, false)]
    [InlineData(BounceRole.Trace, "flush", Notify.Default, false)]
    [InlineData(BounceRole.Trace, "flush", Notify.Success | Notify.Failure, true)]
    [InlineData(BounceRole.Trace, "flush", Notify.Failure, false)]
    public void Tells_what_the_sender_wants_to_know(BounceRole role, string request, Notify asked, bool told)
    {
        BounceService service = Service(role);
        Log(service, Failed("bob@q.test", asked), Failed("never@q.test", Notify.Never));
        Ok(service.Answer(request == "warn" ? Warn() : Flush()));
        Assert.Equal(told ? 1 : 0, _submitter.Queued.Count);
        Assert.All(_submitter.Queued, n => Assert.DoesNotContain("never@q.test", n.Text, StringComparison.Ordinal));
        Assert.Equal(request == "warn", File.Exists(LogPath(role)));
    }

    // S5-18
    [Fact]
    public void Warning_tells_of_the_delay()
    {
        BounceService service = Service(BounceRole.Defer, BounceRig.Usual with { DelayWarningTime = TimeSpan.FromHours(4), TellPostmasterOfDelays = true });
        Log(service, Failed("bob@q.test", action: DsnAction.Delayed, status: "4.4.1"));
        Ok(service.Answer(Warn()));
        Assert.Contains("\nYour message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n", _submitter.Queued[0].Text, StringComparison.Ordinal);
        Assert.Contains("\nAction: delayed\nStatus: 4.4.1\n", _submitter.Queued[0].Text, StringComparison.Ordinal);
        Assert.Equal(($"double-bounce@{Host}", "postmaster"), (_submitter.Queued[1].Sender, _submitter.Queued[1].Recipient));
        Assert.Contains("\nSubject: Postmaster Warning: Delayed Mail\n", _submitter.Queued[1].Text, StringComparison.Ordinal);
        Assert.Equal(
            ["B6051B3029A: sender delay notification: NOTICE1", "B6051B3029A: postmaster delay notification: NOTICE2"], _log.Lines);
    }

    // A0.2
    [Fact] // S5-17
    public void Expiry_is_a_failure_that_says_that_delivery_has_stopped()
    {
        BounceService service = Service(BounceRole.Defer);
        Log(service, Failed("bob@q.test", action: DsnAction.Delayed, status: "4.4.1"));
        Ok(service.Answer(Flush()));
        string text = Assert.Single(_submitter.Queued).Text;
        Assert.Contains("\nSubject: Undelivered Mail Returned to Sender\n", text, StringComparison.Ordinal);
        Assert.Contains("\n<bob@q.test>: delivery stopped after less than an hour: no such bob@q.test\n", text, StringComparison.Ordinal);
        Assert.Contains("\nAction: failed\nStatus: 4.4.7\nDiagnostic-Code: X-Postfix; no such bob@q.test\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Action: delayed", text, StringComparison.Ordinal);
        Assert.False(File.Exists(LogPath(BounceRole.Defer)));
    }

    [Theory]
    [InlineData(BounceRole.Bounce, true)] // nobody was marked done without a record
    [InlineData(BounceRole.Trace, true)] // S5-16
    [InlineData(BounceRole.Defer, false)] // the message would vanish untold
    public void A_missing_log_is_an_error_only_at_expiry(BounceRole role, bool ok)
    {
        Assert.Equal(ok, Service(role).Answer(Flush()).IsDone);
        File.WriteAllText(LogPath(BounceRole.Bounce), "\n\n"); // S5-11: an empty one is deleted
        Ok(Service(BounceRole.Bounce).Answer(Flush()));
        Assert.False(File.Exists(LogPath(BounceRole.Bounce)));
        Assert.Empty(_submitter.Queued);
    }

    // S1-36
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public void Null_sender_mail_is_only_the_postmasters_business(bool tell, int notices)
    {
        BounceService service = Service(BounceRole.Bounce, BounceRig.Usual with { TellPostmasterOfDoubleBounces = tell, TellPostmasterOfBounces = true });
        Log(service, Failed("bob@q.test", Notify.Never));
        Ok(service.Answer(Flush(sender: "")));
        Assert.Equal(notices, _submitter.Queued.Count);
        Assert.False(File.Exists(LogPath(BounceRole.Bounce)));
        if (tell)
        {
            Assert.Equal(($"double-bounce@{Host}", "postmaster"), (_submitter.Queued[0].Sender, _submitter.Queued[0].Recipient));
            Assert.Contains("Content-Type: message/rfc822", _submitter.Queued[0].Text, StringComparison.Ordinal);
            Assert.Contains($"X-Postfix-Sender: rfc822; MAILER-DAEMON@{Host}\n", _submitter.Queued[0].Text, StringComparison.Ordinal);
        }
    }

    // S1-36
    [Fact]
    public void Nothing_is_sent_about_a_lost_postmaster_notice()
    {
        BounceService service = Service(BounceRole.Bounce, BounceRig.Usual with { TellPostmasterOfDoubleBounces = true, TellPostmasterOfBounces = true });
        Log(service, Failed("postmaster@q.test"));
        Ok(service.Answer(Flush(sender: $"Double-Bounce@{Host}")));
        Assert.Empty(_submitter.Queued);
        Assert.Equal(["warning: B6051B3029A: undeliverable postmaster notification discarded"], _log.Lines);
        Assert.False(File.Exists(LogPath(BounceRole.Bounce)));
    }

    [Fact]
    public void Postmaster_copy_is_made_whatever_the_sender_wants_and_may_fail()
    {
        BounceService service = Service(BounceRole.Bounce, BounceRig.Usual with { TellPostmasterOfBounces = true });
        Log(service, Failed("bob@q.test", Notify.Never));
        Ok(service.Answer(Flush()));
        FakeDraft copy = Assert.Single(_submitter.Queued);
        Assert.Contains("\nSubject: Postmaster Copy: Undelivered Mail\n", copy.Text, StringComparison.Ordinal);
        Assert.Contains("Content-Type: text/rfc822-headers", copy.Text, StringComparison.Ordinal);

        Log(service, Failed("bob@q.test", Notify.Never));
        _submitter.Fail = "finish";
        Ok(service.Answer(Flush()));
        Assert.False(File.Exists(LogPath(BounceRole.Bounce)));
        Assert.Contains("postmaster notice failed", _log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact] // S5-12
    public void Verp_makes_one_notice_per_recipient()
    {
        BounceService service = Service(BounceRole.Bounce);
        Log(service, Failed("bob@q.test"), Failed("carol@q.test", original: "alias@al.test"));
        Ok(service.Answer(Flush(sender: "list@site.test", verp: "+=")));
        Assert.Equal(["list+bob=q.test@site.test", "list+alias=al.test@site.test"], _submitter.Queued.Select(n => n.Recipient));
        Assert.DoesNotContain("carol@q.test", _submitter.Queued[0].Text, StringComparison.Ordinal);

        BounceService off = Service(BounceRole.Bounce, BounceRig.Usual with { DisableVerpBounces = true });
        Log(off, Failed("bob@q.test"), Failed("carol@q.test"));
        Ok(off.Answer(Flush(sender: "list@site.test", verp: "+=")));
        Assert.Equal("list@site.test", _submitter.Queued[2].Recipient);
    }

    [Theory] // S5-12, S5-31: those who were told before cleanup failed are not told at each further try
    [InlineData("refused")]
    [InlineData("finish")]
    [InlineData("begin")]
    public void Verp_notices_go_on_where_one_failed(string when)
    {
        BounceService service = Service(BounceRole.Bounce);
        Log(service, Failed("a@q.test"), Failed("never@q.test", Notify.Never), Failed("b@q.test"), Failed("c@q.test"));
        foreach (int left in new[] { 2, 1 })
        {
            _submitter.AfterQueued = () => _submitter.Fail = when;
            Reason(service.Answer(Flush(sender: "list@site.test", verp: "+=")));
            _submitter.Fail = "";
            Assert.Equal(3 - left, _submitter.Queued.Count);
        }
        _submitter.AfterQueued = null;
        Ok(service.Answer(Flush(sender: "list@site.test", verp: "+=")));
        Assert.Equal(["list+a=q.test@site.test", "list+b=q.test@site.test", "list+c=q.test@site.test"], _submitter.Queued.Select(n => n.Recipient));
        Assert.False(File.Exists(LogPath(BounceRole.Bounce)));
    }

    // S1-28, S1-57, S5-13
    [Theory]
    [InlineData(1, 0, "message/rfc822")]
    [InlineData(2, 0, "text/rfc822-headers")]
    [InlineData(2, 1, "message/global-headers")]
    public void Ret_and_smtputf8_shape_the_returned_message(int ret, int utf8, string type)
    {
        BounceService service = Service(BounceRole.Bounce);
        Log(service, Failed("j\u00f6rg@q.test"));
        Ok(service.Answer(Flush(ret: ret, utf8: utf8)));
        Assert.Contains($"Content-Type: {type}\n", _submitter.Queued[0].Text, StringComparison.Ordinal);
        Assert.Equal(SmtpUtf8.None, _submitter.Queued[0].SmtpUtf8);
    }

    // S5-16
    [Fact]
    public void Trace_report_covers_all_recipients_of_sendmail_v()
    {
        byte[] file = File.ReadAllBytes(_directories.PathOf(QueueName.Active, _id));
        string text = System.Text.Encoding.Latin1.GetString(file);
        // Same length, so that all offsets stay: a record that says sendmail -v.
        text = text.Replace("rewrite_context=local", "trace_flags=000001024", StringComparison.Ordinal);
        File.WriteAllBytes(_directories.PathOf(QueueName.Active, _id), System.Text.Encoding.Latin1.GetBytes(text));
        BounceService service = Service(BounceRole.Trace);
        Log(service, Failed("bob@q.test", action: DsnAction.Relayed, status: "2.0.0"));
        Ok(service.Answer(Flush()));
        Assert.Contains("\nSubject: Mail Delivery Status Report\n", Assert.Single(_submitter.Queued).Text, StringComparison.Ordinal);
        Assert.Contains("\nAction: relayed\n", _submitter.Queued[0].Text, StringComparison.Ordinal);
        Assert.Equal(["B6051B3029A: sender delivery status notification: NOTICE1"], _log.Lines);
    }

    [Fact]
    public void The_sender_is_told_even_when_the_message_cannot_be_read()
    {
        BounceService service = Service(BounceRole.Bounce);
        Log(service, Failed("bob@q.test"));
        string path = _directories.PathOf(QueueName.Active, _id);
        File.Move(path, path + ".away");
        File.CreateSymbolicLink(path, path + ".away"); // it is there, but is not opened
        Ok(service.Answer(Flush()));
        Assert.DoesNotContain("Return-Path", _submitter.Queued[0].Text, StringComparison.Ordinal);
        File.Move(path + ".away", path, overwrite: true);

        using (FileStream file = File.OpenWrite(_directories.PathOf(QueueName.Active, _id)))
            file.SetLength(800); // torn within the content
        Log(service, Failed("bob@q.test"));
        Ok(service.Answer(Flush()));
        Assert.Contains("\nReturn-Path: <alice@q.test>\nReceived:", _submitter.Queued[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_forgets_the_log()
    {
        BounceService service = Service(BounceRole.Defer);
        Log(service, Failed("bob@q.test"));
        Ok(service.Answer(new BounceRequest.Remove(_id)));
        Ok(service.Answer(new BounceRequest.Remove(_id)));
        Assert.False(File.Exists(LogPath(BounceRole.Defer)));
        Assert.Empty(_submitter.Queued);
    }

    [Fact]
    public void Nonsense_is_refused_and_harmless()
    {
        BounceService service = Service(BounceRole.Bounce);
        AttributeList[] requests =
        [
            new(),
            new AttributeList().Add("request", "eat\nthis"),
            new AttributeList().Add("request", 7),
            new AttributeList().Add("request", "append"),
            new AttributeList().Add("request", "append").Add("queue_id", "../../etc/passwd"),
            new AttributeList().Add("request", "flush").Add("queue_id", _id.ToString()),
            new AttributeList().Add("request", "flush").Add("queue_name", "etc").Add("queue_id", _id.ToString()).Add("sender", "alice@q.test")
                .Add("smtputf8", 0).Add("ret_flags", 0),
            Warn().ToAttributes(), // only defer warns
        ];
        foreach (AttributeList request in requests)
            Assert.DoesNotContain('\n', Reason(service.Answer(request)));
    }

    [Fact]
    public void Settings_come_from_main_toml()
    {
        BounceSettings settings = BounceSettings.From(MainConfig.FromText("""
            myhostname = "mta.q.test"
            notify_classes = ["bounce", "2bounce"]
            bounce_notice_recipient = "b"
            2bounce_notice_recipient = "bb"
            delay_notice_recipient = "d"
            bounce_size_limit = 7
            enable_threaded_bounces = true
            delay_warning_time = "4h"
            double_bounce_sender = "dbl"
            """));
        Assert.Equal(BounceRig.Usual with
        {
            MyHostname = "mta.q.test",
            MyDomain = "q.test",
            TellPostmasterOfBounces = true,
            TellPostmasterOfDoubleBounces = true,
            TellPostmasterOfSoftware = false,
            BounceNoticeRecipient = "b",
            DoubleBounceNoticeRecipient = "bb",
            DelayNoticeRecipient = "d",
            BounceSizeLimit = 7,
            ThreadedBounces = true,
            DelayWarningTime = TimeSpan.FromHours(4),
            DoubleBounceSender = "dbl",
        }, settings);
        BounceSettings usual = BounceRig.Usual;
        Assert.Equal(("mta.test", "test", "double-bounce", "postmaster", "postmaster", "postmaster"),
            (usual.MyHostname, usual.MyDomain, usual.DoubleBounceSender, usual.BounceNoticeRecipient, usual.DoubleBounceNoticeRecipient, usual.DelayNoticeRecipient));
        Assert.Equal((50000, 0, TimeSpan.FromHours(1), TimeSpan.Zero, TimeSpan.FromDays(5)),
            (usual.BounceSizeLimit, usual.DigestLimit, usual.DigestWindow, usual.DelayWarningTime, usual.MaximalQueueLifetime));
        Assert.Equal((true, false, false, false, false, false, false, true),
            (usual.TellPostmasterOfSoftware, usual.TellPostmasterOfBounces, usual.TellPostmasterOfDoubleBounces, usual.TellPostmasterOfDelays, usual.ThreadedBounces, usual.ConfirmDelayCleared, usual.DisableVerpBounces, usual.OldStyleLine));
    }

    [Fact]
    public void Notices_reach_cleanup_as_records()
    {
        string path = Path.Combine(_root, "cleanup");
        using Descriptor listener = Descriptor.ListenUnix(path, 0x180);
        MemoryStream records = new();
        CleanupRequest? hello = null;
        Thread cleanup = new(() =>
        {
            _ = listener.Wait(Readiness.Readable, 10_000);
            using Channel channel = new(listener.TryAccept()!, "client", TimeSpan.FromSeconds(10));
            hello = CleanupRequest.From(channel.ReceiveReply());
            channel.Send(new CleanupReply.Begun(QueueId.TryParse("NEW1", out QueueId id) ? id : default).ToAttributes());
            for (ReadOnlySpan<byte> data = channel.ReceiveData(); data.Length > 0; data = channel.ReceiveData())
                records.Write(data);
            channel.Send(new CleanupReply.Ended(CleanupVerdict.Accepted).ToAttributes());
        });
        cleanup.Start();
        string longLine = new string('x', 5000) + "y";
        string many = string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i}\n"));
        using (INoticeDraft draft = new CleanupSubmitter(path, TimeSpan.FromSeconds(10)).Begin("", "alice@q.test", SmtpUtf8.Requested))
        {
            Assert.Equal("NEW1", draft.Id.ToString());
            draft.Content.Write(ByteText.Encode($"Subject: x\n\n{longLine}\n"));
            foreach (char c in many[..3000])
                draft.Content.Write([(byte)c]);
            draft.Content.Write(ByteText.Encode(many[3000..]));
            draft.Content.Write("no newline"u8);
            Assert.Null(draft.Finish());
        }
        cleanup.Join();
        Assert.Equal(new CleanupRequest(IsInternal: true, SmtpUtf8.Requested), hello);
        records.Position = 0;
        RecordReader reader = new(records.Read, 1 << 20);
        System.Text.StringBuilder shape = new(), text = new();
        while (reader.Read())
        {
            if (reader.Type is RecordType.Text or RecordType.TextPart)
            {
                Assert.InRange(reader.Payload.Length, 0, 2048);
                text.Append(reader.Text).Append(reader.Type == RecordType.Text ? "\n" : "");
            }
            else
                shape.Append((char)reader.Type).Append(reader.Type == RecordType.Time ? "" : reader.Text).Append('|');
        }
        Assert.Equal("T|Alog_message_origin=local|Atrace_flags=0|S|Ralice@q.test|M|X|Aencoding=7bit|E|", shape.ToString());
        Assert.Equal($"Subject: x\n\n{longLine}\n{many}no newline\n", text.ToString());
    }
}
