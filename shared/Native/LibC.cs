using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>The calls into the C library that neither the base library nor Mono.Unix has, or that every start of sendmail and
/// postqueue needs (see <see cref="Unix"/>). The other files of this folder turn results into values and exceptions.</summary>
internal static unsafe partial class LibC
{
    /// <summary>What the loader knows it by.</summary>
    internal const string Name = "libc.so.6";

    private const string C = Name;

    internal const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_APPEND = 0x400,
        O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000, O_PATH = 0x200000, O_TMPFILE_BIT = 0x400000, O_NOATIME = 0x40000;

    // Two flags differ between x86 and ARM.
    internal static readonly int O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;
    internal static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EBADF = 9, EAGAIN = 11, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, EFBIG = 27, ENOSYS = 38, EOPNOTSUPP = 95, ENOTEMPTY = 39,
        ENOSPC = 28, EPIPE = 32, ENOBUFS = 105, EINPROGRESS = 115;

    internal const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000;
    internal const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    internal const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;
    internal const int SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_CLOEXEC = 0x80000, SOCK_NONBLOCK = 0x800;

    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTime { public long Seconds; public uint Nanoseconds; public int Reserved; }

    /// <summary>struct statx of Linux: the same layout on every architecture.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Statx
    {
        public uint Mask, BlockSize;
        public ulong Attributes;
        public uint LinkCount, Uid, Gid;
        public ushort Mode, Spare0;
        public ulong Inode, Size, Blocks, AttributesMask;
        public StatxTime AccessTime, BirthTime, ChangeTime, ModifyTime;
        public uint RdevMajor, RdevMinor, DevMajor, DevMinor;
        public fixed ulong Spare[14];
    }

    internal const int PR_SET_NO_NEW_PRIVS = 38;

    // Numbers of system calls that are the same on every architecture.
    internal const nint LandlockCreateRuleset = 444, LandlockAddRule = 445, LandlockRestrictSelf = 446;

    internal const nint LANDLOCK_CREATE_RULESET_VERSION = 1, LANDLOCK_RULE_PATH_BENEATH = 1;

    /// <summary>struct landlock_path_beneath_attr.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct PathBeneath { public ulong Rights; public int Parent; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd { public int Fd; public short Events; public short Revents; }

    /// <summary>Elf64_Phdr, elf(5).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ProgramHeader
    {
        public uint Type, Flags;
        public ulong Offset;
        public nuint Address;
        public ulong PhysicalAddress, FileSize;
        public nuint MemorySize;
        public ulong Alignment;
    }

    internal const int MADV_DONTNEED = 4;

