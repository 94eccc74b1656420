using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Postsuper.Backup;

/// <summary>One file of the queue, or of an archive, in a file without a name: it can be looked at, and written on, as it was at one moment. Memory: a buffer.</summary>
internal sealed class Spool : IDisposable
{
    private const int BlockSize = 64 * 1024, Tries = 20;

    private readonly byte[] _block = new byte[BlockSize], _other = new byte[BlockSize];

    /// <param name="directory">On a disk with room for the longest message.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal Spool(string directory) => Handle = FileSystem.TryCreateNameless(directory, QueueFileMode.Building) ?? CreateAndForget(directory);

    /// <summary>The file.</summary>
    internal SafeFileHandle Handle { get; }

    /// <summary>Bytes in it.</summary>
    internal long Length { get; private set; }

    private static SafeFileHandle CreateAndForget(string directory)
    {
        string path = $"{directory}/.copy.{Environment.ProcessId}.{Guid.NewGuid():N}";
        SafeFileHandle file = FileSystem.TryCreate(path, QueueFileMode.Building) ?? throw new IOException($"create {path}: the name is taken");
        FileSystem.TryRemove(path);
        return file;
    }

    /// <summary>Takes in what is there of a file that programs may change meanwhile, as of one moment.</summary>
    /// <param name="source">The file.</param>
    /// <param name="isAppendedOnly">A log: what is there stays as it is. Of a message recipients are marked done at any time, each by one byte, which
    /// is true in either state; every other change has it read anew.</param>
    /// <returns>Its attributes then.</returns>
    /// <exception cref="IOException">It cannot be read, or changes without end.</exception>
    internal FileStatus Take(SafeFileHandle source, bool isAppendedOnly)
    {
        for (int i = 0; i < Tries; i++)
        {
            FileStatus before = FileSystem.Status(source);
            Length = 0;
            while (Length < before.Size && FileSystem.ReadAt(source, _block.AsSpan(0, (int)Math.Min(BlockSize, before.Size - Length)), Length) is > 0 and int n)
                Append(_block.AsSpan(0, n));
            FileSystem.Truncate(Handle, Length);
            if (Length == before.Size && (isAppendedOnly || IsStill(source)))
            {
                FileStatus after = FileSystem.Status(source);
                if (isAppendedOnly || after.Size == Length)
                    return after with { Size = Length };
            }
        }
        throw new IOException("it changes all the time");
    }

    /// <summary>Empties it.</summary>
    internal void Clear()
    {
        Length = 0;
        FileSystem.Truncate(Handle, 0);
    }

    /// <summary>Adds bytes at the end.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        FileSystem.WriteAt(Handle, bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>Adds another's content at the end.</summary>
    internal void Append(Spool other)
    {
        for (long at = 0; FileSystem.ReadAt(other.Handle, _block, at) is > 0 and int n; at += n)
            Append(_block.AsSpan(0, n));
    }

    /// <summary>Reads it.</summary>
    internal Stream Open() => new FileStream(new SafeFileHandle(Handle.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, BlockSize) { Position = 0 };

    /// <summary>SHA-256 of its content.</summary>
    internal byte[] Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; FileSystem.ReadAt(Handle, _block, at) is > 0 and int n; at += n)
            hash.AppendData(_block, 0, n);
        return hash.GetHashAndReset();
    }

    /// <summary>The message in it; reads on while the spool is there, and need not be disposed.</summary>
    internal QueueFile Message() => new(new SafeFileHandle(Handle.DangerousGetHandle(), ownsHandle: false));

    /// <summary>Why it is no message that the queue manager would take; null: it is one.</summary>
    internal string? WhyNoMessage()
    {
        try
        {
            _ = Message().ReadEnvelope();
            return null;
        }
        catch (QueueFileException e)
        {
            return e.Message;
        }
    }

    private bool IsStill(SafeFileHandle source)
    {
        for (long at = 0; at < Length;)
        {
            int n = FileSystem.ReadAt(Handle, _block, at), there = FileSystem.ReadAt(source, _other.AsSpan(0, Math.Max(n, 1)), at);
            if (n == 0 || there < n)
                return false;
            for (int i = 0; i < n; i++)
            {
                if (_block[i] != _other[i] && ((RecordType)_block[i] != RecordType.Recipient || (RecordType)_other[i] != RecordType.Done))
                    return false;
            }
            at += n;
        }
        return true;
    }

    /// <summary>Nothing is left of it.</summary>
    public void Dispose() => Handle.Dispose();
}
