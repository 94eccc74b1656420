using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.Suppression;

/// <summary>The suppression list: one file, to which each change adds a line, and an index of it in memory (16 octets or so an address, however long it is).</summary>
/// <remarks>A line is "+" and the fields of an entry, "-" and those of an address that is removed, or "?" and how often an address has failed in turn. The last line about an
/// address holds. One process at a time writes, and says so by a lock on a file beside it; others may read meanwhile. What a loss of power leaves at the end is cut off, and a line
/// that cannot be understood counts for nothing: an address that is missing costs one refusal. When most lines are of no more use the file is written anew, and exchanged as a whole.</remarks>
public sealed class SuppressionList : IDisposable
{
    /// <summary>Addresses at most.</summary>
    public const int MostEntries = 1_000_000;

    private const int MostFailing = 100_000, LongestLine = 4096, ForOwner = 0x180 /* 0600 */, WritableByOthers = 0x12 /* 022 */, SpareLines = 1000;
    private const long FailingTime = 90 * 86_400L, PauseAfterTrouble = 60;
    private const char Suppressed = '+', Removed = '-', Failing = '?';

    private readonly string _directory;
    private readonly AddressForm _form;
    private readonly SafeFileHandle? _lock;
    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(16);

    // Of each address where its line is, and how often it has failed (0: it is on the list). The number is that of its text under a secret salt.
    private readonly Dictionary<ulong, (long Offset, int Failures)> _index = [];
    private SafeFileHandle? _file;
    private long _end;
    private int _lines;
    private long? _failedAt;

    private SuppressionList(string directory, AddressForm form, SafeFileHandle? @lock) => (_directory, _form, _lock) = (directory, form, @lock);

    /// <summary>Addresses on the list, those whose time is over included.</summary>
    public int Count { get; private set; }

    /// <summary>Addresses of which failures are remembered.</summary>
    public int FailingCount => _index.Count - Count;

    /// <summary>Lines that could not be understood.</summary>
    public int Damaged { get; private set; }

    private string PathOf => $"{_directory}/list";

    /// <summary>Opens the list to change it.</summary>
    /// <param name="queueDirectory">queue_directory, or ".".</param>
    /// <param name="form">Which addresses are the same.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <returns>null: another process has it.</returns>
    /// <exception cref="IOException">It cannot be read or written, or others than its owner may have written it.</exception>
    public static SuppressionList? TryOpen(string queueDirectory, AddressForm form, long now)
    {
        string directory = $"{queueDirectory}/{QueueDirectories.Suppression}";
        string path = $"{directory}/lock";
        SafeFileHandle file = FileSystem.OpenAppend(path, ForOwner);
        if (!FileSystem.TryLock(file))
        {
            file.Dispose();
            return null;
        }
        SuppressionList list = new(directory, form, file);
        try
        {
            GiveToOwner(directory, path);
            list.Load();
            if (list._lines > 2 * list._index.Count + SpareLines)
                list.WriteAnew(now);
            return list;
        }
        catch
        {
            list.Dispose();
            throw;
        }
    }

    /// <summary>Opens the list to look at it, as it is now.</summary>
    /// <inheritdoc cref="TryOpen" path="/param"/>
    /// <exception cref="IOException">It cannot be read, or others than its owner may have written it.</exception>
    public static SuppressionList Open(string queueDirectory, AddressForm form)
    {
        SuppressionList list = new($"{queueDirectory}/{QueueDirectories.Suppression}", form, null);
        try
        {
            list.Load();
            return list;
        }
        catch
        {
            list.Dispose();
            throw;
        }
    }

    /// <summary>Why an address gets no mail of a sender; null: it may.</summary>
    /// <param name="now">Seconds since 1970.</param>
    /// <exception cref="IOException">The file cannot be read, or a line was damaged since it was opened.</exception>
    public SuppressionEntry? Find(string sender, string address, long now)
    {
        if (Count == 0)
            return null;
        string form = _form.Of(address);
        SuppressionEntry? entry = FindIn("", form, now);
        if (entry is null && sender.Length > 0)
            entry = FindIn(Address.DomainOf(sender), form, now) ?? FindIn(sender, form, now);
        return entry;
    }

