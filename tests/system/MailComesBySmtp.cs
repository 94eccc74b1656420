using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace PostfixNet.SystemTests;

/// <summary>Programs of others hand their mail to smtpd, by real processes.</summary>
public sealed class MailComesBySmtp
{
    private const string Session = """
        import smtplib, ssl, sys
        port, mode = int(sys.argv[1]), sys.argv[2]
        s = smtplib.SMTP_SSL("127.0.0.1", port, context=ssl._create_unverified_context()) if mode == "wrapper" else smtplib.SMTP("127.0.0.1", port)
        if mode in ("starttls", "login"):
            s.starttls(context=ssl._create_unverified_context())
        if mode in ("login", "wrapper"):
            s.login("shop", "sesame")
        s.sendmail("alice@origin.test", ["bob@sink.test", "carol@sink.test"], "From: alice@origin.test\r\nSubject: " + mode + "\r\n\r\n.dot\r\nfrom python\r\n")
        print(s.noop())
        s.quit()
        """;

    // Sends messages one after the other, with a new connection whenever one breaks, and prints the numbers of those that were taken.
    private const string Persistent = """
        import smtplib, sys, time
        port, first, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
        body = "x" * 70 + "\r\n"
        for i in range(first, first + count):
            for attempt in range(500):
                try:
                    s = smtplib.SMTP("127.0.0.1", port, timeout=20)
                    s.sendmail("alice@origin.test", ["user%d@sink.test" % i], "Subject: %d\r\n\r\n" % i + body * 1500)
                    print(i, flush=True)
                    break
                except Exception:
                    time.sleep(0.01)
        """;

    private static CommandResult Send(int port, string mode) => Command.Run("python3", ["-c", Session, port.ToString(CultureInfo.InvariantCulture), mode]);

