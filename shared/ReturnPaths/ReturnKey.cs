using System.Security.Cryptography;
using PostfixNet.Native;

namespace PostfixNet.ReturnPaths;

/// <summary>The key under which return paths are made: a small file of random octets that mail_owner alone can read. Whoever removes it makes all return paths void.</summary>
public static class ReturnKey
{
    private const int Length = 32, ForOwner = 0x180 /* 0600 */, ForOthers = 0x3F /* 077 */;

    private static string PathOf(string queueDirectory) => $"{queueDirectory}/{Queue.QueueDirectories.Reports}/key";

    /// <summary>Reads it.</summary>
    /// <param name="queueDirectory">queue_directory, or ".".</param>
    /// <exception cref="IOException">It is not there, or not as it should be.</exception>
    public static byte[] Read(string queueDirectory)
    {
        string path = PathOf(queueDirectory);
        byte[] key = FileSystem.ReadAll(path, Length + 1, out FileStatus status);
        if (key.Length != Length)
            throw new SystemCallException(path, "not a key; remove it, and start the system");
        return (status.Mode & ForOthers) == 0 ? key : throw new SystemCallException(path, "others than its owner can read it; remove it, and start the system");
    }

    /// <summary>Makes one when there is none.</summary>
    /// <param name="queueDirectory">queue_directory; its directory of reports is there.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void Make(string queueDirectory)
    {
        string path = PathOf(queueDirectory);
        if (FileSystem.Status(path) is not null)
            return;
        WholeFile.Replace(path, RandomNumberGenerator.GetBytes(Length), ForOwner);
        if (Users.EffectiveUid == 0 && FileSystem.Status($"{queueDirectory}/{Queue.QueueDirectories.Reports}") is { Uid: not 0 } owner)
            FileSystem.ChangeOwner(path, owner.Uid, owner.Gid, FileKind.Regular);
    }
}
