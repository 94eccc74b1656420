using System.Globalization;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Postsuper.Backup;

/// <summary>The file of a backup: how it is named, and how its name says whether it is compressed.</summary>
/// <remarks>Opened with the rights of the caller, before the program gives root up.</remarks>
internal sealed class ArchiveFile : IDisposable
{
    private const int BufferSize = 128 * 1024, ForOwner = 0x180 /* 0600 */;

    private readonly SafeFileHandle? _directory;

    private ArchiveFile(string path, Stream stream, SafeFileHandle? directory) => (Path, Raw, _directory) = (path, stream, directory);

    /// <summary>Where it is; "-" is standard output.</summary>
    internal string Path { get; }

    private Stream Raw { get; }

    private bool IsCompressed => Path.EndsWith(".gz", StringComparison.Ordinal) || Path.EndsWith(".tgz", StringComparison.Ordinal);

    /// <summary>Makes the file; it must not be there.</summary>
    /// <param name="place">A name that ends with .tar, .tar.gz or .tgz; a directory, in which it gets one; or "-".</param>
    /// <param name="clock">For that name.</param>
    /// <exception cref="FormatException">The name says nothing that can be done.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static ArchiveFile Create(string place, TimeProvider clock)
    {
        if (place == "-")
            return new ArchiveFile(place, new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, BufferSize), null);
        string path = FileSystem.Status(place, followLink: true) is { Kind: FileKind.Directory } ? $"{place.TrimEnd('/')}/{NameFor(clock.GetUtcNow())}" : place;
        RequireName(path);
        SafeFileHandle file = FileSystem.TryCreate(path, ForOwner) ?? throw new IOException($"{PrintableText.Of(path)} is there already, and is not overwritten");
        string directory = System.IO.Path.GetDirectoryName(path) is { Length: > 0 } above ? above : path.StartsWith('/') ? "/" : ".";
        return new ArchiveFile(path, new FileStream(file, FileAccess.Write, BufferSize), FileSystem.OpenDirectory(directory));
    }

    /// <summary>Opens one that is there.</summary>
    /// <inheritdoc cref="Create" path="/exception"/>
    internal static ArchiveFile Open(string path)
    {
        RequireName(path);
        return new ArchiveFile(path, new FileStream(FileSystem.OpenRegular(path), FileAccess.Read, BufferSize), null);
    }

    /// <summary>What is written goes there; dispose it before <see cref="Finish"/>.</summary>
    internal Stream Writer() => IsCompressed ? new GZipStream(Raw, CompressionLevel.Fastest, leaveOpen: true) : new Unclosed(Raw);

    /// <summary>What is in it, from its beginning.</summary>
    internal Stream Reader()
    {
        Raw.Position = 0;
        return IsCompressed ? new GZipStream(Raw, CompressionMode.Decompress, leaveOpen: true) : new Unclosed(Raw);
    }

    /// <summary>On return it is on stable storage.</summary>
    internal void Finish()
    {
        Raw.Flush();
        if (_directory is null)
            return;
        FileSystem.Flush(((FileStream)Raw).SafeFileHandle, Path);
        FileSystem.Flush(_directory, Path);
    }

    private static string NameFor(DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $"queue-{now:yyyyMMdd-HHmmss}.tar.gz");

    private static void RequireName(string path)
    {
        if (!((string[])[".tar", ".tar.gz", ".tgz"]).Any(path.EndsWith))
            throw new FormatException($"\"{PrintableText.Of(path)}\": a backup is a file whose name ends with .tar, .tar.gz or .tgz");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Raw.Dispose();
        _directory?.Dispose();
    }

    /// <summary>Leaves the stream below it open.</summary>
    private sealed class Unclosed(Stream below) : Stream
    {
        public override bool CanRead => below.CanRead;

        public override bool CanSeek => false;

        public override bool CanWrite => below.CanWrite;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => below.Flush();

        public override int Read(byte[] buffer, int offset, int count) => below.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => below.Read(buffer);

        public override void Write(byte[] buffer, int offset, int count) => below.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => below.Write(buffer);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
