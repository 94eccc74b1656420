using PostfixNet.Delivery;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.Milters;

/// <summary>What milters see of the content, and what becomes of the queue file.</summary>
public sealed class ContentStageTests
{
    private const string Message = "From: a@b.test\r\nSubject: s\r\nX-Long: one\r\n two\r\n\r\nbody\r\n.";

    // One message by SMTP: what the client heard, the records of its file, and the log.
    private static (string Reply, IReadOnlyList<(char Type, string Payload)> Records, IReadOnlyList<string> Log) Send(
        out string story, string script, string content = Message, string toml = "", QueueName queue = QueueName.Incoming)
    {
        using ScriptedMilter milter = new(script);
        using SmtpdRig rig = new($"smtpd_milters = '{milter.Name}'\nenable_long_queue_ids = false\n{toml}");
        string talk = rig.Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", content);
        story = milter.Story;
        return (talk[(talk.LastIndexOf("end data", StringComparison.OrdinalIgnoreCase) < 0 ? 0 : talk.IndexOf("354", StringComparison.Ordinal) + 4)..], Records(rig, queue), rig.Log);
    }

    private static List<(char Type, string Payload)> Records(SmtpdRig rig, QueueName queue = QueueName.Incoming) =>
        rig.Paths(queue) is [var path] ? MailFlow.Records(path) : [];

    private static string[] Content(IReadOnlyList<(char Type, string Payload)> records) =>
        [.. records.SkipWhile(static record => record.Type != 'M').Skip(1).TakeWhile(static record => record.Type != 'X').Where(static record => record.Type is 'N' or 'L').Select(static record => record.Payload)];

    private static string[] Recipients(IReadOnlyList<(char Type, string Payload)> records) =>
        [.. records.Where(static record => record.Type is 'R' or '/').Select(static record => $"{record.Type}{record.Payload}")];

    [Fact]
    public void A_milter_sees_the_message_as_it_will_be_sent_without_our_Received()
    {
        _ = Send(out string story, "");
        Assert.EndsWith("L From a@b.test\nL Subject s\nL X-Long one| two\nL Message-Id <ID>\nL Date DATE\nN\nB body|\nE",
            System.Text.RegularExpressions.Regex.Replace(System.Text.RegularExpressions.Regex.Replace(story, "<[^>]*@mx.golden.test>", "<ID>"), "Date .*", "Date DATE").Replace("\nA", "", StringComparison.Ordinal).TrimEnd('Q', '\n'), StringComparison.Ordinal);
    }

    [Fact]
    public void Macros_of_the_content_have_the_queue_id()
    {
        using ScriptedMilter milter = new("negotiate: options 6 1FF 0 6=i+{client_name} 5=i+{auth_authen}+j");
        using SmtpdRig rig = new($"smtpd_milters = '{milter.Name}'");
        string talk = rig.Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", Message);
        string id = talk[(talk.LastIndexOf(' ') + 1)..];
        Assert.Contains($"D Ni {id} {{client_name}} localhost", milter.Heard);
        Assert.Contains($"D Ei {id} j mx.golden.test", milter.Heard);
    }

