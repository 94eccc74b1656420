namespace PostfixNet.UnitTests.Smtpd;

/// <summary>What a client is told, and what is queued.</summary>
public sealed class SessionTests
{
    private static readonly string[] s_toData = ["EHLO c.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"];

    [Fact]
    public void A_message_is_queued_as_Postfix_queues_it()
    {
        using SmtpdRig rig = new();
        string talk = rig.Talk("EHLO c.test", "MAIL FROM:<a@b.test> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=ab+2Bc",
            "RCPT TO:<c@d.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+2By@d.test", "DATA", "Subject: s\r\n\r\nline\r\n..dot\r\n.", "QUIT");
        Assert.EndsWith("221 2.0.0 Bye", talk, StringComparison.Ordinal);
        Assert.Matches("250 2.0.0 Ok: queued as [0-9A-Za-z]+\n", talk);
        string file = Assert.Single(rig.Queued);
        // The order of the records: reference sample of mail that Postfix's smtpd took in.
        string[] expected =
        [
            "A rewrite_context=local\nA envelope_id=ab+c\nA ret_flags=2\nS a@b.test\nA encoding=8bit\nA log_client_name=localhost\nA log_client_address=127.0.0.1\n",
            "A log_helo_name=c.test\nA log_protocol_name=ESMTP\nA client_name=localhost\nA reverse_client_name=localhost\nA client_address=127.0.0.1\n",
            "A helo_name=c.test\nA protocol_name=ESMTP\nA client_address_type=2\nA notify_flags=6\nA dsn_orig_rcpt=rfc822;x+y@d.test\nO c@d.test\nR c@d.test\nM \nN Received: from c.test (localhost [127.0.0.1])\nN \tby mx.golden.test (Postfix) with ESMTP id ",
            "N \tfor <c@d.test>; ",
            "N Subject: s\n",
            "N \nN line\nN .dot\nX \n",
        ];
        foreach (string part in expected)
            Assert.Contains(part, file, StringComparison.Ordinal);
        Assert.Contains(rig.Log, static line => line.EndsWith(": client=localhost[127.0.0.1]", StringComparison.Ordinal));
        Assert.Equal("disconnect from localhost[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5", rig.WaitForLog("disconnect"));
    }

