using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using PostfixNet.Delivery;
using PostfixNet.Dns;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Plays one row of a table of cases: script of the first server and options, then all that must come of it.
/// Rows "one" have that server only, rows "two" a healthy one behind it.</summary>
/// <remarks>"transport" has words for OptionOf, or a next hop after "smtp:".</remarks>
internal static class ClientCase
{
    // Rows that we answer otherwise on purpose; tests of their own show how.
    private static readonly HashSet<string> s_ourWay =
    [
        "dot-garbage", // not sent: the reply to QUIT is no reply to the message
        "rcpt-452-toomany", "rcpt-552-toomany", // another transaction of the same session
        "ehlo-garbage-line-then-250", // the lines after the junk count
        "utf8-rcpt-nosmtputf8/two", // S2-19: the next server may have it
        "utf8-subject-nosmtputf8", // headers go as they are: no address needs SMTPUTF8
    ];

    private static readonly Dictionary<string, string> s_secondServer = new()
    {
        ["both-450"] = """{"rcpt": "450 4.2.0 second"}""",
        ["first-450-second-550"] = """{"rcpt": "550 5.1.1 second"}""",
        ["both-banner-421"] = """{"banner": "421 4.3.2 second"}""",
        ["both-dot-drop"] = """{"dot": "DROP"}""",
    };

    internal static JsonElement Read(string file) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Smtp", file))).RootElement;

    internal static TheoryData<string> Names(JsonElement cases)
    {
        TheoryData<string> names = [];
        foreach (JsonProperty entry in cases.EnumerateObject())
        {
            foreach (JsonProperty kind in entry.Value.EnumerateObject())
            {
                string name = $"{entry.Name}/{kind.Name}";
                if (!s_ourWay.Contains(entry.Name) && !s_ourWay.Contains(name))
                    names.Add(name);
            }
        }
        return names;
    }

    internal static void Check(JsonElement cases, string name)
    {
        string[] parts = name.Split('/');
        JsonElement row = cases.GetProperty(parts[0]).GetProperty(parts[1]);
        string transport = row.GetProperty("transport").GetString()!;
        bool two = parts[1] == "two";

        (ScriptedServer first, ScriptedServer second, ScriptedServer fallback) = Servers(
            row.GetProperty("behaviour").GetRawText(), parts[0], lmtp: transport.Contains("lmtp", StringComparison.Ordinal));
        int port = first.Port;
        using DeafServer? deaf = parts[0] == "conn-timeout" ? new DeafServer("127.0.0.35", port) : null;
        using SmtpRig rig = new(Content(parts[0]));
        rig.Options = OptionsOf(rig.Options, transport, port);
        SetUpNames(rig.Resolver, parts[0], two);

        string nextHop = rig.Options.IsLmtp ? "mx1.D.test" : transport.StartsWith("smtp:", StringComparison.Ordinal)
            ? Regex.Replace(transport[5..], @"(?<=:)\d+(?=,|$)", m => m.Value == "25" ? $"{port}" : $"{ClosedPort()}")
            : parts[0] == "rcpt-address-literal" ? "[127.0.0.31]" : "D.test";
        DeliveryReport report = rig.Deliver(RequestOf(row, parts[0], nextHop, two));
        rig.CloseSession();
        first.Dispose();
        second.Dispose();
        fallback.Dispose();

        string Ported(string text) => Regex.Replace(text, @"(?<=\]):\d+", m => m.Value == $":{port}" ? ":25" : ":2599");

        Assert.Equal(
            row.GetProperty("results").EnumerateArray().Select(r => string.Join(" | ", r.EnumerateArray().Select((e, i) => i == 0 ? AddressOf(e) : e.GetString()))),
            rig.Results.Select(r => WithoutCause(Ported(string.Join(" | ", r)))));
        Assert.Equal(
            row.GetProperty("log").EnumerateArray().Select(e => Comparable(e.GetString()!)),
            rig.Lines.Where(l => !l.Contains("status=", StringComparison.Ordinal) && !l.Contains(": certificate subject=", StringComparison.Ordinal) && !l.Contains("breaking line", StringComparison.Ordinal))
                .Select(l => Comparable(Ported(l.Replace("3F2A81C0D5: ", "", StringComparison.Ordinal)))));
        // S2-21: lines about recipients and servers that are passed over say of which message.
        Assert.All(rig.Lines.Where(l => l.StartsWith("host ", StringComparison.Ordinal) || l.StartsWith("lost ", StringComparison.Ordinal)), Assert.Null);
        JsonElement wire = row.GetProperty("wire");
        AssertWire(wire, "127.0.0.31", first);
        AssertWire(wire, "127.0.0.32", second);
        AssertWire(wire, "127.0.0.33", fallback);
        // Where Postfix was not asked: with somebody served, or nobody to try again for, nothing is throttled.
        bool throttled = row.GetProperty("throttled").GetString() == "YES";
        if (throttled || row.GetProperty("throttled").GetString() is not null || !report.SomeDeferred)
            Assert.Equal(throttled, report.Trouble is not null);
    }

