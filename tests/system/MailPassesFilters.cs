using System.Diagnostics;
using System.Globalization;

namespace PostfixNet.SystemTests;

/// <summary>Mail goes to a filter when it is in the queue, and comes back from it to another port, by real processes.</summary>
public sealed class MailPassesFilters
{
    private const string Client = """
        import smtplib, sys
        s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
        s.sendmail("alice@origin.test", ["bob@sink.test"], "Subject: filtered\r\n\r\ntext\r\n")
        s.quit()
        """;

    // An SMTP proxy, as filters are: each command goes on to the next server; the content gets a header.
    private const string Filter = """
        import socketserver, socket, sys
        back = int(sys.argv[2])
        class Handler(socketserver.StreamRequestHandler):
            def answer(self):
                while True:
                    line = self.next.readline()
                    self.wfile.write(line)
                    if line[3:4] != b"-":
                        return line
            def handle(self):
                self.next = socket.create_connection(("127.0.0.1", back)).makefile("rwb", 0)
                self.answer()
                for line in self.rfile:
                    print(line.decode("latin1").strip(), flush=True)
                    self.next.write(line)
                    if self.answer()[:3] == b"354":
                        self.next.write(b"X-Filtered: yes\r\n")
                        for content in self.rfile:
                            self.next.write(content)
                            if content == b".\r\n":
                                break
                        self.answer()
        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
        Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
        """;

    private static void Configure(MailSystem mail, int filter, int back)
    {
        File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"), string.Create(CultureInfo.InvariantCulture, $"""

            [service.scan]
            command = "smtp"
            args = ["-o", "smtp_send_xforward_command=yes"]

            [service.filtered]
            type = "inet"
            listen = ["127.0.0.1:{back}"]
            command = "smtpd"
            args = ["-o", "content_filter=", "-o", "receive_override_options=no_unknown_recipient_checks,no_header_body_checks,no_milters,no_address_mappings",
                "-o", "mynetworks=127.0.0.0/8", "-o", "smtpd_authorized_xforward_hosts=127.0.0.0/8"]

            """));
        mail.Set("content_filter", string.Create(CultureInfo.InvariantCulture, $"scan:[127.0.0.1]:{filter}"));
        mail.Set("header_checks", "regexp:{{/^Subject: (.*)/ PREPEND X-Looked: once}}");
        mail.Set("always_bcc", "archive@sink.test");
    }

    [Fact]
    public void MailGoesThroughAFilterOnceAndKeepsWhoSentIt() => MailSystem.Run((mail, receiver) =>
    {
        int first = mail.Serve(), filter = Ports.Take("127.0.0.1"), back = Ports.Take("127.0.0.1");
        Configure(mail, filter, back);
        mail.Start();
        Command.Run("python3", ["-c", Client, first.ToString(CultureInfo.InvariantCulture)]).Ok();
        // Without its filter the mail waits.
        mail.WaitForLog($"to=<bob@sink.test>, relay=none, .*status=deferred .*127.0.0.1.*{filter}");
        using Process proxy = Command.Start("python3", ["-c", Filter, filter.ToString(CultureInfo.InvariantCulture), back.ToString(CultureInfo.InvariantCulture)]);
        try
        {
            Wait.For("the message, and the copy", () =>
            {
                mail.Postqueue("-f").Ok();
                return receiver.Messages.Sum(static message => message.Recipients.Count) == 2;
            });
            mail.WaitForEmptyQueue();
        }
        finally
        {
            proxy.Kill();
        }
        Assert.All(receiver.Messages, static message =>
        {
            Assert.Equal(2, message.Text.Split("X-Filtered: yes\r\n").Length);
            Assert.Equal(2, message.Text.Split("X-Looked: once\r\n").Length);
            Assert.EndsWith("\r\n\r\ntext\r\n", message.Text, StringComparison.Ordinal);
        });
        // What came back is told of as what it was, with the queue ID that it had.
        string came = Assert.Single(mail.Log(@"smtpd\[\d+\]: \w+: client=localhost\[127\.0\.0\.1\]$"));
        string id = came.Split("]: ")[1].Split(':')[0];
        Assert.NotEmpty(mail.Log($@"smtpd\[\d+\]: \w+: client=localhost\[127\.0\.0\.1\], orig_queue_id={id}, orig_client=localhost\[127\.0\.0\.1\]"));
        Assert.Equal(2, mail.Log($@"smtp\[\d+\]: {id}: to=.*relay=127\.0\.0\.1\[127\.0\.0\.1\]:{filter}, .*status=sent").Length);
    });

    [Fact]
    public void AFilterThatIsNoServiceKeepsTheSystemFromStarting() => MailSystem.Run(mail =>
    {
        mail.Set("content_filter", "nosuch:[127.0.0.1]:10025");
        CommandResult check = mail.Master("check");
        Assert.NotEqual(0, check.Status);
        Assert.Contains("content_filter: \"nosuch:[127.0.0.1]:10025\": master.toml has no service \"nosuch\"", check.Error, StringComparison.Ordinal);
    });
}
