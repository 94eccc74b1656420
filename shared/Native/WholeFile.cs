using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>A small file that is exchanged as a whole: its readers, and a system that starts after a loss of power, find the old one or the new one.</summary>
public static class WholeFile
{
    private const int ForOwner = 0x180; // 0600

    /// <summary>Puts content in the place of a file; on return it is on stable storage.</summary>
    /// <param name="path">Beside it the name with ".new" is used; whoever calls this is the only one who writes either.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Its mode.</param>
    /// <param name="group">Whose it becomes, with root as its owner; null: the file is its maker's.</param>
    /// <exception cref="SystemCallException">Not known to be done.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content, int mode, uint? group = null)
    {
        string fresh = $"{path}.new";
        // Of somebody who was interrupted.
        _ = FileSystem.TryRemove(fresh);
        try
        {
            using (SafeFileHandle file = FileSystem.TryCreate(fresh, ForOwner) ?? throw new SystemCallException($"create {fresh}", "it is there already"))
            {
                FileSystem.WriteAt(file, content, 0);
                if (group is { } gid)
                    FileSystem.ChangeOwner(fresh, 0, gid, FileKind.Regular);
                FileSystem.ChangeMode(file, mode);
                FileSystem.Flush(file, fresh);
            }
            if (!FileSystem.TryRename(fresh, path))
                throw new SystemCallException($"rename {fresh}", "it is gone");
        }
        catch (SystemCallException)
        {
            _ = FileSystem.TryRemove(fresh);
            throw;
        }
        FileSystem.FlushDirectory(Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : path.StartsWith('/') ? "/" : ".");
    }
}