    [Theory]
    [InlineData("MAIL FROM:<a@b.test>\nMAIL FROM:<a@b.test>", "503 5.5.1 Error: nested MAIL command")]
    [InlineData("RCPT TO:<c@d.test>", "503 5.5.1 Error: need MAIL command")]
    [InlineData("DATA", "503 5.5.1 Error: need RCPT command")]
    [InlineData("MAIL FROM:<a@b.test>\nRCPT TO:<>\nDATA", "554 5.5.1 Error: no valid recipients")]
    [InlineData("MAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\nDATA x", "501 5.5.4 Syntax: DATA")]
    [InlineData("MAIL a@b.test", "501 5.5.4 Syntax: MAIL FROM:<address>")]
    [InlineData("MAIL FROM:<a@b.test", "501 5.1.7 Bad sender address syntax")]
    [InlineData("MAIL FROM:<a@b.test>x", "501 5.1.7 Bad sender address syntax")]
    [InlineData("MAIL FROM:<a@b.test,c@d.test>", "501 5.1.7 Bad sender address syntax")]
    [InlineData("MAIL FROM:<@b.test>", "501 5.1.7 Bad sender address syntax")]
    [InlineData("MAIL FROM:<a@b..test>", "501 5.1.7 Bad sender address syntax")]
    [InlineData("MAIL FROM:<-a@b.test>", "501 5.1.7 Bad sender address syntax")]
    [InlineData("MAIL FROM:<<a@b.test>>", "250 2.1.0 Ok")]
    [InlineData("MAIL FROM:", "501 5.5.4 Syntax: MAIL FROM:<address>")]
    [InlineData("MAIL FROM:<>", "250 2.1.0 Ok")]
    [InlineData("MAIL FROM: a@b.test", "250 2.1.0 Ok")]
    [InlineData("MAIL FROM:<\"a b>\"@b.test>", "250 2.1.0 Ok")]
    [InlineData("MAIL FROM:<@x.test,@y.test:a@b.test>", "250 2.1.0 Ok")]
    [InlineData("MAIL FROM:<a@b.test> SIZE=x", "501 5.5.4 Bad message size syntax")]
    [InlineData("MAIL FROM:<a@b.test> SIZE=99999999999", "552 5.3.4 Message size exceeds fixed limit")]
    [InlineData("MAIL FROM:<a@b.test> WRONG=1", "555 5.5.4 Unsupported option: WRONG=1")]
    [InlineData("MAIL FROM:<a@b.test> RET=ALL", "501 5.5.4 Bad RET parameter syntax")]
    [InlineData("MAIL FROM:<a@b.test> AUTH=x+00y", "501 5.5.4 Bad AUTH parameter syntax")]
    [InlineData("MAIL FROM:<a@b.test> ENVID=a+0Ab", "501 5.5.4 Bad ENVID parameter syntax")]
    [InlineData("MAIL FROM:<a@b.test>\nRCPT TO:<c@d.test> ORCPT=rfc822;a+0Ab", "501 5.5.4 Error: Bad ORCPT parameter syntax")]
    [InlineData("MAIL FROM:<a@b.test>\nRCPT TO:<c@d.test> NOTIFY=NEVER,FAILURE", "501 5.5.4 Error: Bad NOTIFY parameter syntax")]
    [InlineData("MAIL FROM:<a@b.test>\nRCPT TO: c@d.test ORCPT=rfc822;c@d.test", "250 2.1.5 Ok")]
    [InlineData("RSET x", "501 5.5.4 Syntax: RSET")]
    [InlineData("VRFY c@d.test", "252 2.0.0 c@d.test")]
    [InlineData("EHLO", "501 Syntax: EHLO hostname")]
    [InlineData("WRONG", "500 5.5.2 Error: command not recognized")]
    [InlineData("BDAT x", "521 5.5.4 Syntax: BDAT count [LAST]")]
    public void The_last_line_is_answered(string lines, string answer)
    {
        using SmtpdRig rig = new();
        string talk = rig.Talk(["EHLO c.test", .. lines.Split('\n')]);
        Assert.Equal(answer, talk.Split('\n')[^1]);
    }

