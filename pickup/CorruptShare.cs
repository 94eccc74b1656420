using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Pickup;

/// <summary>How much of one user's damaged mail is kept in corrupt: files whose records are none. No program of ours makes such, and what he writes there by
/// hand must not fill the queue's file system for ever, where he cannot remove it himself any more. A message that is whole, but that cleanup refuses, is kept
/// in any case: sendmail may have taken it.</summary>
internal sealed class CorruptShare(QueueDirectories queues)
{
    /// <summary>Files of one user.</summary>
    internal const int Files = 100;

    /// <summary>Their size together; the first one may be larger.</summary>
    internal const long Bytes = 100L << 20;

    /// <summary>Whether a file of its owner may be put there beside his others.</summary>
    /// <remarks>What is there is counted each time: an operator may have cleared up. Several threads may be one too many.</remarks>
    internal bool HasRoomFor(FileStatus file)
    {
        int files = 0;
        long bytes = 0;
        void Count(string path)
        {
            if (FileSystem.Status(path) is not { Kind: FileKind.Regular } there || there.Uid != file.Uid)
                return;
            files++;
            bytes += there.Size;
        }
        foreach (QueueEntry entry in queues.ScanEntries(QueueName.Corrupt, Count))
            Count(entry.Path);
        return files == 0 || (files < Files && bytes + file.Size <= Bytes);
    }
}
