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
