using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

/// <summary>What an operator changes of a message in the queue.</summary>
public sealed class EnvelopeEditTests
{
    private static readonly string[] s_files = [.. Vectors.QueueFileNames().Where(static name => Path.GetExtension(name) is not ".maildrop")];

    public static TheoryData<string> Files => [.. s_files];

    // S3-10
    [Theory]
    [MemberData(nameof(Files))]
    public void Each_file_of_Postfix_can_be_changed_and_nothing_else_of_it_changes(string name)
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x", Vectors.Bytes(name));
        using QueueFile file = QueueFile.Open(path, write: true);
        List<Recipient> before = [], after = [];
        Envelope was = file.ReadEnvelope(before, 1000, out _);
        string content = ContentOf(file, was);

        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Redirect: "one@else.test"));
        Assert.Equal("one@else.test", file.ReadEnvelope().Redirect);
        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Route: "smtp:[relay.test]:25", TlsLevel: "encrypt"));
        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Redirect: "two@else.test"));
        Envelope now = file.ReadEnvelope(after, 1000, out _);
        Assert.Equal(("two@else.test", "smtp:[relay.test]:25", "encrypt"), (now.Redirect, now.ContentFilter, now.Attribute("tls_security_level")));
        Assert.Equal(before, after);
        Assert.Equal(content, ContentOf(file, now));
        Assert.Equal((was.Sender, was.ArrivalSeconds, was.ArrivalMicroseconds, was.CreateTime, was.WarnTime, was.Encoding, was.Verp, was.EnvelopeId, was.Size),
            (now.Sender, now.ArrivalSeconds, now.ArrivalMicroseconds, now.CreateTime, now.WarnTime, now.Encoding, now.Verp, now.EnvelopeId, now.Size));
        Assert.True(file.IsWhole());
        foreach (Recipient recipient in after)
            QueueFile.MarkDone(file.Handle, recipient.Offset);
        Assert.Equal(0, file.ReadEnvelope().PendingRecipients);

        // S3-12
        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(RequireTls: RequireTls.Yes));
        Assert.Equal(was.Size!.Value with { RequireTls = RequireTls.Yes }, file.ReadEnvelope().Size);
        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(RequireTls: RequireTls.No, Redirect: "three@else.test"));
        Assert.Equal((RequireTls.No, "three@else.test", was.SmtpUtf8), (file.ReadEnvelope().RequireTls, file.ReadEnvelope().Redirect, file.ReadEnvelope().SmtpUtf8));
        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(RequireTls: RequireTls.Unsaid));
        Assert.Equal(was.Size, file.ReadEnvelope().Size);

        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Redirect: "", Route: "", TlsLevel: ""));
        now = file.ReadEnvelope();
        Assert.Equal((null, null, null), (now.Redirect, now.ContentFilter, now.Attribute("tls_security_level")));
    }

    // A redirection or filter that cleanup wrote stands behind ours, and the last one counts.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_cleanup_wrote_is_overruled(bool isExtracted)
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("x", Message(isExtracted));
        using QueueFile file = QueueFile.Open(path, write: true);
        Assert.Equal(("first@x.test", "smtp:a"), (file.ReadEnvelope().Redirect, file.ReadEnvelope().ContentFilter));
        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Redirect: "second@x.test"));
        Assert.Equal(("second@x.test", "smtp:a"), (file.ReadEnvelope().Redirect, file.ReadEnvelope().ContentFilter));
        EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Route: "relay:b"));
        Assert.Equal(("second@x.test", "relay:b"), (file.ReadEnvelope().Redirect, file.ReadEnvelope().ContentFilter));
        Assert.Equal("Lines of text are no envelope", ContentOf(file, file.ReadEnvelope()).Trim());
    }

    // Whatever was written of it when the process, or the machine, stopped.
    [Fact]
    public void Cut_short_anywhere_it_is_the_one_or_the_other()
    {
        using TemporaryDirectory directory = new();
        byte[] before = Vectors.Bytes("five-rcpts.deferred");
        string path = directory.File("x", before);
        using (SafeFileHandle handle = FileSystem.Open(path, write: true))
            EnvelopeEdit.Apply(handle, path, new EnvelopeChange(Redirect: "one@else.test"));
        byte[] after = File.ReadAllBytes(path);
        Assert.Equal(before.Length, Enumerable.Range(0, before.Length).Count(i => before[i] == after[i]) + after.AsSpan(0, before.Length).ToArray().Where((b, i) => b != before[i]).Count());
        for (int length = before.Length; length <= after.Length; length++)
        {
            // The section is appended first, and flushed before anything leads to it.
            File.WriteAllBytes(path, [.. before, .. after[before.Length..length]]);
            using QueueFile file = QueueFile.Open(path, write: true);
            Assert.Null(file.ReadEnvelope().Redirect);
            Assert.True(file.IsWhole());
            EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Redirect: "two@else.test"));
            Assert.Equal("two@else.test", file.ReadEnvelope().Redirect);
        }
    }

    [Fact]
    public void What_has_no_room_is_left_as_it_is()
    {
        using TemporaryDirectory directory = new();
        byte[] content = Message(isExtracted: false, withTime: false);
        string path = directory.File("x", content);
        using QueueFile file = QueueFile.Open(path, write: true);
        Assert.Throws<QueueFileException>(() => EnvelopeEdit.Apply(file.Handle, path, new EnvelopeChange(Redirect: "one@else.test")));
        Assert.Equal(content, File.ReadAllBytes(path));
    }

    private static byte[] Message(bool isExtracted, bool withTime = true)
    {
        using MemoryStream stream = new();
        RecordWriter records = new(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new byte[SizeRecord.PayloadLength]);
        if (withTime)
            records.Write(RecordType.Time, "1795239037 5");
        records.Write(RecordType.From, withTime ? "alice@q.test" : "a@b");
        if (!isExtracted)
            Orders(records);
        records.Write(RecordType.Recipient, "bob@q.test");
        records.Write(RecordType.Message);
        long data = records.Position;
        records.Write(RecordType.TextPart, "Lines of ");
        records.Write(RecordType.Text, "text are no envelope");
        long extracted = records.Write(RecordType.Extracted);
        if (isExtracted)
            Orders(records);
        records.Write(RecordType.End);
        records.Flush();
        stream.Position = 0;
        records = new RecordWriter(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new SizeRecord(extracted - data, data, 1, 0, extracted - data, SmtpUtf8: 0).ToPayload());
        records.Flush();
        return stream.ToArray();

        void Orders(RecordWriter to)
        {
            if (!withTime)
                return;
            to.Write(RecordType.Redirect, "first@x.test");
            to.Write(RecordType.TextPart, "smtp:a");
        }
    }

    private static string ContentOf(QueueFile file, Envelope envelope)
    {
        ContentReader content = file.ReadContent(envelope);
        System.Text.StringBuilder text = new();
        while (content.Read())
        {
            text.Append(ByteText.Decode(content.Piece));
            if (content.EndsLine)
                text.Append('\n');
        }
        return text.ToString();
    }
}
