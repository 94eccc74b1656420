using System.Diagnostics;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public sealed class NewQueueFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly QueueDirectories _queues;

    public NewQueueFileTests()
    {
        _queues = new QueueDirectories(_directory.Path, ["incoming"], 1);
        _queues.CreateMissing(owner: null, group: 0);
    }

    public void Dispose() => _directory.Dispose();

    // S1-11, S1-16
    [Theory]
    [InlineData(QueueName.Maildrop, false)]
    [InlineData(QueueName.Maildrop, true)]
    [InlineData(QueueName.Incoming, false)]
    [InlineData(QueueName.Incoming, true)]
    public void The_name_holds_the_inode_and_the_mode_says_when_it_is_mail(QueueName queue, bool longId)
    {
        using NewQueueFile file = NewQueueFile.Create(_queues, queue, longId);
        Assert.Equal(file.Path, _queues.PathOf(queue, file.Id));
        FileStatus status = FileSystem.Status(file.Handle);
        Assert.True(file.Id.TryGetInode(out ulong inode));
        Assert.Equal(status.Inode, inode);
        Assert.Equal(longId, file.Id.IsLong);
        Assert.False(QueueFileMode.IsReady(status.Mode));
        if (queue == QueueName.Maildrop)
            Assert.Empty(Directory.GetFileSystemEntries(_queues.DirectoryOf(queue))); // a user may end his program at any time
        else
            Assert.Equal([file.Id], _queues.Scan(queue)); // and no temporary name is left
        file.Writer.Write(RecordType.End);
        file.Commit(QueueFileMode.Ready);
        Assert.Equal([file.Id], _queues.Scan(queue));
        Assert.Equal((QueueFileMode.Ready, 1u), (FileSystem.Status(file.Path)!.Value.Mode, FileSystem.Status(file.Path)!.Value.LinkCount));
        Assert.Equal("E\0"u8.ToArray(), File.ReadAllBytes(file.Path));
    }

    // S1-17, S3-09
    [Fact]
    public void Without_commit_nothing_stays()
    {
        string path;
        using (NewQueueFile file = NewQueueFile.Create(_queues, QueueName.Incoming, true))
        {
            path = file.Path;
            file.Writer.Write(RecordType.End);
        }
        Assert.False(File.Exists(path));
        Assert.Empty(_queues.Scan(QueueName.Incoming));
    }

    [Fact]
    public void After_commit_everything_stays()
    {
        QueueId id;
        using (NewQueueFile file = NewQueueFile.Create(_queues, QueueName.Incoming, true))
        {
            file.Commit(QueueFileMode.Ready);
            id = file.Id;
        }
        Assert.Equal(QueueName.Incoming, _queues.Locate(id));
    }

    // S1-11
    [Fact]
    public void A_taken_name_is_not_overwritten()
    {
        FixedClock clock = new();
        using NewQueueFile first = NewQueueFile.Create(_queues, QueueName.Maildrop, false, clock);
        Assert.True(first.Id.TryGetMicroseconds(out int before));
        // The next file of this inode number would have the same name; a stranger took both it and the one after.
        List<string> taken = [];
        first.Dispose();
        for (ulong guess = 0; guess < 2; guess++)
        {
            Assert.True(first.Id.TryGetInode(out ulong inode));
            QueueId id = QueueId.Create(0, before + (int)guess, inode, false);
            taken.Add(_queues.PathOf(QueueName.Maildrop, id));
            File.WriteAllText(taken[^1], "stranger");
        }
        using NewQueueFile second = NewQueueFile.Create(_queues, QueueName.Maildrop, false, clock);
        Assert.DoesNotContain(second.Path, taken);
        Assert.All(taken, path => Assert.Equal("stranger", File.ReadAllText(path)));
    }

    [Fact]
    public void A_taken_temporary_name_is_passed_over()
    {
        FixedClock clock = new();
        File.WriteAllText($"{_queues.DirectoryOf(QueueName.Incoming)}/{FixedClock.Microseconds}.{Environment.ProcessId}", "x");
        using NewQueueFile file = NewQueueFile.Create(_queues, QueueName.Incoming, false, clock);
        Assert.True(File.Exists(file.Path));
    }

    // Of files that had no name while they were written.
    [Fact]
    public void A_name_that_is_taken_meanwhile_is_not_overwritten()
    {
        using (NewQueueFile file = NewQueueFile.Create(_queues, QueueName.Maildrop, true))
        {
            File.WriteAllText(file.Path, "stranger");
            Assert.Throws<IOException>(() => file.Commit(QueueFileMode.Submitted));
        }
        Assert.Equal("stranger", File.ReadAllText(Assert.Single(Directory.GetFiles(_queues.DirectoryOf(QueueName.Maildrop)))));
    }

    [Fact]
    public void A_missing_directory_is_an_error() =>
        Assert.Throws<SystemCallException>(() => NewQueueFile.Create(new QueueDirectories(_directory.Path + "/none", [], 0), QueueName.Incoming, true));

    [Fact]
    public void Postfix_reads_what_is_written()
    {
        const string Postcat = "/usr/sbin/postcat";
        if (!File.Exists(Postcat))
            return;
        using NewQueueFile file = Write();
        using Process process = Process.Start(new ProcessStartInfo(Postcat, ["-v", file.Path])
        { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["TZ"] = "UTC" } })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        // postcat wants a main.cf; a machine where that was never set up cannot judge.
        if (process.ExitCode != 0 && errors.Contains("main.cf", StringComparison.Ordinal))
            return;
        Assert.Equal(0, process.ExitCode);
        Assert.Equal($"""
            *** ENVELOPE RECORDS {file.Path} ***
            message_size:            3018             159               2               0            3018               0
            message_arrival_time: Sat Nov 21 05:30:37 2026
            create_time: Sat Nov 21 05:31:38 2026
            sender: s@x
            recipient: a@x
            recipient: b c@x
            *** MESSAGE CONTENTS {file.Path} ***
            regular_text: Subject: é
            regular_text: 
            unterminated_text: {new string('l', 2998)}
            regular_text: 
            *** HEADER EXTRACTED {file.Path} ***
            named_attribute: encoding=8bit
            *** MESSAGE FILE END {file.Path} ***

            """, output);
    }

    [Fact]
    public void What_is_written_can_be_read()
    {
        using NewQueueFile file = Write();
        using QueueFile reader = QueueFile.Open(file.Path);
        List<Recipient> recipients = [];
        Envelope envelope = reader.ReadEnvelope(recipients, 10, out _);
        Assert.Equal(["a@x", "b c@x"], recipients.Select(r => r.Address));
        Assert.Equal(("s@x", BodyEncoding.EightBit, 1795239037, 1795239098), (envelope.Sender, envelope.Encoding, envelope.ArrivalSeconds, envelope.CreateTime));
        Assert.Equal(97, FindRecord(file.Path, RecordType.Time));
    }

    private NewQueueFile Write()
    {
        NewQueueFile file = NewQueueFile.Create(_queues, QueueName.Incoming, true);
        file.ReserveSize();
        file.Writer.Write(RecordType.Time, "1795239037 682305");
        file.Writer.WriteAttribute(AttributeName.CreateTime, 1795239098);
        file.Writer.Write(RecordType.From, "s@x");
        file.Writer.Write(RecordType.Recipient, "a@x");
        file.Writer.Write(RecordType.Recipient, "b c@x");
        file.Writer.Write(RecordType.Message);
        long data = file.Writer.Position;
        file.Writer.Write(RecordType.Text, "Subject: é");
        file.Writer.Write(RecordType.Text);
        file.Writer.Write(RecordType.TextPart, new string('l', 2998));
        file.Writer.Write(RecordType.Text);
        long extracted = file.Writer.Write(RecordType.Extracted);
        file.Writer.WriteAttribute(AttributeName.Encoding, "8bit");
        file.Writer.Write(RecordType.End);
        file.WriteSize(new SizeRecord(extracted - data, data, 2, 0, extracted - data, 0));
        file.Commit(QueueFileMode.Ready);
        return file;
    }

    private static long FindRecord(string path, RecordType type)
    {
        using QueueFile file = QueueFile.Open(path);
        RecordReader reader = new(file.Handle);
        while (reader.Read() && reader.Type != type)
        {
        }
        return reader.Offset;
    }

    private sealed class FixedClock : TimeProvider
    {
        private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(1_795_240_897).AddMicroseconds(123_456);
        internal const int Microseconds = 123_456;
        public override DateTimeOffset GetUtcNow() => _now;
    }
}
