using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>What the writers of events know in common, in a small file that has its place on the disk beforehand: so events that a full disk
/// does not take can still be counted. Its lock is that of the directory: who flushes has it, and who begins a segment.</summary>
/// <remarks>Nothing depends on it but the count of what is missing: without it each writer flushes for himself.</remarks>
internal sealed class EventState : IDisposable
{
    internal const string FileName = "state";
    private const int Size = 64, Place = 4096, Sum = 56;
    private static ReadOnlySpan<byte> Magic => "PFNEVNT1"u8;

    private readonly SafeFileHandle _file;

    private EventState(SafeFileHandle file) => _file = file;

    /// <param name="Segment">The number of the segment that is written to; the earlier ones are on stable storage wholly.</param>
    /// <param name="Flushed">Bytes of it that are on stable storage.</param>
    /// <param name="Begun">When it was begun, seconds since 1970.</param>
    /// <param name="Lost">Events that could not be written, and that no gap has told of yet.</param>
    /// <param name="Gaps">How many gaps were told.</param>
    /// <param name="Boot">Since which start of the machine the segment is written to: what one before has not flushed may be gone.</param>
    internal readonly record struct Values(long Segment, long Flushed, long Begun, long Lost, long Gaps, long Boot);

    /// <summary>The start of the machine since which we run.</summary>
    internal static long ThisBoot { get; } = Boot();

    private static long Boot()
    {
        try
        {
            return (long)SumOf(File.ReadAllBytes("/proc/sys/kernel/random/boot_id"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Opens it; makes it when there is none.</summary>
    /// <returns>null: it cannot be used.</returns>
    internal static EventState? TryOpen(string directory)
    {
        try
        {
            SafeFileHandle file = FileSystem.OpenReadWrite($"{directory}/{FileName}", EventSegments.Open);
            FileStatus status = FileSystem.Status(file);
            if (status is { Kind: FileKind.Regular, LinkCount: 1 } && status.Uid == Users.EffectiveUid)
            {
                if (status.Size < Place)
                    FileSystem.WriteAt(file, new byte[Place - status.Size], status.Size);
                return new EventState(file);
            }
            file.Dispose();
        }
        catch (SystemCallException)
        {
            // Of somebody else, or on a disk that is full.
        }
        return null;
    }

    /// <summary>As it is now; all zero when it is damaged, or new.</summary>
    internal Values Read()
    {
        Span<byte> bytes = stackalloc byte[Size];
        // Another may just be writing it.
        for (int i = 0; i < 3; i++)
        {
            try
            {
                if (FileSystem.ReadAt(_file, bytes, 0) == Size && bytes.StartsWith(Magic) && BinaryPrimitives.ReadUInt64LittleEndian(bytes[Sum..]) == SumOf(bytes[..Sum]))
                    return new(At(bytes, 8), At(bytes, 16), At(bytes, 24), At(bytes, 32), At(bytes, 40), At(bytes, 48));
            }
            catch (SystemCallException)
            {
                break;
            }
        }
        return default;
    }

    private static long At(ReadOnlySpan<byte> bytes, int place) => BinaryPrimitives.ReadInt64LittleEndian(bytes[place..]);

    /// <summary>Changes it; for the holder of the lock.</summary>
    /// <returns>False: it could not be written.</returns>
    internal bool TryWrite(in Values values)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes.Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], values.Segment);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], values.Flushed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], values.Begun);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], values.Lost);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], values.Gaps);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], values.Boot);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[Sum..], SumOf(bytes[..Sum]));
        try
        {
            FileSystem.WriteAt(_file, bytes, 0);
            return true;
        }
        catch (SystemCallException)
        {
            return false;
        }
    }

    // FNV-1a: what was torn, or written by something else, is found; nobody has to be kept from making one.
    private static ulong SumOf(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 14695981039346656037;
        foreach (byte b in bytes)
            sum = (sum ^ b) * 1099511628211;
        return sum;
    }

    internal bool TryLock() => FileSystem.TryLock(_file);

    internal void Unlock() => FileSystem.Unlock(_file);

    /// <summary>Reads it of a directory that is not ours to write.</summary>
    internal static Values ReadOnly(string directory)
    {
        try
        {
            using EventState state = new(FileSystem.Open($"{directory}/{FileName}"));
            return state.Read();
        }
        catch (SystemCallException)
        {
            return default;
        }
    }

    public void Dispose() => _file.Dispose();
}
