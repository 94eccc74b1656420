using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>What kind of directory entry a file is.</summary>
public enum FileKind
{
    /// <summary>A regular file.</summary>
    Regular,
    /// <summary>A directory.</summary>
    Directory,
    /// <summary>A symbolic link.</summary>
    Link,
    /// <summary>A socket, pipe or device.</summary>
    Other,
}

/// <summary>The attributes of one file, as of one moment.</summary>
/// <param name="Kind">A symbolic link is reported as such, never followed.</param>
/// <param name="Mode">Permission bits, 12 bits (07777).</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="LinkCount">Number of names; more than one on a queue file means foul play.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedNanoseconds">Modification time, nanoseconds since 1970.</param>
public readonly record struct FileStatus(
    FileKind Kind, int Mode, uint Uid, uint Gid, ulong Inode, uint LinkCount, long Size, long ModifiedNanoseconds)
{
    /// <summary>Modification time in whole seconds since 1970.</summary>
    public long ModifiedSeconds => Math.DivRem(ModifiedNanoseconds, 1_000_000_000).Quotient;

    /// <summary>The file is marked so that nobody can remove it: "immutable" or "append only" of chattr(1).</summary>
    public bool IsPinned { get; init; }

    /// <summary>When the file was made, in whole seconds since 1970; null: the file system does not keep that.</summary>
    public long? MadeSeconds { get; init; }
}

/// <summary>File system calls that .NET lacks or does differently: no following of links, exact modes, flushes.</summary>
/// <remarks>Failures are <see cref="SystemCallException"/>, with the path and the system's reason in the message.</remarks>
public static unsafe class FileSystem
{
    private const uint BirthTime = 0x800, WhatIsAsked = 0x7ff | BirthTime; // STATX_BTIME, STATX_BASIC_STATS

