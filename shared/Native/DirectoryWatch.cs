using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PostfixNet.Native;

/// <summary>Tells which names came into some directories since they are watched: inotify(7).</summary>
/// <remarks>The kernel notes a name within the call that makes or moves it. So whoever watches first, reads the directories then, and asks here
/// afterwards knows of every file, however they move meanwhile.</remarks>
public sealed unsafe class DirectoryWatch : IDisposable
{
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const uint Made = 0x100, MovedTo = 0x80, OnlyDirectories = 0x0100_0000, NoLinks = 0x0200_0000;
    private const uint Overflow = 0x4000, IsDirectory = 0x4000_0000;
    private const int EventHead = 16, BufferSize = 64 * 1024;

    private readonly SafeFileHandle _watch;
    private readonly Dictionary<int, string> _directories = [];
    private readonly byte[] _buffer = new byte[BufferSize];

    /// <summary>Watches nothing yet.</summary>
    /// <exception cref="SystemCallException">The system has no more watches for this user (fs.inotify.max_user_instances).</exception>
    public DirectoryWatch()
    {
        int fd = LibC.INotifyInit(NonBlocking | CloseOnExec);
        _watch = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw SystemCallException.Last("watch directories");
    }

    /// <summary>Watches one more directory; not those in it.</summary>
    /// <exception cref="SystemCallException">It is not there, or the system has no more watches for this user (fs.inotify.max_user_watches).</exception>
    public void Add(string directory)
    {
        int number = LibC.INotifyAddWatch(_watch, directory, Made | MovedTo | OnlyDirectories | NoLinks);
        if (number < 0)
            throw SystemCallException.Last($"watch {directory}");
        _directories[number] = directory;
    }

    /// <summary>Tells what came since the last call.</summary>
    /// <param name="came">Gets the path, and whether it is a directory. What is there may be gone by now.</param>
    /// <returns>False: there was more than the kernel keeps, and names are missing.</returns>
    public bool Read(Action<string, bool> came)
    {
        ArgumentNullException.ThrowIfNull(came);
        bool isComplete = true;
        while (true)
        {
            nint length;
            fixed (byte* p = _buffer)
                length = LibC.Read((int)_watch.DangerousGetHandle(), p, BufferSize);
            if (length < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR)
                continue;
            if (length <= 0)
                return length == 0 || Marshal.GetLastPInvokeError() == LibC.EAGAIN ? isComplete : throw SystemCallException.Last("watch directories");
            List<(string Path, bool IsDirectory)> names = [];
            for (int at = 0; at < length;)
            {
                ReadOnlySpan<byte> one = _buffer.AsSpan(at, (int)length - at);
                (int number, uint mask, int nameLength) = (BinaryPrimitives.ReadInt32LittleEndian(one), BinaryPrimitives.ReadUInt32LittleEndian(one[4..]), BinaryPrimitives.ReadInt32LittleEndian(one[12..]));
                ReadOnlySpan<byte> name = one.Slice(EventHead, nameLength).TrimEnd((byte)0);
                at += EventHead + nameLength;
                isComplete &= (mask & Overflow) == 0;
                if (name.Length > 0 && _directories.TryGetValue(number, out string? directory))
                    names.Add(($"{directory}/{Encoding.UTF8.GetString(name)}", (mask & IsDirectory) != 0));
            }
            // The buffer is free again: who is told may read on.
            foreach ((string path, bool isDirectory) in names)
                came(path, isDirectory);
        }
    }

    /// <summary>Watches no more.</summary>
    public void Dispose() => _watch.Dispose();
}
