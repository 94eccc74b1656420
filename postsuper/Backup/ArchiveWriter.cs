using System.Formats.Tar;
using System.Globalization;
using System.Text;
using PostfixNet.Native;

namespace PostfixNet.Postsuper.Backup;

/// <summary>Writes an archive: tar (POSIX.1-2001, "pax"), that ends with a list of all files as sha256sum(1) writes and checks it.</summary>
internal sealed class ArchiveWriter : IDisposable
{
    private readonly Stream _output;
    private readonly TarWriter _tar;
    private readonly Spool _sums;
    private readonly Dictionary<uint, string> _users = [];

    /// <param name="output">Disposed with this.</param>
    /// <param name="directory">For the list, until it is written.</param>
    internal ArchiveWriter(Stream output, string directory)
    {
        _output = output;
        _sums = new Spool(directory);
        _tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
    }

    /// <summary>What was written so far.</summary>
    internal Counts Counts { get; } = new();

    /// <summary>Writes one file.</summary>
    internal void Write(ArchiveName name, in FileStatus status, Spool content)
    {
        Put(name, status, content);
        Counts.Add(name, content.Length);
        _sums.Append(Encoding.ASCII.GetBytes(SumLine(content.Hash(), name)));
    }

    /// <summary>Writes the list; the archive is whole then.</summary>
    /// <param name="now">Seconds since 1970.</param>
    internal void Finish(long now)
    {
        _sums.Append(Encoding.ASCII.GetBytes(EndLine(Counts)));
        Put(ArchiveName.Sums, new FileStatus { Mode = 0x180, Uid = Users.EffectiveUid, ModifiedNanoseconds = now * 1_000_000_000 }, _sums);
    }

    /// <summary>A line of the list.</summary>
    internal static string SumLine(byte[] hash, ArchiveName name) => $"{Convert.ToHexStringLower(hash)}  {name.Text}\n";

    /// <summary>The last line, a comment for sha256sum(1).</summary>
    internal static string EndLine(Counts counts) => string.Create(CultureInfo.InvariantCulture, $"# {counts}, {counts.Files} files, {counts.Octets} octets\n");

    private void Put(ArchiveName name, in FileStatus status, Spool content)
    {
        using Stream data = content.Open();
        PaxTarEntry entry = new(TarEntryType.RegularFile, name.Text)
        {
            Mode = (UnixFileMode)status.Mode,
            ModificationTime = DateTimeOffset.UnixEpoch.AddTicks(Math.Max(0, status.ModifiedNanoseconds) / 100),
            Uid = (int)status.Uid,
            Gid = (int)status.Gid,
            UserName = UserName(status.Uid),
            DataStream = data,
        };
        _tar.WriteEntry(entry);
    }

    private string UserName(uint uid)
    {
        if (!_users.TryGetValue(uid, out string? name))
            _users[uid] = name = Users.ByUid(uid)?.Name ?? "";
        return name;
    }

    /// <summary>Ends the tar; without <see cref="Finish"/> it is told to be incomplete.</summary>
    public void Dispose()
    {
        _tar.Dispose();
        _output.Dispose();
        _sums.Dispose();
    }
}