    private SuppressionEntry? FindIn(string scope, string form, long now) =>
        _index.TryGetValue(NumberOf(scope, form), out (long Offset, int Failures) place) && place.Failures == 0
        && (ReadAt(place.Offset) ?? throw new SystemCallException(PathOf, "an entry cannot be understood any more")) is { } entry && !entry.IsOver(now) && _form.Of(entry.Address) == form ? entry : null;

    /// <summary>The entry of just this address and sender, also when its time is over; null: there is none.</summary>
    public SuppressionEntry? Get(string sender, string address) =>
        _index.TryGetValue(NumberOf(sender, _form.Of(address)), out (long Offset, int Failures) place) && place.Failures == 0 ? ReadAt(place.Offset) : null;

    /// <summary>All entries, in the order in which they were given.</summary>
    public IEnumerable<SuppressionEntry> Entries()
    {
        foreach ((long offset, _) in _index.Values.Where(static place => place.Failures == 0).OrderBy(static place => place.Offset))
        {
            if (ReadAt(offset) is { } entry)
                yield return entry;
        }
    }

    /// <summary>Puts an address on the list, in the place of an older entry.</summary>
    /// <returns>False: the list is full.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public bool Add(SuppressionEntry entry, long now)
    {
        ulong number = NumberOf(entry.Sender, _form.Of(entry.Address));
        bool isNew = !_index.TryGetValue(number, out (long Offset, int Failures) place) || place.Failures > 0;
        if (isNew && Count >= MostEntries)
            return false;
        Append($"{Suppressed}\t{entry.ToFields()}", number, 0);
        Tidy(now);
        return true;
    }

    /// <summary>Takes an address off the list, and forgets that it has failed.</summary>
    /// <returns>False: it was not on it.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public bool Remove(string sender, string address, long now)
    {
        ulong number = NumberOf(sender, _form.Of(address));
        if (!_index.TryGetValue(number, out (long Offset, int Failures) place))
            return false;
        Append($"{Removed}\t{address}\t{sender}", number, null);
        Tidy(now);
        return place.Failures == 0;
    }

    /// <summary>A message to an address failed.</summary>
    /// <param name="sender">For whose mail that counts.</param>
    /// <returns>How many in turn have; 0: it is on the list.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public int NoteFailure(string sender, string address, long now)
    {
        ulong number = NumberOf(sender, _form.Of(address));
        bool isKnown = _index.TryGetValue(number, out (long Offset, int Failures) place);
        if (isKnown && place.Failures == 0)
            return 0;
        int failures = place.Failures + 1;
        // What is forgotten costs a few more refusals.
        if (failures == 1 && FailingCount >= MostFailing)
            WriteAnewInTurn(now, withFailing: false);
        if (failures == 1 && FailingCount >= MostFailing)
            return failures;
        Append(string.Create(CultureInfo.InvariantCulture, $"{Failing}\t{address}\t{sender}\t{failures}\t{now}"), number, failures);
        Tidy(now);
        return failures;
    }

    /// <summary>A message to an address was taken: it has not failed, as far as is remembered.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void NoteSuccess(string sender, string address)
    {
        if (FailingCount == 0)
            return;
        ulong number = NumberOf(sender, _form.Of(address));
        if (_index.TryGetValue(number, out (long Offset, int Failures) place) && place.Failures > 0)
            Append($"{Removed}\t{address}\t{sender}", number, null);
    }

    /// <summary>Returns once all changes are on stable storage.</summary>
    /// <exception cref="IOException">They cannot be written there.</exception>
    public void Flush()
    {
        if (_file is not null)
            FileSystem.Flush(_file, PathOf);
    }

