using System.Net.Sockets;
using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>The tools the scenarios rely on, each tried by itself: a blind tool would pass everything.</summary>
public sealed class TestTools
{
    [Theory]
    [InlineData("rcpt bad@x.test 550 5.1.1 no such user", "bad@x.test", true)]
    [InlineData("rcpt bad@x.test 550 5.1.1 no such user", "BAD@X.test", true)]
    [InlineData("rcpt bad@x.test 550 5.1.1 no such user", "bad@x.test.test", false)]
    [InlineData("rcpt *@x.test drop", "any@x.test", true)]
    [InlineData("rcpt *@x.test drop", "any@y.test", false)]
    [InlineData("rcpt a*b drop", "ab", true)]
    [InlineData("rcpt a*a drop", "a", false)]
    public void RuleMatchesItsAddresses(string rule, string address, bool matches) =>
        Assert.Equal(matches, Rule.Parse(rule).Matches(address));

    [Theory]
    [InlineData("rcpt *")]
    [InlineData("recipient * 550 no")]
    [InlineData("2 * drop")]
    [InlineData("rcpt * delay")]
    [InlineData("rcpt * delay soon")]
    [InlineData("rcpt * 55")]
    [InlineData("rcpt * explode")]
    public void RuleThatIsNoneIsRefused(string rule) => Assert.Throws<FormatException>(() => Rule.Parse(rule));

    [Theory] // sent after DATA, then what is kept of it
    [InlineData(".\r\n", "")]
    [InlineData("a\r\n.\r\n", "a\r\n")]
    [InlineData("..\r\n.\r\n", ".\r\n")]
    [InlineData("..a\r\n...\r\n.\r\n", ".a\r\n..\r\n")]
    [InlineData("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n")]
    [InlineData("a\r.\r\r\n.\r\n", "a\r.\r\r\n")]
    [InlineData("\0\u00ff\r\n.\r\n", "\0\u00ff\r\n")]
    [InlineData(".\r\r\n.\r\n", "\r\r\n")]
    public void ReceiverKeepsContentToTheByte(string sent, string kept)
    {
        using var receiver = Ports.Receiver();
        using var client = new SmtpConversation(receiver.Port);
        client.Expect("220 ");
        client.Say("EHLO me\r\nMAIL FROM:<a@x.test> SIZE=5\r\nRCPT TO:<\"b c>\"@x.test> NOTIFY=NEVER\r\nDATA\r\n", "250 ", "250 ", "250 ", "354 ");
        // one octet at a time: nothing may depend on how it is cut
        foreach (char octet in sent)
            client.Say(octet.ToString());
        client.Expect("250 ");
        ReceivedMessage message = Assert.Single(receiver.Messages);
        Assert.Equal(kept, message.Text);
        Assert.Equal("SIZE=5", message.SenderParameters);
        Assert.Equal(new ReceivedRecipient("\"b c>\"@x.test", "NOTIFY=NEVER"), Assert.Single(message.Recipients));
    }

