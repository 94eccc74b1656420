using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.ReturnPaths;

namespace PostfixNet.Reports;

/// <summary>Which reports have come: a file for each day of return paths, with 16 octets for each kind of report of each of them. Processes take turns at it.</summary>
/// <remarks>A report is noted when it was forwarded: a crash between the two forwards it twice, never not at all.</remarks>
internal sealed class SeenReports(string queueDirectory)
{
    private const int Length = 16, ForOwner = 0x180; // 0600
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private readonly string _directory = $"{queueDirectory}/{QueueDirectories.Reports}";

    /// <summary>Does something about a report that has not come before.</summary>
    /// <param name="day">Of its return path.</param>
    /// <param name="report">What tells it from others.</param>
    /// <param name="act">What is done; false: it did not work, and it has not come.</param>
    /// <returns>null: it has come before; otherwise what <paramref name="act"/> returned.</returns>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    internal bool? Once(int day, string report, Func<bool> act)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"{_directory}/seen.{day}");
        using SafeFileHandle file = FileSystem.OpenAppend(path, ForOwner);
        if (!FileSystem.Lock(file, s_patience))
            throw new SystemCallException($"lock {path}", "another process has it");
        byte[] mark = SHA256.HashData(Encoding.UTF8.GetBytes(report))[..Length];
        long end = Find(file, mark);
        if (end < 0)
            return null;
        if (!act())
            return false;
        // Of somebody whose power went.
        if (end % Length > 0)
            FileSystem.Truncate(file, end - end % Length);
        FileSystem.WriteAt(file, mark, end - end % Length);
        FileSystem.Flush(file, path);
        return true;
    }

    /// <summary>Forgets days whose return paths are good no more.</summary>
    internal void RemoveBefore(int day) => DayFiles.RemoveBefore(_directory, "seen.", day);

    // -1: it is there; else where the file ends.
    private static long Find(SafeFileHandle file, ReadOnlySpan<byte> mark)
    {
        byte[] block = new byte[4096 * Length];
        long at = 0;
        while (FileSystem.ReadAt(file, block, at) is > 0 and int count)
        {
            for (int i = 0; i + Length <= count; i += Length)
            {
                if (block.AsSpan(i, Length).SequenceEqual(mark))
                    return -1;
            }
            at += count;
            if (count < block.Length)
                break;
        }
        return at;
    }
}