    [Fact]
    public void Domains_outside_ASCII_want_SMTPUTF8()
    {
        using SmtpdRig rig = new();
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        client.Send("MAIL FROM:<a@jörg.test>\r\n"u8);
        Assert.Equal("501 5.1.7 Bad sender address syntax", client.Reply());
        client.Send("MAIL FROM:<jörg@b.test> SMTPUTF8\r\n"u8);
        Assert.Equal("250 2.1.0 Ok", client.Reply());
        Assert.Equal("500 5.5.2 Error: bad UTF-8 syntax", client.Say("RCPT TO:<j\u00f6rg@d.test>")); // one octet
        client.Send("RCPT TO:<jörg@d.test>\r\nDATA\r\n"u8);
        Assert.Equal("250 2.1.5 Ok", client.Reply());
        Assert.StartsWith("354", client.Reply(), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0", client.Say("Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        Assert.Contains("with UTF8SMTP id", Assert.Single(rig.Queued), StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_that_come_together_are_answered_together()
    {
        using SmtpdRig rig = new();
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        client.Send("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nRCPT TO:<e@f.test>\r\nDATA\r\n");
        Assert.Equal(["250 2.1.0 Ok", "250 2.1.5 Ok", "250 2.1.5 Ok", "354 End data with <CR><LF>.<CR><LF>"],
            Enumerable.Range(0, 4).Select(_ => client.Reply()));
        client.Send("Subject: 1\r\n\r\n.\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
        Assert.StartsWith("250 2.0.0 Ok: queued", client.Reply(), StringComparison.Ordinal);
        Assert.Equal(["250 2.1.0 Ok", "250 2.1.5 Ok", "354 End data with <CR><LF>.<CR><LF>"], Enumerable.Range(0, 3).Select(_ => client.Reply()));
        Assert.StartsWith("250 2.0.0 Ok: queued", client.Say("Subject: 2\r\n\r\n."), StringComparison.Ordinal);
        Assert.Equal(2, rig.Queued.Count);
        // Who else gets it stands in no header.
        Assert.DoesNotContain("for <", rig.Queued.Single(static file => file.Contains("Subject: 1", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\r\n.\r\n", "a")]                                       // as it should be
    [InlineData("a\n.\n.\r\n.\r\n", "a|.|.")]                              // a dot between bare line ends ends nothing
    [InlineData("a\r\n.\nb\r\n.\r\n", "a|.|b")]
    [InlineData("a\n.\r\nb\r\n.\r\n", "a|.|b")]
    [InlineData("a\r\n..\r\n...\r\n.b\r\n.\r\n", "a|.|..|b")]
    [InlineData("a\rb\r\n.\r\n", "a b")]                                  // cleanup's doing
    [InlineData("\r\n.\r\n", "")]
    public void The_content_ends_where_it_ends(string content, string lines)
    {
        using SmtpdRig rig = new();
        SmtpdClient client = rig.Connect();
        foreach (string line in s_toData)
            client.Say(line);
        client.Send("Subject: s\r\n\r\n" + content);
        Assert.StartsWith("250 2.0.0 Ok: queued", client.Reply(), StringComparison.Ordinal);
        string file = Assert.Single(rig.Queued);
        string body = file[(file.IndexOf("\nN \n", StringComparison.Ordinal) + 4)..file.IndexOf("X \n", StringComparison.Ordinal)];
        Assert.Equal(lines.Length == 0 ? "N \n" : string.Concat(lines.Split('|').Select(static line => $"N {line}\n")), body);
        Assert.Equal("250 2.0.0 Ok", client.Say("NOOP"));
    }

    // RFC 5321 and 3030, cut at every octet: what arrives is the same.
    [Fact]
    public void Pieces_of_any_size_are_one_message()
    {
        using SmtpdRig rig = new("smtpd_forbid_unauth_pipelining = false\nline_length_limit = 512");
        string whole = $"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubject: s\r\n\r\n{new string('x', 600)}\r\n..\r\n.\r\n"
            + "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nBDAT 12\r\nSubject: t\r\nBDAT 9 LAST\r\n\r\n..\r\n.\r\nQUIT\r\n";
        HashSet<string> seen = [];
        for (int cut = 1; cut < whole.Length; cut += cut is > 110 and < 690 ? 97 : 1)
        {
            SmtpdClient client = rig.Connect();
            client.Send(whole[..cut]);
            client.Send(whole[cut..]);
            string last = "", reply;
            while ((reply = client.Reply()).Length > 0)
                last = reply;
            Assert.Equal("221 2.0.0 Bye", last);
        }
        foreach (string file in rig.Queued)
            seen.Add(file[file.IndexOf("\nN Subject", StringComparison.Ordinal)..file.IndexOf("X \n", StringComparison.Ordinal)].Split("N Message-Id")[0]
                + file[file.IndexOf("\nN \n", StringComparison.Ordinal)..file.IndexOf("X \n", StringComparison.Ordinal)]);
        Assert.Equal(2, seen.Select(static file => file.Replace("From: a@b.test", "", StringComparison.Ordinal)).Distinct().Count());
        Assert.Contains(seen, static file => file.EndsWith($"\nN \nL {new string('x', 512)}\nN {new string('x', 88)}\nN .\n", StringComparison.Ordinal));
        Assert.Contains(seen, static file => file.EndsWith("\nN \nN ..\nN .\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Too_much_content_leaves_nothing()
    {
        using SmtpdRig rig = new("message_size_limit = 100000");
        SmtpdClient client = rig.Connect();
        foreach (string line in s_toData)
            client.Say(line);
        string line1000 = new string('x', 998) + "\r\n";
        for (int i = 0; i < 2000; i++)
            client.Send(line1000);
        Assert.Equal("552 5.3.4 Error: message file too big", client.Say("."));
        rig.WaitForLog("not queued");
        Assert.True(SpinWait.SpinUntil(() => rig.Queued.Count == 0, TimeSpan.FromSeconds(20)));
        Assert.Equal("250 2.1.0 Ok", client.Say("MAIL FROM:<a@b.test>"));
    }

    [Fact]
    public void A_client_that_leaves_within_a_message_leaves_nothing()
    {
        using SmtpdRig rig = new();
        SmtpdClient client = rig.Connect();
        foreach (string line in s_toData)
            client.Say(line);
        for (int i = 0; i < 100; i++)
            client.Send(new string('x', 998) + "\r\n");
        client.FinishSending();
        Assert.Equal("", client.Reply());
        Assert.Equal("lost connection after DATA (100000 bytes) from localhost[127.0.0.1]", rig.WaitForLog("lost connection"));
        rig.WaitForLog("not queued");
        Assert.True(SpinWait.SpinUntil(() => rig.Queued.Count == 0, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Too_many_errors_end_a_session()
    {
        using SmtpdRig rig = new("smtpd_error_sleep_time = 0\nsmtpd_hard_error_limit = 3");
        Assert.EndsWith("421 4.7.0 mx.golden.test Error: too many errors", rig.Talk("X", "Y", "Z"), StringComparison.Ordinal);
        Assert.Equal("too many errors after UNKNOWN from localhost[127.0.0.1]", rig.WaitForLog("too many errors"));
        Assert.Equal("disconnect from localhost[127.0.0.1] unknown=0/3 commands=0/3", rig.WaitForLog("disconnect"));
    }

    // Relays keep a connection, and say RSET before each message.
    [Fact]
    public void A_message_that_is_taken_makes_good_for_errors_and_idle_words_before_it()
    {
        using SmtpdRig rig = new("smtpd_error_sleep_time = 0\nsmtpd_junk_command_limit = 2\nsmtpd_hard_error_limit = 3");
        SmtpdClient client = rig.Connect();
        client.Say("EHLO c.test");
        for (int i = 0; i < 4; i++)
        {
            foreach (string line in (string[])["RSET", "NOOP", "RSET", "MAIL FROM:<>", "RCPT TO:<c@d.test> X=1", "RCPT TO:<c@d.test>", "DATA"])
                client.Say(line);
            Assert.StartsWith("250 2.0.0 Ok: queued", client.Say("Subject: s\r\n\r\n."), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Another_protocol_is_no_mail()
    {
        using SmtpdRig rig = new();
        Assert.EndsWith("221 2.7.0 Error: I can break rules, too. Goodbye.", rig.Talk("GET / HTTP/1.1"), StringComparison.Ordinal);
        Assert.Equal("warning: non-SMTP command from localhost[127.0.0.1]: GET / HTTP/1.1", rig.WaitForLog("non-SMTP"));
    }

    [Fact]
    public void Who_speaks_before_it_may_is_let_go()
    {
        using SmtpdRig rig = new();
        SmtpdClient client = rig.Connect();
        client.Send("EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n");
        Assert.Equal("554 5.5.0 Error: SMTP protocol synchronization", client.Reply());
        Assert.Equal("", client.Reply());
        Assert.Equal("improper command pipelining after EHLO from localhost[127.0.0.1]: MAIL FROM:<a@b.test>\\r\\n", rig.WaitForLog("pipelining"));
    }

    [Fact]
    public void A_stop_says_421_to_who_waits_and_lets_a_message_end()
    {
        using SmtpdRig rig = new();
        SmtpdClient idle = rig.Connect(), busy = rig.Connect();
        foreach (string line in s_toData)
            busy.Say(line);
        rig.Hurry();
        Assert.Equal("421 4.3.2 mx.golden.test Service shutting down", idle.Reply());
        Assert.Equal("", idle.Reply());
        Assert.StartsWith("250 2.0.0 Ok: queued", busy.Say("Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        Assert.Equal("421 4.3.2 mx.golden.test Service shutting down", busy.Reply());
        Assert.Single(rig.Queued);
    }

    [Fact]
    public void Connections_of_a_client_are_counted_while_they_last()
    {
        using SmtpdRig rig = new("smtpd_client_connection_count_limit = 2");
        SmtpdClient first = rig.Connect(), second = rig.Connect();
        Assert.StartsWith("421 4.7.0", rig.Connect().Greeting, StringComparison.Ordinal);
        Assert.Equal("warning: Connection concurrency limit exceeded: 3 from localhost[127.0.0.1] for service smtpd", rig.WaitForLog("limit exceeded"));
        first.Say("QUIT");
        Assert.Equal("", first.Reply());
        Assert.StartsWith("220", rig.Connect().Greeting, StringComparison.Ordinal);
        Assert.Equal("250 2.0.0 Ok", second.Say("NOOP"));
    }

    // RFC 5321 section 4.4 and the log have it between other words.
    [Fact]
    public void The_name_of_HELO_forges_nothing()
    {
        using SmtpdRig rig = new("smtpd_relay_restrictions = 'reject'");
        rig.Talk("EHLO a.test (b.test [192.0.2.1]) \"x\" proto=<y>;@", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>");
        Assert.EndsWith(" proto=ESMTP helo=<a.test??b.test?[192.0.2.1]???x??proto=?y???>", rig.WaitForLog("reject: RCPT"), StringComparison.Ordinal);
        using SmtpdRig open = new();
        SmtpdClient client = open.Connect();
        foreach (string line in (string[])["HELO a.test (b", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"])
            client.Say(line);
        Assert.StartsWith("250 2.0.0", client.Say("Subject: s\r\n\r\nx\r\n."), StringComparison.Ordinal);
        Assert.Contains("\nN Received: from a.test??b (localhost [127.0.0.1])\n", Assert.Single(open.Queued), StringComparison.Ordinal);
    }

    // What real Postfix 3.7 answers.
    [Theory]
    [InlineData("BDAT 6 LAST", "521 5.5.1 Error: command not implemented")]
    [InlineData("BDAT x", "521 5.5.1 Error: command not implemented")]
    [InlineData("MAIL FROM:<a@b.test> RET=FULL", "501 5.7.1 DSN support is disabled")]
    [InlineData("MAIL FROM:<a@b.test> ENVID=x", "501 5.7.1 DSN support is disabled")]
    [InlineData("MAIL FROM:<a@b.test>\nRCPT TO:<c@d.test> NOTIFY=NEVER", "501 5.7.1 DSN support is disabled")]
    [InlineData("MAIL FROM:<a@b.test>\nRCPT TO:<c@d.test> ORCPT=rfc822;c@d.test", "501 5.7.1 DSN support is disabled")]
    [InlineData("MAIL FROM:<a@b.test> SMTPUTF8", "555 5.5.4 Unsupported option: SMTPUTF8")]
    [InlineData("MAIL FROM:<a@b.test> SIZE=1 BODY=8BITMIME", "250 2.1.0 Ok")]
    [InlineData("XFORWARD ADDR=192.0.2.1", "250 2.0.0 Ok")]
    public void What_is_not_announced_is_not_there(string lines, string answer)
    {
        using SmtpdRig rig = new("smtpd_discard_ehlo_keywords = 'chunking, dsn, smtputf8, size, 8bitmime, xforward'\nsmtpd_authorized_xforward_hosts = '127.0.0.1'");
        Assert.Equal(answer, rig.Talk(["EHLO c.test", .. lines.Split('\n')]).Split('\n')[^1]);
    }

    // The next server is told who that was; real Postfix 3.7 answers so, and a proxy's client that gains its words gains no right of it.
    [Theory]
    [InlineData("XCLIENT ADDR=::1", "501 5.5.4 Bad ADDR syntax: ::1")]
    [InlineData("XCLIENT ADDR=IPv6:192.0.2.1", "501 5.5.4 Bad ADDR syntax: IPv6:192.0.2.1")]
    [InlineData("XCLIENT ADDR=IPv6:::1", "220 mx.golden.test ESMTP Postfix")]
    [InlineData("XFORWARD ADDR=::1", "501 5.5.4 Bad ADDR syntax: ::1")]
    [InlineData("XCLIENT ADDR=192.0.2.1 NAME=x.test\nXCLIENT ADDR=127.0.0.1", "550 5.7.0 Error: insufficient authorization")]
    public void Clients_of_a_proxy_are_who_it_says(string lines, string answer)
    {
        using SmtpdRig rig = new("smtpd_authorized_xclient_hosts = '127.0.0.1'\nsmtpd_authorized_xforward_hosts = '127.0.0.1'");
        Assert.Equal(answer, rig.Talk(lines.Split('\n')).Split('\n')[^1]);
    }

    // Whoever has used XCLIENT has ended once, not twice.
    [Fact]
    public void Clients_are_counted_after_XCLIENT_too()
    {
        using SmtpdRig rig = new("smtpd_client_connection_count_limit = 1\nsmtpd_authorized_xclient_hosts = '127.0.0.1'\nsmtpd_client_event_limit_exceptions = '127.0.0.9'");
        SmtpdClient proxy = rig.Connect();
        Assert.StartsWith("220 ", proxy.Say("XCLIENT ADDR=127.0.0.9"), StringComparison.Ordinal);
        Assert.StartsWith("221 ", proxy.Say("QUIT"), StringComparison.Ordinal);
        Assert.Equal("", proxy.Reply());
        rig.WaitForLog("disconnect");
        _ = rig.Connect();
        Assert.StartsWith("421 4.7.0", rig.Connect().Greeting, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Log, static line => line.Contains("not counted", StringComparison.Ordinal));
    }

    // All sessions of a process share a thread.
    [Fact]
    public void A_client_that_never_stops_sending_does_not_keep_others_out()
    {
        using SmtpdRig rig = new("message_size_limit = 100000");
        SmtpdClient flood = rig.Connect(), other = rig.Connect();
        foreach (string line in s_toData)
            flood.Say(line);
        using CancellationTokenSource over = new();
        string lines = string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 200));
        Thread sender = new(() =>
        {
            while (!over.IsCancellationRequested)
                flood.Send(lines);
        });
        sender.Start();
        try
        {
            for (int i = 0; i < 20; i++)
                Assert.Equal("250 2.0.0 Ok", other.Say("NOOP"));
        }
        finally
        {
            over.Cancel();
            sender.Join();
        }
        Assert.Equal("552 5.3.4 Error: message file too big", flood.Say("\r\n."));
    }

    [Fact]
    public void A_line_without_end_is_bounded()
    {
        using SmtpdRig rig = new();
        SmtpdClient client = rig.Connect();
        string piece = new('x', 10_000);
        for (int i = 0; i < 10; i++)
            client.Send(piece);
        Assert.Equal("500 5.5.2 Error: line too long", client.Say(""));
        Assert.Equal("250 2.0.0 Ok", client.Say("NOOP"));
        // One that goes on is none: the session is over.
        client.Send(new string('x', 110_000));
        Assert.Equal("500 5.5.2 Error: line too long", client.Reply());
        Assert.Equal("", client.Reply());
    }
}
