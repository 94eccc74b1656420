using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using PostfixNet.Mail;
using PostfixNet.Notices;

namespace PostfixNet.UnitTests.Notices;

/// <summary>Whatever servers, senders and recipients say: the notice stays valid MIME, says whom it is about, and nothing of
/// theirs becomes a header, a field or a part. Judged by ourselves, by Python's email package, and by flufl.bounce, with
/// which Mailman finds the addresses of failed recipients.</summary>
public sealed class HostileNoticeTests
{
    private const string Long = "10,000 characters";

    // Read by .NET as UTF-16: "\udc80" and its like stand for bytes that are no UTF-8 (ByteText).
    private static readonly string[] s_evil =
    [
        "x\r\nBcc: victim@evil.test\r\n\r\nStatus: 2.0.0",
        "x\nAction: delivered\nFinal-Recipient: rfc822; victim@evil.test",
        "a\0b\x01\x02\x1b[31m\x7f\x0b\x0c",
        "\udc80\udcff\udcc3 g\u00fcltig \ud83d\ude00 \u2028\u0085\ufeff",
        "--OLD1.1795240595/mta.test",
        "x\n--OLD1.1795240595/mta.test--\nContent-Type: text/html\n\n<b>",
        "=?utf-8?q?=0ABcc:=20victim?= \"quoted; \\ ) ( <>,",
        Long,
        "",
    ];