    /// <summary>Opens an existing file; refuses a symbolic link (ELOOP) and does not hang on a pipe.</summary>
    public static SafeFileHandle Open(string path, bool write = false)
    {
        int fd = LibC.Open(path, (write ? LibC.O_RDWR : LibC.O_RDONLY) | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | LibC.O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw SystemCallException.Last($"open {path}");
    }

    /// <summary>As <see cref="Open"/> for reading, but the time of that is not noted where the file is ours. Mail that waits for its next attempt has the
    /// time of that: each look at it would else be a change to be written.</summary>
    public static SafeFileHandle OpenUnnoted(string path)
    {
        int fd = LibC.Open(path, LibC.O_RDONLY | LibC.O_NOATIME | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | LibC.O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true)
            : Marshal.GetLastPInvokeError() == LibC.EPERM ? Open(path) : throw SystemCallException.Last($"open {path}");
    }

    /// <summary>Opens a directory, to flush it later (<see cref="Flush"/>).</summary>
    public static SafeFileHandle OpenDirectory(string path)
    {
        int fd = LibC.Open(path, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw SystemCallException.Last($"open {path}");
    }

    /// <summary>Creates a file that must not exist; the mode is exact whatever the umask.</summary>
    /// <returns>null when the name is taken.</returns>
    public static SafeFileHandle? TryCreate(string path, int mode)
    {
        int fd = LibC.Open(path, LibC.O_RDWR | LibC.O_CREAT | LibC.O_EXCL | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, (uint)mode);
        if (fd < 0)
            return Marshal.GetLastPInvokeError() == LibC.EEXIST ? null : throw SystemCallException.Last($"create {path}");
        SafeFileHandle file = new(fd, ownsHandle: true);
        if (LibC.FChMod(file, (uint)mode) == 0)
            return file;
        SystemCallException failure = SystemCallException.Last($"chmod {path}");
        file.Dispose();
        _ = LibC.Unlink(path);
        throw failure;
    }

    private const string Descriptors = "/proc/self/fd";

    /// <summary>Creates a file that has no name yet: should this process end now, whatever ends it, nothing is left of it.</summary>
    /// <param name="directory">Where it may get one, by <see cref="TryLink"/>.</param>
    /// <param name="mode">Exact, whatever the umask.</param>
    /// <returns>null when the file system, or a system without /proc, cannot do that.</returns>
    public static SafeFileHandle? TryCreateNameless(string directory, int mode)
    {
        if (LibC.FAccessAt(LibC.AT_FDCWD, Descriptors, 0, 0) < 0)
            return null;
        int fd = LibC.Open(directory, LibC.O_RDWR | LibC.O_TMPFILE_BIT | LibC.O_DIRECTORY | LibC.O_CLOEXEC, (uint)mode);
        if (fd < 0)
            return Marshal.GetLastPInvokeError() is LibC.EOPNOTSUPP or LibC.EISDIR or LibC.EINVAL or LibC.ENOSYS ? null : throw SystemCallException.Last($"create {directory}");
        SafeFileHandle file = new(fd, ownsHandle: true);
        if (LibC.FChMod(file, (uint)mode) == 0)
            return file;
        SystemCallException failure = SystemCallException.Last($"chmod {directory}");
        file.Dispose();
        throw failure;
    }

    /// <summary>Gives a file of <see cref="TryCreateNameless"/> its name.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool TryLink(SafeFileHandle file, string path)
    {
        if (LibC.LinkAt(LibC.AT_FDCWD, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Descriptors}/{(int)file.DangerousGetHandle()}"), LibC.AT_FDCWD, path, LibC.AT_SYMLINK_FOLLOW) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == LibC.EEXIST ? false : throw SystemCallException.Last($"link {path}");
    }

    /// <summary>Opens for appending and reading, creating with <paramref name="mode"/> when missing; refuses a symbolic link.</summary>
    public static SafeFileHandle OpenAppend(string path, int mode)
    {
        int fd = LibC.Open(path, LibC.O_RDWR | LibC.O_CREAT | LibC.O_APPEND | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, (uint)mode);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw SystemCallException.Last($"open {path}");
    }

    /// <summary>Opens for reading and writing, creating with <paramref name="mode"/> when missing; refuses a symbolic link, and does not hang on a pipe.</summary>
    public static SafeFileHandle OpenReadWrite(string path, int mode)
    {
        int fd = LibC.Open(path, LibC.O_RDWR | LibC.O_CREAT | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | LibC.O_CLOEXEC, (uint)mode);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw SystemCallException.Last($"open {path}");
    }

    /// <summary>Attributes of a name, without following a symbolic link unless asked to; null when there is no such name.</summary>
    /// <param name="followLink">Attributes of the file that a link leads to.</param>
    public static FileStatus? Status(string path, bool followLink = false)
    {
        if (LibC.StatX(LibC.AT_FDCWD, path, followLink ? 0 : LibC.AT_SYMLINK_NOFOLLOW, WhatIsAsked, out LibC.Statx s) == 0)
            return Convert(s);
        return Marshal.GetLastPInvokeError() is LibC.ENOENT or LibC.ENOTDIR ? null : throw SystemCallException.Last($"stat {path}");
    }

    /// <summary>Why this process cannot make and remove names in a directory (its mode, a file system that is read-only); null: it can.</summary>
    public static string? WhyNotWritable(string directory) => LibC.FAccessAt(LibC.AT_FDCWD, directory, 2 /* W_OK */, 0x200 /* AT_EACCESS */) == 0
        ? null : SystemCallException.Last($"write {directory}").Message;

    /// <summary>Attributes of an open file.</summary>
    public static FileStatus Status(SafeFileHandle file) =>
        LibC.StatX((int)file.DangerousGetHandle(), "", LibC.AT_EMPTY_PATH, WhatIsAsked, out LibC.Statx s) == 0
            ? Convert(s) : throw SystemCallException.Last("stat");

    private static FileStatus Convert(in LibC.Statx s) => new(
        (s.Mode & 0xF000) switch { 0x8000 => FileKind.Regular, 0x4000 => FileKind.Directory, 0xA000 => FileKind.Link, _ => FileKind.Other },
        s.Mode & 0xFFF, s.Uid, s.Gid, s.Inode, s.LinkCount, (long)s.Size,
        s.ModifyTime.Seconds * 1_000_000_000 + s.ModifyTime.Nanoseconds)
    { IsPinned = (s.Attributes & 0x30) != 0, MadeSeconds = (s.Mask & BirthTime) != 0 ? s.BirthTime.Seconds : null };

    /// <summary>Sets the permission bits of an open file.</summary>
    public static void ChangeMode(SafeFileHandle file, int mode)
    {
        if (LibC.FChMod(file, (uint)mode) < 0)
            throw SystemCallException.Last("chmod");
    }

    /// <summary>Sets and clears some permission bits of an open file; as one step among all who do it with this method, so that none
    /// drops what another has set meanwhile.</summary>
    /// <param name="file">Open for writing.</param>
    public static void ChangeMode(SafeFileHandle file, int set, int clear)
    {
        // Not flock(2): a delivery agent holds that for as long as it delivers. Whoever holds this one is about to give it back; should
        // he have been stopped just then, his change is the one that is lost.
        LibC.FileRange range = new() { Type = LibC.F_WRLCK };
        int fd = (int)file.DangerousGetHandle();
        for (int tries = 0; LibC.FCntl(fd, LibC.F_OFD_SETLK, (nint)(&range)) < 0 && Marshal.GetLastPInvokeError() == LibC.EAGAIN && tries < 100; tries++)
            Thread.Sleep(1);
        int mode = Status(file).Mode, changed = (mode | set) & ~clear;
        try
        {
            if (changed != mode)
                ChangeMode(file, changed);
        }
        finally
        {
            range.Type = LibC.F_UNLCK;
            _ = LibC.FCntl(fd, LibC.F_OFD_SETLK, (nint)(&range));
        }
    }

    /// <summary>Sets the permission bits of a name (never use it on a name that others can replace by a link).</summary>
    public static void ChangeMode(string path, int mode)
    {
        if (Unix.ChangeMode(path, mode) < 0)
            throw SystemCallException.Last($"chmod {path}");
    }

    /// <summary>Sets owner and group of what has a name, if it is what it should be: somebody else may have put another thing there
    /// meanwhile, or another name of a file that is not ours to give away.</summary>
    /// <param name="path">A symbolic link is not followed.</param>
    /// <param name="uid">uint.MaxValue: stays.</param>
    /// <param name="gid">uint.MaxValue: stays.</param>
    /// <param name="kind">What it must be; unless it is a directory, with this name only.</param>
    public static void ChangeOwner(string path, uint uid, uint gid, FileKind kind)
    {
        int fd = LibC.Open(path, LibC.O_PATH | LibC.O_NOFOLLOW | LibC.O_CLOEXEC, 0);
        if (fd < 0)
            throw SystemCallException.Last($"open {path}");
        using SafeFileHandle file = new(fd, ownsHandle: true);
        FileStatus status = Status(file);
        if (status.Kind != kind || (kind != FileKind.Directory && status.LinkCount != 1))
            throw new SystemCallException($"chown {path}", "something else has taken its name");
        if (LibC.FChOwnAt(fd, "", uid, gid, LibC.AT_EMPTY_PATH) < 0)
            throw SystemCallException.Last($"chown {path}");
    }

    /// <summary>Makes a directory; the mode is exact whatever the umask. False when the name exists.</summary>
    public static bool MakeDirectory(string path, int mode)
    {
        if (LibC.MkDir(path, 0x1C0) < 0)
            return Marshal.GetLastPInvokeError() == LibC.EEXIST ? false : throw SystemCallException.Last($"mkdir {path}");
        ChangeMode(path, mode);
        return true;
    }

    /// <summary>Renames within one file system, replacing the target. False when the source does not exist.</summary>
    /// <exception cref="SystemCallException"><see cref="SystemCallException.IsMissing"/>: the source exists but the target's directory does not.</exception>
    public static bool TryRename(string from, string to)
    {
        if (LibC.Rename(from, to) == 0)
            return true;
        SystemCallException failure = SystemCallException.Last($"rename {from} to {to}");
        return failure.IsMissing && Status(from) is null ? false : throw failure;
    }

    /// <summary>Renames, but never over an existing name. False when the target exists.</summary>
    public static bool TryRenameNoReplace(string from, string to)
    {
        if (LibC.RenameAt2(LibC.AT_FDCWD, from, LibC.AT_FDCWD, to, 1 /* RENAME_NOREPLACE */) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            LibC.EEXIST => false,
            LibC.EINVAL or LibC.ENOSYS or LibC.EOPNOTSUPP => TryRenameIntoPlace(from, to),
            _ => throw SystemCallException.Last($"rename {from} to {to}"),
        };
    }

    // For file systems without that flag (NFS, 9p, many of FUSE): a file that is ours, with no permissions at all, takes the name, and
    // is what the rename replaces. After a crash between the two it is an unfinished file like others.
    private static bool TryRenameIntoPlace(string from, string to)
    {
        if (TryCreate(to, 0) is not { } place)
            return false;
        place.Dispose();
        if (LibC.Rename(from, to) == 0)
            return true;
        SystemCallException failure = SystemCallException.Last($"rename {from} to {to}");
        _ = LibC.Unlink(to);
        throw failure;
    }

    /// <summary>Removes a name. False when there is none.</summary>
    public static bool TryRemove(string path)
    {
        if (LibC.Unlink(path) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == LibC.ENOENT ? false : throw SystemCallException.Last($"remove {path}");
    }

    /// <summary>Removes a directory. False when it is not empty or does not exist.</summary>
    public static bool TryRemoveEmptyDirectory(string path)
    {
        if (Unix.RemoveDirectory(path) == 0)
            return true;
        return Marshal.GetLastPInvokeError() is LibC.ENOENT or LibC.ENOTEMPTY or LibC.EEXIST ? false : throw SystemCallException.Last($"rmdir {path}");
    }

    /// <summary>Sets access and modification time of a name. False when there is none.</summary>
    /// <param name="nanoseconds">Since 1970.</param>
    public static bool TrySetTime(string path, long nanoseconds)
    {
        if (Unix.SetTime(path, nanoseconds) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == LibC.ENOENT ? false : throw SystemCallException.Last($"set time of {path}");
    }

    /// <summary>Sets access and modification time of an open file, whatever its name is by now.</summary>
    /// <param name="nanoseconds">Since 1970.</param>
    public static void SetTime(SafeFileHandle file, long nanoseconds)
    {
        if (Unix.SetTime((int)file.DangerousGetHandle(), nanoseconds) < 0)
            throw SystemCallException.Last("set time");
    }

    /// <summary>Keeps a few bytes beside a file, which follow it when it is renamed: an extended attribute.</summary>
    /// <param name="name">Ends with a NUL, e.g. "user.example\0"u8.</param>
    /// <returns>False: the file is gone, or its file system keeps none.</returns>
    public static bool TrySetNote(string path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* n = name, v = value)
            return LibC.SetXAttr(path, n, v, value.Length, 0) == 0;
    }

    /// <summary>Such bytes.</summary>
    /// <returns>How many there are; 0: none.</returns>
    public static int ReadNote(SafeFileHandle file, ReadOnlySpan<byte> name, Span<byte> value)
    {
        fixed (byte* n = name, v = value)
            return (int)Math.Max(0, LibC.FGetXAttr(file, n, v, value.Length));
    }

    /// <summary>Content and attributes of a file onto stable storage: fsync(2).</summary>
    public static void Flush(SafeFileHandle file, string path)
    {
        if (LibC.FSync(file) < 0)
            throw SystemCallException.Last($"fsync {path}");
    }

    /// <summary>The content of a file onto stable storage, and of its attributes what is needed to read it: fdatasync(2).</summary>
    public static void FlushContent(SafeFileHandle file, string path)
    {
        if (LibC.FDataSync(file) < 0)
            throw SystemCallException.Last($"fdatasync {path}");
    }

    /// <summary>Makes a creation, rename or removal in <paramref name="path"/> survive a power cut: fsync(2) on the directory.</summary>
    public static void FlushDirectory(string path)
    {
        using SafeFileHandle directory = OpenDirectory(path);
        if (LibC.FSync(directory) < 0)
            throw SystemCallException.Last($"fsync {path}");
    }

    /// <summary>All changes of the file system that holds an open file onto stable storage: syncfs(2).</summary>
    public static void FlushFileSystem(SafeFileHandle file, string path)
    {
        if (LibC.SyncFs(file) < 0)
            throw SystemCallException.Last($"syncfs {path}");
    }

    /// <summary>Takes the exclusive lock of an open file (flock(2)), at once or not at all.</summary>
    public static bool TryLock(SafeFileHandle file) => TryLock(file, LibC.LOCK_EX);

    /// <summary>Takes a lock that others may share, but that keeps an exclusive one away; at once or not at all.</summary>
    public static bool TryLockShared(SafeFileHandle file) => TryLock(file, LibC.LOCK_SH);

    /// <summary>Takes the exclusive lock of one byte of a file that is open for writing, whether the byte is there or not; until the file is closed.</summary>
    /// <returns>False: another one has it who has opened the file.</returns>
    public static bool TryLockByte(SafeFileHandle file, long offset)
    {
        LibC.FileRange range = new() { Type = LibC.F_WRLCK, Start = offset, Length = 1 };
        if (LibC.FCntl((int)file.DangerousGetHandle(), LibC.F_OFD_SETLK, (nint)(&range)) >= 0)
            return true;
        return Marshal.GetLastPInvokeError() is LibC.EAGAIN or LibC.EACCES ? false : throw SystemCallException.Last("lock a byte");
    }

    private static bool TryLock(SafeFileHandle file, int operation)
    {
        if (LibC.FLock(file, operation | LibC.LOCK_NB) == 0)
            return true;
        return Marshal.GetLastPInvokeError() is LibC.EAGAIN or LibC.EINTR ? false : throw SystemCallException.Last("flock");
    }

    /// <summary>Whether somebody else has a lock on a file; none is left behind.</summary>
    /// <remarks>The lock is taken and given back by name: with the descriptor alone it would stay for as long as a child that was just
    /// forked has not called its program, and has the descriptor too.</remarks>
    public static bool IsLockedByAnother(SafeFileHandle file)
    {
        if (!TryLock(file))
            return true;
        Unlock(file);
        return false;
    }

    /// <summary>Gives the lock of an open file back.</summary>
    public static void Unlock(SafeFileHandle file)
    {
        if (LibC.FLock(file, LibC.LOCK_UN) < 0)
            throw SystemCallException.Last("unlock");
    }

    /// <summary>Takes the exclusive lock of an open file, waiting for another holder at most <paramref name="limit"/>.</summary>
    /// <returns>False when the other still holds it.</returns>
    public static bool Lock(SafeFileHandle file, TimeSpan limit)
    {
        Deadline end = Deadline.In(limit);
        for (int pause = 1; !TryLock(file); pause = Math.Min(pause * 2, 100))
        {
            if (end.IsOver)
                return false;
            // flock(2) knows no time limit, and nothing else tells that the lock is free.
            Thread.Sleep(pause);
        }
        return true;
    }

    /// <summary>Cuts an open file to <paramref name="length"/> bytes.</summary>
    public static void Truncate(SafeFileHandle file, long length)
    {
        if (LibC.FTruncate(file, length) < 0)
            throw SystemCallException.Last("truncate");
    }

    /// <summary>Reads at an offset; fewer bytes than asked only at the end of the file.</summary>
    public static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        int done = 0;
        fixed (byte* p = buffer)
        {
            while (done < buffer.Length)
            {
                nint n = LibC.PRead(file, p + done, buffer.Length - done, offset + done);
                if (n == 0)
                    break;
                if (n > 0)
                    done += (int)n;
                else if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                    throw SystemCallException.Last("read");
            }
        }
        return done;
    }

    /// <summary>Reads at an offset, by one call: of a regular file, fewer bytes than asked mean its end.</summary>
    public static int ReadSome(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                nint n = LibC.PRead(file, p, buffer.Length, offset);
                if (n >= 0)
                    return (int)n;
                if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                    throw SystemCallException.Last("read");
            }
        }
    }

    /// <summary>Opens a regular file for reading, following symbolic links: a file of the system, or of the configuration.</summary>
    public static SafeFileHandle OpenRegular(string path) => OpenRegular(path, out _);

    private static SafeFileHandle OpenRegular(string path, out FileStatus status)
    {
        int fd = LibC.Open(path, LibC.O_RDONLY | LibC.O_NONBLOCK | LibC.O_CLOEXEC, 0);
        SafeFileHandle file = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw SystemCallException.Last($"open {path}");
        status = Status(file);
        if (status.Kind == FileKind.Regular)
            return file;
        file.Dispose();
        throw new SystemCallException($"open {path}", "not a regular file");
    }

    /// <summary>Reads a whole file, following symbolic links (a configuration file may be one).</summary>
    /// <param name="limit">Bytes; a larger file is an error.</param>
    public static byte[] ReadAll(string path, int limit) => ReadAll(path, limit, out _);

    /// <inheritdoc cref="ReadAll(string, int)"/>
    /// <param name="status">Of the file that was read, not of a link to it.</param>
    public static byte[] ReadAll(string path, int limit, out FileStatus status)
    {
        using SafeFileHandle file = OpenRegular(path, out status);
        if (status.Size > limit)
            throw new SystemCallException($"read {path}", $"{status.Size} bytes, more than {limit}");
        byte[] bytes = new byte[status.Size];
        int n = ReadAt(file, bytes, 0);
        return n == bytes.Length ? bytes : bytes[..n];
    }

    /// <summary>Writes all bytes at an offset (at the end, when the file was opened for appending).</summary>
    public static void WriteAt(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* p = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint n = LibC.PWrite(file, p + done, bytes.Length - done, offset + done);
                if (n >= 0)
                    done += (int)n;
                else if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                    throw SystemCallException.Last("write");
            }
        }
    }

    /// <summary>Writes bytes at the end of a file that was opened for appending, by one call: what others append is before or after them, not among them.</summary>
    /// <exception cref="SystemCallException">Not all of them are there; a part of them may be.</exception>
    public static void Append(SafeFileHandle file, ReadOnlySpan<byte> bytes, string path)
    {
        fixed (byte* p = bytes)
        {
            nint n;
            do
            {
                n = LibC.Write(file, p, bytes.Length);
            }
            while (n < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);
            if (n < 0)
                throw SystemCallException.Last($"write {path}");
            if (n < bytes.Length)
                throw new SystemCallException($"write {path}", "there is room for a part only");
        }
    }

    /// <summary>Names in a directory, without "." and "..", in no order, read lazily: memory does not grow with the directory.
    /// Names that are not valid UTF-8 are passed over.</summary>
    /// <exception cref="SystemCallException">No such directory, or it may not be read.</exception>
    public static IEnumerable<string> Names(string directory)
    {
        using DirectoryStream stream = new(directory);
        while (stream.Next() is { } name)
        {
            if (name is not ("." or ".."))
                yield return name;
        }
    }

    /// <summary>Free blocks and inodes of the file system below <paramref name="path"/>.</summary>
    /// <returns>Free bytes for ordinary users; free and total inodes (total 0 when the file system has no fixed number).</returns>
    public static (long FreeBytes, long TotalBytes, long FreeInodes, long TotalInodes) Space(string path) =>
        Unix.Space(path) ?? throw SystemCallException.Last($"statvfs {path}");

    /// <summary>Sets the creation mask of this process.</summary>
    public static void SetCreationMask(int mask) => _ = Unix.SetCreationMask(mask);

    /// <summary>Changes the working directory of this process.</summary>
    public static void ChangeDirectory(string path)
    {
        if (Unix.ChangeDirectory(path) < 0)
            throw SystemCallException.Last($"chdir {path}");
    }

    private sealed class DirectoryStream : IDisposable
    {
        private readonly string _path;
        private nint _directory;

        internal DirectoryStream(string path)
        {
            _path = path;
            _directory = LibC.OpenDir(path);
            if (_directory == 0)
                throw SystemCallException.Last($"open directory {path}");
        }

        internal string? Next()
        {
            while (true)
            {
                Marshal.SetLastSystemError(0);
                byte* entry = LibC.ReadDir(_directory);
                if (entry is null)
                    return Marshal.GetLastPInvokeError() == 0 ? null : throw SystemCallException.Last($"read directory {_path}");
                // struct dirent, 64-bit: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name
                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19);
                if (System.Text.Unicode.Utf8.IsValid(name))
                    return Encoding.UTF8.GetString(name);
            }
        }

        public void Dispose()
        {
            if (_directory != 0)
                _ = LibC.CloseDir(_directory);
            _directory = 0;
        }
    }
}
