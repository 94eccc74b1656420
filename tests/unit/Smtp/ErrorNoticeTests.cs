using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Queue;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>When the postmaster is told of a conversation, and what.</summary>
public sealed class ErrorNoticeTests
{
    private const string OwnSender = "double-bounce@mta.golden.test";

    // S2-14, S4-09
    [Theory]
    [InlineData("""{"rcpt": "503 5.5.1 bad sequence"}""", true)]
    [InlineData("""{"mail": "500 5.5.2 syntax"}""", true)]
    [InlineData("""{"mail": "509 what"}""", true)]
    [InlineData("""{"mail": "555 5.5.4 unknown parameter"}""", true)]
    [InlineData("""{"rcpt": "354 odd"}""", true)]
    [InlineData("""{"rcpt": "699 odd"}""", true)]
    [InlineData("""{"dot": "250-x\nwhatever"}""", true)] // not SMTP
    [InlineData("""{"banner": "500 no"}""", true)]
    [InlineData("""{"ehlo": "421 no"}""", false)]
    [InlineData("""{"rcpt": "510 no"}""", false)]
    [InlineData("""{"rcpt": "550 5.1.1 no such user"}""", false)]
    [InlineData("""{"rcpt": "450 4.2.0 later"}""", false)]
    [InlineData("""{"dot": "554 5.7.1 spam"}""", false)]
    [InlineData("""{"dot": "DROP"}""", false)]
    [InlineData("{}", false)]
    public void Only_what_breaks_the_protocol_is_reported(string script, bool reported)
    {
        Submitter submitter = new();
        _ = Deliver(submitter, script, ErrorClasses.Protocol);
        Assert.Equal(reported ? 1 : 0, submitter.Queued.Count);
    }