    [Fact]
    public void ReceiverStoresBeforeItAnswersAndObeysItsRules()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory["rules"], "# none yet\n");
        using var receiver = Ports.Receiver(new ReceiverOptions { Directory = directory["mail"], RulesFile = directory["rules"] });
        receiver.SetRules("rcpt no@x.test 550 5.1.1 first\\nsecond", "mail drop@x.test drop");
        using (var client = new SmtpConversation(receiver.Port))
        {
            client.Expect("220 ");
            client.Say("HELO me\r\nMAIL FROM:<>\r\nRCPT TO:<no@x.test>\r\nRCPT TO:<yes@x.test>\r\nDATA\r\n",
                "250 ", "250 ", "550-5.1.1 first", "550 second", "250 ", "354 ");
            client.Say("text\r\n.\r\n", "250 ");
            Assert.Equal("text\r\n", File.ReadAllText(Path.Combine(directory["mail"], "1.eml")));
            Assert.EndsWith("helo me\nmail <>\nrcpt <yes@x.test>\n", File.ReadAllText(Path.Combine(directory["mail"], "1.env")));
            File.WriteAllText(directory["rules"], "quit * 221 rules were read again\n");
            client.Say("QUIT\r\n", "221 rules were read again", null);
        }
        using (var client = new SmtpConversation(receiver.Port))
        {
            client.Expect("220 ");
            client.Say("EHLO me\r\nMAIL FROM:<drop@x.test>\r\n", "250 ", null);
        }
        Assert.Equal(2, receiver.Connections);
    }

    [Fact]
    public void SmtpSinkKeepsContentThatCanBeCompared()
    {
        using var sink = new SmtpSink();
        using var client = new SmtpConversation(sink.Port);
        client.Expect("220 ");
        client.Say("EHLO me\r\n", "250 ");
        client.Say("MAIL FROM:<a@x.test> BODY=8BITMIME\r\nRCPT TO:<b@x.test>\r\nDATA\r\n", "250 ", "250 ", "354 ");
        client.Say("Received: by x\r\n\tid 1; Sat, 21 Nov 2026 08:00:00 +0000 (UTC)\r\n\r\n..dot\r\n\r\n.\r\n", "250 ");
        Wait.For("the dump", () => sink.Messages().Count == 1);
        (string sender, string[] recipients, string content) = sink.Messages()[0];
        Assert.Equal("a@x.test", sender);
        Assert.Equal(["b@x.test"], recipients);
        Assert.Equal("Received: by x\n\tid 1; Sat, 21 Nov 2026 08:00:00 +0000 (UTC)\n\n.dot\n\n", content);
    }

    [Fact]
    public void PythonUnderstandsTheNoticesOfPostfix()
    {
        // As received on the wire: dots still doubled, which does not matter here.
        byte[] notice = File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "dsn-samples", "failure-multi-rcpt.eml"));
        ParsedNotice report = Python.Parse(new ReceivedMessage(1, 1, "", "", "", [], notice, default));
        Assert.Equal("multipart/report", report.ContentType);
        Assert.True(report.RecipientFields.Length > 1);
        Assert.All(report.RecipientFields, fields => Assert.Equal("failed", fields["action"]));
        Assert.Empty(report.Defects);
    }

    [Fact]
    public void NameServerAnswersAndLeavesNoProcess()
    {
        using var dns = new NameServer(("two.test", "@ IN MX 10 mx1\nmx1 IN A 127.0.0.31"));
        Assert.InRange(dns.Port, 1, 65535);
    }

    [Fact]
    public void ProcessesOfADirectoryAreFoundAndKilled()
    {
        using var directory = new TemporaryDirectory();
        using System.Diagnostics.Process one = Command.Start("sleep", ["600"], ("SOMEWHERE", directory["x"]));
        using System.Diagnostics.Process two = Command.Start("sh", ["-c", $"cd {directory.Path} && exec sleep 600"]);
        Wait.For("both", () => RunningPrograms.Of(directory.Path).Count(program => program.Name == "sleep") == 2);
        RunningPrograms.KillAll(directory.Path);
        Assert.True(one.WaitForExit(5000) && two.WaitForExit(5000));
    }

    [Fact]
    public void VectorsAreReadWithTheirPointers()
    {
        QueueFileRecords edited = QueueFileRecords.Read(Repository.Vector("milter-edited.deferred"));
        Assert.Contains("\r\n\r\n", edited.Content);
        Assert.NotEmpty(edited.Recipients);
        Assert.All(VectorCase.All(), one => Assert.NotEmpty(one.Golden.Recipients));
        Assert.Equal("a\r\n" + new string('x', 1500) + "\r\n",
            VectorCase.Unbroken("a\r\n" + new string('x', 998) + "\r\n " + new string('x', 502) + "\r\n"));
    }

    /// <summary>An SMTP client that says exactly what it is told and expects exactly what it is told.</summary>
    private sealed class SmtpConversation : IDisposable
    {
        private readonly TcpClient client;
        private readonly StreamReader reader;

        public SmtpConversation(int port)
        {
            client = new TcpClient("127.0.0.1", port) { ReceiveTimeout = 10_000, NoDelay = true };
            reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        }

        public void Say(string text, params string?[] replies)
        {
            client.GetStream().Write(Encoding.Latin1.GetBytes(text));
            foreach (string? reply in replies)
                Expect(reply);
        }

        /// <summary>The next line begins so; lines of a longer reply before it are passed over; null wants the end.</summary>
        public void Expect(string? start)
        {
            string? line = reader.ReadLine();
            while (start is { Length: 4 } && line?.Length > 3 && line[3] == '-')
                line = reader.ReadLine();
            if (start == null)
                Assert.Null(line);
            else
                Assert.StartsWith(start, line);
        }

        public void Dispose() => client.Dispose();
    }
}
