using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>pid/master.pid: who runs on this queue. The lock on it, not its content, says that somebody does.</summary>
public static class PidFile
{
    /// <summary>Below queue_directory.</summary>
    public const string Name = "pid/master.pid";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>Takes the lock and writes our number; null when another master has it.</summary>
    public static SafeFileHandle? TryTake(string queueDirectory)
    {
        // For its owner alone: whoever can open it could take the lock, and keep the system from starting.
        SafeFileHandle file = FileSystem.OpenAppend(Path.Join(queueDirectory, Name), 0x180 /* 0600 */);
        FileSystem.ChangeMode(file, 0x180);
        // Whoever asks whether a system runs holds it too, for a moment.
        if (!FileSystem.Lock(file, s_patience))
        {
            file.Dispose();
            return null;
        }
        FileSystem.Truncate(file, 0);
        FileSystem.WriteAt(file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")), 0);
        return file;
    }

    /// <summary>Takes our number out of it: nobody must take it for a process that comes later.</summary>
    public static void Leave(SafeFileHandle file) => FileSystem.Truncate(file, 0);

    /// <summary>The running master's process id; null when none runs.</summary>
    public static int? Running(string queueDirectory)
    {
        string path = Path.Join(queueDirectory, Name);
        if (FileSystem.Status(path) is null)
            return null;
        using SafeFileHandle file = FileSystem.Open(path);
        if (FileSystem.TryLockShared(file))
            return null;
        Span<byte> text = stackalloc byte[32];
        int n = FileSystem.ReadAt(file, text, 0);
        return int.TryParse(text[..n].Trim("\n "u8), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0 ? pid : null;
    }

    /// <summary>The number is that of a master here, too; not only in a container whose queue this is, where it may be 1.</summary>
    /// <remarks>Where the system does not say, it is, unless it is the system's first process.</remarks>
    public static bool IsHere(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/exe").LinkTarget is { } program ? Path.GetFileName(program).StartsWith("master", StringComparison.Ordinal) : pid > 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return pid > 1;
        }
    }
}