    /// <summary>The line without what the TLS library says of a handshake that failed, which Postfix tells in another line.</summary>
    internal static string WithoutCause(string line) => Regex.Replace(line, @"(?<=Cannot start TLS: handshake failure): [^)]*", "");

    // What the TLS library says is its own, and it does not tell the details of key exchange and signature.
    private static string Comparable(string line) =>
        Regex.Replace(Regex.Replace(WithoutCause(line), "(?<=TLS library problem: ).*", "..."), " key-exchange .*| server-(signature|digest) .*", "");

    private static void AssertWire(JsonElement wire, string address, ScriptedServer server)
    {
        IEnumerable<string> expected = wire.TryGetProperty(address, out JsonElement commands)
            ? commands.EnumerateArray().Select(e => e.GetString()!) : [];
        Assert.Equal(expected, server.Commands.Select(c => Regex.Replace(c, @"SIZE=\d+", "SIZE=n")));
    }

    private static (ScriptedServer, ScriptedServer, ScriptedServer) Servers(string script, string name, bool lmtp)
    {
        // Three servers on one port: which is free is seen by trying.
        while (true)
        {
            ScriptedServer first = new("127.0.0.31", 0, script, lmtp, name.StartsWith("tls-", StringComparison.Ordinal)
                ? new SslServerAuthenticationOptions { ServerCertificate = TestCertificates.SelfSigned("mx1.D.test") } : null);
            try
            {
                string other = s_secondServer.GetValueOrDefault(name, "{}");
                ScriptedServer second = new("127.0.0.32", first.Port, other, lmtp);
                return (first, second, new ScriptedServer("127.0.0.33", first.Port));
            }
            catch (SocketException)
            {
                first.Dispose();
            }
        }
    }

    private static SmtpOptions OptionsOf(SmtpOptions options, string transport, int port)
    {
        // Postfix begins no TLS by itself.
        options = options with { Tls = null };
        // A limit that is not kept fails the rows with a second server, and stops nobody.
        options = options with { TcpPort = port, LoopPort = port, RequestTimeLimit = TimeSpan.FromSeconds(10) };
        if (transport.StartsWith("smtp:", StringComparison.Ordinal))
            return options;
        foreach (string word in transport.Split(' '))
            options = OptionOf(options, word, port);
        return options;
    }

    private static SmtpOptions OptionOf(SmtpOptions options, string word, int port)
    {
        TimeSpan soon = TimeSpan.FromMilliseconds(400);
        TlsSettings tls = TlsRig.Usual with { LogLevel = 1 };
        return word switch
        {
            "tlsmay" => options with { Tls = new TlsPolicies(tls with { SecurityLevel = TlsLevel.May }) },
            "tlsenc" => options with { Tls = new TlsPolicies(tls with { SecurityLevel = TlsLevel.Encrypt }) },
            "tlsver" => options with { Tls = new TlsPolicies(tls with { SecurityLevel = TlsLevel.Verify }) },
            "tmo" => options with
            {
                ConnectTimeout = soon,
                GreetingTimeout = soon,
                HeloTimeout = soon,
                MailTimeout = soon,
                RcptTimeout = soon,
                DataInitTimeout = soon,
                DataXferTimeout = soon,
                DataDoneTimeout = soon,
            },
            "tmo-greeting" => options with { GreetingTimeout = soon },
            "tmo-helo" => options with { HeloTimeout = soon },
            "tmo-mail" => options with { MailTimeout = soon },
            "tmo-rcpt" => options with { RcptTimeout = soon },
            "tmo-data" => options with { DataInitTimeout = soon },
            "tmo-body" => options with { DataXferTimeout = soon },
            "tmo-dot" => options with { DataDoneTimeout = soon },
            "tmo-rset" => options with { RsetTimeout = soon },
            "tmo-quit" => options with { QuitTimeout = soon },
            "tmo-request" => options with { RequestTimeLimit = soon },
            "deadline" => options with { PerRequestDeadline = true, MinDataRate = int.MaxValue },
            "no5skip" => options with { Skip5xxGreeting = false },
            "noquit" => options with { SkipQuitResponse = false, QuitTimeout = soon },
            "readquit" => options with { SkipQuitResponse = false },
            "mxl" => options with { MxSessionLimit = 1 },
            "fallb" => options with { FallbackRelay = [$"[127.0.0.33]:{port}"] },
            "soft" => options with { SoftBounce = true },
            "lmtp" => options with { IsLmtp = true },
            "ehlo-if-esmtp" => options with { AlwaysSendEhlo = false },
            "never-ehlo" => options with { NeverSendEhlo = true },
            "noquote" => options with { QuoteEnvelope = false },
            "debug" => options with { Verbosity = new Verbosity(".", "smtp", PeerList.Read(["127.0.0.0/27"])) },
            "debug-other" => options with { Verbosity = new Verbosity(".", "smtp", PeerList.Read(["!mx1.D.test", "D.test"])) },
            _ when word.StartsWith("discard:", StringComparison.Ordinal) => options with { DiscardEhloKeywords = word[8..].Split(',') },
            _ when word.StartsWith("discard-here:", StringComparison.Ordinal) => options with
            {
                DiscardEhloKeywords = ["DSN"],
                DiscardEhloKeywordsOf = a => a == "127.0.0.31" ? word[13..] : null,
            },
            "" => options,
            _ => throw new ArgumentException(word),
        };
    }

