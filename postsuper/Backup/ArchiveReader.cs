using System.Formats.Tar;
using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Postsuper.Backup;

/// <summary>A file of an archive.</summary>
/// <param name="Name">Checked.</param>
/// <param name="Mode">12 bits.</param>
/// <param name="Uid">Whose it was.</param>
/// <param name="ModifiedNanoseconds">Since 1970.</param>
/// <param name="Content">Until the next file is read.</param>
internal sealed record ArchivedFile(ArchiveName Name, int Mode, uint Uid, long ModifiedNanoseconds, Spool Content);

/// <summary>Reads an archive, which anybody may have made, and finds out whether it is a whole backup.</summary>
/// <param name="directory">For one file of it at a time.</param>
internal sealed class ArchiveReader(string directory) : IDisposable
{
    private readonly Spool _content = new(directory);

    // Of each line of the list that the files should have, and of the last comment; 16 bytes a file.
    private readonly List<UInt128> _lines = [];

    /// <summary>What was read.</summary>
    internal Counts Counts { get; private set; } = new();

    /// <summary>The files, in their order, but the list at the end, against which all are checked before this ends.</summary>
    /// <exception cref="ArchiveException">It is not a whole backup, or was changed since it was read the last time.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal IEnumerable<ArchivedFile> Read(ArchiveFile archive)
    {
        UInt128[] before = [.. _lines];
        _lines.Clear();
        Counts = new Counts();
        IdSet names = new();
        using Stream input = archive.Reader();
        using TarReader tar = new(new SmallReads(input));
        bool isWhole = false;
        while (Next(tar) is { } file)
        {
            if (isWhole)
                throw new ArchiveException($"{file.Name.Text} stands behind the list of files");
            if (!names.Add(file.Name.Part == ArchivePart.Message && file.Name.Queue != Queue.QueueName.Maildrop ? $"message {file.Name.Id}" : file.Name.Text))
                throw new ArchiveException($"{file.Name.Text} is in it twice");
            if (file.Name == ArchiveName.Sums)
            {
                CheckAgainst(file.Content);
                isWhole = true;
                continue;
            }
            if ((Counts.Files == 0) != (file.Name == ArchiveName.About))
                throw new ArchiveException("not a backup of a mail queue");
            Counts.Add(file.Name, file.Content.Length);
            _lines.Add(IdSet.Short(ArchiveWriter.SumLine(file.Content.Hash(), file.Name)));
            if (before.Length > 0 && (before.Length < _lines.Count || before[_lines.Count - 1] != _lines[^1]))
                throw new ArchiveException($"{file.Name.Text}: the archive was changed while it was read");
            yield return file;
        }
        if (!isWhole)
            throw new ArchiveException("it is incomplete: the backup did not come to its end");
    }

    private ArchivedFile? Next(TarReader tar)
    {
        try
        {
            if (tar.GetNextEntry() is not { } entry)
                return null;
            if (!ArchiveName.TryParse(entry.Name, out ArchiveName name) || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                throw new ArchiveException($"\"{PrintableText.Of(entry.Name)}\" is none of the files of a backup");
            _content.Clear();
            byte[] block = new byte[SmallReads.Most];
            while (entry.DataStream?.Read(block) is > 0 and int n)
                _content.Append(block.AsSpan(0, n));
            if (_content.Length != entry.Length)
                throw new ArchiveException($"it is incomplete: cut off in {name.Text}");
            long ticks = Math.Clamp((entry.ModificationTime - DateTimeOffset.UnixEpoch).Ticks, 0, long.MaxValue / 100);
            return new ArchivedFile(name, (int)entry.Mode & 0xFFF, (uint)entry.Uid, ticks * 100, _content);
        }
        catch (EndOfStreamException e)
        {
            throw new ArchiveException("it is incomplete: cut off", e);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or ArgumentException or OverflowException or NotSupportedException or InvalidOperationException)
        {
            throw new ArchiveException($"it is damaged, or no archive: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private void CheckAgainst(Spool sums)
    {
        using StreamReader lines = new(sums.Open(), Encoding.ASCII);
        foreach (UInt128 line in _lines)
        {
            string? listed = ReadLine(lines);
            if (listed is null || IdSet.Short(listed + "\n") != line)
                throw new ArchiveException($"{(listed is null ? "a file" : PrintableText.Of(listed.Split(' ')[^1]))}: not as it was written");
        }
        if (ReadLine(lines) + "\n" != ArchiveWriter.EndLine(Counts) || ReadLine(lines) is not null)
            throw new ArchiveException("the list of files names others than are there");
    }

    // A list that is none must not be one line in memory.
    private static string? ReadLine(StreamReader lines)
    {
        const int Longest = 1024;
        StringBuilder line = new();
        for (int c = lines.Read(); c != '\n'; c = lines.Read())
        {
            if (c < 0)
                return line.Length > 0 ? line.ToString() : null;
            if (line.Append((char)c).Length > Longest)
                throw new ArchiveException("the list of files is none");
        }
        return line.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();

    /// <summary>Refuses to read much at once: a header of an archive may say that it is followed by gigabytes of attributes.</summary>
    private sealed class SmallReads(Stream below) : Stream
    {
        internal const int Most = 64 * 1024;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => buffer.Length <= Most ? below.Read(buffer) : throw new InvalidDataException("a header is too long");

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
