using System.Text;
using PostfixNet.Cleanup;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Tables;

namespace PostfixNet.UnitTests.Cleanup;

/// <summary>What cleanup makes of addresses and headers, and what it refuses.</summary>
public sealed class CleanupTests
{
    private static (CleanupVerdict Verdict, string Reason) Send(MailFlow flow, string records, bool isInternal = false, bool end = true)
    {
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(isInternal));
        byte[] bytes = MailFlow.Encode(records);
        // In pieces of one byte and more: records do not care where a piece ends.
        int first = Math.Min(50, bytes.Length);
        for (int i = 0; i < first; i++)
            client.Send(bytes.AsSpan(i, 1));
        client.Send(bytes.AsSpan(first));
        return end && client.Finish() is var (verdict, reason, _) ? (verdict, reason) : default;
    }

    private static List<string> Content(MailFlow flow)
    {
        List<(char Type, string Payload)> records = flow.Incoming();
        int start = records.FindIndex(r => r.Type == 'M'), end = records.FindIndex(r => r.Type == 'X');
        return [.. records[(start + 1)..end].Select(r => r.Payload)];
    }

    private static List<string> Recipients(MailFlow flow) =>
        [.. flow.Incoming().Where(r => r.Type is 'O' or 'R').Select(r => r.Type + r.Payload)];

    [Theory]
    // Header as sent, and as stored.
    [InlineData("To: bob", "To: bob@golden.test")]
    [InlineData("Cc: Bob <bob>, \"A, b\" <alice@origin.test>", "Cc: Bob <bob@golden.test>, \"A, b\" <alice@origin.test>")]
    [InlineData("Reply-To: bob (the builder)", "Reply-To: bob@golden.test (the builder)")]
    [InlineData("Sender: root", "Sender: root@golden.test")]
    [InlineData("Subject: bob", "Subject: bob")]
    [InlineData("X-To: bob", "X-To: bob")]
    [InlineData("TO : bob", "TO: bob@golden.test")]
    [InlineData("Subject \t: bob", "Subject: bob")]
    public void Addresses_in_headers_are_completed(string header, string stored)
    {
        using MailFlow flow = new();
        Assert.Equal((CleanupVerdict.Accepted, ""), Send(flow, $"Sa@b.test|Rc@d.test|M|N{header}|N|X|E"));
        Assert.Equal(stored, Content(flow)[0]);
    }

    [Fact]
    public void Remote_mail_is_left_as_it_is()
    {
        using MailFlow flow = new();
        Send(flow, "Arewrite_context=remote|Sa|Rc|M|NTo: bob|NBcc: x|N|X|E");
        Assert.Equal(["To: bob", ""], Content(flow));
        Assert.Equal(["Oc", "Rc@golden.test"], Recipients(flow));
        Assert.Contains(flow.Log, l => l.EndsWith(": message-id=<>", StringComparison.Ordinal));
    }

    [Fact]
    public void Folded_header_is_dropped_whole()
    {
        using MailFlow flow = new();
        Send(flow, "Sa@b.test|Rc@d.test|M|NBcc: x,|N\ty,|N z|NMessage-Id: <1>|NDate: d|NFrom: a@b.test|N|X|E");
        Assert.Equal(["Message-Id: <1>", "Date: d", "From: a@b.test", ""], Content(flow));
        Assert.Contains(flow.Log, l => l.EndsWith(": message-id=<1>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Alice", "Alice <a@b.test>")]
    [InlineData("A. Example", "\"A. Example\" <a@b.test>")]
    [InlineData("A \"q\" B", "\"A \\\"q\\\" B\" <a@b.test>")]
    [InlineData("", "a@b.test")]
    public void Missing_From_is_made_of_name_and_sender(string name, string from)
    {
        using MailFlow flow = new();
        Send(flow, $"F{name}|Sa@b.test|Rc@d.test|M|NX: y|N|X|E");
        Assert.Contains($"From: {from}", Content(flow));
    }

    [Fact]
    public void Long_queue_id_makes_a_message_id_without_time()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { LongQueueIds = true };
        Send(flow, "Sa@b.test|Rc@d.test|M|NX: y|N|X|E");
        _ = flow.Incoming(out string id);
        Assert.True(QueueId.TryParse(id, out QueueId parsed) && parsed.IsLong);
        Assert.Contains($"Message-Id: <{id}@mta.golden.test>", Content(flow));
        Assert.Contains($"{id}: message-id=<{id}@mta.golden.test>", flow.Log);
    }

    [Fact]
    public void Resent_mail_gets_resent_headers_and_two_log_lines()
    {
        using MailFlow flow = new();
        Send(flow, "Sa@b.test|Rc@d.test|M|NFrom: x@b.test|NResent-To: c@d.test|N|X|E");
        List<string> content = Content(flow);
        Assert.Equal(["From: x@b.test", "Resent-To: c@d.test"], content[..2]);
        Assert.StartsWith("Resent-Message-Id: <", content[2], StringComparison.Ordinal);
        Assert.StartsWith("Resent-Date: ", content[3], StringComparison.Ordinal);
        Assert.Equal("Resent-From: a@b.test", content[4]);
        Assert.Matches(": resent-message-id=<.+>$", flow.Log[^2]);
        Assert.EndsWith(": message-id=<>", flow.Log[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Header_longer_than_the_limit_is_cut()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { HeaderSizeLimit = 5000 };
        string part = new('x', 2000);
        Send(flow, $"Sa@b.test|Rc@d.test|M|LX: {part}|L{part}|L{part}|Nlast|NSubject: s|N|X|E");
        List<string> content = Content(flow);
        Assert.Equal([2048, 2048, 904], content[..3].Select(l => l.Length));
        Assert.Equal("Subject: s", content[3]);
    }

    // sendmail counts the content alone: whatever it took is delivered, or returned.
    [Theory]
    [InlineData("{0}|M|Nx|X|E")]
    [InlineData("M|Nx|X{0}|E")]
    public void Recipients_are_no_part_of_the_size_of_a_message(string records)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { MessageSizeLimit = 2000 };
        string recipients = string.Concat(Enumerable.Range(0, 400).Select(static i => $"|Rrecipient-{i}@d.test"));
        flow.Drop("A", MailFlow.Encode("Sa@b.test|" + string.Format(System.Globalization.CultureInfo.InvariantCulture, records, recipients).TrimStart('|')));
        flow.RunPickup();
        Assert.Empty(flow.Names(QueueName.Maildrop));
        Assert.Empty(flow.Names(QueueName.Corrupt));
        _ = flow.Incoming(out string id);
        using QueueFile file = QueueFile.Open(Path.Combine(flow.Queues.DirectoryOf(QueueName.Incoming), id));
        List<Recipient> found = [];
        Assert.Null(file.ReadEnvelope(found, 1000, out _).ContentFilter);
        Assert.Equal(400, found.Count);
    }

    [Fact]
    public void The_envelope_has_a_limit_of_its_own()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { MessageSizeLimit = 2000 };
        string name = new('x', 900);
        string recipients = string.Concat(Enumerable.Range(0, (int)(EnvelopeLimit.InQueue(2000) / name.Length / 3)).Select(i => $"R{name}{i:D5}@d.test|"));
        flow.Drop("A", MailFlow.Encode($"Sa@b.test|{recipients}M|Nx|X|E"));
        flow.RunPickup();
        Assert.Empty(flow.Names(QueueName.Incoming));
        // Nothing that has whole records is lost.
        Assert.Single(flow.Names(QueueName.Corrupt));
    }

    // S1-15
    [Theory]
    [InlineData(49, CleanupVerdict.Accepted, "")]
    [InlineData(50, CleanupVerdict.Refused, "too many hops")]
    public void Mail_that_goes_in_a_circle_is_refused(int hops, CleanupVerdict verdict, string reason)
    {
        using MailFlow flow = new();
        string received = string.Concat(Enumerable.Repeat("|NReceived: by x", hops));
        Assert.Equal((verdict, reason), Send(flow, $"Sa@b.test|Rc@d.test|M{received}|N|X|E"));
        Assert.Equal(verdict == CleanupVerdict.Accepted ? 1 : 0, flow.Names(QueueName.Incoming).Count);
    }

    // A0.2: pickup cannot tell the sender, so the queue manager does, with the route that cleanup gives the message.
    [Theory]
    [InlineData("Rc@d.test|M{0}|N|Nbody|X|E", 1_000_000, "5.4.6 too many hops")]
    [InlineData("M{0}|X|Rc@d.test|E", 1_000_000, "5.4.6 too many hops")] // the last header counts too; -t
    [InlineData("Rc@d.test|M|NX: y|N|Lx{0}|Nbody|X|E", 500, "5.3.4 message file too big")]
    public void Mail_of_maildrop_that_must_not_go_on_is_queued_to_be_returned(string records, int limit, string why)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { MessageSizeLimit = limit };
        string received = string.Concat(Enumerable.Repeat("|NReceived: by x", 50));
        flow.Drop("A", MailFlow.Encode("Sa@b.test|" + string.Format(System.Globalization.CultureInfo.InvariantCulture, records, received)));
        flow.RunPickup();
        Assert.Empty(flow.Names(QueueName.Maildrop));
        Assert.Empty(flow.Names(QueueName.Corrupt));
        _ = flow.Incoming(out string id);
        using QueueFile file = QueueFile.Open(Path.Combine(flow.Queues.DirectoryOf(QueueName.Incoming), id));
        List<Recipient> recipients = [];
        Envelope envelope = file.ReadEnvelope(recipients, 10, out _);
        Assert.Equal($"error:{why}", envelope.ContentFilter);
        Assert.Equal(["c@d.test"], recipients.Select(r => r.Address));
        // Whole when the way was too long; no more than may be stored when the size was.
        Assert.Equal(records.Contains("Nbody", StringComparison.Ordinal) && why.StartsWith("5.4.6", StringComparison.Ordinal), Content(flow).Contains("body"));
    }

    // S1-15
    [Theory]
    [InlineData(900, CleanupVerdict.Accepted, "")]
    [InlineData(1000, CleanupVerdict.Refused, "message file too big")]
    public void Message_size_is_limited(int size, CleanupVerdict verdict, string reason)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { MessageSizeLimit = 1000, AlwaysAddMissingHeaders = false };
        Assert.Equal((verdict, reason), Send(flow, $"Arewrite_context=remote|Sa@b.test|Rc@d.test|M|N|N{new string('x', size)}|X|E"));
        Assert.Equal(verdict == CleanupVerdict.Accepted ? 1 : 0, flow.Names(QueueName.Incoming).Count);
    }

    // S1-17
    [Fact]
    public void Message_without_its_end_is_not_queued()
    {
        using MailFlow flow = new();
        Assert.Equal(CleanupVerdict.Refused, Send(flow, "Sa@b.test|Rc@d.test|M|N|X").Verdict);
        Assert.Contains(flow.Log, l => l.EndsWith("message rejected: unexpected end of extracted segment", StringComparison.Ordinal));
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    // S1-17, S3-09
    [Fact]
    public void Client_that_gives_up_leaves_nothing_even_after_the_last_record()
    {
        using MailFlow flow = new();
        Send(flow, "Sa@b.test|Rc@d.test|M|N|X|E", end: false);
        flow.RunPickup(); // joins the server
        Assert.Empty(flow.Names(QueueName.Incoming));
        Assert.Contains(flow.Log, l => l.Contains(": not queued: ", StringComparison.Ordinal));
    }

    [Fact]
    public void One_connection_carries_message_after_message_also_after_a_refusal()
    {
        using MailFlow flow = new();
        using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest());
        byte[] bad = MailFlow.Encode("Zx|" + new string('N', 100)), good = MailFlow.Encode("Sa@b.test|Rc@d.test|M|N|X|E");
        HashSet<QueueId> ids = [client.Id];
        client.Send(bad);
        Assert.Equal(new CleanupReply.Ended(CleanupVerdict.Refused, "internal protocol error"), client.Finish());
        for (int i = 0; i < 3; i++)
        {
            client.BeginNext(new CleanupRequest());
            client.Send(good);
            Assert.Equal(CleanupVerdict.Accepted, client.Finish().Verdict);
            Assert.True(ids.Add(client.Id));
            Assert.Contains(client.Id.ToString(), flow.Names(QueueName.Incoming));
        }
        Assert.Equal(3, flow.Names(QueueName.Incoming).Count);
    }

    [Fact]
    public void Recipients_are_kept_once_whatever_their_case_up_to_the_limit()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { DuplicateFilterLimit = 2 };
        Send(flow, "Sa@b.test|Rx@d.test|RX@D.test|Ry@d.test|Rz@d.test|Rz@d.test|M|N|X|Rx@d.test|E");
        Assert.Equal(["x@d.test", "y@d.test", "z@d.test", "z@d.test"], flow.Incoming().Where(r => r.Type == 'R').Select(r => r.Payload));
    }

    [Theory]
    // Recipient, and what becomes of it.
    [InlineData("list@al.test", "Olist@al.test Rl1@q.test Olist@al.test Rl2@q.test")]
    [InlineData("LIST@AL.test", "OLIST@AL.test Rl1@q.test OLIST@AL.test Rl2@q.test")]
    [InlineData("any@whole.test", "Oany@whole.test Rany@moved.test")]
    [InlineData("one@al.test", "Oone@al.test Rone@moved.test")]
    [InlineData("catch@all.test", "Ocatch@all.test Rcatcher@q.test")]
    [InlineData("deep@al.test", "Odeep@al.test Rl1@q.test Odeep@al.test Rbob@golden.test Odeep@al.test Rl2@q.test")]
    [InlineData("self@al.test", "Oself@al.test Rself@al.test Oself@al.test Rother@q.test")]
    [InlineData("postmaster", "Opostmaster Radmin@q.test")]
    [InlineData("none@al.test", "Onone@al.test Rnone@al.test")]
    [InlineData("", "O RMAILER-DAEMON@golden.test")]
    public void Virtual_aliases_are_expanded_and_the_original_is_kept(string recipient, string stored)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { VirtualAliases = Mapping(Aliases) };
        Assert.Equal((CleanupVerdict.Accepted, ""), Send(flow, $"Sa@b.test|R{recipient}|M|N|X|E"));
        Assert.Equal(stored, string.Join(' ', Recipients(flow)));
    }

    [Theory]
    [InlineData("eve+x", "Oeve+x Ra+x@q.test")]
    [InlineData("bob+y@d.test", "Obob+y@d.test Rbob+y@e.test")]
    [InlineData("eve+exact", "Oeve+exact Rone@q.test")]
    [InlineData("eve-x", "Oeve-x Reve-x@golden.test")]
    public void Extension_of_an_alias_goes_to_its_members(string recipient, string stored)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with
        {
            VirtualAliases = Mapping(static key => key switch { "eve" => "a@q.test", "eve+exact" => "one@q.test", "bob@d.test" => "@e.test", _ => null }, delimiters: "+"),
        };
        Assert.Equal((CleanupVerdict.Accepted, ""), Send(flow, $"Sa@b.test|R{recipient}|M|N|X|E"));
        Assert.Equal(stored, string.Join(' ', Recipients(flow)));
    }

    [Theory] // as many levels as Postfix allows
    [InlineData(3, CleanupVerdict.TryAgain)]
    [InlineData(4, CleanupVerdict.Accepted)]
    public void Aliases_nest_up_to_the_limit(int limit, CleanupVerdict verdict)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { RecursionLimit = limit, VirtualAliases = Mapping(static key => key switch { "a@x" => "b@x", "b@x" => "c@x", "c@x" => "d@x", _ => null }) };
        Assert.Equal(verdict, Send(flow, "Sa@b.test|Ra@x|M|N|X|E").Verdict);
    }

    [Theory]
    [InlineData(",")]
    [InlineData("(nobody)")]
    [InlineData("<>")]
    public void Alias_without_an_address_makes_mail_wait(string result)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { VirtualAliases = Mapping(key => key == "a@x" ? result : null) };
        Assert.Equal(CleanupVerdict.TryAgain, Send(flow, "Sa@b.test|Ra@x|M|N|X|E").Verdict);
        Assert.Contains(flow.Log, l => l.Contains("result without an address for a@x", StringComparison.Ordinal));
    }

    [Theory] // -B, Content-Transfer-Encoding, encoding
    [InlineData("8bit", "base64", "8bit")]
    [InlineData("8bit", "quoted-printable", "8bit")]
    [InlineData("8bit", "7bit", "8bit")]
    [InlineData("7bit", "8bit", "8bit")]
    [InlineData("7bit", "BINARY", "8bit")]
    [InlineData("7bit", "base64", "7bit")]
    public void Only_eight_bit_encodings_are_believed_more_than_the_client(string declared, string header, string stored)
    {
        using MailFlow flow = new();
        Send(flow, $"Sa@b.test|Aencoding={declared}|Rc@d.test|M|NContent-Transfer-Encoding: {header}|N|X|E");
        Assert.Equal(('A', $"encoding={stored}"), flow.Incoming()[^2]);
    }

    [Theory]
    [InlineData("J\u00c3\u00b6rg", "=?utf-8?q?J=C3=B6rg?= <a@b.test>")]
    [InlineData("J\u00f6rg", "=?unknown-8bit?q?J=F6rg?= <a@b.test>")]
    [InlineData("a\tb", "a b <a@b.test>")]
    public void Name_outside_ASCII_is_encoded_and_asks_for_nothing(string name, string from)
    {
        using MailFlow flow = new();
        Send(flow, $"F{name}|Sa@b.test|Rc@d.test|M|NX: y|N|X|E");
        Assert.Contains($"From: {from}", Content(flow));
        Assert.True(SizeRecord.TryParse(Encoding.Latin1.GetBytes(flow.Incoming()[0].Payload), out SizeRecord size));
        Assert.Equal(SmtpUtf8.None, size.SmtpUtf8);
    }

    [Theory]
    [InlineData("loop1@al.test", 1000, 5, "nesting")]
    [InlineData("list@al.test", 1, 1000, "expansion size")]
    public void Broken_alias_tables_make_mail_wait(string recipient, int expansion, int recursion, string what)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { VirtualAliases = Mapping(Aliases), ExpansionLimit = expansion, RecursionLimit = recursion };
        Assert.Equal(CleanupVerdict.TryAgain, Send(flow, $"Sa@b.test|R{recipient}|M|N|X|E").Verdict);
        Assert.Contains(flow.Log, l => l.Contains($"unreasonable virtual_alias_maps map {what} for {recipient}", StringComparison.Ordinal));
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    [Fact]
    public void A_table_that_cannot_say_makes_mail_wait()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { VirtualAliases = Mapping(static _ => throw new LookupException("fail:x lookup error")) };
        Assert.Equal((CleanupVerdict.TryAgain, "temporary lookup failure"), Send(flow, "Sa@b.test|Ra@x|M|N|X|E"));
        Assert.Contains(flow.Log, l => l.EndsWith(": fail:x lookup error -- message not accepted, try again later", StringComparison.Ordinal));
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    // S5-16, RFC 3461 section 5.2.7.3
    [Theory] // recipient, flags, traced, flags of the members
    [InlineData("list@al.test", 6, "list@al.test", "notify_flags=4")]
    [InlineData("list@al.test", 2, "list@al.test", "notify_flags=1")]
    [InlineData("any@whole.test", 2, "any@whole.test", "notify_flags=1")]
    [InlineData("list@al.test", 12, "", "notify_flags=12")]
    [InlineData("list@al.test", 0, "", "")]
    [InlineData("none@al.test", 2, "", "notify_flags=2")]
    public void Success_of_an_alias_is_its_expansion(string recipient, int flags, string traced, string members)
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { VirtualAliases = Mapping(Aliases) };
        Assert.Equal((CleanupVerdict.Accepted, ""), Send(flow, $"Sa@b.test|Anotify_flags={flags}|R{recipient}|M|N|X|E"));
        Assert.Equal(traced, string.Join(' ', flow.Traced.Select(r => r.Recipient.Address)));
        Assert.All(flow.Traced, r => Assert.Equal(("2.0.0", DsnAction.Expanded, "alias expanded", flags), (r.Dsn.Status, r.Dsn.Action, r.Dsn.Reason, (int)r.Recipient.Notify)));
        Assert.All(flow.Incoming().Where(r => r.Type == 'A' && r.Payload.StartsWith("notify", StringComparison.Ordinal)), r => Assert.Equal(members, r.Payload));
    }

    [Fact]
    public void Expansion_that_cannot_be_put_on_record_makes_mail_wait()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { VirtualAliases = Mapping(Aliases) };
        flow.TraceTrouble = "no disk";
        Assert.Equal((CleanupVerdict.TryAgain, "trace service failure"), Send(flow, "Sa@b.test|Anotify_flags=2|Rlist@al.test|M|N|X|E"));
        Assert.Empty(flow.Names(QueueName.Incoming));
    }

    private static AddressMapping Mapping(Func<string, string?> find, string delimiters = "") =>
        new("virtual_alias_maps", new AddressLookup((key, _) => find(key), static domain => domain == "golden.test", delimiters), new AddressCompletion("golden.test"), propagatesExtension: true);

    private static string? Aliases(string key) => key.ToUpperInvariant() switch
    {
        "LIST@AL.TEST" => "l1@q.test, l2@q.test",
        "@WHOLE.TEST" or "ONE@AL.TEST" => "@moved.test",
        "@ALL.TEST" => "catcher@q.test",
        "DEEP@AL.TEST" => "list@al.test, bob",
        "SELF@AL.TEST" => "self@al.test, other@q.test",
        "LOOP1@AL.TEST" => "loop2@al.test",
        "LOOP2@AL.TEST" => "loop1@al.test",
        "POSTMASTER" => "admin@q.test",
        _ => null,
    };

    [Fact]
    public void Copy_goes_to_always_bcc_but_not_of_notices()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { Copies = new AutomaticCopies("archive") };
        Send(flow, "Sa@b.test|Rc@d.test|M|N|X|E");
        Assert.Equal(["Oc@d.test", "Rc@d.test", "Oarchive@golden.test", "Rarchive@golden.test"], Recipients(flow));

        using MailFlow notice = new();
        notice.Options = flow.Options;
        Send(notice, "S|Rc@d.test|M|N|X|E", isInternal: true);
        Assert.Equal(["Oc@d.test", "Rc@d.test"], Recipients(notice));
    }

    [Fact] // nobody asked for it by that name, and its failure is not the sender's concern
    public void Copy_is_never_reported()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { Copies = new AutomaticCopies("archive") };
        Send(flow, "Sa@b.test|Rarchive|M|N|X|E");
        List<string> records = [.. flow.Incoming().Select(r => r.Type + r.Payload)];
        Assert.Equal(["Anotify_flags=1", "Oarchive@golden.test", "Rarchive@golden.test"], records.SkipWhile(r => r != "X").Skip(1).Take(3));
        Assert.True(SizeRecord.TryParse(Encoding.Latin1.GetBytes(records[0][1..]), out SizeRecord size));
        Assert.Equal(0, size.QueueFlags);
    }

    // S5-18
    [Fact]
    public void Time_of_the_delay_warning_stands_before_the_first_recipient()
    {
        // Counted from now, not from a submission that may have lain in maildrop for days.
        using MailFlow flow = new() { Clock = new StillClock(1795240829 + 300_000) };
        flow.Options = flow.Options with { DelayWarningTime = TimeSpan.FromHours(4) };
        Send(flow, "T1795240829 707852|Arewrite_context=local|Sa@b.test|Aencoding=8bit|Rc@d.test|M|N|X|E");
        List<(char Type, string Payload)> records = flow.Incoming();
        int at = records.FindIndex(r => r.Type == 'W');
        Assert.Equal(('W', "     1795555229"), records[at]);
        Assert.Equal(('A', "encoding=8bit"), records[at - 1]);
        Assert.Equal(('A', "dsn_orig_rcpt=rfc822;c@d.test"), records[at + 1]);
    }

    [Fact]
    public void Notice_is_queued_as_Postfix_queues_it()
    {
        using MailFlow flow = new() { Clock = new StillClock(1795242064) };
        Send(flow, "T1795242064 443314|Alog_message_origin=local|Atrace_flags=0|S|Ralice@dsnorig.test|M|" +
            "NReceived: by mta.golden.test (Postfix)|N\tid X; date|NDate: date|NFrom: Mail Delivery System <MAILER-DAEMON>|" +
            "NContent-Transfer-Encoding: 8bit|N|Nbody|X|E", isInternal: true);
        List<(char Type, string Payload)> records = flow.Incoming(out string id);
        Assert.Equal("CTAAASAORMNNNNNNNNXAE", string.Concat(records.Select(r => r.Type)));
        Assert.Equal(["create_time=1795242064", "log_message_origin=local", "trace_flags=0"], records[2..5].Select(r => r.Payload));
        Assert.Equal("From: Mail Delivery System <MAILER-DAEMON@golden.test>", records[13].Payload);
        Assert.Equal($"Message-Id: <20261121062104.{id}@mta.golden.test>", records[15].Payload);
        Assert.Equal(('A', "encoding=8bit"), records[^2]);
    }

    // B32: Postfix too maps the recipients of what it makes itself.
    [Fact]
    public void Notices_go_where_virtual_aliases_send_other_mail()
    {
        using MailFlow flow = new();
        flow.Options = flow.Options with { VirtualAliases = Mapping(static key => key == "postmaster" ? "ops@d.test, more@d.test" : null) };
        Send(flow, "T1795242064 443314|S|Rpostmaster|M|NSubject: x|N|X|E", isInternal: true);
        Assert.Equal(["ops@d.test", "more@d.test"], flow.Incoming().Where(r => r.Type == 'R').Select(r => r.Payload));
    }

    // Review 27: it would be queued, and be corrupt in the eyes of the queue manager.
    [Fact]
    public void An_arrival_at_no_time_is_now()
    {
        using MailFlow flow = new() { Clock = new StillClock(1795242064) };
        Send(flow, "T0|Sa@b.test|Rc@d.test|M|N|X|E");
        Assert.Contains(('T', "1795242064 0"), flow.Incoming());
    }

    [Fact]
    public void Letter_forms_of_dsn_requests_count()
    {
        using MailFlow flow = new();
        Send(flow, "Sa@b.test|n10|orfc822;B@d.test|Rc@d.test|M|N|X|E");
        List<(char Type, string Payload)> records = flow.Incoming();
        Assert.Contains(('A', "notify_flags=10"), records);
        Assert.Contains(('A', "dsn_orig_rcpt=rfc822;B@d.test"), records);
        Assert.True(SizeRecord.TryParse(Encoding.Latin1.GetBytes(records[0].Payload), out SizeRecord size));
        Assert.Equal(20, size.QueueFlags);
        Assert.Equal(1, size.RecipientCount);
    }

    [Fact]
    public void Body_passes_byte_for_byte()
    {
        using MailFlow flow = new();
        string odd = "NTo: bob|N Received: x|L\0\u00ff|N|N.|N";
        Send(flow, $"Sa@b.test|Rc@d.test|M|NSubject: s|N|{odd}|X|E");
        Assert.Equal(odd, string.Join('|', flow.Incoming().SkipWhile(r => r != ('N', "")).Skip(1).TakeWhile(r => r.Type != 'X').Select(r => r.Type + r.Payload)));
    }

    [Fact]
    public void Stray_line_ends_become_blanks_in_headers_and_body()
    {
        using MailFlow flow = new();
        Send(flow, "Sa@b.test|Rc@d.test|M|NSubject: x\nBcc: y|N|Na\r\n.\r\nMAIL|X|E");
        Assert.Contains("Subject: x Bcc: y", Content(flow));
        Assert.Equal("a  .  MAIL", Content(flow)[^1]);
    }

    [Theory]
    [InlineData(1)] // the whole file is written at once
    [InlineData(1000)] // the beginning is on disk when its numbers become known
    public void Size_record_tells_where_the_content_is(int lines)
    {
        using MailFlow flow = new();
        Send(flow, "Sa@b.test|Rc@d.test|M|NSubject: x|N" + string.Concat(Enumerable.Repeat("|N" + new string('x', 70), lines)) + "|X|E");
        _ = flow.Incoming(out string id);
        byte[] file = File.ReadAllBytes($"{flow.Queues.DirectoryOf(QueueName.Incoming)}/{id}");
        Assert.True(SizeRecord.TryParse(file.AsSpan(2, SizeRecord.PayloadLength), out SizeRecord size));
        Assert.Equal("M\0N\nSubject: x", Encoding.Latin1.GetString(file, (int)size.DataOffset - 2, 14));
        Assert.Equal("X\0E\0", Encoding.Latin1.GetString(file, (int)(size.DataOffset + size.ContentSize), 4));
        Assert.Equal(1, size.RecipientCount);
    }
}
