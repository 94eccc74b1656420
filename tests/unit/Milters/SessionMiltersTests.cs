using System.Net.Sockets;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.Milters;

/// <summary>What milters hear of a session up to the content, and what becomes of what they say.</summary>
public sealed class SessionMiltersTests
{
    private const string Mail = "MAIL FROM:<a@b.test> SIZE=100", Rcpt = "RCPT TO:<c@d.test> NOTIFY=NEVER", Content = "Subject: s\r\n\r\nx\r\n.";

    private static SmtpdRig Rig(ScriptedMilter milter, string toml = "") => new($"smtpd_milters = '{milter.Name}'\n{toml}");

    private static string Session(string script, string[] lines, out ScriptedMilter milter, out IReadOnlyList<string> log, string toml = "")
    {
        milter = new ScriptedMilter(script);
        using SmtpdRig rig = Rig(milter, toml);
        SmtpdClient client = rig.Connect();
        string talk = client.Greeting;
        foreach (string line in lines.TakeWhile(_ => !talk.Split('\n')[^1].StartsWith("421", StringComparison.Ordinal)))
            talk += $"\n{client.Say(line)}";
        log = rig.Log;
        milter.Dispose();
        return talk;
    }

    [Fact]
    public void All_of_the_envelope_is_told_with_its_macros()
    {
        using ScriptedMilter milter = new("");
        using SmtpdRig rig = Rig(milter, "milter_macro_v = 'V'");
        SmtpdClient client = rig.Connect();
        foreach (string line in new[] { "EHLO client.test", Mail, Rcpt, "BOGUS arg", "DATA" })
            client.Say(line);
        Assert.StartsWith("C localhost 4 ", milter.Heard[2], StringComparison.Ordinal);
        Assert.EndsWith("127.0.0.1", milter.Heard[2], StringComparison.Ordinal);
        Assert.Equal(
            [
                "O 00000006000001FF001FFFFF", "D Cj mx.golden.test {daemon_name} mx.golden.test {daemon_addr} 127.0.0.1 v V _ localhost [127.0.0.1]", "C",
                "D H", "H client.test", "D M{mail_addr} a@b.test {mail_host} b.test {mail_mailer} smtp", "M <a@b.test> SIZE=100",
                "D R{rcpt_addr} c@d.test {rcpt_host} d.test {rcpt_mailer} smtp", "R <c@d.test> NOTIFY=NEVER", "D U", "U BOGUS arg", "D T", "T",
            ],
            milter.Heard.Select(static line => line.StartsWith("C ", StringComparison.Ordinal) ? "C" : line));
    }