    [Fact]
    public void PythonSendsInTheClearOverTlsAndWithALogin() => MailSystem.Run((mail, receiver) =>
    {
        mail.AllowShop();
        int port = mail.Serve(), wrapped = mail.ServeWrapped();
        mail.Start();
        foreach ((string mode, int where, string protocol) in ((string, int, string)[])
            [("plain", port, "ESMTP"), ("starttls", port, "ESMTPS"), ("login", port, "ESMTPSA"), ("wrapper", wrapped, "ESMTPSA")])
        {
            Assert.Equal("(250, b'2.0.0 Ok')\n", Send(where, mode).Ok().Output);
            Wait.For($"the message {mode}", () => receiver.Messages.Any(message => message.Text.Contains($"Subject: {mode}", StringComparison.Ordinal)));
            ReceivedMessage got = receiver.Messages.Single(message => message.Text.Contains($"Subject: {mode}", StringComparison.Ordinal));
            Assert.Contains($"with {protocol} id ", got.Text, StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\n.dot\r\nfrom python\r\n", got.Text, StringComparison.Ordinal);
            Assert.Equal(["bob@sink.test", "carol@sink.test"], got.Recipients.Select(static recipient => recipient.Address).Order());
        }
        Assert.Equal(2, mail.Log("client=localhost\\[127.0.0.1\\], sasl_method=\\S+, sasl_username=shop").Length);
        Assert.Single(mail.Log("disconnect from localhost\\[127.0.0.1\\] ehlo=1 mail=1 rcpt=2 data=1 noop=1 quit=1 commands=7"));
    });

    // The account of a program of this host stands in the log.
    [Fact]
    public void APublicSocketServesProgramsOfThisHost() => MailSystem.Run((mail, receiver) =>
    {
        File.AppendAllText(Path.Combine(mail.ConfigDirectory, "master.toml"), "\n[service.submit]\nprivate = false\ncommand = \"smtpd\"\n");
        mail.Start();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(mail.QueueDirectory, "public", "submit")));
        using NetworkStream stream = new(socket);
        using StreamReader reader = new(stream);
        foreach (string line in (string[])["", "HELO here\r\n", "MAIL FROM:<alice@origin.test>\r\n", "RCPT TO:<bob@sink.test>\r\n", "DATA\r\n", "Subject: s\r\n\r\nx\r\n.\r\n"])
        {
            stream.Write(Encoding.ASCII.GetBytes(line));
            Assert.Matches("^[23]", reader.ReadLine() ?? "closed");
        }
        Wait.For("the message", () => receiver.Messages.Count == 1);
        uint uid = MailSystem.IsRoot ? 0 : mail.OwnerUid;
        Assert.Single(mail.Log($"client=localhost\\[local\\], uid={uid}$"));
    });

    // Promise 1: what was answered by 250 arrives, whatever dies; and nothing arrives in part.
    [Fact]
    public void WhatWasTakenArrivesThoughProgramsAreKilled() => MailSystem.Run((mail, receiver) =>
    {
        mail.Set("in_flow_delay", "0s");
        int port = mail.Serve();
        mail.Start();
        Task<CommandResult>[] clients = [.. Enumerable.Range(0, 3).Select(client => Task.Run(() =>
            Command.Run("python3", ["-c", Persistent, port.ToString(CultureInfo.InvariantCulture), (client * 100).ToString(CultureInfo.InvariantCulture), "25"])))];
        Random random = new(1);
        while (!Task.WhenAll(clients).Wait(random.Next(40, 160)))
        {
            string[] victims = ["smtpd", "cleanup", "smtpd", "cleanup", "anvil"];
            foreach (int pid in mail.Pids(victims[random.Next(victims.Length)]).Take(1))
                Command.Run("kill", ["-9", pid.ToString(CultureInfo.InvariantCulture)]);
        }
        string[] taken = [.. clients.SelectMany(static client => client.GetAwaiter().GetResult().Ok().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal(75, taken.Length);
        mail.WaitForEmptyQueue();
        HashSet<string> arrived = [.. receiver.Messages.SelectMany(static message => message.Recipients).Select(static recipient => recipient.Address)];
        Assert.DoesNotContain(taken, number => !arrived.Contains($"user{number}@sink.test"));
        Assert.All(receiver.Messages, static message => Assert.Equal(1500, message.Text.Split(new string('x', 70)).Length - 1));
    });

    [Fact]
    public void ManyThatSayNothingDoNotKeepOthersOut() => MailSystem.Run((mail, receiver) =>
    {
        int port = mail.Serve(more: "process_limit = 10");
        mail.Start();
        List<TcpClient> silent = [];
        try
        {
            for (int i = 0; i < 120; i++)
                silent.Add(new TcpClient("127.0.0.1", port));
            foreach (TcpClient client in silent)
            {
                byte[] greeting = new byte[3];
                client.GetStream().ReadExactly(greeting);
                Assert.Equal("220"u8.ToArray(), greeting);
            }
            Assert.InRange(mail.Pids("smtpd").Length, 3, 6);
            Send(port, "plain").Ok();
            Wait.For("the message", () => receiver.Messages.Count == 1);
            mail.Master("stop").Ok();
            foreach (TcpClient client in silent)
            {
                using StreamReader reader = new(client.GetStream());
                string rest = reader.ReadToEnd();
                Assert.EndsWith("421 4.3.2 mta.golden.test Service shutting down\r\n", rest, StringComparison.Ordinal);
            }
        }
        finally
        {
            silent.ForEach(static client => client.Dispose());
        }
    });

    [Fact]
    public void ARenewedCertificateIsShownAndNoSessionEnds() => MailSystem.Run(mail =>
    {
        mail.Set("smtpd_tls_security_level", "may");
        mail.Set("smtpd_tls_wrappermode", true);
        mail.Set("smtpd_tls_cert_file", mail.Certificate("first.test"));
        int port = mail.Serve();
        mail.Start();
        using SslStream before = Connect();
        Assert.Equal("CN=first.test", before.RemoteCertificate!.Subject);
        mail.Certificate("second.test");
        Wait.For("the new certificate", () =>
        {
            using SslStream stream = Connect();
            return stream.RemoteCertificate!.Subject == "CN=second.test";
        });
        before.Write("NOOP\r\n"u8);
        using StreamReader reader = new(before);
        Assert.StartsWith("220 ", reader.ReadLine(), StringComparison.Ordinal);
        Assert.Equal("250 2.0.0 Ok", reader.ReadLine());

        SslStream Connect()
        {
            SslStream stream = new(new TcpClient("127.0.0.1", port).GetStream(), false, static (_, certificate, _, _) => certificate is not null);
            stream.AuthenticateAsClient("x.test");
            return stream;
        }
    });

    [Fact]
    public void APlaceThatIsTakenIsNamed() => MailSystem.Run(mail =>
    {
        using TcpListener other = new(System.Net.IPAddress.Loopback, 0);
        other.Start();
        int taken = ((System.Net.IPEndPoint)other.LocalEndpoint).Port;
        string master = Path.Combine(mail.ConfigDirectory, "master.toml");
        string usual = File.ReadAllText(master);
        File.AppendAllText(master, $"\n[service.smtpd]\ntype = \"inet\"\nlisten = [\"127.0.0.1:{taken}\"]\ncommand = \"smtpd\"\n");
        CommandResult start = mail.Master("start");
        Assert.NotEqual(0, start.Status);
        Assert.Contains($"service smtpd: listen on 127.0.0.1:{taken}: Address already in use", start.Error, StringComparison.Ordinal);
        File.WriteAllText(master, usual);
        mail.Start();
        // A reload that cannot have it leaves the rest as it is; one that can, has it.
        int free = Ports.Take("127.0.0.1");
        File.WriteAllText(master, usual + $"\n[service.smtpd]\ntype = \"inet\"\nlisten = [\"127.0.0.1:{taken}\"]\ncommand = \"smtpd\"\n");
        mail.Master("reload").Ok();
        mail.WaitForLog($"reload: service smtpd: listen on 127.0.0.1:{taken}: Address already in use; the running configuration stays");
        File.WriteAllText(master, usual + $"\n[service.smtpd]\ntype = \"inet\"\nlisten = [\"127.0.0.1:{free}\"]\ncommand = \"smtpd\"\n");
        mail.Master("reload").Ok();
        Wait.For("the service", () =>
        {
            try
            {
                using TcpClient client = new("127.0.0.1", free);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    });
}
