using System.Runtime.InteropServices;
using System.Text;

namespace PostfixNet.Native;

/// <summary>A program started by this process.</summary>
public sealed unsafe class ChildProcess : IDisposable
{
    private const int POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80, SYS_pidfd_open = 434, F_DUPFD_CLOEXEC = 1030;
    private readonly Descriptor _exit;

    private ChildProcess(int pid, Descriptor exit) => (Pid, _exit) = (pid, exit);

    /// <summary>Process id; stays ours until <see cref="WaitForExit"/>.</summary>
    public int Pid { get; }

    /// <summary>Readable when the process has ended (a pidfd).</summary>
    public Descriptor Exit => _exit;

    /// <summary>Starts a program with default signals; only the descriptors named, and those not closed on exec, are passed.</summary>
    /// <param name="path">The program; no search, no shell.</param>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="environment">Whole environment, "NAME=value".</param>
    /// <param name="descriptors">(number here, number in the child).</param>
    /// <param name="newSession">Detach from the terminal.</param>
    public static ChildProcess Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment,
        (int Here, int There)[] descriptors, bool newSession = false)
    {
        // Larger than the C library's types: posix_spawnattr_t 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128.
        byte* attributes = stackalloc byte[512];
        byte* actions = stackalloc byte[256];
        byte* signals = stackalloc byte[128];
        List<int> copies = [];
        byte** argv = Strings([path, .. arguments]);
        byte** envp = Strings(environment);
        _ = LibC.SpawnAttributesInit(attributes);
        _ = LibC.SpawnActionsInit(actions);
        try
        {
            _ = LibC.SigFillSet(signals);
            _ = LibC.SpawnAttributesSetSigDefault(attributes, signals);
            _ = LibC.SigEmptySet(signals);
            _ = LibC.SpawnAttributesSetSigMask(attributes, signals);
            _ = LibC.SpawnAttributesSetFlags(attributes, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (newSession ? POSIX_SPAWN_SETSID : 0)));
            foreach ((int here, int there) in descriptors)
            {
                // Copies above all of them: no dup2 in the child then overwrites the source of a later one.
                int copy = LibC.FCntl(here, F_DUPFD_CLOEXEC, descriptors.Max(static descriptor => descriptor.There) + 1);
                if (copy < 0)
                    throw SystemCallException.Last($"pass descriptor {here}");
                copies.Add(copy);
                _ = LibC.SpawnActionsDup2(actions, copy, there);
            }
            int error = LibC.PosixSpawn(out int pid, path, actions, attributes, argv, envp);
            if (error != 0)
                throw new SystemCallException($"start {path}", error);
            int pidfd = (int)LibC.SysCall(SYS_pidfd_open, pid, 0);
            return pidfd >= 0 ? new ChildProcess(pid, new Descriptor(pidfd)) : throw SystemCallException.Last("pidfd_open");
        }
        finally
        {
            _ = LibC.SpawnActionsDestroy(actions);
            _ = LibC.SpawnAttributesDestroy(attributes);
            foreach (int copy in copies)
                _ = LibC.Close(copy);
            NativeMemory.Free(argv);
            NativeMemory.Free(envp);
        }
    }

    /// <summary>Becomes another program, with this process's environment and descriptors.</summary>
    /// <returns>Only when it fails: why.</returns>
    public static Exception Replace(string path, IReadOnlyList<string> arguments)
    {
        _ = LibC.ExecV(path, Strings([path, .. arguments]));
        return SystemCallException.Last($"execute {path}");
    }

    /// <summary>Waits for the end (which <see cref="Exit"/> announces) and lets the process id go.</summary>
    /// <returns>Exit status 0..255, or 128 and more: 128 + the signal that ended it; and words for the log.</returns>
    public (int Status, string Words) WaitForExit()
    {
        int status;
        while (Unix.Wait(Pid, out status) < 0)
        {
            if (Marshal.GetLastPInvokeError() != LibC.EINTR)
                return (0, "exit status unknown");
        }
        int signal = status & 0x7f;
        return signal == 0 ? ((status >> 8) & 0xff, $"exit status {(status >> 8) & 0xff}") : (128 + signal, $"killed by signal {signal}");
    }

    /// <inheritdoc/>
    public void Dispose() => _exit.Dispose();

    // An array of pointers with the C strings behind it, in one block, which the caller frees.
    private static byte** Strings(IReadOnlyList<string> strings)
    {
        int length = 0;
        foreach (string text in strings)
            length += Encoding.UTF8.GetByteCount(text) + 1;
        byte** array = (byte**)NativeMemory.Alloc((nuint)((strings.Count + 1) * sizeof(byte*) + length));
        Span<byte> room = new(array + strings.Count + 1, length);
        byte* at = (byte*)(array + strings.Count + 1);
        for (int i = 0; i < strings.Count; i++)
        {
            array[i] = at;
            int n = Encoding.UTF8.GetBytes(strings[i], room);
            at[n] = 0;
            at += n + 1;
            room = room[(n + 1)..];
        }
        array[strings.Count] = null;
        return array;
    }
}