    /// <summary>Closes the file; another process may have it.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _lock?.Dispose();
    }

    private ulong NumberOf(string scope, string form)
    {
        byte[] text = Encoding.UTF8.GetBytes($"{(scope.Contains('@', StringComparison.Ordinal) ? _form.Of(scope) : scope.ToLowerInvariant())}\t{form}");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. _salt, .. text], hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    private SuppressionEntry? ReadAt(long offset)
    {
        Span<byte> buffer = stackalloc byte[LongestLine];
        ReadOnlySpan<byte> read = buffer[..FileSystem.ReadAt(_file!, buffer, offset)];
        int end = read.IndexOf((byte)'\n');
        return end > 0 && Decode(read[..end]) is [Suppressed, ..] line ? SuppressionEntry.FromFields(line.Split('\t')[1..]) : null;
    }

    private void Append(string line, ulong number, int? failures)
    {
        if (_file is null)
            Create();
        byte[] bytes = [.. Encode(line), (byte)'\n'];
        FileSystem.WriteAt(_file!, bytes, _end);
        Take(number, _end, failures);
        _end += bytes.Length;
    }

    private void Take(ulong number, long offset, int? failures)
    {
        _lines++;
        if (_index.TryGetValue(number, out (long Offset, int Failures) before) && before.Failures == 0)
            Count--;
        if (failures is { } count)
        {
            _index[number] = (offset, count);
            Count += count == 0 ? 1 : 0;
        }
        else
        {
            _index.Remove(number);
        }
    }

    private void Create()
    {
        _file = FileSystem.TryCreate(PathOf, ForOwner) ?? throw new SystemCallException($"create {PathOf}", "it is there already");
        GiveToOwner(_directory, PathOf);
        FileSystem.FlushDirectory(_directory);
        FileSystem.WriteAt(_file, Head, 0);
        _end = Head.Length;
    }

    private static ReadOnlySpan<byte> Head => "# Suppression list; \"master suppress\" shows and changes it.\n"u8;

    // Root works on it while the system is down: it must stay that of mail_owner.
    private static void GiveToOwner(string directory, string path)
    {
        if (Users.EffectiveUid == 0 && FileSystem.Status(directory) is { Uid: not 0 } owner)
            FileSystem.ChangeOwner(path, owner.Uid, owner.Gid, FileKind.Regular);
    }

    private void Load()
    {
        if (FileSystem.Status(PathOf) is null)
            return;
        _file = FileSystem.Open(PathOf, write: _lock is not null);
        FileStatus status = FileSystem.Status(_file);
        if (status.Kind != FileKind.Regular)
            throw new SystemCallException(PathOf, "not a file");
        if ((status.Uid != 0 && status.Uid != FileSystem.Status(_directory)?.Uid) || (status.Mode & WritableByOthers) != 0)
            throw new SystemCallException(PathOf, "others than its owner can have written it");
        byte[] buffer = new byte[1 << 16];
        int kept = 0;
        long at = 0;
        bool isTooLong = false;
        while (FileSystem.ReadAt(_file, buffer.AsSpan(kept), at + kept) is > 0 and int count)
        {
            int length = kept + count, start = 0;
            while (buffer.AsSpan(start, length - start).IndexOf((byte)'\n') is >= 0 and int line)
            {
                if (isTooLong)
                    Damaged++;
                else
                    Understand(buffer.AsSpan(start, line), at + start);
                isTooLong = false;
                start += line + 1;
            }
            kept = length - start;
            if (kept == buffer.Length)
                (isTooLong, start, kept) = (true, length, 0);
            buffer.AsSpan(start, kept).CopyTo(buffer);
            at += start;
        }
        _end = at;
        // Of somebody who was interrupted.
        if (kept > 0 && _lock is not null)
            FileSystem.Truncate(_file, _end);
    }

    private void Understand(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.Length > 0 && bytes[0] == '#')
            return;
        string[] fields = bytes.Length < LongestLine ? Decode(bytes).Split('\t') : [];
        switch (fields)
        {
            case ["+", ..] when SuppressionEntry.FromFields(fields[1..]) is { } entry:
                // One that was written under another limit, or by hand.
                if (Count < MostEntries || _index.ContainsKey(NumberOf(entry.Sender, _form.Of(entry.Address))))
                    Take(NumberOf(entry.Sender, _form.Of(entry.Address)), offset, 0);
                break;
            case ["-", var address, var sender]:
                Take(NumberOf(sender, _form.Of(address)), offset, null);
                break;
            case ["?", var address, var sender, var count, _] when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int failures) && failures > 0:
                if (FailingCount < MostFailing)
                    Take(NumberOf(sender, _form.Of(address)), offset, failures);
                break;
            default:
                Damaged++;
                _lines++;
                break;
        }
    }

    private void Tidy(long now)
    {
        if (_lines > 2 * _index.Count + Math.Max(SpareLines, _index.Count))
            WriteAnewInTurn(now);
    }

    // On a full disk each change would read and write all of it, in vain.
    private void WriteAnewInTurn(long now, bool withFailing = true)
    {
        if (_failedAt is { } at && now - at is >= 0 and < PauseAfterTrouble)
            return;
        try
        {
            WriteAnew(now, withFailing);
            _failedAt = null;
        }
        catch (IOException)
        {
            _failedAt = now;
            throw;
        }
    }

    private void WriteAnew(long now, bool withFailing = true)
    {
        if (_file is null)
            return;
        string fresh = $"{PathOf}.new";
        _ = FileSystem.TryRemove(fresh);
        SafeFileHandle file = FileSystem.TryCreate(fresh, ForOwner) ?? throw new SystemCallException($"create {fresh}", "it is there already");
        try
        {
            List<(ulong Number, long Offset, int Failures)> kept = [];
            using MemoryStream block = new();
            block.Write(Head);
            long written = 0;
            Span<byte> buffer = stackalloc byte[LongestLine];
            foreach ((ulong number, (long offset, int failures)) in _index.OrderBy(static place => place.Value.Offset))
            {
                ReadOnlySpan<byte> read = buffer[..FileSystem.ReadAt(_file, buffer, offset)];
                ReadOnlySpan<byte> line = read[..(read.IndexOf((byte)'\n') + 1)];
                if (failures == 0 ? SuppressionEntry.FromFields(Decode(line.TrimEnd((byte)'\n')).Split('\t')[1..]) is not { } entry || entry.IsOver(now) : !withFailing || TimeOf(line) < now - FailingTime)
                    continue;
                kept.Add((number, written + block.Length, failures));
                block.Write(line);
                if (block.Length > 1 << 20)
                    Spill();
            }
            Spill();
            FileSystem.Flush(file, fresh);
            GiveToOwner(_directory, fresh);
            if (!FileSystem.TryRename(fresh, PathOf))
                throw new SystemCallException($"rename {fresh}", "it is gone");
            _index.Clear();
            foreach ((ulong number, long offset, int failures) in kept)
                _index[number] = (offset, failures);
            Count = kept.Count(static place => place.Failures == 0);
            (_lines, _end) = (kept.Count, written);
            _file.Dispose();
            _file = file;
            // What is written from now on goes into the file that has the name, whatever this says.
            FileSystem.FlushDirectory(_directory);

            void Spill()
            {
                FileSystem.WriteAt(file, block.GetBuffer().AsSpan(0, (int)block.Length), written);
                written += block.Length;
                block.SetLength(0);
            }
        }
        catch
        {
            if (_file != file)
                file.Dispose();
            throw;
        }
    }

    private static long TimeOf(ReadOnlySpan<byte> line) =>
        Decode(line.TrimEnd((byte)'\n')).Split('\t') is [_, _, _, _, var time] && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long at) ? at : 0;

    private static string Decode(ReadOnlySpan<byte> bytes) => ByteText.Decode(bytes);

    private static byte[] Encode(string line) => ByteText.Encode(line);
}
