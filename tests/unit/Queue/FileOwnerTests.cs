using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

/// <summary>Whose a file is, and where it is: names that others may have put something else under meanwhile.</summary>
public sealed class FileOwnerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // Review 26: root gives files in directories away in which mail_owner may put anything.
    [Theory]
    [InlineData("link")]
    [InlineData("second name")]
    [InlineData("directory")]
    public void What_has_taken_the_name_of_a_file_is_not_given_away(string what)
    {
        string other = _directory.Path + "/other", path = _directory.Path + "/log";
        if (what == "directory")
            Directory.CreateDirectory(path);
        else
            File.WriteAllText(other, "not his");
        if (what == "link")
            File.CreateSymbolicLink(path, other);
        else if (what == "second name")
            MakeSecondName(other, path);
        uint before = FileSystem.Status(what == "directory" ? path : other)!.Value.Uid;
        Assert.EndsWith("something else has taken its name",
            Assert.Throws<SystemCallException>(() => FileSystem.ChangeOwner(path, 65534, uint.MaxValue, FileKind.Regular)).Message, StringComparison.Ordinal);
        Assert.Equal(before, FileSystem.Status(what == "directory" ? path : other)!.Value.Uid);
    }

    [Fact]
    public void A_file_is_given_to_another()
    {
        string path = _directory.Path + "/log";
        File.WriteAllText(path, "");
        uint heir = OrdinaryUser.Uid; // who is not root can give a file to himself alone
        FileSystem.ChangeOwner(path, heir, uint.MaxValue, FileKind.Regular);
        Assert.Equal(heir, FileSystem.Status(path)!.Value.Uid);
    }

    // An agent has opened the file; before it has the lock, postsuper takes the message away.
    [Theory]
    [InlineData("stays", null)]
    [InlineData("moved", "the queue file was taken away")]
    [InlineData("removed", "the queue file was taken away")]
    [InlineData("another", "the queue file was taken away")]
    [InlineData("locked", "the queue file is in use")]
    public void A_file_that_was_taken_away_before_it_was_locked_is_not_ours(string what, string? why)
    {
        string path = _directory.Path + "/file";
        File.WriteAllText(path, "");
        using QueueFile file = QueueFile.Open(path, write: true);
        using SafeFileHandle other = FileSystem.Open(path);
        if (what == "locked")
            Assert.True(FileSystem.TryLock(other));
        if (what is "moved" or "another")
            File.Move(path, path + "2");
        if (what == "removed")
            File.Delete(path);
        if (what == "another")
            File.WriteAllText(path, "");
        string? said = file.TryLockShared(path);
        if (why is null)
            Assert.Null(said);
        else
            Assert.EndsWith(why, said, StringComparison.Ordinal);
    }

    private static void MakeSecondName(string path, string name)
    {
        using System.Diagnostics.Process ln = System.Diagnostics.Process.Start("ln", [path, name]);
        ln.WaitForExit();
        Assert.Equal(0, ln.ExitCode);
    }
}
