using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace PostfixNet.SystemTests;

/// <summary>TLSRPT, RFC 8460, with real processes: results of deliveries, over a kill and a day, become a report that comes by mail and by HTTPS; Python's email and jsonschema read it.</summary>
public sealed class DomainsGetReportsAboutTls
{
    private const string Jsonschema = "/usr/lib/python3/dist-packages/jsonschema/__init__.py";

    // Answers 503, then a redirection, then 200; keeps what it is sent.
    private const string WebServer = """
        import http.server, ssl, sys
        certificate, port, kept = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        count = 0
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def do_POST(self):
                global count
                body = self.rfile.read(int(self.headers['Content-Length']))
                with open(f'{kept}/{count}', 'wb') as file:
                    file.write(f"{self.path} {self.headers['Content-Type']}\n".encode() + body)
                self.send_response([503, 302, 200][min(count, 2)])
                count += 1
                self.send_header('Location', '/elsewhere')
                self.send_header('Content-Length', '0')
                self.end_headers()
            do_GET = do_POST
            def log_message(self, *what): pass
        server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print('ready', flush=True)
        server.serve_forever()
        """;

    // Of the mail what RFC 8460 section 5.3 is about; then the document, against the schema.
    private const string Reader = """
        import sys, json, gzip, email, email.policy, jsonschema
        mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
        parts = list(mail.iter_parts())
        document = json.loads(gzip.decompress(parts[1].get_content()))
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
        json.dump(dict(type=mail.get_content_type(), report=mail.get_param('report-type'), subject=mail['Subject'], domain=mail['TLS-Report-Domain'], submitter=mail['TLS-Report-Submitter'],
            sender=mail['From'], parts=[p.get_content_type() for p in parts], file=parts[1].get_filename(), defects=[repr(d) for p in mail.walk() for d in p.defects], document=document), sys.stdout)
        """;

    // S3-23
    [ProgramFact(Jsonschema)]
    public void AReportComesByMailAndHttps()
    {
        using X509Certificate2 certificate = Certificate("web.reports.test");
        int smtp = Ports.Take("127.0.0.33"), web = Ports.Take("127.0.0.1");
        using var dns = new NameServer(
            ("dest.test", $"""
            @ IN MX 10 mx
            mx IN A 127.0.0.33
            _smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:tls@reports.test,https://web.reports.test:{web}/tls"
            """),
            ("silent.test", "@ IN MX 10 mx.dest.test.\n"),
            ("reports.test", "@ IN MX 10 mx.dest.test.\nweb IN A 127.0.0.1\n_smtp._tls IN TXT \"v=TLSRPTv1; rua=mailto:tls@reports.test\""));
        using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.33"), smtp), Certificate = certificate });
        // The server is none of the system's processes.
        using var files = new TemporaryDirectory();
        MailSystem.Run(mail =>
        {
            Gather(mail, dns, smtp);
            File.WriteAllText(mail.PathOf("authority.pem"), certificate.ExportCertificatePem());
            mail.Set("tlsrpt_tls_CAfile", mail.PathOf("authority.pem"));
            mail.Set("tlsrpt_allow_private_addresses", true);
            Directory.CreateDirectory(files["kept"]);
            File.WriteAllText(files["web.pem"], $"{certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()}\n{certificate.ExportCertificatePem()}\n");
            using Process server = Command.Start("python3", ["-c", WebServer, files["web.pem"], web.ToString(CultureInfo.InvariantCulture), files["kept"]]);
            try
            {
                Assert.Equal("ready", server.StandardOutput.ReadLine());
                mail.Start();
                Play(mail, receiver, files["kept"]);
            }
            finally
            {
                server.Kill();
            }
        });
    }

