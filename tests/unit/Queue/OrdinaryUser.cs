using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using PostfixNet.Native;

namespace PostfixNet.UnitTests.Queue;

/// <summary>Somebody to whom the modes of files mean something.</summary>
internal static partial class OrdinaryUser
{
    /// <summary>Who that is: this process's user, or somebody else when that is root.</summary>
    internal static uint Uid => Users.EffectiveUid == 0 ? 65534 : Users.EffectiveUid;

    /// <summary>Makes a directory, with all that is in it, his.</summary>
    internal static void Give(string directory)
    {
        if (Users.EffectiveUid != 0)
            return;
        foreach (string path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Prepend(directory))
            FileSystem.ChangeOwner(path, Uid, uint.MaxValue, FileSystem.Status(path)!.Value.Kind);
        FileSystem.ChangeMode(directory, 0x1C0); // the test host makes sockets on several threads, and its umask may be that of one of them
    }

    /// <summary>Does something as he would. For files the kernel keeps a user by thread, setfsuid(2): without root's rights, when it is not root.</summary>
    internal static void Run(Action act) => OnItsOwnThread(() =>
    {
        if (Users.EffectiveUid == 0)
            _ = SetFsUid(Uid);
        act();
    });

    /// <summary>Does something on a thread that ends with it.</summary>
    internal static void OnItsOwnThread(Action act)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                act();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    [LibraryImport("libc.so.6", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetFsUid(uint uid);
}
