using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public class QueueFileTests
{
    public static TheoryData<string> CleanedFiles => Vectors.QueueFiles(".incoming", ".deferred", ".hold", ".active");
    public static TheoryData<string> MaildropFiles => Vectors.QueueFiles(".maildrop");

    [Theory, MemberData(nameof(CleanedFiles))]
    public void Envelope_and_recipients_agree_with_the_records(string name)
    {
        List<Vectors.DumpedRecord> dump = [.. Vectors.Dump(name).OfType<Vectors.DumpedRecord>()];
        using QueueFile file = QueueFile.Open(Vectors.PathOf(name));
        List<Recipient> recipients = [];
        Envelope envelope = file.ReadEnvelope(recipients, int.MaxValue, out long next);

        Assert.Equal(0, next);
        Assert.Equal(dump.Where(r => r.Type == 'R').Select(r => (r.Offset, r.Payload)),
            recipients.Select(r => (r.Offset, Latin1(r.Address))));
        Assert.Equal(recipients.Count, envelope.PendingRecipients);
        Assert.Equal(Single(dump, 'S'), Latin1(envelope.Sender!));
        Assert.Equal(Single(dump, 'T'), $"{envelope.ArrivalSeconds} {envelope.ArrivalMicroseconds}");
        Assert.Equal(dump.First(r => r.Type == 'M').Offset + 2, envelope.DataOffset);
        Assert.Equal(Attribute(dump, "create_time"), $"{envelope.CreateTime}");
        Assert.Equal(Attribute(dump, "encoding"), envelope.Encoding.Word());
        Assert.Equal(Attribute(dump, "rewrite_context"), envelope.RewriteContext ?? "");
        Assert.Equal(Attribute(dump, "envelope_id"), envelope.EnvelopeId ?? "");
        Assert.Equal(Attribute(dump, "ret_flags"), envelope.Return == DsnReturn.Unspecified ? "" : $"{(int)envelope.Return}");
        Assert.Equal(Attribute(dump, "log_client_name"), envelope.Attribute("log_client_name") ?? "");
        Assert.Equal(Single(dump, 'V'), envelope.Verp ?? "");
        Assert.Equal(Single(dump, 'F'), Latin1(envelope.FullName ?? ""));
        Assert.Equal(Single(dump, 'W').Trim(), envelope.WarnTimeOffset == 0 ? "" : $"{envelope.WarnTime}");
    }

    // S5-15
    [Theory, MemberData(nameof(CleanedFiles))]
    public void Reading_recipients_in_batches_gives_the_same(string name)
    {
        using QueueFile file = QueueFile.Open(Vectors.PathOf(name));
        List<Recipient> want = [];
        file.ReadEnvelope(want, int.MaxValue, out _);
        // 0 too: the next offset must come before the first recipient's options.
        foreach (int limit in new[] { 0, 1, 2, 3, 5 })
        {
            List<Recipient> got = [];
            file.ReadEnvelope(got, limit, out long next);
            Assert.Equal(want.Count > limit, next != 0);
            while (next != 0)
            {
                // Another process, or later: nothing is kept but the offset.
                using QueueFile again = QueueFile.Open(Vectors.PathOf(name));
                int before = got.Count;
                next = again.ReadRecipients(next, got, Math.Max(limit, 1));
                Assert.InRange(got.Count - before, 1, Math.Max(limit, 1));
            }
            Assert.Equal(want, got);
        }
    }

    // S3-13
    [Theory, MemberData(nameof(CleanedFiles))]
    public void Content_agrees_with_the_records(string name)
    {
        List<string> want = [], got = [];
        bool inContent = false, cut = false;
        foreach (Vectors.DumpedRecord? record in Vectors.Dump(name))
        {
            cut |= record is null;
            inContent = record?.Type switch { 'M' => true, 'X' => false, _ => inContent };
            if (inContent && record is { Type: 'N' or 'L' })
                want.Add($"{record.Type}{record.Length}");
        }
        using QueueFile file = QueueFile.Open(Vectors.PathOf(name));
        ContentReader reader = file.ReadContent(file.ReadEnvelope());
        while (reader.Read())
            got.Add($"{(reader.EndsLine ? 'N' : 'L')}{reader.Piece.Length}");
        Assert.False(reader.Read());
        if (cut)
            Assert.Equal(want[..20], got[..20]);
        else
            Assert.Equal(want, got);
    }

    [Theory, MemberData(nameof(MaildropFiles))]
    public void Maildrop_files_can_be_listed(string name)
    {
        List<Vectors.DumpedRecord> dump = [.. Vectors.Dump(name).OfType<Vectors.DumpedRecord>()];
        using QueueFile file = QueueFile.Open(Vectors.PathOf(name));
        List<Recipient> recipients = [];
        Envelope envelope = file.ReadWhatIsThere(recipients, 100, out _);
        Assert.Equal(Single(dump, 'S'), Latin1(envelope.Sender!));
        Assert.Equal(dump.Where(r => r.Type == 'R').Select(r => r.Payload), recipients.Select(r => Latin1(r.Address)));
        Assert.Null(envelope.Size);
        Assert.Throws<QueueFileException>(() => file.ReadEnvelope());
    }

    [Fact]
    public void Recipients_carry_their_own_options()
    {
        using QueueFile file = QueueFile.Open(Vectors.PathOf("smtpd-submitted-dsn.deferred"));
        List<Recipient> recipients = [];
        Envelope envelope = file.ReadEnvelope(recipients, 10, out _);
        List<Vectors.DumpedRecord> dump = [.. Vectors.Dump("smtpd-submitted-dsn.deferred").OfType<Vectors.DumpedRecord>()];
        Assert.Equal(dump.Where(r => r.Type == 'R').Select(r => r.Payload), recipients.Select(r => r.Address));
        Assert.Equal(Attribute(dump, "dsn_orig_rcpt"), recipients[^1].DsnOriginal);
        Assert.Equal([10, 1, 0, 0], recipients.Select(r => (int)r.Notify));
        Assert.DoesNotContain(envelope.Attributes, a => a.Key is "notify_flags" or "dsn_orig_rcpt");
    }

    [Fact]
    public void Options_of_one_recipient_do_not_reach_the_next()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x", Message("A|notify_flags=4;A|dsn_orig_rcpt=rfc822;O|a0@x;R|a@x;R|b@x;n|1;o|utf-8!c;R|c@x", 3));
        using QueueFile file = QueueFile.Open(path);
        List<Recipient> recipients = [];
        file.ReadEnvelope(recipients, 9, out _);
        Assert.Equal([("a@x", "a0@x", "rfc822", 4), ("b@x", null, null, 0), ("c@x", null, "utf-8!c", 1)],
            recipients.Select(r => (r.Address, r.Original, r.DsnOriginal, (int)r.Notify)));
        // A batch that begins in the middle begins with the options of its first recipient.
        recipients.Clear();
        file.ReadEnvelope([], 2, out long next);
        Assert.Equal(0, file.ReadRecipients(next, recipients, 9));
        Assert.Equal(("c@x", "utf-8!c", 1), (recipients[0].Address, recipients[0].DsnOriginal, (int)recipients[0].Notify));
    }

    // S1-23
    [Theory] // what is wrong, the log line after the id (behaviour of qmgr on damaged files)
    [InlineData("no end", "message rejected: missing end record")]
    [InlineData("no sender", "message rejected: missing sender record")]
    [InlineData("no time", "message rejected: missing arrival time record")]
    [InlineData("no size", "message rejected: missing size record")]
    [InlineData("bad size", "message rejected: malformed size record")]
    [InlineData("two senders", "message rejected: multiple envelope sender records")]
    [InlineData("one more", "rcpt count mismatch (1)")]
    [InlineData("one less", "rcpt count mismatch (-1)")]
    [InlineData("empty", "message rejected: missing end record")]
    public void Damaged_files_are_told_in_one_line(string damage, string want)
    {
        byte[] bytes = damage switch
        {
            "no end" => Message("R|a@x", 1)[..^2],
            "no sender" => Message("R|a@x", 1, sender: null),
            "no time" => Message("R|a@x", 1, time: null),
            "no size" => Message("R|a@x", 1)[97..],
            "bad size" => [(byte)'C', 3, (byte)'1', (byte)'x', (byte)' ', .. Message("R|a@x", 1)[97..]],
            "two senders" => Message("S|b@x;R|a@x", 1),
            "one more" => Message("R|a@x", 2),
            "one less" => Message("R|a@x;D|b@x", 1),
            _ => [],
        };
        using TemporaryDirectory directory = new();
        using QueueFile file = QueueFile.Open(directory.File("x", bytes));
        QueueFileException e = Assert.Throws<QueueFileException>(() => file.ReadEnvelope());
        Assert.Equal(want, e.Message);
        file.ReadWhatIsThere([], 5, out _); // a listing shows what there is
    }

    [Theory]
    [InlineData("Z|whatever;R|a@x;Q|;K|x")]
    [InlineData("R|a@x;A|noequals;A|=x;W|never")]
    [InlineData("A|create_time=soon;A|ret_flags=99999999999;R|a@x")]
    public void Unknown_and_senseless_records_stop_no_mail(string records)
    {
        using TemporaryDirectory directory = new();
        using QueueFile file = QueueFile.Open(directory.File("x", Message(records, 1)));
        List<Recipient> recipients = [];
        file.ReadEnvelope(recipients, 5, out _);
        Assert.Equal("a@x", Assert.Single(recipients).Address);
    }

    [Fact]
    public void An_older_size_record_has_fewer_fields()
    {
        Assert.True(SizeRecord.TryParse("            285             256               1"u8, out SizeRecord size));
        Assert.Equal(new SizeRecord(285, 256, 1, 0, 0, 0), size);
        Assert.Equal(285, size.EffectiveSize);
        Assert.True(SizeRecord.TryParse("            295             334               3               0             310               0"u8, out size));
        Assert.Equal(310, size.EffectiveSize);
        Assert.Equal("            295             334               3               0             310               0", size.ToString());
        Assert.False(SizeRecord.TryParse("            285             2x6               1"u8, out _));
        Assert.False(SizeRecord.TryParse("               "u8, out _));
        Assert.Equal("9223372036854775807 1234567890123456               1               0 123456789012345              15",
            new SizeRecord(long.MaxValue, 1234567890123456, 1, 0, 123456789012345, SmtpUtf8.Requested | SmtpUtf8.Header | SmtpUtf8.Sender | SmtpUtf8.Recipient).ToString());
    }

    [Theory]
    [InlineData("one-rcpt.incoming")]
    [InlineData("milter-edited.deferred")]
    [InlineData("t-extract-plus-arg.incoming")]
    [InlineData("smtpd-submitted-dsn.deferred")]
    [InlineData("dsn-all.maildrop")]
    public void No_truncation_and_no_flipped_bit_hangs_or_crashes(string name)
    {
        byte[] whole = Vectors.Bytes(name);
        using TemporaryDirectory directory = new();
        using QueueFile file = QueueFile.Open(directory.File("x", []), write: true);
        int end = Array.LastIndexOf(whole, (byte)'E');
        for (int length = 0; length < whole.Length; length++)
        {
            FileSystem.Truncate(file.Handle, 0);
            FileSystem.WriteAt(file.Handle, whole.AsSpan(0, length), 0);
            // Nothing may pass for a whole message that lacks its end.
            Assert.False(Survives(file) && length <= end && !name.StartsWith("milter", StringComparison.Ordinal));
        }
        FileSystem.WriteAt(file.Handle, whole, 0);
        for (int at = 0; at < whole.Length; at++)
        {
            // One bit in each byte, a different one each time: all bits would take minutes.
            byte damaged = (byte)(whole[at] ^ (1 << (at % 8)));
            FileSystem.WriteAt(file.Handle, [damaged], at);
            Survives(file);
            FileSystem.WriteAt(file.Handle, [whole[at]], at);
        }
    }

    private static bool Survives(QueueFile file)
    {
        file.ReadWhatIsThere(new List<Recipient>(), 2, out _);
        try
        {
            List<Recipient> recipients = [];
            Envelope envelope = file.ReadEnvelope(recipients, 1, out long next);
            for (int i = 0; next != 0 && i < 100; i++)
                next = file.ReadRecipients(next, recipients, 1);
            ContentReader content = file.ReadContent(envelope);
            while (content.Read())
            {
            }
            return true;
        }
        catch (QueueFileException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            return false;
        }
    }

    [Fact]
    public void S2_09_A_recipient_is_marked_by_one_byte_in_place()
    {
        byte[] before = Vectors.Bytes("many-rcpts.incoming");
        using TemporaryDirectory directory = new();
        string path = directory.File("x", before);
        List<Recipient> recipients = [];
        using (QueueFile file = QueueFile.Open(path, write: true))
        {
            file.ReadEnvelope(recipients, 100, out _);
            long offset = recipients[3].Offset;
            Assert.False(QueueFile.IsDone(file.Handle, offset));
            QueueFile.MarkDone(file.Handle, offset);
            QueueFile.MarkDone(file.Handle, offset); // again: no harm
            QueueFile.MarkDone(file.Handle, 0); // no record, nothing to mark
            Assert.True(QueueFile.IsDone(file.Handle, offset));
            List<Recipient> left = [];
            Envelope envelope = file.ReadEnvelope(left, 100, out _);
            Assert.Equal(recipients.Where(r => r.Offset != offset), left);
            Assert.Equal((11, 12), (envelope.PendingRecipients, envelope.TotalRecipients));
        }
        byte[] after = File.ReadAllBytes(path);
        before[(int)recipients[3].Offset] = (byte)'D';
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(97)]
    [InlineData(1_000_000)]
    [InlineData(-1)]
    public void Nothing_but_a_recipient_can_be_marked(long offset)
    {
        using TemporaryDirectory directory = new();
        byte[] before = Vectors.Bytes("one-rcpt.incoming");
        string path = directory.File("x", before);
        using SafeFileHandle file = FileSystem.Open(path, write: true);
        Assert.Throws<QueueFileException>(() => QueueFile.MarkDone(file, offset));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    // S1-35
    [Fact]
    public void The_delay_warning_is_marked_as_sent_in_place()
    {
        using TemporaryDirectory directory = new();
        using QueueFile file = QueueFile.Open(directory.File("x", Vectors.Bytes("delay-warning-record.deferred")), write: true);
        Envelope envelope = file.ReadEnvelope();
        Assert.True(envelope.WarnTime > envelope.ArrivalSeconds);
        QueueFile.SetWarnTime(file.Handle, envelope.WarnTimeOffset, -1);
        Assert.Equal(-1, file.ReadEnvelope().WarnTime);
        Assert.Throws<QueueFileException>(() => QueueFile.SetWarnTime(file.Handle, 0 + 97, -1));
        QueueFile.SetWarnTime(file.Handle, 0, -1);
        file.ReadEnvelope();
    }

    // S5-02
    [Theory] // bits, ready
    [InlineData("0700", true)]
    [InlineData("0744", true)]
    [InlineData("0710", true)]
    [InlineData("0600", false)]
    [InlineData("0644", false)]
    [InlineData("0500", false)]
    [InlineData("0100", false)]
    [InlineData("0077", false)]
    public void Only_all_owner_bits_make_a_file_ready(string octal, bool want) =>
        Assert.Equal(want, QueueFileMode.IsReady(Convert.ToInt32(octal, 8)));

    /// <summary>A message whose envelope ends with the given records, "type|payload;…".</summary>
    [Fact]
    public void All_recipients_are_marked_done()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x", Message(string.Join(';', Enumerable.Range(0, 2500).Select(static i => $"R|u{i}@q.test")), 2500));
        using QueueFile file = QueueFile.Open(path, write: true);
        file.MarkAllDone();
        List<Recipient> open = [];
        file.ReadEnvelope(open, 10, out long next);
        Assert.Equal((0, 0), (open.Count, next));
    }

    internal static byte[] Message(string records, int count, string? sender = "s@x", string? time = "1795239037 5")
    {
        using MemoryStream stream = new();
        for (int pass = 0; pass < 2; pass++)
        {
            long data = stream.Length == 0 ? 0 : IndexOf(stream.ToArray(), "M\0"u8) + 2;
            long extracted = stream.Length - 4;
            stream.SetLength(0);
            RecordWriter writer = new(stream.Write);
            writer.Write(RecordType.Size, new SizeRecord(extracted - data, data, count, 0, extracted - data, 0).ToString().Replace('-', '0'));
            if (time is not null)
                writer.Write(RecordType.Time, time);
            if (sender is not null)
                writer.Write(RecordType.From, sender);
            foreach (string record in records.Split(';'))
                writer.Write((RecordType)record[0], record[2..]);
            writer.Write(RecordType.Message);
            writer.Write(RecordType.Text, "text");
            writer.Write(RecordType.Extracted);
            writer.Write(RecordType.End);
            writer.Flush();
        }
        return stream.ToArray();
    }

    private static int IndexOf(byte[] bytes, ReadOnlySpan<byte> what) => bytes.AsSpan().IndexOf(what);

    private static string Latin1(string text) => Encoding.Latin1.GetString(PostfixNet.Mail.ByteText.Encode(text));

    private static string Single(List<Vectors.DumpedRecord> dump, char type) => dump.LastOrDefault(r => r.Type == type)?.Payload ?? "";

    private static string Attribute(List<Vectors.DumpedRecord> dump, string name) =>
        dump.LastOrDefault(r => r.Type == 'A' && r.Payload.StartsWith(name + "=", StringComparison.Ordinal))?.Payload[(name.Length + 1)..] ?? "";
}
