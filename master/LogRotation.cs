using System.Globalization;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Mail;
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
        if (FileSystem.Status(log.Path) is not { Kind: FileKind.Regular } present)
            return Caller.Fail($"{log.Path}: there is no such file", 1);
        List<string> earlier = [.. Rotated(log.Path)];
        string rotated = $"{log.Path}.{clock.GetLocalNow().ToString(Suffix, CultureInfo.InvariantCulture)}";
        if (!FileSystem.TryRenameNoReplace(log.Path, rotated))
            return Caller.Fail($"{rotated}: the name is taken; one rotation a second", 1);
        int result = PidFile.Running(MasterSettings.Read(config).Queue) is null ? ExitStatus.Ok : Operations.Reload(directory);
        foreach (string path in earlier)
            Compress(path, present.Uid);
        return result;
    }

    // Those that are not compressed.
    private static IEnumerable<string> Rotated(string path)
    {
        string directory = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : "/", start = Path.GetFileName(path) + ".";
        return FileSystem.Names(directory).Where(name => name.StartsWith(start, StringComparison.Ordinal)
            && DateTime.TryParseExact(name[start.Length..], Suffix, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)).Select(name => Path.Join(directory, name));
    }

    // Whoever may write in the directory could have put anything under the name: only a log is read with the rights of the caller, and its owner gets what comes of it.
    private static void Compress(string path, uint owner)
    {
        if (FileSystem.Status(path) is not { Kind: FileKind.Regular })
        {
            Pass(path);
            return;
        }
        using SafeFileHandle source = FileSystem.Open(path);
        FileStatus status = FileSystem.Status(source);
        if (status is not { Kind: FileKind.Regular, LinkCount: 1 } || status.Uid != owner)
        {
            Pass(path);
            return;
        }
        string part = path + Compressed + ".part";
        FileSystem.TryRemove(part);
        using (SafeFileHandle target = FileSystem.TryCreate(part, 0x180 /* 0600 */) ?? throw new IOException($"{part}: the name is taken"))
        {
            using FileStream output = new(target, FileAccess.Write);
            using (GZipStream zip = new(output, CompressionLevel.Optimal, leaveOpen: true))
            {
                byte[] buffer = new byte[65536];
                for (long at = 0; FileSystem.ReadAt(source, buffer, at) is > 0 and int n; at += n)
                    zip.Write(buffer, 0, n);
            }
            FileSystem.ChangeMode(target, status.Mode & 0x1FF);
        }
        if (Users.EffectiveUid == 0)
            FileSystem.ChangeOwner(part, status.Uid, status.Gid, FileKind.Regular);
        FileSystem.TryRename(part, path + Compressed);
        FileSystem.TryRemove(path);
    }

    private static void Pass(string path) =>
        StandardStreams.WriteError($"master: warning: {PrintableText.Of(path)} is not compressed: it is not a file of the log's owner, with one name\n");
}