    // There is no mail by which a process of smtp would wake the service.
    [Fact]
    public void WhatWasDueWhileTheSystemWasDownGoesWithoutNewMail()
    {
        using X509Certificate2 certificate = Certificate("mx.dest.test");
        int smtp = Ports.Take("127.0.0.33");
        using var dns = new NameServer(("dest.test", "@ IN MX 10 mx\nmx IN A 127.0.0.33\n_smtp._tls IN TXT \"v=TLSRPTv1; rua=mailto:tls@dest.test\""));
        using var receiver = new SmtpReceiver(new ReceiverOptions { Listen = new IPEndPoint(IPAddress.Parse("127.0.0.33"), smtp), Certificate = certificate });
        MailSystem.Run(mail =>
        {
            Gather(mail, dns, smtp);
            mail.Start();
            mail.Submit(MailSystem.Message("one"), "-f", "alice@golden.test", "u@dest.test");
            Wait.For("the result on stable storage", () => Stored(mail).Contains("\"successful\":1", StringComparison.Ordinal));
            mail.WaitForEmptyQueue();
            mail.Stop();
            string file = Assert.Single(Directory.GetFiles(Path.Combine(mail.QueueDirectory, "tlsrpt"), "dest.test.json", SearchOption.AllDirectories));
            File.WriteAllText(file, System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(file), "\"due\":\\d+", "\"due\":1"));
            MakeYesterdays(file);
            mail.Start();
            mail.WaitForLog(@"/tlsrpt\[\d+\]: report of [\d-]+ for dest\.test: sent to mailto:tls@dest\.test ");
            Wait.For("the report", () => receiver.Messages.Count == 2);
        });
    }

    private static void Gather(MailSystem mail, NameServer dns, int port)
    {
        mail.Set("relayhost", "");
        mail.Set("disable_dns_lookups", false);
        mail.SetRaw("dns_nameservers", dns.Toml);
        mail.Set("smtp_tcp_port", port.ToString(CultureInfo.InvariantCulture));
        mail.Set("smtp_tls_security_level", "may");
        mail.Set("smtp_connection_cache_on_demand", false);
        mail.Set("smtp_tlsrpt_enable", true);
        mail.Set("tlsrpt_organization_name", "Golden Inc.");
        mail.Set("tlsrpt_contact", "postmaster@golden.test");
        mail.Set("tlsrpt_sender", "tlsrpt@golden.test");
    }

    // The day goes by.
    private static void MakeYesterdays(string file)
    {
        string day = Path.GetDirectoryName(file)!;
        DateTime yesterday = DateTime.ParseExact(Path.GetFileName(day), "yyyy-MM-dd", CultureInfo.InvariantCulture).AddDays(-1);
        Directory.Move(day, Path.Combine(Path.GetDirectoryName(day)!, yesterday.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
    }

    private static void Play(MailSystem mail, SmtpReceiver receiver, string kept)
    {
        mail.Submit(MailSystem.Message("one"), "-f", "alice@golden.test", "u@dest.test", "u@silent.test");
        Wait.For("the result on stable storage", () => Stored(mail).Contains("\"successful\":1", StringComparison.Ordinal));
        // Who kills the service loses no more than the last seconds.
        RunningPrograms.Kill(Assert.Single(mail.Pids("tlsrpt")));
        mail.Submit(MailSystem.Message("two"), "-f", "alice@golden.test", "u@dest.test");
        Wait.For("two results", () => Counted(mail) == 2);
        Assert.DoesNotContain("silent.test", mail.Master("tlsrpt", "--json").Ok().Output, StringComparison.Ordinal);
        Assert.Contains("no-policy-found", mail.Master("tlsrpt", "dest.test").Ok().Output, StringComparison.Ordinal);

        string file = Assert.Single(Directory.GetFiles(Path.Combine(mail.QueueDirectory, "tlsrpt"), "dest.test.json", SearchOption.AllDirectories));
        Wait.For("both on stable storage", () => File.ReadAllText(file).Contains("\"successful\":2", StringComparison.Ordinal));
        mail.WaitForEmptyQueue();
        mail.Stop();
        MakeYesterdays(file);
        mail.Start();

        Assert.Contains("waiting", mail.Master("tlsrpt", "--send").Ok().Output, StringComparison.Ordinal);
        mail.WaitForLog(@"/tlsrpt\[\d+\]: report of [\d-]+ for dest\.test: sent to mailto:tls@reports\.test \(queued as \w+\)$");
        mail.WaitForLog(@"warning: report of [\d-]+ for dest\.test: not sent to https://web\.reports\.test:\d+/tls: status 503; tried again in 5 min$");
        mail.Master("tlsrpt", "--send").Ok();
        mail.WaitForLog("status 302, a redirection, which is not followed; tried again in 10 min$");
        RunningPrograms.Kill(Assert.Single(mail.Pids("tlsrpt")));
        Assert.Contains("sent", mail.Master("tlsrpt", "--send").Ok().Output, StringComparison.Ordinal);
        mail.WaitForLog(@"report of [\d-]+ for dest\.test: sent to https://web\.reports\.test:\d+/tls \(status 200\)$");
        mail.Master("tlsrpt", "--send").Ok();
        mail.WaitForEmptyQueue();

        ReceivedMessage report = Assert.Single(receiver.Messages, static message => message.Header("TLS-Report-Domain") is not null);
        Assert.Equal("tls@reports.test", Assert.Single(report.Recipients).Address);
        CommandResult read = Command.Run("/usr/bin/python3", ["-c", Reader, Path.Combine(Repository.Root, "tests", "vectors", "tlsrpt", "report.schema.json")], report.Content).Ok();
        using JsonDocument seen = JsonDocument.Parse(read.Output);
        string Of(string name) => seen.RootElement.GetProperty(name).ToString();
        Assert.Equal(("multipart/report", "tlsrpt", "dest.test", "golden.test", "tlsrpt@golden.test", "[]"), (Of("type"), Of("report"), Of("domain"), Of("submitter"), Of("sender"), Of("defects")));
        Assert.Equal(["text/plain", "application/tlsrpt+gzip"], seen.RootElement.GetProperty("parts").EnumerateArray().Select(static part => part.GetString()));
        JsonElement document = seen.RootElement.GetProperty("document"), policy = Assert.Single(document.GetProperty("policies").EnumerateArray());
        Assert.Equal("Golden Inc.", document.GetProperty("organization-name").GetString());
        Assert.Equal(2, policy.GetProperty("summary").GetProperty("total-successful-session-count").GetInt32());
        Assert.Contains($"Report-ID: <{document.GetProperty("report-id").GetString()}>", Of("subject"), StringComparison.Ordinal);
        Assert.StartsWith("golden.test!dest.test!", Of("file"), StringComparison.Ordinal);

        // The same by HTTPS, each time it was tried.
        string[] posts = Directory.GetFiles(kept);
        Assert.Equal(3, posts.Length);
        foreach (string post in posts)
        {
            byte[] octets = File.ReadAllBytes(post);
            int line = Array.IndexOf(octets, (byte)'\n');
            Assert.Equal("/tls application/tlsrpt+gzip", Encoding.ASCII.GetString(octets, 0, line));
            using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(octets[(line + 1)..]), System.IO.Compression.CompressionMode.Decompress);
            using JsonDocument sent = JsonDocument.Parse(gzip);
            Assert.True(JsonElement.DeepEquals(document, sent.RootElement));
        }
        // The report about reports.test, which has a record as well, would never end.
        Assert.DoesNotContain("\"reports.test\"", mail.Master("tlsrpt", "--json").Ok().Output, StringComparison.Ordinal);
    }

    // What the file of the domain says; empty: there is none yet.
    private static string Stored(MailSystem mail) =>
        Directory.GetFiles(Path.Combine(mail.QueueDirectory, "tlsrpt"), "dest.test.json", SearchOption.AllDirectories) is [var file] ? File.ReadAllText(file) : "";

    private static int Counted(MailSystem mail)
    {
        CommandResult answer = mail.Master("tlsrpt", "dest.test", "--json");
        if (answer.Status != 0)
            return -1;
        using JsonDocument days = JsonDocument.Parse(answer.Output);
        return days.RootElement.EnumerateArray().Sum(static day => day.GetProperty("successful").GetInt32());
    }

    // Its own authority.
    private static X509Certificate2 Certificate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
