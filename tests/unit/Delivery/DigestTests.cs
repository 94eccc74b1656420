using System.Diagnostics;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Notices;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Delivery;

/// <summary>bounce_digest_limit: failure notices of one sender that come in numbers become one report. What a crash leaves
/// at each step: <see cref="CrashTests"/>.</summary>
public sealed class DigestTests
{
    private static void Fail(BounceRig rig, string name, string sender = "alice@q.test", Notify notify = Notify.Default, SmtpUtf8 utf8 = SmtpUtf8.None, string? recipient = null)
    {
        QueueId id = rig.Message(name);
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed(recipient ?? $"{name}@q.test", notify));
        Assert.True(rig.Ask(BounceRole.Bounce, id, sender: sender, utf8: utf8));
        Assert.False(File.Exists(rig.Queues.PathOf(QueueName.Bounce, id)));
    }

    private static BounceRig Rig(int limit) => new() { Settings = BounceRig.Usual with { DigestLimit = limit, DigestWindow = TimeSpan.FromMinutes(10) } };

    private static List<string> HeldFiles(BounceRig rig) =>
        [.. Directory.EnumerateFiles(Path.Combine(rig.Queues.Root, "digest"), "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "window")];

    [Fact]
    public void The_limit_counts_for_each_sender_and_window()
    {
        using BounceRig rig = Rig(2);
        for (int i = 1; i <= 5; i++)
            Fail(rig, $"4A000{i}");
        Fail(rig, "4B0001", sender: "carol@q.test");
        Fail(rig, "4B0002", notify: Notify.Never); // nothing to tell, nothing to count
        Assert.Equal(["alice@q.test", "alice@q.test", "carol@q.test"], rig.Submitter.Queued.Select(notice => notice.Recipient));
        Assert.Equal(3, HeldFiles(rig).Count);

        rig.Clock.Seconds += 599;
        rig.SendDigests();
        Assert.Equal(3, rig.Submitter.Queued.Count);
        rig.Clock.Seconds += 1;
        Fail(rig, "4A0006"); // the window is over, but its report is not sent yet
        Assert.Equal(4, HeldFiles(rig).Count);
        rig.SendDigests();
        Assert.Equal(4, rig.Submitter.Queued.Count);
        for (int i = 1; i <= 6; i++)
            Assert.Equal(1, rig.TimesTold($"4A000{i}@q.test"));
        Assert.Empty(HeldFiles(rig));

        Fail(rig, "4A0007"); // a new window
        Assert.Equal(5, rig.Submitter.Queued.Count);
    }

    [Fact]
    public void The_report_has_a_table_and_fields_for_each_recipient()
    {
        using BounceRig rig = Rig(1);
        Fail(rig, "4A0001");
        QueueId id = rig.Message("4A0002");
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("bob@q.test"));
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("never@q.test", Notify.Never));
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("carol@q.test", Notify.Failure));
        Assert.True(rig.Ask(BounceRole.Bounce, id));
        QueueId old = rig.Message("4A0003");
        rig.Append(BounceRole.Defer, old, BounceRig.Failed("dave@q.test", status: "4.4.1"));
        Assert.True(rig.Ask(BounceRole.Defer, old));
        rig.Clock.Seconds += 600;
        rig.SendDigests();

        FakeDraft digest = rig.Submitter.Queued[^1];
        Assert.Equal(("", "alice@q.test"), (digest.Sender, digest.Recipient));
        Assert.Contains("\nSubject: Undelivered Mail: 2 messages\nTo: alice@q.test\nAuto-Submitted: auto-replied\n", digest.Text, StringComparison.Ordinal);
        string arrived = DateTimeOffset.FromUnixTimeSeconds(1795240816).ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains($"\n4A0002           {arrived} UTC 5.1.1    <bob@q.test>\n4A0002           {arrived} UTC 5.1.1    <carol@q.test>\n                 Subject: ", digest.Text, StringComparison.Ordinal);
        Assert.Contains($"\n4A0003           {arrived} UTC 4.4.7    <dave@q.test>\n", digest.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("never@q.test", digest.Text, StringComparison.Ordinal);
        Assert.Contains("\nFinal-Recipient: rfc822; dave@q.test\nOriginal-Recipient: rfc822;dave@q.test\nAction: failed\nStatus: 4.4.7\n"
            + "Diagnostic-Code: X-Postfix; no such dave@q.test\nX-Postfix-Queue-ID: 4A0003\n", digest.Text, StringComparison.Ordinal);
        Assert.Equal("['bob@q.test', 'carol@q.test', 'dave@q.test']", FailedSaysFlufl(digest.Text));
    }

    // The table is for people: encoded words (RFC 2047) are shown as what they mean, and add no line.
    [Theory]
    [InlineData("=?utf-8?q?J=C3=B6rg=0ABcc:_x?= and =?iso-8859-1?b?/A==?=", "J\u00f6rg?Bcc: x and \u00fc")]
    [InlineData("=?klingon?q?x?= =?utf-8?q?broken", "x =?utf-8?q?broken")]
    [InlineData("plain \u00e9", "plain \u00e9")]
    [InlineData("=?utf-8?q?" + LongText + "?=", LongText)]
    public void The_table_has_the_subject_as_it_was_meant(string subject, string shown)
    {
        using MemoryStream output = new();
        new DigestComposer(output, isGlobal: false).Write("mta.test", "NEW1", "a@q.test", "a@q.test", 1795240595, [new HeldNotice("/none", "OLD1", "a@q.test", subject, 0, SmtpUtf8.None, false)]);
        Assert.Contains($"\n                 Subject: {shown}\n\n--", ByteText.Decode(output.ToArray()), StringComparison.Ordinal);
    }

    private const string LongText = "tenletters" + "tenletters" + "tenletters" + "tenletters" + "tenletters" + "tenletters";

    [Fact]
    public void A_long_subject_is_cut()
    {
        using MemoryStream output = new();
        new DigestComposer(output, isGlobal: false).Write("mta.test", "NEW1", "a@q.test", "a@q.test", 1795240595, [new HeldNotice("/none", "OLD1", "a@q.test", new string('s', 300), 0, SmtpUtf8.None, false)]);
        Assert.Contains($"\n                 Subject: {new string('s', 100)}...\n", ByteText.Decode(output.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_outside_ascii_makes_the_report_a_global_one()
    {
        using BounceRig rig = Rig(1);
        Fail(rig, "4A0001");
        Fail(rig, "4A0002");
        Fail(rig, "4A0003", utf8: SmtpUtf8.Requested, recipient: "j\u00f6rg@q.test");
        rig.Clock.Seconds += 600;
        rig.SendDigests();
        // What it reports is content; its own header and addresses are ASCII.
        Assert.Equal(SmtpUtf8.None, rig.Submitter.Queued[^1].SmtpUtf8);
        Assert.Contains("\nContent-Type: message/global-delivery-status\n", rig.Submitter.Queued[^1].Text, StringComparison.Ordinal);
        Assert.Contains("\nFinal-Recipient: utf-8; j\u00f6rg@q.test\n", rig.Submitter.Queued[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_directory_or_the_limit_each_failure_has_its_notice()
    {
        using BounceRig rig = Rig(1);
        Directory.Delete(Path.Combine(rig.Queues.Root, "digest"));
        Fail(rig, "4A0001");
        Fail(rig, "4A0002");
        rig.SendDigests();
        Directory.CreateDirectory(Path.Combine(rig.Queues.Root, "digest"));
        rig.Settings = rig.Settings with { DigestLimit = 0 };
        Fail(rig, "4A0003");
        Fail(rig, "4A0004");
        Assert.Equal(4, rig.Submitter.Queued.Count);
        Assert.Empty(HeldFiles(rig));
    }

    [Theory] // RET, ENVID: what only a notice of its own can give back
    [InlineData(DsnReturn.Unspecified, null, true)]
    [InlineData(DsnReturn.Headers, null, true)]
    [InlineData(DsnReturn.Full, null, false)]
    [InlineData(DsnReturn.Unspecified, "my-id", false)]
    public void Who_asks_for_his_message_or_its_id_gets_a_notice(DsnReturn ret, string? envelopeId, bool isHeld)
    {
        using BounceRig rig = Rig(1);
        Fail(rig, "4A0001");
        QueueId id = rig.Message("4A0002");
        rig.Append(BounceRole.Bounce, id, BounceRig.Failed("bob@q.test"));
        Assert.True(rig.Ask(BounceRole.Bounce, id, ret: ret, envelopeId: envelopeId));
        Assert.Equal(isHeld, HeldFiles(rig).Count == 1);
        Assert.Equal(isHeld ? 0 : 1, rig.TimesTold("bob@q.test"));
    }

    [Theory]
    [InlineData(true, false, "boss")]
    [InlineData(false, true, "boss")]
    [InlineData(false, false, "")]
    public void A_report_that_can_never_be_queued_is_the_postmasters(bool ofDoubleBounces, bool ofSoftware, string told)
    {
        using BounceRig rig = Rig(1);
        rig.Settings = rig.Settings with { TellPostmasterOfDoubleBounces = ofDoubleBounces, TellPostmasterOfSoftware = ofSoftware, DoubleBounceNoticeRecipient = "boss" };
        Fail(rig, "4A0001");
        Fail(rig, "4A0002");
        rig.Submitter.Queued.Clear();
        rig.Submitter.Refuses = recipient => recipient != "boss";
        rig.Clock.Seconds += 600;
        rig.SendDigests();
        Assert.Equal(told, string.Join(' ', rig.Submitter.Queued.Select(notice => notice.Recipient)));
        Assert.Empty(HeldFiles(rig));
    }

    // A window that no clock ever ends would hold notices for ever.
    [Theory]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("99999999999\n")]
    public void A_damaged_window_is_over(string content)
    {
        using BounceRig rig = Rig(1);
        Fail(rig, "4A0001");
        Fail(rig, "4A0002");
        string window = Assert.Single(Directory.EnumerateFiles(Path.Combine(rig.Queues.Root, "digest"), "window", SearchOption.AllDirectories));
        File.WriteAllText(window, content);
        rig.SendDigests();
        Assert.Equal(1, rig.TimesTold("4A0002@q.test"));
    }

    private static string FailedSaysFlufl(string text)
    {
        const string Script = """
            import sys, email
            from flufl.bounce import all_failures
            m = email.message_from_bytes(sys.stdin.buffer.read())
            assert m.get_content_type() == 'multipart/report' and [p.get_content_type() for p in m.get_payload()] == ['text/plain', 'message/delivery-status']
            assert not [d for p in m.walk() for d in p.defects]
            print(sorted(a.decode() for a in all_failures(m)[1]))
            """;
        ProcessStartInfo start = new("/usr/bin/python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process python = Process.Start(start)!;
        python.StandardInput.BaseStream.Write(ByteText.Encode(text));
        python.StandardInput.Close();
        string output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        Assert.Equal(0, python.ExitCode);
        return output.TrimEnd();
    }
}