    // S4-09
    [Fact]
    public void The_notice_has_the_transcript()
    {
        Submitter submitter = new();
        SmtpRig rig = Deliver(submitter, """{"rcpt": "503 5.5.1 \u00e9 bad"}""", ErrorClasses.Protocol);
        (string from, string to, string text) = submitter.Queued.Single();
        Assert.Equal((OwnSender, "postmaster"), (from, to));
        int port = rig.Options.TcpPort;
        Assert.StartsWith(
            "From: MAILER-DAEMON (Mail Delivery System)\nTo: postmaster (Postmaster)\n" +
            $"Subject: Postfix SMTP client: errors from mx.test[127.0.0.31]:{port}\n", text, StringComparison.Ordinal);
        Assert.EndsWith(
            $"\n\nUnexpected response from mx.test[127.0.0.31]:{port}.\n\nTranscript of session follows.\n\n" +
            " In:  220 mx ESMTP golden\n Out: EHLO mta.golden.test\n In:  250-mx\n In:  250 PIPELINING\n" +
            " Out: MAIL FROM:<sf@origin.test>\n Out: RCPT TO:<u@mx.test>\n Out: DATA\n In:  250 2.1.0 Ok\n In:  503 5.5.1 ? bad\n" +
            " In:  354 End data with <CR><LF>.<CR><LF>\n Out: .\n Out: QUIT\n In:  250 2.0.0 Ok: queued as SINK\n" +
            "\nFor other details, see the local mail logfile.\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("some text", text, StringComparison.Ordinal);
    }

    // S4-09
    [Theory]
    [InlineData("")]
    [InlineData(OwnSender)]
    [InlineData("Double-Bounce@mta.golden.test")]
    public void Notices_are_not_reported_on(string sender)
    {
        Submitter submitter = new();
        _ = Deliver(submitter, """{"rcpt": "503 5.5.1 bad"}""", ErrorClasses.Protocol, sender);
        Assert.Empty(submitter.Queued);
    }

    [Theory]
    [InlineData("begin")]
    [InlineData("finish")]
    [InlineData("refused")]
    public void A_notice_that_cannot_be_sent_is_a_warning_only(string fail)
    {
        Submitter submitter = new() { Fail = fail };
        SmtpRig rig = Deliver(submitter, """{"rcpt": "503 5.5.1 bad"}""", ErrorClasses.Protocol);
        Assert.Equal("bounced", rig.Results.Single()[3]);
        Assert.Equal("warning: 3F2A81C0D5: notice to the postmaster not sent: trouble", rig.Lines[^1]);
    }

    // S2-06
    [Fact]
    public void A_queue_file_that_cannot_be_read_is_of_the_class_data()
    {
        byte[] damaged = [(byte)'N', 1, (byte)'a', (byte)'N', 5, (byte)'b'];
        Submitter submitter = new();
        _ = Deliver(submitter, "{}", ErrorClasses.Protocol, content: damaged);
        Assert.Empty(submitter.Queued);
        _ = Deliver(submitter, "{}", ErrorClasses.Data, content: damaged);
        Assert.Single(submitter.Queued);
    }

    // S4-27
    [Fact]
    public void Each_message_has_a_transcript_of_its_own()
    {
        Submitter submitter = new();
        using SmtpRig rig = new();
        using ScriptedServer server = SetUp(rig, """{"ext": ["PIPELINING"], "rcpt": [["bad", "503 5.5.1 bad"]]}""", submitter, ErrorClasses.Protocol);
        rig.Deliver(SmtpRig.Request("mx.test", "first@mx.test") with { MoreWaits = true });
        rig.Deliver(SmtpRig.Request("mx.test", "bad@mx.test") with { MoreWaits = true });
        rig.Deliver(SmtpRig.Request("mx.test", "third@mx.test") with { MoreWaits = true });
        string text = submitter.Queued.Single().Text;
        Assert.DoesNotContain("first@", text, StringComparison.Ordinal);
        Assert.Contains("bad@", text, StringComparison.Ordinal);
        rig.CloseSession();
    }

    [Fact]
    public void A_transcript_keeps_its_end_and_a_bounded_part_of_it()
    {
        SmtpTranscript transcript = new();
        for (int i = 0; i < 100_000; i++)
            transcript.Received($"250-{i}", isJunk: false);
        Assert.True(transcript.IsCut);
        Assert.InRange(transcript.Lines.Count(), 1, 200);
        Assert.Equal("In:  250-99999", transcript.Lines.Last());
        for (int i = 0; i < 100; i++)
            transcript.Sent(new string('x', 5000));
        Assert.InRange(transcript.Lines.Sum(l => l.Length), 5000, 40_000);
    }

    // S4-12
    [Fact]
    public void Secrets_are_neither_logged_nor_reported()
    {
        List<string> lines = [];
        SmtpPeer peer = new("mx.test", "127.0.0.31", 25);
        SmtpOptions options = SmtpRig.Usual with { Verbosity = new Verbosity(".", "smtp", PeerList.Read(["mx.test"])), ErrorNotices = new ErrorNotices(ErrorClasses.Protocol, "a", "b", false, new Submitter()) };
        MemoryByteStream stream = new();
        using SmtpChat chat = new(stream, peer, options, new PostfixNet.Smtp.Log(new LogRecord { Written = lines.Add }));
        chat.SaySecret(SmtpStage.Mail, "AUTH PLAIN c2VjcmV0", "AUTH PLAIN ...");
        chat.Flush(SmtpStage.Mail);
        Assert.Equal("AUTH PLAIN c2VjcmV0\r\n", stream.Written);
        Assert.Equal(["> mx.test[127.0.0.31]:25: AUTH PLAIN ..."], lines);
        Assert.Equal(["Out: AUTH PLAIN ..."], chat.Transcript!.Lines);
    }

    // S4-12
    [Theory]
    [InlineData("mx.test", true)]
    [InlineData("TEST", true)] // a domain has all below it
    [InlineData("x.test", false)]
    [InlineData("127.0.0.31", true)]
    [InlineData("127.0.0.0/27", true)]
    [InlineData("127.0.0.0/28", false)]
    [InlineData("[127.0.0.31]", true)]
    [InlineData("::1", false)]
    [InlineData("!mx.test test", false)] // the first that fits decides
    [InlineData("!other.test test", true)]
    public void A_list_of_peers(string list, bool has) =>
        Assert.Equal(has, PeerList.Read(list.Split(' '))!.Has("mx.test", System.Net.IPAddress.Parse("127.0.0.31")));

    [Theory]
    [InlineData("/etc/postfix/peers")]
    [InlineData("hash:/x")]
    [InlineData("127.0.0.0/33")]
    [InlineData("!")]
    public void A_list_of_peers_that_is_none_is_refused(string item) =>
        Assert.Equal($"\"{item}\" is not accepted; give a host, a domain, an address, or network/bits",
            Assert.Throws<FormatException>(() => PeerList.Read([item])).Message);

    private static SmtpRig Deliver(Submitter submitter, string script, ErrorClasses classes, string sender = "sf@origin.test", byte[]? content = null)
    {
        SmtpRig rig = new(content);
        using ScriptedServer server = SetUp(rig, script.Replace("{", """{"ext": ["PIPELINING"]""" + (script.Length > 2 ? "," : ""), StringComparison.Ordinal), submitter, classes);
        rig.Deliver(SmtpRig.Request("mx.test", "u@mx.test") with { Sender = sender });
        rig.Dispose();
        return rig;
    }

    private static ScriptedServer SetUp(SmtpRig rig, string script, Submitter submitter, ErrorClasses classes)
    {
        ScriptedServer server = new("127.0.0.31", 0, script);
        rig.Resolver.A("mx.test", "127.0.0.31");
        rig.Resolver.Mx("mx.test", (10, "mx.test"));
        rig.Options = rig.Options with
        {
            TcpPort = server.Port,
            ErrorNotices = new ErrorNotices(classes, OwnSender, "postmaster", isLmtp: false, submitter),
        };
        return server;
    }

    private sealed class Submitter : INoticeSubmitter
    {
        internal string Fail { get; init; } = "";

        internal List<(string From, string To, string Text)> Queued { get; } = [];

        public INoticeDraft Begin(string sender, string recipient, SmtpUtf8 smtpUtf8, RequireTls requireTls) =>
            Fail == "begin" ? throw new IpcException("trouble") : new Draft(this, sender, recipient);

        private sealed class Draft(Submitter submitter, string sender, string recipient) : INoticeDraft
        {
            private readonly MemoryStream _content = new();

            public QueueId Id => default;

            public Stream Content => _content;

            public string? Finish()
            {
                if (submitter.Fail == "finish")
                    throw new IpcException("trouble");
                if (submitter.Fail == "refused")
                    return "trouble";
                submitter.Queued.Add((sender, recipient, ByteText.Decode(_content.ToArray())));
                return null;
            }

            public void Dispose()
            {
            }
        }
    }

    private sealed class MemoryByteStream : ByteStream
    {
        internal string Written { get; private set; } = "";

        public override bool IsQuiet => true;

        public override int Read(Span<byte> buffer, Deadline deadline) => 0;

        public override void Write(ReadOnlySpan<byte> octets, TimeSpan patience) => Written += System.Text.Encoding.Latin1.GetString(octets);

        public override void ThrowIfStopping()
        {
        }

        public override void Pause(TimeSpan time)
        {
        }

        public override void Dispose()
        {
        }
    }
}
