using System.Diagnostics;
using PostfixNet.Native;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Service;

/// <summary>What a service may do outside the queue. On a thread of its own, which never gets those rights back.</summary>
public sealed class ConfinementTests : IDisposable
{
    private readonly TemporaryDirectory _queue = new(), _log = new(), _elsewhere = new();

    public void Dispose()
    {
        _queue.Dispose();
        _log.Dispose();
        _elsewhere.Dispose();
    }

    [Fact]
    public void Who_has_no_business_in_the_queue_sees_nothing_of_it_but_its_own_directory()
    {
        foreach (string directory in (string[])["/active", "/events", "/own", "/own/below"])
            Directory.CreateDirectory(_queue.Path + directory);
        File.WriteAllText(_queue.Path + "/active/A", "mail");
        File.WriteAllText(_queue.Path + "/events/1", "x");
        File.WriteAllText(_queue.Path + "/own/B", "x");
        File.WriteAllText(_elsewhere.Path + "/there", "x");
        bool isConfined = false;
        List<string> done = [];
        OrdinaryUser.OnItsOwnThread(() =>
        {
            isConfined = Confinement.ToPartOf(_queue.Path, "own", ["events", "missing"], _log.Path, "/dev");
            foreach ((string what, Action act) in (IEnumerable<(string, Action)>)
            [
                ("read own", () => Assert.Equal("x", File.ReadAllText(_queue.Path + "/own/B"))),
                ("list own", () => Assert.Equal(2, Directory.GetFileSystemEntries(_queue.Path + "/own").Length)),
                ("exchange own", () => WholeFile.Replace(_queue.Path + "/own/B", "y"u8, 0x180)),
                ("remove own", () => File.Delete(_queue.Path + "/own/B")),
                ("read events", () => Assert.Equal("x", File.ReadAllText(_queue.Path + "/events/1"))),
                ("list events", () => Assert.Single(Directory.GetFileSystemEntries(_queue.Path + "/events"))),
                ("write events", () => File.AppendAllText(_queue.Path + "/events/1", "x")),
                ("read elsewhere", () => Assert.Equal("x", File.ReadAllText(_elsewhere.Path + "/there"))),
                ("read the system", () => Assert.NotEmpty(File.ReadAllText("/etc/passwd"))),
                ("log", () => File.AppendAllText(_log.Path + "/mail.log", "x")),
                ("read mail", () => File.ReadAllText(_queue.Path + "/active/A")),
                ("list mail", () => Directory.GetFileSystemEntries(_queue.Path + "/active")),
                ("list the queue", () => Directory.GetFileSystemEntries(_queue.Path)),
                ("write mail", () => File.AppendAllText(_queue.Path + "/active/A", "x")),
                ("remove mail", () => File.Delete(_queue.Path + "/active/A")),
                ("take mail", () => File.Move(_queue.Path + "/active/A", _queue.Path + "/own/A")),
                ("make mail", () => File.WriteAllText(_queue.Path + "/active/B", "x")),
                ("call", () => Process.Start("/bin/true").WaitForExit()),
            ])
            {
                try
                {
                    act();
                    done.Add(what);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
                {
                    // As it should be, for some.
                }
            }
        });
        if (isConfined) // the kernel has it
            Assert.Equal(["read own", "list own", "exchange own", "remove own", "read events", "list events", "read elsewhere", "read the system", "log"], done);
    }

    [Fact]
    public void S1_06_Nothing_is_written_removed_or_called_outside_of_the_queue()
    {
        File.WriteAllText(_elsewhere.Path + "/there", "x");
        Directory.CreateDirectory(_queue.Path + "/incoming");
        Directory.CreateDirectory(_queue.Path + "/active");
        bool isConfined = false;
        List<string> done = [];
        OrdinaryUser.OnItsOwnThread(() =>
        {
            isConfined = Confinement.To(_queue.Path, _log.Path, "/dev");
            foreach ((string what, Action act) in (IEnumerable<(string, Action)>)
            [
                ("in the queue", () => File.WriteAllText(_queue.Path + "/incoming/A", "x")),
                ("move", () => Assert.True(FileSystem.TryRenameNoReplace(_queue.Path + "/incoming/A", _queue.Path + "/active/A"))),
                ("cut", () => File.WriteAllText(_queue.Path + "/active/A", "")),
                ("remove", () => File.Delete(_queue.Path + "/active/A")),
                ("directory", () => Directory.CreateDirectory(_queue.Path + "/active/B")),
                ("log", () => File.AppendAllText(_log.Path + "/mail.log", "x")),
                ("null", () => File.WriteAllText("/dev/null", "x")),
                ("read", () => Assert.Equal("x", File.ReadAllText(_elsewhere.Path + "/there"))),
                ("write elsewhere", () => File.WriteAllText(_elsewhere.Path + "/there", "y")),
                ("make elsewhere", () => File.WriteAllText(_elsewhere.Path + "/new", "y")),
                ("remove elsewhere", () => File.Delete(_elsewhere.Path + "/there")),
                ("move elsewhere", () => File.Move(_elsewhere.Path + "/there", _queue.Path + "/there")),
                ("directory elsewhere", () => Directory.CreateDirectory(_elsewhere.Path + "/directory")),
                ("link", () => File.CreateSymbolicLink(_queue.Path + "/link", "/etc/passwd")),
                ("call", () => Process.Start("/bin/true").WaitForExit()),
            ])
            {
                try
                {
                    act();
                    done.Add(what);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
                {
                    // As it should be, for some.
                }
            }
        });
        if (isConfined) // the kernel has it
            Assert.Equal(["in the queue", "move", "cut", "remove", "directory", "log", "null", "read"], done);
        else
            Assert.Equal(15, done.Count);
    }
}
