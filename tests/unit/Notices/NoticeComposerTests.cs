using System.Diagnostics;
using PostfixNet.Mail;
using PostfixNet.Notices;

namespace PostfixNet.UnitTests.Notices;

public class NoticeComposerTests
{
    public static TheoryData<string> Samples
    {
        get
        {
            TheoryData<string> names = [];
            foreach (string path in Directory.EnumerateFiles(DsnSample.Directory, "*.eml").Order(StringComparer.Ordinal))
            {
                // A transcript is no notice about recipients; it comes from the SMTP client.
                if (!path.Contains("transcript", StringComparison.Ordinal))
                    names.Add(Path.GetFileNameWithoutExtension(path));
            }
            return names;
        }
    }

    // S3-43
    [Theory, MemberData(nameof(Samples))]
    public void Writes_what_Postfix_writes(string name)
    {
        DsnSample sample = new(name);
        Assert.Equal(sample.Expected, Text(sample.Notice));
    }

    private static Notice Sample(
        NoticeKind kind = NoticeKind.Failure, IEnumerable<Outcome>? recipients = null, string original = "Subject: x\n\nbody\n", string sender = "alice@q.test",
        bool utf8 = false, bool full = true, string? envelopeId = null, string host = "mta.test", bool threaded = false, long sizeLimit = 50000,
        IOriginalMessage? message = null) => new()
        {
            Kind = kind,
            NoticeId = "NEW1",
            QueueId = "OLD1",
            MyHostname = host,
            To = sender,
            Sender = sender,
            Now = 1795240595,
            Arrival = 1795240000,
            EnvelopeId = envelopeId,
            SmtpUtf8 = utf8,
            ReturnFull = full,
            SizeLimit = sizeLimit,
            Threaded = threaded,
            Template = DsnSample.Templates(host, delayHours: 4).Of(kind),
            QueueLifetime = TimeSpan.FromDays(5),
            Recipients = recipients ?? [Failed("bob@q.test")],
            Original = message ?? new LinesMessage(original),
        };

    private static Outcome Failed(string address, string reason = "no", string? reply = null, string? mta = null, string? orcpt = null, string? original = null) =>
        new(new Recipient(address, original, orcpt), new Dsn("5.1.1", reason, DsnAction.Failed, reply is null ? null : "smtp", reply, mta));

    private static string Text(Notice notice)
    {
        using MemoryStream output = new();
        NoticeComposer.Write(notice, output);
        return ByteText.Decode(output.ToArray());
    }

    [Fact]
    public void Hostile_texts_add_no_header_field_or_part()
    {
        const string Evil = "x\r\nBcc: victim@q.test\n\n--OLD1.1795240595/mta.test\nStatus: 2.0.0\0\x7f";
        Outcome outcome = new(new Recipient(Evil, Evil + "o", "rfc822;" + Evil), new Dsn("5.1.1\nAction: x", Evil, DsnAction.Unstated, "smtp\n", Evil, Evil));
        foreach (NoticeKind kind in Enum.GetValues<NoticeKind>())
        {
            string text = Text(Sample(kind, [outcome], sender: Evil, envelopeId: Evil, original: "Message-Id: \r\tx\n\n", threaded: true));
            string[] lines = text.Split('\n');
            Assert.DoesNotContain(lines, l => l.StartsWith("Bcc:", StringComparison.Ordinal) || l.StartsWith("Status: 2", StringComparison.Ordinal));
            Assert.Equal(3, lines.Count(l => l == "--OLD1.1795240595/mta.test"));
            Assert.DoesNotContain('\r', text[..text.IndexOf("Return-Path", StringComparison.Ordinal)]);
            Assert.DoesNotContain('\0', text);
        }
    }

    [Theory]
    [InlineData("Subject: x\n\n--OLD1.1795240595/mta.test\n")]
    [InlineData("Subject: x\n\n--OLD1.1795240595/mta.test--\n")]
    [InlineData("Subject: x\n\n--OLD1.1795240595/mta.test.and.more\nz\n")]
    public void A_line_that_looks_like_the_boundary_changes_the_boundary(string original)
    {
        string text = Text(Sample(original: original));
        string boundary = text.Split("boundary=\"")[1].Split('"')[0];
        Assert.NotEqual("OLD1.1795240595/mta.test", boundary);
        Assert.StartsWith("OLD1.1795240595/mta.test.", boundary, StringComparison.Ordinal);
        Assert.Equal(4, text.Split('\n').Count(l => l.StartsWith("--" + boundary, StringComparison.Ordinal)));
    }

