using System.Globalization;
using System.IO.Compression;
using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>The command logrotate: maillog_file gets another name, with the time, and the programs begin a new one. The file of the rotation before is compressed: processes
/// that finish what they do write into that of this one yet.</summary>
internal static class LogRotation
{
    private const string Suffix = "yyyyMMdd-HHmmss", Compressed = ".gz";

    internal static int Run(string directory, TimeProvider clock)
    {
        MainConfig config = MainConfig.Load(directory);
        LogOptions log = LogOptions.Read(config);
        if (log.Path.Length == 0)
            return Caller.Fail("maillog_file is empty: syslog has the log, and rotates it", 1);
        if (log.IsStandardOutput || log.Path.StartsWith("/dev/", StringComparison.Ordinal))
            return Caller.Fail($"maillog_file = {log.Path} is not a file that could be rotated", 1);
        if (FileSystem.Status(log.Path) is not { Kind: FileKind.Regular })
            return Caller.Fail($"{log.Path}: there is no such file", 1);
        List<string> earlier = [.. Rotated(log.Path)];
        string rotated = $"{log.Path}.{clock.GetLocalNow().ToString(Suffix, CultureInfo.InvariantCulture)}";
        if (!FileSystem.TryRenameNoReplace(log.Path, rotated))
            return Caller.Fail($"{rotated}: the name is taken; one rotation a second", 1);
        int result = PidFile.Running(MasterSettings.Read(config).Queue) is null ? ExitStatus.Ok : Operations.Reload(directory);
        foreach (string path in earlier)
            Compress(path);
        return result;
    }

    // Those that are not compressed.
    private static IEnumerable<string> Rotated(string path)
    {
        string directory = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : "/", start = Path.GetFileName(path) + ".";
        return FileSystem.Names(directory).Where(name => name.StartsWith(start, StringComparison.Ordinal)
            && DateTime.TryParseExact(name[start.Length..], Suffix, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)).Select(name => Path.Join(directory, name));
    }

    private static void Compress(string path)
    {
        FileStatus status = FileSystem.Status(path)!.Value;
        string part = path + Compressed + ".part";
        FileSystem.TryRemove(part);
        using (Microsoft.Win32.SafeHandles.SafeFileHandle target = FileSystem.TryCreate(part, status.Mode & 0x1FF) ?? throw new IOException($"{part}: the name is taken"))
        using (Microsoft.Win32.SafeHandles.SafeFileHandle source = FileSystem.OpenRegular(path))
        {
            using (FileStream output = new(target, FileAccess.Write))
            using (GZipStream zip = new(output, CompressionLevel.Optimal, leaveOpen: true))
            {
                byte[] buffer = new byte[65536];
                for (long at = 0; FileSystem.ReadAt(source, buffer, at) is > 0 and int n; at += n)
                    zip.Write(buffer, 0, n);
            }
        }
        if (Users.EffectiveUid == 0)
            FileSystem.ChangeOwner(part, status.Uid, status.Gid, FileKind.Regular);
        FileSystem.TryRename(part, path + Compressed);
        FileSystem.TryRemove(path);
    }
}
