using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>What users can make the service read, and hold in memory.</summary>
public static class UsersFiles
{
    private const long SizeLimit = 64L << 20;
    private const int RecordLimit = 64 * 1024;

    /// <summary>Takes over an open file for reading; null: users wrote it, and it is none to read for them. The handle is closed with the file.</summary>
    public static QueueFile? Open(QueueName queue, SafeFileHandle handle, in FileStatus status)
    {
        if (queue != QueueName.Maildrop)
            return new QueueFile(handle, size: status.Size);
        return status.LinkCount == 1 && status.Size <= SizeLimit ? new QueueFile(handle, RecordLimit, followPointers: false, status.Size) : null;
    }
}