    [Theory]
    [InlineData("addheader X-A: b", "X-Long: one", " two", "Message-Id", "Date", "X-A: b", "", "body")]
    [InlineData("addheader X-A: b\\n\\tc", "X-A: b", "\tc", "", "body")]
    [InlineData("addheader X-A: b\\nc: d", "X-A: b", "\tc: d", "", "body")]
    [InlineData("addheader X-A: b; addheader X-B: c", "X-A: b", "X-B: c", "", "body")]
    [InlineData("insheader 1 X-A: b", "X-A: b", "From: a@b.test", "Subject: s")]
    [InlineData("insheader 1 X-A: b; insheader 1 X-B: c", "X-B: c", "X-A: b", "From: a@b.test")]
    [InlineData("insheader 2 X-A: b; insheader 2 X-B: c; insheader 4 X-C: d", "From: a@b.test", "X-B: c", "X-A: b", "X-C: d", "Subject: s")]
    [InlineData("insheader 99 X-A: b", "Date", "X-A: b", "", "body")]
    [InlineData("chgheader 1 Subject: t", "From: a@b.test", "Subject: t", "X-Long: one")]
    [InlineData("chgheader 1 X-Long: three", "Subject: s", "X-Long: three", "Message-Id")]
    [InlineData("chgheader 1 X-Long: three; chgheader 1 x-long: four", "Subject: s", "x-long: four", "Message-Id")]
    [InlineData("chgheader 1 X-Long:", "Subject: s", "Message-Id")]
    [InlineData("chgheader 2 Subject: t", "Date", "Subject: t", "", "body")]
    [InlineData("chgheader 0 Subject: t", "From: a@b.test", "Subject: t")]
    [InlineData("chgheader 1 Nowhere:", "Date", "", "body")]
    [InlineData("chgheader 1 Subject:; chgheader 1 X-Long:; chgheader 1 From:", "Received", "Message-Id")]
    [InlineData("chgheader 1 Subject:; insheader 2 Subject: t", "From: a@b.test", "Subject: t", "X-Long: one")]
    [InlineData("replbody new\\r\\nlines", "Date", "", "new", "lines")]
    [InlineData("replbody a; replbody b\\r\\n", "Date", "", "ab")]
    [InlineData("replbody new\\r\\n; addheader X-A: b", "Date", "X-A: b", "", "new")]
    [InlineData("addheader X-A: b; replbody new\\r\\n", "Date", "X-A: b", "", "new")]
    public void What_a_milter_changes_stands_in_the_file(string edits, params string[] lines)
    {
        var (reply, records, _) = Send(out _, $"eom: {edits}; continue");
        Assert.Contains("250 2.0.0 Ok: queued", reply, StringComparison.Ordinal);
        string all = string.Join('\n', Content(records).Select(static line =>
            line.StartsWith("Received:", StringComparison.Ordinal) ? "Received" : line.StartsWith("Message-Id:", StringComparison.Ordinal) ? "Message-Id" : line.StartsWith("Date:", StringComparison.Ordinal) ? "Date" : line)
            .Where(static line => !line.StartsWith("\tby ", StringComparison.Ordinal) && !line.StartsWith("\tfor ", StringComparison.Ordinal))) + "\n";
        Assert.Contains($"\n{string.Join('\n', lines)}\n", $"\n{all}", StringComparison.Ordinal);
        if (edits.Contains("replbody", StringComparison.Ordinal))
            Assert.DoesNotContain("\nbody\n", all, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_before_all_others_comes_before_our_Received()
    {
        var (_, records, _) = Send(out _, "eom: insheader 0 X-A: b; chgheader 1 Received: mine; continue");
        string[] content = Content(records);
        Assert.Equal("X-A: b", content[0]);
        Assert.StartsWith("Received: from c", content[1], StringComparison.Ordinal);
        // Our own is hidden: that of the milter is another one.
        Assert.Contains("Received: mine", content);
    }

    [Theory]
    [InlineData("addrcpt <x@y.test>", "Rc@d.test", "Rx@y.test")]
    [InlineData("delrcpt <c@d.test>; addrcpt x@y.test", "/c@d.test", "Rx@y.test")]
    [InlineData("delrcpt c@d.test; addrcpt <c@d.test>", "/c@d.test", "Rc@d.test")]
    [InlineData("addrcpt <c@d.test>", "Rc@d.test", "Rc@d.test")]
    [InlineData("addrcpt <x@y.test>; addrcpt <x@y.test>", "Rc@d.test", "Rx@y.test")]
    [InlineData("addrcpt <>", "Rc@d.test")]
    [InlineData("delrcpt <nobody@d.test>", "Rc@d.test")]
    [InlineData("addrcpt <x@y.test>; delrcpt <x@y.test>", "Rc@d.test", "/x@y.test")]
    public void Recipients_come_and_go(string edits, params string[] recipients)
    {
        var (_, records, _) = Send(out _, $"eom: {edits}; continue");
        Assert.Equal(recipients, Recipients(records));
        Assert.Equal(recipients.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), records[0].Payload.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);
    }

    [Fact]
    public void Parameters_of_recipients_and_sender_are_kept()
    {
        var (_, records, log) = Send(out _, "eom: addrcptpar <x@y.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;o+2Bp@y.test BAD=1; chgfrom <new@b.test> RET=HDRS ENVID=id+2B7; continue");
        Assert.Contains(('A', "notify_flags=12"), records);
        Assert.Contains(('A', "dsn_orig_rcpt=rfc822;o+p@y.test"), records);
        Assert.Contains(('S', "new@b.test"), records);
        Assert.DoesNotContain(('S', "a@b.test"), records);
        Assert.Contains(('A', "ret_flags=2"), records);
        Assert.Contains(('A', "envelope_id=id+7"), records);
        Assert.Contains(log, static line => line.EndsWith("ignoring bad ESMTP parameter \"BAD=1\" in SMFI_ADDRCPT_PAR request", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("chgfrom <x@y.test>; chgfrom <>", "")]
    [InlineData("chgfrom <x@y.test>; chgfrom someone@long.name.example.test", "someone@long.name.example.test")]
    public void The_sender_can_change_again(string edits, string sender)
    {
        var (_, records, _) = Send(out _, $"eom: {edits}; continue");
        Assert.Equal([('S', sender)], records.Where(static record => record.Type == 'S'));
    }

    [Theory]
    [InlineData("eom: reject", "550 5.7.1 Command rejected", "milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 Command rejected; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<c>")]
    [InlineData("eom: tempfail", "451 4.7.1 Service unavailable - try again later", "milter-reject: END-OF-MESSAGE")]
    [InlineData("eom: reply 554-5.7.9 one\\r\\n554 5.7.9 two", "554-5.7.9 one\n554 5.7.9 two", "milter-reject: END-OF-MESSAGE")]
    [InlineData("header: reject", "550 5.7.1 Command rejected", "milter-reject: END-OF-MESSAGE")]
    [InlineData("eoh: tempfail", "451 4.7.1", "milter-reject: END-OF-MESSAGE")]
    [InlineData("body: reply 552 5.3.4 big", "552 5.3.4 big", "milter-reject: END-OF-MESSAGE")]
    [InlineData("eom: shutdown", "421 4.7.0 Service unavailable", "milter-reject: END-OF-MESSAGE")]
    [InlineData("eom: addheader X: y; reject", "550 5.7.1 Command rejected", "milter-reject")]
    [InlineData("eom: hangup", "451 4.7.1 Service unavailable", "can't read SMFIC_BODYEOB reply packet header: connection closed")]
    [InlineData("header: hangup", "451 4.7.1 Service unavailable", "can't read SMFIC_HEADER reply packet header: connection closed")]
    [InlineData("eom: raw 00000002FF00", "451 4.7.1", "unexpected filter response (unknown filter reply) after event SMFIC_BODYEOB")]
    [InlineData("eom: raw 0000000168", "451 4.7.1", "packet too short for string")]
    [InlineData("eom: raw 000000036858FF", "451 4.7.1", "missing string null terminator")]
    [InlineData("eom: raw 7FFFFFFF68", "451 4.7.1", "unreasonable packet length")]
    [InlineData("eom: addheader X Y: z; continue", "451 4.3.5 Server configuration problem", "bad add header name: X Y")]
    [InlineData("eom: replbody a; addheader X: y; replbody b; continue", "451 4.3.5", "body replacement requests can't currently be mixed")]
    [InlineData("eom: replbody a; hangup", "451 4.7.1", "can't read SMFIC_BODYEOB")]
    public void What_is_not_wanted_is_not_queued(string script, string reply, string line)
    {
        var (answer, records, log) = Send(out _, script);
        Assert.Contains(reply, answer, StringComparison.Ordinal);
        Assert.Empty(records);
        Assert.Contains(log, text => text.Contains(line, StringComparison.Ordinal));
    }

    [Fact]
    public void Half_a_body_is_not_taken_for_one()
    {
        var (answer, records, _) = Send(out _, "eom: replbody a; hangup", toml: "milter_default_action = 'accept'");
        Assert.Contains("421 4.7.0 Service unavailable", answer, StringComparison.Ordinal);
        Assert.Empty(records);
    }

    [Theory]
    [InlineData("eom: quarantine looks odd; continue", "milter-hold: END-OF-MESSAGE from localhost[127.0.0.1]: looks odd; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<c>", "")]
    [InlineData("eom: quarantine looks odd; accept", "milter-hold: END-OF-MESSAGE", "")]
    [InlineData("eom: hangup", "milter-hold: END-OF-MESSAGE from localhost[127.0.0.1]: default_action;", "milter_default_action = 'quarantine'")]
    public void What_is_doubtful_is_held(string script, string line, string toml)
    {
        var (reply, records, log) = Send(out _, script, toml: toml, queue: QueueName.Hold);
        Assert.Contains("250 2.0.0 Ok: queued", reply, StringComparison.Ordinal);
        Assert.NotEmpty(records);
        Assert.Contains(log, text => text.Contains(line, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_discarded_is_taken_and_gone()
    {
        var (reply, records, log) = Send(out _, "eom: discard");
        Assert.Contains("250 2.0.0 Ok: queued", reply, StringComparison.Ordinal);
        Assert.Empty(records);
        Assert.Contains(log, static text => text.Contains("milter-discard: END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers DISCARD action;", StringComparison.Ordinal));
    }

    [Fact]
    public void A_body_that_is_too_large_is_refused()
    {
        var (reply, records, _) = Send(out _, $"eom: {string.Concat(Enumerable.Repeat($"replbody {new string('x', 1000)}\\r\\n; ", 20))}continue", toml: "message_size_limit = 5000");
        Assert.Contains("552 5.3.4 Error: message file too big", reply, StringComparison.Ordinal);
        Assert.Empty(records);
    }

    [Fact]
    public void A_milter_is_used_on_for_the_next_message()
    {
        using ScriptedMilter milter = new("eom: addheader X-A: b; continue");
        using SmtpdRig rig = new($"smtpd_milters = '{milter.Name}'");
        string[] one = ["MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", Message];
        string talk = rig.Talk(["EHLO c", .. one, .. one, .. one, "QUIT"]);
        Assert.Equal(3, talk.Split("queued as").Length - 1);
        Assert.Equal(1, milter.Heard.Count(static line => line.StartsWith("O ", StringComparison.Ordinal)));
        Assert.Equal(3, rig.Paths(QueueName.Incoming).Count(static path => Content(MailFlow.Records(path)).Contains("X-A: b")));
    }

    [Fact]
    public void After_a_milter_broke_down_the_session_knows()
    {
        using ScriptedMilter milter = new("eom: hangup");
        using SmtpdRig rig = new($"smtpd_milters = '{milter.Name}'\nmilter_default_action = 'accept'");
        string[] one = ["MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", Message];
        Assert.Equal(2, rig.Talk(["EHLO c", .. one, .. one]).Split("queued as").Length - 1);
        rig.WaitForLog("error writing command: ");
    }

    [Fact]
    public void Each_milter_sees_what_those_before_it_did()
    {
        using ScriptedMilter first = new("eom: insheader 0 X-A: b; chgheader 1 Subject: t; replbody new\\r\\n; continue"), second = new("eom: chgheader 1 X-A: c; addheader X-B: d; replbody newer\\r\\n; continue");
        using SmtpdRig rig = new($"smtpd_milters = ['{first.Name}', '{second.Name}']");
        rig.Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", Message);
        Assert.Contains("L X-A b\nL From a@b.test\nL Subject t\n", second.Story, StringComparison.Ordinal);
        Assert.Contains("B new|", second.Story, StringComparison.Ordinal);
        string[] content = Content(Records(rig));
        Assert.Equal("X-A: c", content[0]);
        Assert.Equal(["X-B: d", "", "newer"], content[^3..]);
    }

    [Fact]
    public void A_long_body_comes_in_pieces()
    {
        string line = new('x', 998);
        _ = Send(out string story, "", $"Subject: s\r\n\r\n{string.Concat(Enumerable.Repeat($"{line}\r\n", 200))}.");
        string[] pieces = [.. story.Split('\n').Where(static text => text.StartsWith("B ", StringComparison.Ordinal)).Select(static text => text[2..].Replace("|", "\r\n", StringComparison.Ordinal))];
        Assert.Equal(200_000, pieces.Sum(static piece => piece.Length));
        Assert.Equal([65535, 65535, 65535, 3395], pieces.Select(static piece => piece.Length));
    }

    [Theory]
    [InlineData("body: skip")]
    [InlineData("negotiate: options 6 1FF 10")]
    [InlineData("header: accept")]
    public void Who_needs_no_more_is_told_no_more(string script)
    {
        string line = new('x', 998);
        var (reply, _, _) = Send(out string story, script, $"Subject: s\r\n\r\n{string.Concat(Enumerable.Repeat($"{line}\r\n", 200))}.");
        Assert.Contains("250 2.0.0 Ok: queued", reply, StringComparison.Ordinal);
        Assert.True(story.Split("\nB ").Length <= 2);
    }

    // By the sendmail command, where non_smtpd_milters are told as if a client on this host had sent the mail.
    private static (MailFlow Flow, string Story) Pick(string script, string records = "T1700000000 0|Slocal@golden.test|Rc@d.test|Rd@d.test|M|NSubject: s|N|Nbody|X|E", string toml = "")
    {
        using ScriptedMilter milter = new(script);
        MailFlow flow = new() { Options = PostfixNet.Cleanup.CleanupOptions.From(PostfixNet.Configuration.MainConfig.FromText($"myhostname = 'mta.golden.test'\nmyorigin = 'golden.test'\nnon_smtpd_milters = '{milter.Name}'\n{toml}")) };
        flow.Drop("ABC", MailFlow.Encode(records));
        flow.RunPickup();
        return (flow, milter.Story);
    }

    [Fact]
    public void Mail_of_this_host_has_its_own_milters()
    {
        (MailFlow flow, string story) = Pick("eom: addheader X-A: b; delrcpt d@d.test; continue");
        using (flow)
        {
            Assert.StartsWith("C localhost 4 127.0.0.1\nH localhost\nM local@golden.test\nR c@d.test\nR d@d.test\nT\nL Subject s\n", story, StringComparison.Ordinal);
            Assert.EndsWith("\nB body|\nE\nQ", story, StringComparison.Ordinal);
            List<(char Type, string Payload)> records = flow.Incoming();
            Assert.Contains(('N', "X-A: b"), records);
            Assert.Equal(["Rc@d.test", "/d@d.test"], Recipients(records));
        }
    }

    [Theory]
    [InlineData("connect: reject")]
    [InlineData("mail: reply 550 5.7.1 no")]
    [InlineData("data: reject")]
    [InlineData("eom: reply 550-5.7.1 no\\r\\n550 5.7.1 never")]
    public void Mail_of_this_host_that_is_refused_goes_back(string script)
    {
        (MailFlow flow, _) = Pick(script);
        using (flow)
        {
            (char, string) instruction = flow.Incoming().SkipWhile(static record => record.Type != 'X').First(static record => record.Type == 'L');
            Assert.StartsWith("error:5.7.1 ", instruction.Item2, StringComparison.Ordinal);
            Assert.Contains(flow.Log, static line => line.Contains("milter-reject: ", StringComparison.Ordinal));
        }
    }

    // By few large headers, or by very many small changes, each of which looks through those before it.
    [Theory]
    [InlineData("addheader X: {0}", 1000, 20)]
    [InlineData("insheader 1 X: {0}", 1000, 20)]
    [InlineData("addheader X: {0}", 1, 2001)]
    public void Headers_that_are_too_much_are_refused(string action, int length, int count)
    {
        string script = string.Concat(Enumerable.Repeat(string.Format(System.Globalization.CultureInfo.InvariantCulture, action, new string('x', length)) + "; ", count));
        var (reply, records, _) = Send(out _, $"eom: {script}continue", toml: length > 1 ? "message_size_limit = 5000" : "");
        Assert.Contains("552 5.3.4 Error: message file too big", reply, StringComparison.Ordinal);
        Assert.Empty(records);
    }

    [Fact]
    public void Mail_of_this_host_that_a_milter_makes_too_large_goes_back()
    {
        (MailFlow flow, _) = Pick($"eom: {string.Concat(Enumerable.Repeat($"replbody {new string('x', 1000)}\\r\\n; ", 20))}continue", toml: "message_size_limit = 5000");
        using (flow)
        {
            List<(char Type, string Payload)> records = flow.Incoming();
            Assert.Contains(('L', "error:5.3.4 message file too big"), records.SkipWhile(static record => record.Type != 'X'));
            Assert.Equal('E', records[^1].Type);
            Assert.Empty(flow.Names(QueueName.Maildrop));
            Assert.Empty(flow.Names(QueueName.Corrupt));
        }
    }

    // The members of a list with an owner get nothing of mail that goes back, and nobody says that the list has got it.
    [Theory]
    [InlineData("eom: continue", "Dlist@golden.test", "list@golden.test Delivered")]
    [InlineData("eom: reject", "Rlist@golden.test", "")]
    [InlineData("eom: delrcpt list@golden.test; reject", "/list@golden.test", "")]
    [InlineData("eom: delrcpt list@golden.test; continue", "/list@golden.test", "")]
    public void A_list_is_reported_on_when_it_has_got_the_message(string script, string recipient, string reported)
    {
        (MailFlow flow, _) = Pick(script, "T1700000000 0|Slocal@golden.test|Anotify_flags=2|Rlist@golden.test|Rc@d.test|M|NSubject: s|N|Nbody|X|E",
            "mydestination = 'golden.test'\n[alias_maps]\nlist = 'm@m.test'\nowner-list = 'keeper@k.test'");
        using (flow)
        {
            string directory = flow.Queues.DirectoryOf(QueueName.Incoming);
            List<(char Type, string Payload)>[] files = [.. flow.Names(QueueName.Incoming).Select(id => MailFlow.Records($"{directory}/{id}"))];
            Assert.Equal(reported.Length > 0 ? 2 : 1, files.Length);
            Assert.Contains(recipient, files.Single(static file => file.Contains(('S', "local@golden.test"))).Select(static record => record.Type + record.Payload));
            Assert.Equal(reported, string.Join(' ', flow.Traced.Select(static outcome => $"{outcome.Recipient.Address} {outcome.Dsn.Action}")));
        }
    }

    [Theory]
    [InlineData("mail: tempfail")]
    [InlineData("rcpt: reject")]
    [InlineData("eom: tempfail")]
    [InlineData("eom: hangup")]
    public void Mail_of_this_host_that_is_put_off_stays_where_it_is(string script)
    {
        (MailFlow flow, _) = Pick(script);
        using (flow)
        {
            Assert.Empty(flow.Names(QueueName.Incoming));
            Assert.Single(flow.Names(QueueName.Maildrop));
        }
    }

    [Fact]
    public void Notices_pass_milters_only_if_that_is_wanted()
    {
        foreach ((string toml, string @class, bool isSeen) in new[] { ("", "bounce", false), ("internal_mail_filter_classes = 'bounce'", "bounce", true), ("internal_mail_filter_classes = 'bounce'", "notify", false), ("internal_mail_filter_classes = ['notify', 'bounce']", "notify", true) })
        {
            using ScriptedMilter milter = new("");
            using MailFlow flow = new() { Options = PostfixNet.Cleanup.CleanupOptions.From(PostfixNet.Configuration.MainConfig.FromText($"myhostname = 'mta.golden.test'\nnon_smtpd_milters = '{milter.Name}'\n{toml}")) };
            using (CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsInternal: true) { Class = @class }))
            {
                client.Send(MailFlow.Encode("S|Rc@d.test|M|NSubject: s|N|Nbody|X|E"));
                Assert.Equal(CleanupVerdict.Accepted, client.Finish().Verdict);
            }
            Assert.Equal(isSeen, milter.Story.Contains("L Subject s", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Mail_of_a_server_does_not_have_those_of_this_host()
    {
        using ScriptedMilter milter = new("");
        using SmtpdRig rig = new($"non_smtpd_milters = '{milter.Name}'");
        Assert.Contains("queued as", rig.Talk("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", Message), StringComparison.Ordinal);
        Assert.Empty(milter.Heard);
    }
}
