using System.Formats.Tar;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Postsuper.Backup;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postsuper;

/// <summary>Archives of backups that somebody else has made, or changed (S3-55).</summary>
public sealed class ArchiveTests : PostsuperTest
{
    [Theory]
    [InlineData("../deferred/A1", TarEntryType.RegularFile)]
    [InlineData("/etc/passwd", TarEntryType.RegularFile)]
    [InlineData("deferred/../../A1", TarEntryType.RegularFile)]
    [InlineData("deferred/A/A1", TarEntryType.RegularFile)]
    [InlineData("./deferred/A1", TarEntryType.RegularFile)]
    [InlineData("digest/../A1", TarEntryType.RegularFile)]
    [InlineData("digest/a/.hidden", TarEntryType.RegularFile)]
    [InlineData("saved/A1", TarEntryType.RegularFile)]
    [InlineData("pid/master.pid", TarEntryType.RegularFile)]
    [InlineData("deferred/A1", TarEntryType.SymbolicLink)]
    [InlineData("deferred/A1", TarEntryType.HardLink)]
    [InlineData("deferred/A1", TarEntryType.Fifo)]
    [InlineData("deferred", TarEntryType.Directory)]
    public void What_is_none_of_its_files_is_refused(string name, TarEntryType type)
    {
        string path = Write(tar =>
        {
            Add(tar, "about", "x");
            PaxTarEntry entry = new(type, name);
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                entry.LinkName = "/etc/passwd";
            tar.WriteEntry(entry);
        });
        Assert.EndsWith("is none of the files of a backup", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_has_a_message_twice_or_no_end_is_refused()
    {
        Assert.Equal("deferred/A1 is in it twice", Refusal(Write(tar => AddAll(tar, "about", "hold/A1", "deferred/A1"))));
        Assert.Equal("not a backup of a mail queue", Refusal(Write(tar => AddAll(tar, "hold/A1"))));
        Assert.StartsWith("it is incomplete", Refusal(Write(tar => AddAll(tar, "about", "hold/A1"))), StringComparison.Ordinal);
        Assert.Equal("hold/A1 stands behind the list of files", Refusal(Write(tar =>
        {
            Add(tar, "about", "x");
            Add(tar, "SHA256SUMS", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  about\n# 0 messages, 0 logs, 1 files, 1 octets\n");
            AddAll(tar, "hold/A1");
        })));
    }

    // A header that announces gigabytes of attributes costs no memory.
    [Fact]
    public void A_header_that_is_too_long_is_refused()
    {
        string path = Write(tar =>
        {
            Add(tar, "about", "x");
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "hold/A1", new Dictionary<string, string> { ["comment"] = new string('x', 100_000) }));
        });
        Assert.Equal("it is damaged, or no archive: a header is too long", Refusal(path));
    }

    // Every byte of a message stands for itself.
    [Fact]
    public void A_change_of_any_byte_and_a_cut_at_any_place_are_found()
    {
        string id = AddMessage(QueueName.Deferred);
        string path = Backup();
        Assert.Null(Refusal(path));
        byte[] whole = File.ReadAllBytes(path);
        int content = whole.AsSpan().IndexOf(File.ReadAllBytes(Find(id)));
        Assert.True(content > 0);
        for (int at = content; at < content + 100; at += 7)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0x20;
            File.WriteAllBytes(path, changed);
            Assert.NotNull(Refusal(path));
        }
        // Without its two last blocks, which are empty, a tar is whole for some.
        for (int length = 0; length <= whole.Length - 2048; length += 512)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.NotNull(Refusal(path));
        }
    }

    // A damaged message is kept, as what it is: the backup is whole, and the queue manager would have set it aside, too.
    [Fact]
    public void A_damaged_message_is_copied_as_damaged()
    {
        string id = Add(QueueName.Deferred, content: "no queue file");
        Collector report = new();
        string path = Backup(report);
        Assert.Equal($"warning: deferred/{id}: {Assert.Single(report.Lines)[$"warning: deferred/{id}: ".Length..]}", report.Lines[0]);
        Assert.Null(Refusal(path));
        File.Delete(Find(id));
        Restore(path);
        Assert.Equal("corrupt", QueueOf(id));
    }

    // S3-55: of a recipient that is marked done because of it the log must be there, even if a notice is just made of it.
    [Fact]
    public void Logs_come_before_their_message_with_mode_and_time()
    {
        string id = AddMessage(QueueName.Deferred);
        AddLog(QueueName.Bounce, id, "\n<a@b.test>: no\n\n");
        FileSystem.ChangeMode(Queues.PathOf(QueueName.Bounce, Parse(id)), QueueFileMode.Building);
        FileSystem.TrySetTime(Find(id), 1_900_000_000_123_456_700);
        FileSystem.ChangeMode(Find(id), QueueFileMode.Ready | QueueFileMode.ForceExpired);
        string path = Backup();
        using ArchiveFile archive = ArchiveFile.Open(path);
        using ArchiveReader reader = new(Root);
        Assert.Equal(["about 600", $"bounce/{id} 600", $"deferred/{id} 1710"],
            reader.Read(archive).Select(file => $"{file.Name.Text} {Convert.ToString(file.Mode, 8)}"));
        File.Delete(Find(id));
        Restore(path);
        Assert.Equal((1_900_000_000_123_456_700, "1710"), (FileSystem.Status(Find(id))!.Value.ModifiedNanoseconds, Mode(Find(id))));
        Assert.Equal("\n<a@b.test>: no\n\n", File.ReadAllText(Queues.PathOf(QueueName.Bounce, Parse(id))));
    }

    [Fact]
    public void Another_message_of_that_name_stays()
    {
        string id = AddMessage(QueueName.Deferred);
        string path = Backup();
        byte[] other = QueueFileTests.Message("R|x@y.test", 1);
        File.WriteAllBytes(Find(id), [.. other, .. other]);
        int time = other.AsSpan().IndexOf("T\u000c"u8);
        using (FileStream file = File.OpenWrite(Find(id)))
        {
            file.Position = time + 2;
            file.Write("9"u8);
        }
        byte[] there = File.ReadAllBytes(Find(id));
        Collector report = Restore(path);
        Assert.True(report.HasFailed);
        Assert.Contains($"warning: {id}: another message has this name; that of the backup is not restored", report.Lines);
        Assert.Equal(there, File.ReadAllBytes(Find(id)));
    }

    [Fact]
    public void A_restore_that_fails_pauses_nothing()
    {
        string id = AddMessage(QueueName.Deferred);
        PauseList.None.With(Pause.Parse(["transport", "smtp"], 1_700_000_000)!)!.Write(Root);
        string path = Backup(), pauses = $"{Root}/{PauseList.FileName}", written = File.ReadAllText(pauses);
        File.Delete(pauses);
        string directory = Path.GetDirectoryName(Find(id))!;
        Directory.Delete(directory, recursive: true);
        File.WriteAllText(directory, "in the way");
        using (SafeFileHandle made = FileSystem.TryCreate(pauses, 0x1A4)!)
        {
            Assert.Throws<SystemCallException>(() => Restore(path, made));
            Assert.Equal("", File.ReadAllText(pauses));
            File.Delete(directory);
            Restore(path, made);
        }
        Assert.Equal(written, File.ReadAllText(pauses));
        Assert.True(File.Exists(Find(id)));
    }

    // Marks are made at any time; whatever else changes has the file read anew.
    [Fact]
    public void Only_marks_may_change_while_a_message_is_copied()
    {
        using QueueGate keep = QueueGate.KeepNames(Queues, TimeSpan.FromSeconds(1));
        Assert.Null(QueueGate.TryRename(Queues));
        string id = AddMessage(QueueName.Deferred);
        Assert.Contains($"warning: {id}: not requeued: a backup is being made, which must not meet it under two names", Run("-r", id));
        using (QueueGate.CloseMaildrop(Queues, TimeSpan.FromSeconds(1)))
            Assert.Null(QueueGate.TryPassMaildrop(Queues));
        using QueueGate? pass = QueueGate.TryPassMaildrop(Queues);
        Assert.NotNull(pass);
        Assert.Throws<IOException>(() => QueueGate.CloseMaildrop(Queues, TimeSpan.FromMilliseconds(20)));
    }

    private string Backup(Collector? report = null)
    {
        string path = $"{Root}/{Guid.NewGuid():N}.tar";
        using ArchiveFile archive = ArchiveFile.Create(path, TimeProvider.System);
        using (ArchiveWriter writer = new(archive.Writer(), Root))
        {
            using QueueBackup backup = new(Queues, writer, report ?? new Collector(), TimeProvider.System);
            backup.Run();
            writer.Finish(1);
        }
        archive.Finish();
        return path;
    }

    private Collector Restore(string path, SafeFileHandle? pauses = null)
    {
        using ArchiveFile archive = ArchiveFile.Open(path);
        using ArchiveReader reader = new(Root);
        ArchiveCheck.Run(reader, archive);
        Collector report = new();
        new QueueRestore(Queues, report) { Pauses = pauses }.Run(reader, archive);
        return report;
    }

    private string? Refusal(string path)
    {
        using ArchiveFile archive = ArchiveFile.Open(path);
        using ArchiveReader reader = new(Root);
        try
        {
            ArchiveCheck.Run(reader, archive);
            return null;
        }
        catch (ArchiveException e)
        {
            return e.Message;
        }
    }

    private string Write(Action<TarWriter> write)
    {
        string path = $"{Root}/{Guid.NewGuid():N}.tar";
        using TarWriter tar = new(File.Create(path), TarEntryFormat.Pax);
        write(tar);
        return path;
    }

    private static void AddAll(TarWriter tar, params string[] names)
    {
        foreach (string name in names)
            Add(tar, name, Encoding.Latin1.GetString(QueueFileTests.Message("R|a@b.test", 1)));
    }

    private static void Add(TarWriter tar, string name, string content) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.Latin1.GetBytes(content)) });
}