    private static void SetUpNames(FakeResolver names, string name, bool two)
    {
        string firstAddress = name switch
        {
            "conn-refused" or "fallback-refused" => "127.0.0.99",
            "conn-timeout" => "127.0.0.35",
            _ => "127.0.0.31",
        };
        names.A("mx1.D.test", firstAddress);
        names.A("mx2.D.test", "127.0.0.32");
        names.A("self.D.test", "127.0.0.1");
        switch (name)
        {
            case "dns-nxdomain" or "fallback-nxdomain" or "nexthop-nohost":
                break;
            case "dns-servfail" or "fallback-servfail":
                names.Fails("D.test", DnsType.Mx, DnsStatus.TryAgain);
                break;
            case "dns-nomx-noa":
                names.Fails("D.test", DnsType.Mx, DnsStatus.NoData);
                names.Fails("D.test", DnsType.A, DnsStatus.NoData);
                break;
            case "dns-a-only":
                names.Fails("D.test", DnsType.Mx, DnsStatus.NoData);
                names.A("D.test", "127.0.0.31");
                break;
            case "dns-nullmx":
                names.Mx("D.test", (0, "."));
                break;
            case "dns-mx-host-nxdomain":
                names.Mx("D.test", (10, "nope.D.test"));
                break;
            case "dns-mx-host-servfail":
                names.Mx("D.test", (10, "sf.D.test"));
                names.Fails("sf.D.test", DnsType.A, DnsStatus.TryAgain);
                break;
            case "dns-mx-is-self":
                names.Mx("D.test", (10, "self.D.test"));
                break;
            case "dns-mx-self-lower":
                names.Mx("D.test", (10, "mx1.D.test"), (20, "self.D.test"));
                break;
            default:
                if (two)
                    names.Mx("D.test", (10, "mx1.D.test"), (20, "mx2.D.test"));
                else
                    names.Mx("D.test", (10, "mx1.D.test"));
                break;
        }
    }

    private static DeliveryRequest RequestOf(JsonElement row, string name, string nextHop, bool two)
    {
        List<Recipient> recipients = [];
        foreach (JsonElement local in row.GetProperty("recipients").EnumerateArray())
        {
            string address = AddressOf(local);
            string type = PostfixNet.Mail.ByteText.IsAscii(address) ? "rfc822" : "utf-8";
            Notify notify = name switch
            {
                "dsn-present" or "dsn-absent-success" => Notify.Success | Notify.Failure | Notify.Delay,
                "dsn-never" or "dsn-never-bounce" => Notify.Never,
                "dsn-failure-bounce" => Notify.Failure,
                _ => Notify.Default,
            };
            recipients.Add(new Recipient(address, DsnOriginal: $"{type};{address}", Notify: notify, Offset: 100 + recipients.Count));
        }
        return SmtpRig.Request(nextHop, "x@y") with
        {
            Recipients = recipients,
            Sender = two ? "sm@origin.test" : "sf@origin.test",
            Encoding = name.StartsWith("8bit-", StringComparison.Ordinal) ? BodyEncoding.EightBit : BodyEncoding.Unknown,
            SmtpUtf8 = name.StartsWith("utf8-rcpt", StringComparison.Ordinal) ? SmtpUtf8.Requested
                : name.StartsWith("utf8-subject", StringComparison.Ordinal) ? SmtpUtf8.Requested | SmtpUtf8.Header : SmtpUtf8.None,
            EnvelopeId = name switch { "dsn-present" => "eid+3D1", "dsn-failure-bounce" => "xyz", _ => null },
            Return = name == "dsn-present" ? DsnReturn.Headers : DsnReturn.Unspecified,
        };
    }

    private static string AddressOf(JsonElement recipient) =>
        recipient.GetString()!.Contains('@') ? recipient.GetString()! : $"{recipient.GetString()}@D.test";

    private static byte[]? Content(string name) => name switch
    {
        // The server hangs up in the last part that is written; a larger message does not fit in the kernel's buffers.
        "body-drop" => SmtpRig.Records(Enumerable.Repeat(new string('b', 98), 3050)),
        "body-drop-9M" or "tmo-body" or "body-deadline" or "body-limit" or "body-early-552" => SmtpRig.Records(Enumerable.Repeat(new string('b', 98), 90_000)),
        _ => null,
    };

    private static int ClosedPort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.31"), 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