    public static TheoryData<string, bool> Cases
    {
        get
        {
            TheoryData<string, bool> cases = [];
            foreach (NoticeKind kind in Enum.GetValues<NoticeKind>())
            {
                cases.Add(kind.ToString(), false);
                cases.Add(kind.ToString(), true);
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Notices_stay_what_they_are(string kindName, bool utf8)
    {
        NoticeKind kind = Enum.Parse<NoticeKind>(kindName);
        List<byte[]> notices = [];
        foreach (string evil in s_evil)
        {
            string text = evil == Long ? new string('y', 10_000) + new string('\u00e4', 3000) + string.Concat(Enumerable.Repeat(" z", 5000)) : evil;
            notices.Add(Write(kind, utf8, text));
        }
        Assert.All(notices, notice => CheckBytes(notice, utf8));
        JsonElement[] parsed = ParseWithPython(notices);
        Assert.Equal(s_evil.Length, parsed.Length);
        string[] headers = ["received", "date", "from", "subject", "to", "references", "in-reply-to", "auto-submitted", "mime-version", "content-type", "content-transfer-encoding"];
        for (int i = 0; i < parsed.Length; i++)
        {
            JsonElement notice = parsed[i];
            Assert.Empty(Strings(notice, "defects"));
            Assert.Empty(Strings(notice, "headers").Except(headers));
            Assert.Equal(3, Strings(notice, "types").Length);
            Assert.Equal(4, notice.GetProperty("blocks").GetInt32());
            Assert.Equal(kind switch { NoticeKind.Failure => "failed", NoticeKind.Delay => "delayed", _ => "relayed" }, notice.GetProperty("action").GetString());
            Assert.Equal("5.1.1", notice.GetProperty("status").GetString());
            if (kind == NoticeKind.Failure)
                Assert.Contains("carol@q.test", Strings(notice, "failed"));
        }
    }

    private static byte[] Write(NoticeKind kind, bool utf8, string evil)
    {
        Recipient recipient = new("bob@q.test", $"{evil}@al.test", $"rfc822;{evil}");
        Dsn dsn = new("5.1.1", $"host said: {evil}",
            kind == NoticeKind.Failure ? DsnAction.Failed : kind == NoticeKind.Delay ? DsnAction.Delayed : DsnAction.Relayed, "smtp", $"550 {evil}", $"mx{evil}");
        string line = evil.Replace('\n', ' ').Replace('\r', ' ');
        MemoryStream output = new();
        NoticeComposer.Write(new Notice
        {
            Kind = kind,
            NoticeId = "NEW1",
            QueueId = "OLD1",
            MyHostname = "mta.test",
            To = $"{evil}@q.test",
            Sender = $"{evil}@q.test",
            Now = 1795240595,
            Arrival = 1795240000,
            EnvelopeId = evil,
            SmtpUtf8 = utf8,
            ReturnFull = true,
            Threaded = true,
            Template = DsnSample.Templates("mta.test").Of(kind),
            Recipients =
            [
                new(recipient, dsn), new(recipient with { Address = "carol@q.test", DsnOriginal = "rfc822;carol@q.test" }, dsn),
                new(recipient with { Address = $"{evil}@q.test", DsnOriginal = null }, dsn),
            ],
            Original = new LinesMessage($"Subject: {line}\nMessage-Id: <{line}@q.test>\nX-Evil: {line}\n\n{evil}\n--OLD1.1795240595/mta.test--\n"),
        }, output);
        return output.ToArray();
    }

    private static void CheckBytes(byte[] notice, bool utf8)
    {
        // What we write ourselves ends where the returned message begins.
        int end = notice.AsSpan().IndexOf("\nReturn-Path: <"u8);
        string own = ByteText.Decode(notice.AsSpan(0, end));
        string[] lines = own.Split('\n');
        Assert.All(lines, line =>
        {
            Assert.InRange(ByteText.ByteCount(line), 0, 998); // RFC 5322 section 2.1.1
            Assert.DoesNotContain(line, c => c is < ' ' and not '\t' or '\x7f');
        });
        Assert.True(ByteText.IsValidUtf8(own));
        Assert.DoesNotContain(lines, line => line.StartsWith("Bcc", StringComparison.Ordinal) || line.StartsWith("Action: delivered", StringComparison.Ordinal));
        Assert.Equal(3, lines.Count(line => line.StartsWith("Status:", StringComparison.Ordinal)));
        string report = own[own.IndexOf("Reporting-MTA:", StringComparison.Ordinal)..];
        // RFC 6533: addresses are ASCII where the report is not a global one.
        if (!utf8)
            Assert.All(report.Split('\n').Where(line => line.StartsWith("Final-", StringComparison.Ordinal) || line.StartsWith("Original-R", StringComparison.Ordinal)), line => Assert.True(ByteText.IsAscii(line)));
    }

    private static JsonElement[] ParseWithPython(List<byte[]> notices)
    {
        const string Script = """
            import sys, json, struct, email, email.policy
            from flufl.bounce import all_failures
            data, out = sys.stdin.buffer.read(), []
            while data:
                n, = struct.unpack('>I', data[:4])
                raw, data = data[4:4 + n], data[4 + n:]
                # As it goes over the wire.
                # RFC 6533 is unknown to Python.
                raw = raw.replace(b'\n', b'\r\n').replace(b'\nContent-Type: message/global-', b'\nContent-Type: message/')
                m = email.message_from_bytes(raw, policy=email.policy.compat32)
                parts = m.get_payload()
                blocks = [b for b in parts[1].get_payload() if b.keys()]
                temporary, permanent = all_failures(m)
                out.append(dict(defects=[repr(d) for p in [m] + parts[:2] for d in p.defects], headers=[k.lower() for k in m.keys()],
                    types=[p.get_content_type() for p in parts], blocks=len(blocks), action=blocks[1]['action'], status=blocks[1]['status'],
                    failed=sorted(a.decode('ascii', 'replace') for a in permanent)))
            json.dump(out, sys.stdout)
            """;
        ProcessStartInfo start = new("/usr/bin/python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync();
        byte[] length = new byte[4];
        foreach (byte[] notice in notices)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, notice.Length);
            python.StandardInput.BaseStream.Write(length);
            python.StandardInput.BaseStream.Write(notice);
        }
        python.StandardInput.Close();
        string output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, errors.Result);
        return JsonSerializer.Deserialize<JsonElement[]>(output)!;
    }

    private static string[] Strings(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(item => item.GetString()!)];
}
