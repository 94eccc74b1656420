using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Notices;

/// <summary>The bounce, defer or trace log of one message: Postfix's text format, one block of name=value lines per
/// recipient, blocks only ever appended.</summary>
/// <remarks>An instance holds the file's lock until disposed. All failures are <see cref="IOException"/>. Reading accepts anything: unknown names are passed over, a block of which only
/// the old-style line <c>&lt;address&gt;: reason</c> is left gives address and reason, overlong lines are cut.</remarks>
public sealed class RecipientLog : IDisposable
{
    /// <summary>Longest value that is written or read, in bytes; the rest of a longer one is dropped.</summary>
    public const int ValueLimit = 16 * 1024;

    /// <summary>Name of a note: what is recorded here from now on is told although the message is gone.</summary>
    public const string RequeuedNote = "requeued";

    /// <summary>How long to wait for another process that uses the same log.</summary>
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(20);

    private readonly SafeFileHandle _file;
    private string _path;

    private RecipientLog(SafeFileHandle file, string path) => (_file, _path) = (file, path);

    /// <summary>Opens and locks an existing log; null when there is none.</summary>
    public static RecipientLog? Open(string path)
    {
        while (true)
        {
            SafeFileHandle file;
            try
            {
                file = FileSystem.Open(path, write: true);
            }
            catch (SystemCallException e) when (e.IsMissing)
            {
                return null;
            }
            if (Lock(file, path))
                return new RecipientLog(file, path);
            file.Dispose();
        }
    }

    /// <summary>Appends one recipient; creates the log when missing.</summary>
    /// <param name="path">The directory must exist.</param>
    /// <param name="oldStyleLine">backwards_bounce_logfile_compatibility: begin the block with the old-style line.</param>
    /// <param name="durable">Return only when it is on stable storage.</param>
    /// <param name="isNew">The log's name may not be on stable storage yet, though others may have written to it.</param>
    /// <exception cref="IOException">Nothing was appended.</exception>
    public static void Append(string path, Outcome outcome, bool oldStyleLine = true, bool durable = true, bool isNew = true)
    {
        byte[] block = Format(outcome, oldStyleLine);
        while (true)
        {
            using SafeFileHandle file = FileSystem.OpenAppend(path, 0x180 /* 0600 */);
            if (!Lock(file, path))
                continue;
            long length = FileSystem.Status(file).Size;
            try
            {
                // A block torn by a crash was never acknowledged, but must not swallow the next one.
                if (!EndsWithEmptyLine(file, length))
                    FileSystem.WriteAt(file, "\n\n"u8, length);
                FileSystem.WriteAt(file, block, length);
                if (durable)
                    FileSystem.Flush(file, path);
                if (durable && (isNew || length == 0))
                    FileSystem.FlushDirectory(Path.GetDirectoryName(path) ?? ".");
            }
            catch
            {
                FileSystem.Truncate(file, length);
                throw;
            }
            return;
        }
    }

    /// <summary>The recipients of a log that nobody else is about to remove, without locking it (for listings); none when
    /// there is no log, or none that may be opened: one that was restored under another owner must not hide the rest of the queue.</summary>
    /// <param name="otherwise">Class of blocks that give no status.</param>
    public static IEnumerable<Outcome> ReadUnlocked(string path, DsnClass otherwise)
    {
        SafeFileHandle file;
        try
        {
            file = FileSystem.OpenUnnoted(path);
        }
        catch (SystemCallException)
        {
            yield break;
        }
        using (file)
        {
            foreach (Outcome outcome in RecipientLogReader.Recipients(file, otherwise))
                yield return outcome;
        }
    }

    /// <summary>The recipients, lazily, each time from the beginning: memory grows with their number only by what tells two of them apart.</summary>
    /// <param name="otherwise">Class of blocks that give no status.</param>
    public IEnumerable<Outcome> Read(DsnClass otherwise) => RecipientLogReader.Once(RecipientLogReader.Recipients(_file, otherwise));

    /// <summary>Notes on an agent's behalf that its message was taken away to be processed anew (<see cref="RequeuedNote"/>); makes the log when there is none.</summary>
    /// <exception cref="IOException">It cannot be noted.</exception>
    public static void NoteRequeued(string path)
    {
        while (true)
        {
            using SafeFileHandle file = FileSystem.OpenAppend(path, 0x180 /* 0600 */);
            if (!Lock(file, path))
                continue;
            using RecipientLog log = new(file, path);
            log.AddNotes([new(RequeuedNote, "1")]);
            return;
        }
    }

    /// <summary>The recipients of a log that nobody writes any more, each once.</summary>
    /// <inheritdoc cref="ReadUnlocked" path="/param"/>
    public static IEnumerable<Outcome> ReadOnce(string path, DsnClass otherwise) => RecipientLogReader.Once(ReadUnlocked(path, otherwise));

