using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>A file that was read, and what it was then.</summary>
public sealed record TableFile(string Path, FileStatus Status)
{
    /// <summary>It is not the one that was read. One that is missing, or that this process may no longer look at, has not changed.</summary>
    public bool HasChanged
    {
        get
        {
            try
            {
                return FileSystem.Status(Path, followLink: true) is { } now && (now.Inode != Status.Inode
                    || now.ModifiedNanoseconds != Status.ModifiedNanoseconds || now.Size != Status.Size);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }
}
