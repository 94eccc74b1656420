using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postsuper;

public sealed class PurgeTests : PostsuperTest
{
    // What cleanup leaves when it dies between the record of an alias and its message.
    [Theory]
    [InlineData(QueueName.Trace, 8, false, false)]
    [InlineData(QueueName.Defer, 8, false, false)]
    [InlineData(QueueName.Defer, 1, false, false)]
    [InlineData(QueueName.Defer, 1, true, true)]
    [InlineData(QueueName.Defer, 0, false, true)]
    [InlineData(QueueName.Bounce, 8, false, true)] // somebody has not been told
    [InlineData(QueueName.Trace, 6, false, true)]
    [InlineData(QueueName.Trace, 8, true, true)]
    public void Old_logs_without_a_message_are_purged(QueueName log, int days, bool hasMessage, bool stays)
    {
        string id = Add(QueueName.Hold);
        AddLog(log, id, "x");
        string path = Queues.PathOf(log, Parse(id));
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - days * 86_400L) * 1_000_000_000);
        if (!hasMessage)
            File.Delete(Queues.PathOf(QueueName.Hold, Parse(id)));
        Run("-p");
        Assert.Equal(stays, File.Exists(path));
    }

    // S1-18
    [Theory] // name, mode, age in days, stays
    [InlineData("12345.999", "0600", 8, false)]
    [InlineData("12345.999", "0600", 6, true)]
    [InlineData("AAAAA1", "0600", 8, false)]
    [InlineData("AAAAA1", "0700", 8, true)]
    [InlineData("AAAAA1", "0710", 800, true)]
    [InlineData("AAAAA1", "0400", 8, true)] // corrupt: qmgr has yet to move it away
    public void Purging_removes_what_was_never_finished(string name, string mode, int days, bool stays)
    {
        string path = $"{Queues.Root}/incoming/{name}";
        File.WriteAllText(path, "");
        FileSystem.ChangeMode(path, Convert.ToInt32(mode, 8));
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - days * 86400L) * 1_000_000_000);
        Run("-p");
        Assert.Equal(stays, File.Exists(path));
    }

    [Theory] // what users put into maildrop is not taken for mail, and stays a week
    [InlineData("maildrop", "a stranger", "0700", 8, false)]
    [InlineData("maildrop", "a stranger", "0700", 6, true)]
    [InlineData("incoming", "a stranger", "0700", 8, true)]
    [InlineData("maildrop", "AAAAA1", "0700", 8, true)] // mail
    public void Purging_removes_junk_from_maildrop(string queue, string name, string mode, int days, bool stays)
    {
        string path = $"{Queues.Root}/{queue}/{name}";
        File.WriteAllText(path, "");
        FileSystem.ChangeMode(path, Convert.ToInt32(mode, 8));
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - days * 86400L) * 1_000_000_000);
        Run("-p");
        Assert.Equal(stays, File.Exists(path));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Purging_removes_directories_from_maildrop_when_they_are_empty(bool hasFile, bool stays)
    {
        string path = $"{Queues.Root}/maildrop/directory";
        Directory.CreateDirectory(path);
        if (hasFile)
            File.WriteAllText(path + "/x", "");
        FileSystem.TrySetTime(path, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 8 * 86400L) * 1_000_000_000);
        Run("-p");
        Assert.Equal(stays, Directory.Exists(path));
    }

    [Theory]
    [InlineData(QueueName.Deferred)]
    [InlineData(QueueName.Incoming)]
    [InlineData(QueueName.Maildrop)]
    public void Whole_messages_are_not_purged_whatever_their_mode(QueueName queue)
    {
        string id = AddMessage(queue, 0x180), unfinished = Add(queue, 0x180);
        foreach (string one in (string[])[id, unfinished])
            FileSystem.TrySetTime(Find(one), 1_700_000_000_000_000_000);
        Run("-p");
        Assert.Equal([id], Everything());
    }

    // Accepted mail, of which its user changed the mode. What sendmail has not finished is readable, and has no end.
    [Theory]
    [InlineData("one-rcpt.maildrop", 0x180, true)] // 0600
    [InlineData("one-rcpt.maildrop", 0x1A4, true)]
    [InlineData("one-rcpt.maildrop", 0, true)]
    [InlineData("unfinished", QueueFileMode.BeingSubmitted, false)]
    [InlineData("", QueueFileMode.BeingSubmitted, false)]
    public void Submitted_mail_is_not_purged_whatever_its_mode(string content, int mode, bool stays)
    {
        string path = $"{Queues.DirectoryOf(QueueName.Maildrop)}/AAAAA1";
        byte[] whole = Vectors.Bytes("one-rcpt.maildrop");
        File.WriteAllBytes(path, content switch { "" => [], "unfinished" => whole[..^2], _ => Vectors.Bytes(content) });
        FileSystem.ChangeMode(path, mode);
        FileSystem.TrySetTime(path, 1_700_000_000_000_000_000);
        OrdinaryUser.Give(Queues.Root);
        string[] lines = [];
        OrdinaryUser.Run(() => lines = Run("-p"));
        Assert.Equal(stays, File.Exists(path));
        Assert.Equal(stays ? [$"warning: maildrop/AAAAA1: whole, or closed to us, but of mode {Convert.ToString(mode, 8)}: not taken as mail; with mode 740 it is"] : [], lines);
    }
}
