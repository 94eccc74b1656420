using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace PostfixNet.Native;

/// <summary>The system calls that Mono.Unix makes for us; nothing else names it.</summary>
/// <remarks>Those that return a number: -1 when they failed, see <see cref="SystemCallException.Last"/>. What sendmail and
/// postqueue need each time they are started is in <see cref="LibC"/>, since the first call here loads a library. Each throws an
/// <see cref="IOException"/> when that is not there.</remarks>
internal static class Unix
{
    private static bool s_isReady;

    internal static int ChangeMode(string path, int mode)
    {
        MakeReady();
        return Syscall.chmod(path, (FilePermissions)mode);
    }

    internal static int ChangeDirectory(string path)
    {
        MakeReady();
        return Syscall.chdir(path);
    }

    internal static int RemoveDirectory(string path)
    {
        MakeReady();
        return Syscall.rmdir(path);
    }

    /// <returns>The mask of before.</returns>
    internal static int SetCreationMask(int mask)
    {
        MakeReady();
        return (int)Syscall.umask((FilePermissions)mask);
    }

    /// <param name="nanoseconds">Since 1970: the time of access and of modification; a symbolic link is not followed.</param>
    internal static int SetTime(string path, long nanoseconds)
    {
        MakeReady();
        Timespec time = new() { tv_sec = Math.DivRem(nanoseconds, 1_000_000_000, out long rest), tv_nsec = rest };
        return Syscall.utimensat(Syscall.AT_FDCWD, path, [time, time], AtFlags.AT_SYMLINK_NOFOLLOW);
    }

    internal static int SetTime(int file, long nanoseconds)
    {
        MakeReady();
        Timespec time = new() { tv_sec = Math.DivRem(nanoseconds, 1_000_000_000, out long rest), tv_nsec = rest };
        return Syscall.futimens(file, [time, time]);
    }

    /// <returns>As <see cref="FileSystem.Space"/>; null when it failed.</returns>
    internal static (long FreeBytes, long TotalBytes, long FreeInodes, long TotalInodes)? Space(string path)
    {
        MakeReady();
        return Syscall.statvfs(path, out Statvfs space) < 0
            ? null
            : ((long)(space.f_frsize * space.f_bavail), (long)(space.f_frsize * space.f_blocks), (long)space.f_favail, (long)space.f_files);
    }

    internal static Account? UserByName(string name)
    {
        MakeReady();
        return Syscall.getpwnam(name) is { } entry ? Account.From(entry.pw_name ?? "", entry.pw_uid, entry.pw_gid, entry.pw_gecos ?? "") : null;
    }

    internal static uint? GroupByName(string name)
    {
        MakeReady();
        return Syscall.getgrnam(name)?.gr_gid;
    }

    internal static string? PasswordEntry(string name)
    {
        MakeReady();
        return Syscall.getpwnam(name) is { } entry ? $"{entry.pw_name}:x:{entry.pw_uid}:{entry.pw_gid}:{entry.pw_gecos}:{entry.pw_dir}:{entry.pw_shell}" : null;
    }

    internal static string? GroupEntry(string name)
    {
        MakeReady();
        return Syscall.getgrnam(name) is { } entry ? $"{entry.gr_name}:x:{entry.gr_gid}:{string.Join(',', entry.gr_mem ?? [])}" : null;
    }

    internal static int SetGroups(params uint[] groups)
    {
        MakeReady();
        return Syscall.setgroups(groups);
    }

    internal static int SetGroup(uint gid)
    {
        MakeReady();
        return Syscall.setgid(gid);
    }

    internal static int SetUser(uint uid)
    {
        MakeReady();
        return Syscall.setuid(uid);
    }

    internal static int Send(int pid, int signal)
    {
        MakeReady();
        return Syscall.kill(pid, NativeConvert.ToSignum(signal));
    }

    internal static void Ignore(int signal)
    {
        MakeReady();
        _ = Stdlib.SetSignalAction(NativeConvert.ToSignum(signal), SignalAction.Ignore);
    }

    internal static int Wait(int pid, out int status)
    {
        MakeReady();
        return Syscall.waitpid(pid, out status, 0);
    }

    // Before the library is touched: what its own initializers throw would reach nobody as it is. The helper lies beside the program and
    // nowhere else: neither where the environment points nor along the system's search path, where some fifty names would be tried first,
    // for the C library too. Twice at the same time does no harm, but for the resolver, of which there is one.
    private static void MakeReady()
    {
        if (s_isReady)
            return;
        string path = Path.Join(AppContext.BaseDirectory, "libMono.Unix.so");
        if (!NativeLibrary.TryLoad(path, out nint helper))
            throw new IOException($"{path}: cannot be loaded; it belongs beside the programs");
        nint c = NativeLibrary.Load(LibC.Name);
        lock (typeof(Unix))
        {
            if (!s_isReady)
                NativeLibrary.SetDllImportResolver(typeof(Syscall).Assembly, (name, _, _) => name switch { "Mono.Unix" => helper, "libc" => c, _ => 0 });
            s_isReady = true;
        }
    }
}