    // Event, action, what the client hears, what the log says.
    [Theory]
    [InlineData("mail", "reject", "550 5.7.1 Command rejected", "NOQUEUE: milter-reject: MAIL from localhost[127.0.0.1]: 550 5.7.1 Command rejected; from=<a@b.test> proto=ESMTP helo=<c>")]
    [InlineData("mail", "tempfail", "451 4.7.1 Service unavailable - try again later", "NOQUEUE: milter-reject: MAIL from")]
    [InlineData("rcpt", "reply 550 5.7.1 go away", "550 5.7.1 go away", "NOQUEUE: milter-reject: RCPT from localhost[127.0.0.1]: 550 5.7.1 go away; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<c>")]
    [InlineData("rcpt", "reply 452-4.2.2 one%%\\r\\n452 4.2.2 two", "452-4.2.2 one%\n452 4.2.2 two", "milter-reject: RCPT")]
    [InlineData("rcpt", "reply 599 no status", "599 no status", "milter-reject: RCPT")]
    [InlineData("data", "reject", "550 5.7.1 Command rejected", "milter-reject: DATA")]
    [InlineData("data", "shutdown", "421 4.7.0 Server closing connection", "milter-reject: DATA")]
    [InlineData("rcpt", "reply 421 4.7.0 leave", "421 4.7.0 leave", "milter-reject: RCPT")]
    [InlineData("rcpt", "progress; progress; dribble reply 550 5.1.1 slowly", "550 5.1.1 slowly", "milter-reject: RCPT")]
    [InlineData("unknown", "tempfail", "451 4.7.1 Service unavailable", "")]
    [InlineData("unknown", "reject", "550 5.7.1 Command rejected", "milter-reject: UNKNOWN from localhost[127.0.0.1]: 550 5.7.1 Command rejected; from=<a@b.test> proto=ESMTP helo=<c>")]
    [InlineData("connect", "reject", "554 mx.golden.test ESMTP not accepting connections", "milter-reject: CONNECT from localhost[127.0.0.1]: 550 5.7.1 Command rejected; proto=SMTP")]
    [InlineData("connect", "tempfail", "451 4.7.1 Service unavailable", "milter-reject: MAIL")]
    [InlineData("connect", "shutdown", "421 mx.golden.test Service unavailable - try again later", "milter-reject: CONNECT")]
    [InlineData("helo", "reject", "550 5.7.1 Command rejected", "milter-reject: EHLO")]
    [InlineData("helo", "shutdown", "421 4.7.0 Server closing connection", "milter-reject: EHLO")]
    [InlineData("rcpt", "connfail", "451 4.7.1 Service unavailable", "unexpected filter response SMFIR_CONN_FAIL after event SMFIC_RCPT")]
    [InlineData("mail", "addheader X: y", "451 4.7.1 Service unavailable", "unexpected filter response SMFIR_ADDHEADER after event SMFIC_MAIL")]
    [InlineData("mail", "raw 0000000263FF", "451 4.7.1 Service unavailable", "reply SMFIR_CONTINUE was followed by 1 data bytes")]
    [InlineData("mail", "raw 00000000", "451 4.7.1 Service unavailable", "bad packet length: 0")]
    [InlineData("mail", "raw 7FFFFFFF63", "451 4.7.1 Service unavailable", "unreasonable packet length: 2147483647 > 131072")]
    [InlineData("mail", "hangup", "451 4.7.1 Service unavailable", "can't read SMFIC_MAIL reply packet header: connection closed")]
    [InlineData("mail", "raw 00000005; hangup", "451 4.7.1 Service unavailable", "can't read SMFIC_MAIL reply packet data: connection closed")]
    [InlineData("mail", "reply 250 nonsense", "451 4.3.5 Server configuration problem", "malformed reply: 250 nonsense")]
    [InlineData("negotiate", "hangup", "451 4.7.1 Service unavailable", "can't read SMFIC_OPTNEG reply packet header")]
    [InlineData("negotiate", "options 7 0 0", "451 4.7.1 Service unavailable", "protocol version 7 conflict with MTA protocol version 6")]
    [InlineData("negotiate", "options 6 FFF 0", "451 4.7.1 Service unavailable", "request mask 0xfff conflict with MTA request mask 0x1ff")]
    public void What_a_milter_says_is_what_the_client_hears(string told, string action, string reply, string line)
    {
        string talk = Session($"{told}: {action}", ["EHLO c", Mail, Rcpt, "BOGUS", "DATA"], out _, out IReadOnlyList<string> log);
        Assert.Contains(reply, talk, StringComparison.Ordinal);
        Assert.Contains(log, text => text.Contains(line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_refused_recipient_is_told_only_to_who_wants_it()
    {
        string[] lines = ["EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<refused@d.test>"];
        const string Refuse = "smtpd_recipient_restrictions = ['reject']";
        Session("", lines, out ScriptedMilter deaf, out _, Refuse);
        Assert.DoesNotContain("R <refused@d.test>", deaf.Story, StringComparison.Ordinal);
        string talk = Session("negotiate: options 6 1FF 800\nrcpt: reply 550 5.9.9 mine", lines, out ScriptedMilter curious, out _, Refuse);
        Assert.Contains("D R{rcpt_addr} Recipient address rejected: Access denied {rcpt_host} 5.7.1 {rcpt_mailer} error", curious.Heard);
        Assert.Contains("R <refused@d.test>", curious.Story, StringComparison.Ordinal);
        Assert.Contains("554 5.7.1 <refused@d.test>: Recipient address rejected", talk, StringComparison.Ordinal);
        Assert.DoesNotContain("5.9.9", talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Restrictions_come_first()
    {
        Session("", ["EHLO c", Mail], out ScriptedMilter milter, out _, "smtpd_sender_restrictions = ['reject']\nsmtpd_delay_reject = false");
        Assert.DoesNotContain("M <", milter.Story, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_milter_does_not_want_is_not_told()
    {
        // No HELO, no MAIL; RCPT is told, and not answered; macros come all the same.
        string talk = Session("negotiate: options 6 1FF 8006\nrcpt: hangup", ["EHLO c", Mail, Rcpt, "QUIT"], out ScriptedMilter milter, out _);
        Assert.Contains("250 2.1.5 Ok", talk, StringComparison.Ordinal);
        Assert.DoesNotContain("\nH c", milter.Story, StringComparison.Ordinal);
        Assert.DoesNotContain("\nM ", milter.Story, StringComparison.Ordinal);
    }

    // It is found broken only when cleanup is to have it: what it wants to know goes with the content.
    [Theory]
    [InlineData("tempfail", "451 4.7.1 Service unavailable - try again later")]
    [InlineData("reject", "550 5.5.0 Service unavailable")]
    [InlineData("accept", "250 2.0.0 Ok: queued as ")]
    public void A_milter_that_is_gone_before_the_content_is_not_passed_over(string action, string reply)
    {
        using TemporaryDirectory directory = new();
        string path = $"{directory.Path}/milter";
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Thread milter = new(() =>
        {
            using NetworkStream stream = new(listener.Accept(), ownsSocket: true);
            Skip(stream);
            // Version 6, all changes; no HELO, MAIL, RCPT, unknown commands, DATA.
            stream.Write([0, 0, 0, 13, (byte)'O', 0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0, 3, 0x0e]);
            Skip(stream); // macros
            Skip(stream); // the client
            stream.Write([0, 0, 0, 1, (byte)'c']);
        });
        milter.Start();
        using SmtpdRig rig = new($"smtpd_milters = 'unix:{path}'\nmilter_default_action = '{action}'");
        SmtpdClient client = rig.Connect();
        milter.Join();
        foreach (string line in new[] { "EHLO c", Mail, Rcpt, "DATA" })
            Assert.Matches("^[23]", client.Say(line).Split('\n')[^1]);
        Assert.StartsWith(reply, client.Say(Content), StringComparison.Ordinal);
        Assert.Equal(action == "accept" ? 1 : 0, rig.Queued.Count);

        static void Skip(NetworkStream stream)
        {
            byte[] length = new byte[4];
            stream.ReadExactly(length);
            stream.ReadExactly(new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(length)]);
        }
    }

    [Fact]
    public void An_older_milter_is_told_only_what_it_knows()
    {
        string talk = Session("negotiate: options 2 3F 0\nunknown: tempfail\ndata: reject", ["EHLO c", Mail, Rcpt, "BOGUS", "DATA"], out ScriptedMilter milter, out _);
        Assert.Contains("354 End data", talk, StringComparison.Ordinal);
        Assert.DoesNotContain("\nU ", milter.Story, StringComparison.Ordinal);
        Assert.DoesNotContain("\nT", milter.Story, StringComparison.Ordinal);
    }

    [Fact]
    public void A_milter_can_choose_its_macros()
    {
        Session("negotiate: options 6 1FF 0 1={client_addr}+j 3=none", ["EHLO c", Mail, Rcpt], out ScriptedMilter milter, out _);
        Assert.Contains("D H{client_addr} 127.0.0.1 j mx.golden.test", milter.Heard);
        Assert.Contains("D R", milter.Heard);
    }

    [Theory]
    [InlineData("accept", "354 End data", "")]
    [InlineData("reject", "550 5.5.0 Service unavailable", "milter-reject: RCPT")]
    [InlineData("tempfail", "451 4.7.1 Service unavailable - try again later", "milter-reject: RCPT")]
    [InlineData("shutdown", "421 4.7.1 Service unavailable - try again later", "milter-reject: RCPT")]
    [InlineData("quarantine", "354 End data", "NOQUEUE: milter-hold: RCPT from localhost[127.0.0.1]: default_action;")]
    public void A_milter_that_fails_has_its_default_action(string action, string reply, string line)
    {
        string talk = Session("rcpt: hangup", ["EHLO c", Mail, Rcpt, "DATA"], out _, out IReadOnlyList<string> log, $"milter_default_action = '{action}'");
        Assert.Contains(reply, talk, StringComparison.Ordinal);
        Assert.Contains(log, text => text.Contains(line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_milter_that_does_not_answer_is_given_up_and_others_go_on()
    {
        using ScriptedMilter silent = new("rcpt: silence");
        using SmtpdRig rig = new($"smtpd_milters = '{{ {silent.Name}, command_timeout = 2s, default_action = accept }}'");
        SmtpdClient waiting = rig.Connect(), other = rig.Connect();
        foreach (string line in new[] { "EHLO c", Mail })
            waiting.Say(line);
        waiting.Send($"{Rcpt}\r\n");
        Assert.Equal("250 2.0.0 Ok", other.Say("NOOP"));
        Assert.Equal("250 2.1.5 Ok", waiting.Reply());
        rig.WaitForLog("can't read SMFIC_RCPT reply packet header: Connection timed out");
    }

    [Fact]
    public void A_milter_that_is_not_there_has_its_default_action()
    {
        string name;
        using (ScriptedMilter gone = new(""))
            name = gone.Name;
        using SmtpdRig rig = new($"smtpd_milters = '{name}'");
        Assert.Contains("451 4.7.1 Service unavailable", rig.Talk("EHLO c", Mail), StringComparison.Ordinal);
        rig.WaitForLog($"connect to Milter service {name}: Connection refused");
    }

    [Fact]
    public void A_message_that_is_discarded_goes_nowhere()
    {
        using ScriptedMilter milter = new("rcpt: discard");
        using SmtpdRig rig = Rig(milter);
        Assert.Contains("250 2.0.0 Ok: queued as", rig.Talk("EHLO c", Mail, Rcpt, "DATA", Content), StringComparison.Ordinal);
        Assert.Empty(rig.Queued);
        rig.WaitForLog("NOQUEUE: milter-discard: RCPT from localhost[127.0.0.1]: milter triggers DISCARD action; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<c>");
        // The milter hears no more of it.
        Assert.DoesNotContain("\nT", milter.Story, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_accepted_is_asked_no_more()
    {
        Session("connect: accept", ["EHLO c", Mail], out ScriptedMilter milter, out _);
        Assert.DoesNotContain("\nH", milter.Story, StringComparison.Ordinal);
        Session("mail: accept", ["EHLO c", Mail, Rcpt, "RSET", Mail], out ScriptedMilter once, out _);
        Assert.DoesNotContain("\nR", once.Story, StringComparison.Ordinal);
        Assert.Equal(2, once.Story.Split('\n').Count(static line => line.StartsWith("M ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_end_of_a_message_and_of_the_client_is_told()
    {
        using ScriptedMilter milter = new("");
        using (SmtpdRig rig = Rig(milter))
        {
            rig.Talk("EHLO c", Mail, "RSET", "QUIT");
            Assert.True(SpinWait.SpinUntil(() => milter.Story.EndsWith("A\nQ", StringComparison.Ordinal), TimeSpan.FromSeconds(10)), milter.Story);
        }
    }

    [Fact]
    public void A_client_can_have_milters_of_its_own()
    {
        using ScriptedMilter usual = new("mail: reply 550 5.7.1 usual"), own = new("mail: reply 550 5.7.1 own");
        using SmtpdRig rig = new($"smtpd_milters = '{usual.Name}'\nsmtpd_milter_maps = {{ '127.0.0.2' = '{own.Name}', '127.0.0.3' = 'DISABLE' }}");
        Assert.Contains("5.7.1 usual", rig.TalkFrom("127.0.0.1", "EHLO c", Mail), StringComparison.Ordinal);
        Assert.Contains("5.7.1 own", rig.TalkFrom("127.0.0.2", "EHLO c", Mail), StringComparison.Ordinal);
        Assert.Contains("250 2.1.0 Ok", rig.TalkFrom("127.0.0.3", "EHLO c", Mail), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_milter_with_something_to_say_is_heard()
    {
        using ScriptedMilter first = new("rcpt: reply 550 5.1.1 first"), second = new("");
        using SmtpdRig rig = new($"smtpd_milters = ['{first.Name}', '{second.Name}']");
        Assert.Contains("550 5.1.1 first", rig.Talk("EHLO c", Mail, Rcpt), StringComparison.Ordinal);
        Assert.Contains("M <a@b.test>", second.Story, StringComparison.Ordinal);
        Assert.DoesNotContain("R <c@d.test>", second.Story, StringComparison.Ordinal);
    }
}