    /// <summary>Appends lines name=value that readers of recipients pass over; on return they are on stable storage.</summary>
    public void AddNotes(IEnumerable<KeyValuePair<string, string>> notes)
    {
        StringBuilder block = new("\n");
        foreach (KeyValuePair<string, string> note in notes)
            block.Append(note.Key).Append('=').Append(Clean(note.Value)).Append('\n');
        FileSystem.WriteAt(_file, ByteText.Encode(block.Append('\n').ToString()), FileSystem.Status(_file).Size);
        FileSystem.Flush(_file, _path);
    }

    /// <summary>The notes whose names begin with <paramref name="prefix"/>, the last of each name.</summary>
    public static Dictionary<string, string> ReadNotes(string path, string prefix)
    {
        Dictionary<string, string> notes = new(StringComparer.Ordinal);
        using SafeFileHandle file = FileSystem.Open(path);
        RecipientLogReader.LineReader lines = new(file);
        while (lines.Next())
        {
            string line = ByteText.Decode(lines.Line);
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line.StartsWith(prefix, StringComparison.Ordinal))
                notes[line[..equals]] = NoticeText.OneLine(line[(equals + 1)..]);
        }
        return notes;
    }

    /// <summary>The last note of a name, a number; 0 when there is none.</summary>
    public int ReadNote(string name) =>
        int.TryParse(ReadNotes(_path, name).GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    /// <summary>Moves the log elsewhere in the queue; on return that is on stable storage.</summary>
    /// <returns>False: the name is taken.</returns>
    public bool TryMove(string path)
    {
        if (!FileSystem.TryRenameNoReplace(_path, path))
            return false;
        FileSystem.FlushDirectory(Path.GetDirectoryName(path) ?? ".");
        FileSystem.FlushDirectory(Path.GetDirectoryName(_path) ?? ".");
        _path = path;
        return true;
    }

    /// <summary>Removes the log; it must not be used any more.</summary>
    public void Remove() => FileSystem.TryRemove(_path);

    /// <summary>Gives up the lock.</summary>
    public void Dispose() => _file.Dispose();

    /// <returns>False when the file was removed while we waited: open it anew.</returns>
    private static bool Lock(SafeFileHandle file, string path)
    {
        if (!FileSystem.Lock(file, s_lockLimit))
            throw new IOException($"lock {path}: in use by another process for more than {s_lockLimit.TotalSeconds} seconds");
        return FileSystem.Status(file).LinkCount > 0;
    }

    private static bool EndsWithEmptyLine(SafeFileHandle file, long length)
    {
        if (length == 0)
            return true;
        Span<byte> end = stackalloc byte[2];
        int count = FileSystem.ReadAt(file, end, Math.Max(0, length - 2));
        return count == 2 ? end.SequenceEqual("\n\n"u8) : end[0] == (byte)'\n';
    }

    /// <summary>One block, with the empty lines around it.</summary>
    internal static byte[] Format(Outcome outcome, bool oldStyleLine)
    {
        (Recipient recipient, Dsn dsn) = outcome;
        StringBuilder block = new(512);
        block.Append('\n');
        string address = Address.ToExternal(recipient.Address);
        if (oldStyleLine)
            block.Append('<').Append(Clean(address)).Append(">: ").Append(Clean(dsn.Reason)).Append('\n');
        Line("recipient", address.Length == 0 ? "<>" : address);
        if (recipient.HasOtherOriginal)
            Line("original_recipient", Address.ToExternal(recipient.Original!));
        if (recipient.Offset > 0)
            Line("offset", recipient.Offset.ToString(CultureInfo.InvariantCulture));
        if (!string.IsNullOrEmpty(recipient.DsnOriginal))
            Line("dsn_orig_rcpt", recipient.DsnOriginal);
        if (recipient.Notify != Notify.Default)
            Line("notify_flags", ((long)recipient.Notify).ToString(CultureInfo.InvariantCulture));
        Line("status", dsn.Status);
        if (dsn.Action != DsnAction.Unstated)
            Line("action", dsn.Action.Word());
        if (!string.IsNullOrEmpty(dsn.DiagnosticType) && !string.IsNullOrEmpty(dsn.DiagnosticText))
        {
            Line("diag_type", dsn.DiagnosticType);
            Line("diag_text", dsn.DiagnosticText);
        }
        if (!string.IsNullOrEmpty(dsn.RemoteMta))
        {
            Line("mta_type", "dns");
            Line("mta_mname", dsn.RemoteMta);
        }
        Line("reason", dsn.Reason);
        return ByteText.Encode(block.Append('\n').ToString());

        void Line(string name, string value) => block.Append(name).Append('=').Append(Clean(value)).Append('\n');
    }

    private static string Clean(string value)
    {
        value = NoticeText.OneLine(value);
        return value.Length <= ValueLimit ? value : value[..ValueLimit];
    }
}