    [Fact]
    public void Boundaries_stay_within_70_characters()
    {
        string boundary = Text(Sample(host: new string('h', 200) + ".test")).Split("boundary=\"")[1].Split('"')[0];
        Assert.Equal(70, boundary.Length); // RFC 2046 section 5.1.1
    }

    [Theory] // kind, full wanted, utf8, size limit, type, description
    [InlineData(NoticeKind.Failure, true, false, 50000, "message/rfc822", "Undelivered Message")]
    [InlineData(NoticeKind.Failure, true, false, 0, "message/rfc822", "Undelivered Message")]
    [InlineData(NoticeKind.Failure, true, false, 5, "text/rfc822-headers", "Undelivered Message Headers")]
    [InlineData(NoticeKind.Failure, false, false, 50000, "text/rfc822-headers", "Undelivered Message Headers")]
    [InlineData(NoticeKind.Failure, true, true, 50000, "message/global", "Undelivered Message")]
    [InlineData(NoticeKind.Failure, false, true, 50000, "message/global-headers", "Undelivered Message Headers")]
    [InlineData(NoticeKind.Delay, true, false, 50000, "text/rfc822-headers", "Undelivered Message Headers")]
    [InlineData(NoticeKind.Success, true, false, 50000, "text/rfc822-headers", "Message Headers")]
    [InlineData(NoticeKind.Status, true, false, 50000, "text/rfc822-headers", "Message Headers")]
    public void Returns_as_much_of_the_message_as_is_due(NoticeKind kind, bool full, bool utf8, int limit, string type, string description)
    {
        string text = Text(Sample(kind, full: full, utf8: utf8, sizeLimit: limit));
        Assert.Contains($"\nContent-Description: {description}\nContent-Type: {type}\nContent-Transfer-Encoding: 8bit\n\nReturn-Path: <alice@q.test>\nSubject: x\n", text, StringComparison.Ordinal);
        Assert.Equal(type.EndsWith("headers", StringComparison.Ordinal), !text.Contains("\n\nbody\n", StringComparison.Ordinal));
        Assert.Contains(utf8 ? "Content-Type: message/global-delivery-status\n" : "Content-Type: message/delivery-status\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Subject: x\nbody without separator\n", "Subject: x")]
    [InlineData("Subject: x\n folded\n\ty\nTo: z\n\nb\n", "Subject: x\n folded\n\ty\nTo: z")]
    [InlineData("\nbody\n", "")]
    [InlineData("From x Sat\nSubject: y\n", "")]
    public void Headers_end_where_no_header_line_stands(string original, string headers)
    {
        string text = Text(Sample(full: false, original: original));
        Assert.EndsWith($"Return-Path: <alice@q.test>\n{headers}{(headers.Length > 0 ? "\n" : "")}\n--OLD1.1795240595/mta.test--\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_without_final_newline_is_completed() =>
        Assert.EndsWith("\n\nlast\n\n--OLD1.1795240595/mta.test--\n", Text(Sample(original: "Subject: x\n\nlast")), StringComparison.Ordinal);

    // MimeKit itself drops a CR before a LF, and writes a part that is no valid MIME anew.
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void The_message_is_returned_octet_for_octet(bool full, bool utf8)
    {
        const string Headers = "Subject:  odd\r\nX-Tab:\t\tx  \n folded \r\n\tonce more\nContent-Type: multipart/mixed; boundary=a;;=\nContent-Transfer-Encoding: base64\n";
        string body = "\n\r\n\r\r\n--a\n\n\x01\x1a\x7f\udc80\udcff caf\u00e9 =\n=E9 \t\n.\n..\nFrom x\n>From y\n--a--\n\n\n" + new string('x', 5000) + "\r\n\n\n";
        string text = Text(Sample(original: Headers + body, full: full, utf8: utf8, sizeLimit: 0));
        int start = text.IndexOf("\nReturn-Path: <alice@q.test>\n", StringComparison.Ordinal) + "\nReturn-Path: <alice@q.test>\n".Length;
        Assert.Equal(full ? Headers + body : Headers, text[start..^"\n--OLD1.1795240595/mta.test--\n".Length]);
    }

    // B20: a relay that refused the message for a NUL would refuse the notice.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Octets_that_no_server_takes_are_left_out_of_the_returned_message(bool full)
    {
        string text = Text(Sample(original: "Subject: a\0b\nX-\0: y\n\nbo\0\0dy\n\0", full: full, utf8: false, sizeLimit: 0));
        Assert.DoesNotContain('\0', text);
        Assert.Contains("Subject: ab\n", text, StringComparison.Ordinal);
        Assert.Equal(full, text.Contains("\nbody\n", StringComparison.Ordinal));
    }

    // MimeKit cuts a parameter that is too long for a line in pieces, boundary*0=..., which programs that read bounces do not know.
    [Fact]
    public void A_long_boundary_stays_in_one_piece()
    {
        string text = Text(Sample(host: "a-long-name-of-a-host-in-a-domain-with-a-long-name.mta.test"));
        Assert.Contains("\nContent-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"OLD1.1795240595/a-long-name-of-a-host-in-a-domain-with-a-long-name.mta\"\n", text, StringComparison.Ordinal);
    }

    /// <summary>A message of any size that is nowhere.</summary>
    private sealed class EndlessMessage(long lines) : IOriginalMessage
    {
        private readonly byte[] _line = Enumerable.Repeat((byte)'x', 1000).ToArray();

        public long Size => lines * 1001;

        public IEnumerable<ContentPiece> Content()
        {
            yield return new ContentPiece("Subject: x"u8.ToArray(), true);
            yield return new ContentPiece(default, true);
            for (long i = 0; i < lines; i++)
                yield return new ContentPiece(_line, i % 3 > 0);
        }
    }

    private sealed class CountingStream : MemoryStream
    {
        internal long Count { get; private set; }
        public override void Write(ReadOnlySpan<byte> buffer) => Count += buffer.Length;
        public override void Write(byte[] buffer, int offset, int count) => Count += count;
    }

    private static long Allocated(Notice notice, out long written)
    {
        using CountingStream output = new();
        long before = GC.GetAllocatedBytesForCurrentThread();
        NoticeComposer.Write(notice, output);
        written = output.Count;
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void A_message_of_any_size_is_returned_in_little_memory()
    {
        _ = Allocated(Sample(), out _);
        Notice notice = Sample(sizeLimit: 0, message: new EndlessMessage(200_000));
        Assert.InRange(Allocated(notice, out long written), 0, 1 << 20);
        Assert.InRange(written, 200_000_000, 210_000_000);
    }

    // They are read from the log as they are written: what is made for one is gone before the next.
    [Fact]
    public void A_notice_has_any_number_of_recipients()
    {
        const int Count = 20_000;
        WeakReference[] seen = new WeakReference[Count];
        int alive = 0;
        IEnumerable<Outcome> Recipients()
        {
            for (int i = 0; i < Count; i++)
            {
                Outcome outcome = Failed($"r{i}@q.test", "no", "550 no", "mx.q.test");
                seen[i] = new WeakReference(outcome);
                yield return outcome;
                if (i == Count - 1)
                {
                    GC.Collect();
                    alive = Math.Max(alive, seen.Count(s => s.IsAlive));
                }
            }
        }
        _ = Allocated(Sample(recipients: Recipients()), out long written);
        Assert.InRange(written, Count * 120L, Count * 300L);
        Assert.InRange(alive, 1, 100);
    }

    [Fact]
    public void Without_the_message_there_are_two_parts()
    {
        Notice notice = new()
        {
            Kind = NoticeKind.Failure,
            NoticeId = "N",
            QueueId = "O",
            MyHostname = "h",
            To = "a@b",
            Sender = "a@b",
            Now = 1,
            Template = DsnSample.Templates().Failure,
            Recipients = [Failed("bob@q.test")],
        };
        string text = Text(notice);
        Assert.EndsWith("Diagnostic-Code: X-Postfix; no\n\n--O.1/h--\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Arrival-Date", text, StringComparison.Ordinal);
    }

    // S3-43
    [Theory]
    [InlineData("Message-Id: <a@b>\nIn-Reply-To: <c@d>\n\n", "<a@b>")]
    [InlineData("Subject: x\nMESSAGE-ID:\n <a@b>\n\n", "<a@b>")]
    [InlineData("Subject: x\n\nMessage-Id: <a@b>\n", null)]
    public void Threads_with_the_original_when_told(string original, string? id)
    {
        string text = Text(Sample(original: original, threaded: true, full: false));
        string header = text[..text.IndexOf("\n\n", StringComparison.Ordinal)];
        if (id is null)
            Assert.DoesNotContain("References:", header, StringComparison.Ordinal);
        else
            Assert.Contains($"\nReferences: {id}\nIn-Reply-To: {id}\nAuto-Submitted: auto-replied\n", header, StringComparison.Ordinal);
        Assert.DoesNotContain("References", Text(Sample(original: original, full: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Replies_outside_ascii_are_declared_and_made_valid()
    {
        string text = Text(Sample(recipients: [Failed("bob@q.test", "said: 550 g\u00fcltig \udcfc", "550 g\u00fcltig \udcfc", "mx.q.test")]));
        Assert.Contains("Content-Type: message/delivery-status\nContent-Transfer-Encoding: 8bit\n", text, StringComparison.Ordinal);
        Assert.Contains("<bob@q.test>: said: 550 g\u00fcltig ?\n", text, StringComparison.Ordinal);
        Assert.Contains("Diagnostic-Code: smtp; 550 g\u00fcltig ?\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "\n")]
    [InlineData("a b", "a b\n")]
    [InlineData("a  b ", "a  b\n")]
    [InlineData("123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789", "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789\n")] // 79
    [InlineData("123456789 123456789 123456789 123456789 123456789 123456789 123456789 1234567890", "123456789 123456789 123456789 123456789 123456789 123456789 123456789\n    1234567890\n")] // 80
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234567890123456789012345 x", "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345\n    x\n")]
    [InlineData("a 1234567890123456789012345678901234567890123456789012345678901234567890123456789012345", "a\n    1234567890123456789012345678901234567890123456789012345678901234567890123456789012345\n")]
    public void Folds_at_79_bytes(string text, string folded) => Assert.Equal(folded, NoticeText.Folded(text) + "\n");

    [Theory]
    [InlineData(Notify.Default, Notify.Failure, true)]
    [InlineData(Notify.Default, Notify.Delay, true)]
    [InlineData(Notify.Default, Notify.Success, false)]
    [InlineData(Notify.Never, Notify.Failure, false)]
    [InlineData(Notify.Delay, Notify.Failure, false)]
    [InlineData(Notify.Success | Notify.Failure, Notify.Success, true)]
    [InlineData(Notify.Success | Notify.Failure, Notify.Delay, false)]
    public void Notify_decides_who_hears_what(Notify asked, Notify what, bool told) => Assert.Equal(told, asked.Wants(what)); // A0.3

    [Theory]
    [InlineData("list@site.test", "bob@q.test", "list+bob=q.test@site.test")]
    [InlineData("list", "bob@q.test", "list+bob=q.test")]
    [InlineData("list@site.test", "bob", "list+bob=my.test@site.test")]
    [InlineData("", "bob@q.test", "")]
    public void Verp_names_the_recipient_in_the_sender(string sender, string recipient, string verp) =>
        Assert.Equal(verp, Verp.Sender("+=", sender, recipient, "my.test"));

    // S3-43
    [Fact]
    public void Python_reads_all_parts_and_fields()
    {
        const string Script = """
            import sys, email, email.policy
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            assert m.get_content_type() == 'multipart/report' and not m.defects, m.defects
            assert m.get_param('report-type') == 'delivery-status'
            parts = m.get_payload()
            print([p.get_content_type() for p in parts])
            status = parts[1].get_payload()
            print([sorted(k.lower() for k in b.keys()) for b in status if b.keys()])
            print(status[1]['Diagnostic-Code'])
            inner = parts[2].get_payload()[0]
            print(inner['Subject'], inner['Return-Path'], inner.get_payload().strip())
            """;
        string text = Text(Sample(recipients: [Failed("bob@q.test", "host said: no", "550 5.1.1 " + string.Concat(Enumerable.Repeat("word ", 40)), "mx.q.test", "rfc822;bob@q.test")]));
        ProcessStartInfo start = new("python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process python = Process.Start(start)!;
        python.StandardInput.BaseStream.Write(ByteText.Encode(text));
        python.StandardInput.Close();
        string[] output = python.StandardOutput.ReadToEnd().Split('\n');
        python.WaitForExit();
        Assert.Equal(0, python.ExitCode);
        Assert.Equal("['text/plain', 'message/delivery-status', 'message/rfc822']", output[0]);
        Assert.Equal("[['arrival-date', 'reporting-mta', 'x-postfix-queue-id', 'x-postfix-sender'], "
            + "['action', 'diagnostic-code', 'final-recipient', 'original-recipient', 'remote-mta', 'status']]", output[1]);
        Assert.StartsWith("smtp; 550 5.1.1 word word", output[2], StringComparison.Ordinal);
        Assert.Equal("x <alice@q.test> body", output[3]);
    }
}