    [LibraryImport(C, EntryPoint = "setxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetXAttr(string path, byte* name, byte* value, nint size, int flags);

    [LibraryImport(C, EntryPoint = "fgetxattr", SetLastError = true)]
    internal static partial nint FGetXAttr(SafeFileHandle file, byte* name, byte* value, nint size);

    [LibraryImport(C, EntryPoint = "getauxval")]
    internal static partial nuint GetAuxVal(ulong type);

    [LibraryImport(C, EntryPoint = "madvise")]
    internal static partial int MAdvise(nuint address, nuint length, int advice);

    /// <summary>The text of a C string; "" for a null pointer.</summary>
    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    [LibraryImport(C, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport(C, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport(C, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatX(int directory, string path, int flags, uint mask, out Statx result);

    [LibraryImport(C, EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FAccessAt(int directory, string path, int mode, int flags);

    [LibraryImport(C, EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FChOwnAt(int directory, string path, uint uid, uint gid, int flags);

    [LibraryImport(C, EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int FChMod(SafeFileHandle file, uint mode);

    [LibraryImport(C, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MkDir(string path, uint mode);

    [LibraryImport(C, EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    [LibraryImport(C, EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RenameAt2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    [LibraryImport(C, EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LinkAt(int fromDirectory, string from, int toDirectory, string to, int flags);

    [LibraryImport(C, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport(C, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int FSync(SafeFileHandle file);

    [LibraryImport(C, EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int FDataSync(SafeFileHandle file);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeFileHandle file, byte* buffer, nint count);

    [LibraryImport(C, EntryPoint = "prctl", SetLastError = true)]
    internal static partial int PrCtl(int option, nint a, nint b, nint c, nint d);

    /// <summary>A call for which the C library has no function.</summary>
    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport(C, EntryPoint = "syncfs", SetLastError = true)]
    internal static partial int SyncFs(SafeFileHandle file);

    [LibraryImport(C, EntryPoint = "inotify_init1", SetLastError = true)]
    internal static partial int INotifyInit(int flags);

    [LibraryImport(C, EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int INotifyAddWatch(SafeFileHandle watch, string path, uint mask);

    [LibraryImport(C, EntryPoint = "flock", SetLastError = true)]
    internal static partial int FLock(SafeFileHandle file, int operation);

    [LibraryImport(C, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int FTruncate(SafeFileHandle file, long length);

    [LibraryImport(C, EntryPoint = "pread", SetLastError = true)]
    internal static partial nint PRead(SafeFileHandle file, byte* buffer, nint count, long offset);

    [LibraryImport(C, EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint PWrite(SafeFileHandle file, byte* buffer, nint count, long offset);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nint count);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* buffer, nint count);

    [LibraryImport(C, EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int fd, byte* buffer, nint count, int flags);

    /// <summary>struct msghdr and struct iovec, sendmsg(2): the same on every 64-bit architecture.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader { public nint Name; public uint NameLength; public IoVector* Vectors; public nuint VectorCount; public byte* Control; public nuint ControlLength; public int Flags; }

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector { public byte* Base; public nuint Length; }

    [LibraryImport(C, EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint SendMsg(int fd, MessageHeader* message, int flags);

    [LibraryImport(C, EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint RecvMsg(int fd, MessageHeader* message, int flags);

    [LibraryImport(C, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollFd* fds, ulong count, int timeoutMilliseconds);

    [LibraryImport(C, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    /// <summary>A new socket as all of ours are: it never blocks, and no child inherits it.</summary>
    internal static int NewSocket(int family, int type) => Socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    [LibraryImport(C, EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int SocketPair(int family, int type, int protocol, int* fds);

    [LibraryImport(C, EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int fd, byte* address, uint length);

    [LibraryImport(C, EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(int fd, int backlog);

    [LibraryImport(C, EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int fd, byte* address, uint length);

    [LibraryImport(C, EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept4(int fd, byte* address, uint* length, int flags);

    [LibraryImport(C, EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSockName(int fd, byte* address, uint* length);

    [LibraryImport(C, EntryPoint = "getpeername", SetLastError = true)]
    internal static partial int GetPeerName(int fd, byte* address, uint* length);

    [LibraryImport(C, EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetSockOpt(int fd, int level, int name, void* value, uint* length);

    [LibraryImport(C, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSockOpt(int fd, int level, int name, void* value, uint length);

    [LibraryImport(C, EntryPoint = "shutdown", SetLastError = true)]
    internal static partial int Shutdown(int fd, int how);

    internal const int F_GETFD = 1, FD_CLOEXEC = 1;

    internal const int F_OFD_SETLK = 37;
    internal const short F_WRLCK = 1, F_UNLCK = 2;

    /// <summary>struct flock, of 64-bit systems: with zeros, the whole file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FileRange
    {
        public short Type, Whence;
        public long Start, Length;
        public int Process;
    }

    [LibraryImport(C, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FCntl(int fd, int command, nint argument);

    // Of terminals: the flags of struct termios that tell what is shown, the fourth word of it, and one of them.
    internal const int LocalFlags = 3, TCSAFLUSH = 2;
    internal const uint ECHO = 8;

    [LibraryImport(C, EntryPoint = "isatty")]
    internal static partial int IsATty(int fd);

    [LibraryImport(C, EntryPoint = "adjtimex", SetLastError = true)]
    internal static partial int AdjustTime(void* timex);

    internal const nuint TIOCGWINSZ = 0x5413;

    [LibraryImport(C, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int IOControl(int fd, nuint request, void* argument);

    [LibraryImport(C, EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int TcGetAttr(int fd, byte* settings);

    [LibraryImport(C, EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int TcSetAttr(int fd, int when, byte* settings);

    [LibraryImport(C, EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int Pipe2(int* fds, int flags);

    [LibraryImport(C, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EPollCreate1(int flags);

    [LibraryImport(C, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EPollCtl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport(C, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int EPollWait(int epoll, byte* events, int maximum, int timeoutMilliseconds);

    [LibraryImport(C, EntryPoint = "opendir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint OpenDir(string path);

    [LibraryImport(C, EntryPoint = "readdir", SetLastError = true)]
    internal static partial byte* ReadDir(nint directory);

    [LibraryImport(C, EntryPoint = "closedir", SetLastError = true)]
    internal static partial int CloseDir(nint directory);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SysCall(nint number, nint a, nint b);

    [LibraryImport(C, EntryPoint = "getrandom", SetLastError = true)]
    internal static partial nint GetRandom(void* buffer, nint length, uint flags);

    [LibraryImport(C, EntryPoint = "getuid")]
    internal static partial uint GetUid();

    [LibraryImport(C, EntryPoint = "geteuid")]
    internal static partial uint GetEUid();

    [LibraryImport(C, EntryPoint = "getpwuid_r")]
    internal static partial int GetPwUid(uint uid, out Passwd entry, byte* buffer, nint length, out nint result);

    [LibraryImport(C, EntryPoint = "signal")]
    internal static partial nint Signal(int signal, nint handler);

    [LibraryImport(C, EntryPoint = "gethostname", SetLastError = true)]
    internal static partial int GetHostName(byte* buffer, nint length);

    [LibraryImport(C, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int PosixSpawn(out int pid, string path, byte* fileActions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(C, EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ExecV(string path, byte** arguments);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int SpawnActionsInit(byte* actions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int SpawnActionsDestroy(byte* actions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int SpawnActionsDup2(byte* actions, int from, int to);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_init")]
    internal static partial int SpawnAttributesInit(byte* attributes);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_destroy")]
    internal static partial int SpawnAttributesDestroy(byte* attributes);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setflags")]
    internal static partial int SpawnAttributesSetFlags(byte* attributes, short flags);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static partial int SpawnAttributesSetSigDefault(byte* attributes, byte* signals);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setsigmask")]
    internal static partial int SpawnAttributesSetSigMask(byte* attributes, byte* signals);

    [LibraryImport(C, EntryPoint = "sigemptyset")]
    internal static partial int SigEmptySet(byte* set);

    [LibraryImport(C, EntryPoint = "sigfillset")]
    internal static partial int SigFillSet(byte* set);

    // glibc reads the zone on the first call; the zone name stays valid for the life of the process.
    [LibraryImport(C, EntryPoint = "localtime_r")]
    internal static partial nint LocalTime(in long seconds, out BrokenDownTime result);

    [LibraryImport(C, EntryPoint = "getifaddrs", SetLastError = true)]
    internal static partial int GetIfAddrs(out InterfaceAddress* first);

    [LibraryImport(C, EntryPoint = "freeifaddrs")]
    internal static partial void FreeIfAddrs(InterfaceAddress* first);

    /// <summary>struct ifaddrs; the fields after the network mask are not used.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct InterfaceAddress
    {
        public InterfaceAddress* Next;
        public byte* Name;
        public uint Flags;
        public byte* Address;
        public byte* Mask;
        public byte* Other;
        public void* Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct BrokenDownTime
    {
        public int Second, Minute, Hour, Day, Month, Year, WeekDay, YearDay, IsSummer;
        public long OffsetSeconds;
        public byte* Zone;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Passwd { public byte* Name; public byte* Password; public uint Uid; public uint Gid; public byte* Gecos; public byte* Home; public byte* Shell; }

    internal const int REG_NOMATCH = 1, REG_STARTEND = 4;

    // struct re_pattern_buffer of glibc, on systems with 64 bits.
    internal const int RegexSize = 64, RegexGroupCount = 48;

    [LibraryImport(C, EntryPoint = "regcomp")]
    internal static partial int RegComp(byte* regex, byte* pattern, int flags);

    [LibraryImport(C, EntryPoint = "regexec")]
    internal static partial int RegExec(byte* regex, byte* text, nuint count, (int, int)* places, int flags);

    [LibraryImport(C, EntryPoint = "regerror")]
    internal static partial nuint RegError(int error, byte* regex, byte* text, nuint size);

    [LibraryImport(C, EntryPoint = "regfree")]
    internal static partial void RegFree(byte* regex);
}
