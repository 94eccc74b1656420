using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Events;

/// <summary>The files of events: NNNNNNNNNN.jsonl, with rising numbers. The last one is written to; the others are finished, which their mode tells.</summary>
internal static class EventSegments
{
    /// <summary>Mode of the segment that is written to: its owner's right to write is what makes it so.</summary>
    internal const int Open = 0x180; // 0600

    /// <summary>Mode of a segment that is finished.</summary>
    internal const int Finished = 0x100; // 0400

    private const int OwnerMayWrite = 0x80, Digits = 10;
    private const string Suffix = ".jsonl";

    internal static string PathOf(string directory, long number) => string.Create(CultureInfo.InvariantCulture, $"{directory}/{number:D10}{Suffix}");

    /// <summary>The numbers that there are, rising; none when there is no directory.</summary>
    /// <exception cref="SystemCallException">The directory cannot be read.</exception>
    internal static List<long> Numbers(string directory)
    {
        List<long> numbers = [];
        try
        {
            foreach (string name in FileSystem.Names(directory))
            {
                if (name.Length == Digits + Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal)
                    && long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                    numbers.Add(number);
            }
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return [];
        }
        numbers.Sort();
        return numbers;
    }

    /// <summary>What is written to a file is found by its readers: it is a segment, has its name, and is not finished.</summary>
    internal static bool IsOpen(FileStatus status) => status is { Kind: FileKind.Regular, LinkCount: 1 } && (status.Mode & OwnerMayWrite) != 0;

    /// <summary>Opens a segment to write to it.</summary>
    /// <returns>null: it is finished, or gone, or not ours.</returns>
    internal static SafeFileHandle? TryOpen(string directory, long number)
    {
        string path = PathOf(directory, number);
        // Looked at first: a name that is none must not make a file.
        if (FileSystem.Status(path) is not { } found || !IsOpen(found) || found.Uid != Users.EffectiveUid)
            return null;
        SafeFileHandle file = FileSystem.OpenAppend(path, Open);
        FileStatus status = FileSystem.Status(file);
        if (IsOpen(status) && status.Uid == Users.EffectiveUid)
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Nothing more is written to a segment, and all that was is on stable storage: what the state says of a later one says that of this one.</summary>
    internal static void Close(string directory, long number)
    {
        string path = PathOf(directory, number);
        if (FileSystem.Status(path) is not { Kind: FileKind.Regular, LinkCount: 1 } found || found.Uid != Users.EffectiveUid)
            return;
        using SafeFileHandle file = FileSystem.Open(path);
        if (IsOpen(found))
            FileSystem.ChangeMode(file, Finished);
        FileSystem.FlushContent(file, path);
    }

    /// <summary>Removes finished segments, the oldest first, until what is left may be kept.</summary>
    /// <param name="current">The one that is written to; it and later ones stay.</param>
    /// <param name="keepSize">Bytes.</param>
    /// <param name="oldest">Nanoseconds since 1970: what was written last before that goes.</param>
    internal static void Prune(string directory, long current, long keepSize, long oldest)
    {
        List<long> numbers = Numbers(directory);
        numbers.RemoveAll(number => number >= current);
        long kept = 0;
        bool isOver = false;
        for (int i = numbers.Count - 1; i >= 0; i--)
        {
            string path = PathOf(directory, numbers[i]);
            if (FileSystem.Status(path) is not { } status)
                continue;
            kept += status.Size;
            // A gap in the numbers is not to be: with one goes what is older.
            isOver |= kept > keepSize || status.ModifiedNanoseconds < oldest;
            if (isOver && status.Kind != FileKind.Directory)
                FileSystem.TryRemove(path);
        }
    }
}
