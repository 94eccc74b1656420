using System.Text;

namespace PostfixNet.Native;

/// <summary>What kind of file system a path lies on, as /proc/self/mountinfo names it (proc(5)).</summary>
public static class FileSystemType
{
    // One mount a line; of a host with very many containers some hundred KB.
    private const int TableLimit = 4 << 20;
    private static readonly string[] s_withoutJournal = ["ext2", "minix", "sysv", "ufs", "vfat", "msdos", "exfat", "hfs", "hfsplus"];

    /// <summary>The type, e.g. "ext4"; null when the path is missing or it cannot be found out.</summary>
    public static string? Of(string path)
    {
        try
        {
            return LibC.StatX(LibC.AT_FDCWD, path, 0, 0x7ff, out LibC.Statx s) == 0
                ? TypeIn(ReadTable(), FormattableString.Invariant($"{s.DevMajor}:{s.DevMinor}")) : null;
        }
        catch (IOException)
        {
            return null; // no /proc here
        }
    }

    /// <summary>Whether it keeps no order of changes of directories: after a loss of power a file that was moved between two of them may be in
    /// neither.</summary>
    /// <param name="type">Of <see cref="Of"/>.</param>
    public static bool KeepsNoOrder(string? type) => s_withoutJournal.Contains(type);

    /// <summary>Whether what is on it is gone after a restart of the machine, or with a container.</summary>
    /// <param name="type">Of <see cref="Of"/>.</param>
    public static bool IsVolatile(string? type) => type is "tmpfs" or "ramfs" or "rootfs" or "overlay" or "aufs";

    /// <summary>Whether it is the layer of a container that goes with it.</summary>
    /// <param name="type">Of <see cref="Of"/>.</param>
    public static bool IsContainerLayer(string? type) => type is "overlay" or "aufs";

    /// <summary>The type of the mount of a device; null when it is not there.</summary>
    /// <param name="mounts">The table.</param>
    /// <param name="device">Its numbers, "8:1".</param>
    public static string? TypeIn(string mounts, string device)
    {
        foreach (string line in mounts.Split('\n'))
        {
            // "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash > 2 && dash + 1 < fields.Length && fields[2] == device)
                return fields[dash + 1];
        }
        return null;
    }

    // The table has no size of its own.
    private static string ReadTable()
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = FileSystem.OpenRegular("/proc/self/mountinfo");
        byte[] buffer = new byte[64 * 1024];
        int length = 0;
        while (FileSystem.ReadAt(file, buffer.AsSpan(length), length) is > 0 and int n)
        {
            length += n;
            if (length == buffer.Length && length < TableLimit)
                Array.Resize(ref buffer, length * 2);
        }
        return Encoding.Latin1.GetString(buffer, 0, length);
    }
}
