using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Queue;

namespace PostfixNet.ReturnPaths;

/// <summary>Mail that left with a return path of ours.</summary>
/// <param name="QueueId">Of the message.</param>
/// <param name="Sender">Who is to hear of what becomes of it, internal form.</param>
/// <param name="Recipient">To whom it went, internal form.</param>
public sealed record SentRecipient(string QueueId, string Sender, string Recipient);

/// <summary>Who mail was from and to that left with a return path: a file for each day, to which the queue manager adds a line before the delivery; the return path says where it stands. Nothing
/// of it is in memory.</summary>
/// <remarks>It is not flushed: what the power takes away costs the sender one report, which is told in the log, and nobody his mail.</remarks>
public sealed class SentMail(string queueDirectory)
{
    private const int LongestLine = 2048, ForOwner = 0x180 /* 0600 */;
    private readonly string _directory = $"{queueDirectory}/{QueueDirectories.Reports}";
    private SafeFileHandle? _file;
    private int _day;
    private long _end;

    private string PathOf(int day) => string.Create(CultureInfo.InvariantCulture, $"{_directory}/sent.{day}");

    /// <summary>Adds a line.</summary>
    /// <param name="day">Today.</param>
    /// <param name="firstDay">What is older is removed, when a day begins.</param>
    /// <returns>Its place; null: it is too long.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public long? Add(int day, int firstDay, SentRecipient sent)
    {
        ArgumentNullException.ThrowIfNull(sent);
        byte[] line = ByteText.Encode($"{sent.QueueId}\t{sent.Sender}\t{sent.Recipient}\n");
        if (line.Length > LongestLine || sent.Sender.Any(char.IsControl) || sent.Recipient.Any(char.IsControl))
            return null;
        if (_file is null || _day != day)
            Begin(day, firstDay);
        long place = _end;
        FileSystem.WriteAt(_file!, line, place);
        _end += line.Length;
        return place;
    }

    /// <summary>The line at a place.</summary>
    /// <returns>null: there is none, or not any more.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SentRecipient? Find(int day, long place)
    {
        string path = PathOf(day);
        if (FileSystem.Status(path) is null)
            return null;
        using SafeFileHandle file = FileSystem.OpenRegular(path);
        Span<byte> buffer = stackalloc byte[LongestLine];
        ReadOnlySpan<byte> read = buffer[..FileSystem.ReadAt(file, buffer, place)];
        int end = read.IndexOf((byte)'\n');
        return end > 0 && ByteText.Decode(read[..end]).Split('\t') is [var id, var sender, var recipient] ? new SentRecipient(id, sender, recipient) : null;
    }

    private void Begin(int day, int firstDay)
    {
        Close();
        DayFiles.RemoveBefore(_directory, "sent.", firstDay);
        SafeFileHandle file = FileSystem.TryCreate(PathOf(day), ForOwner) ?? FileSystem.Open(PathOf(day), write: true);
        _end = FileSystem.Status(file).Size;
        (_file, _day) = (file, day);
    }

    /// <summary>Closes the file.</summary>
    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}

/// <summary>Files of days in the directory of reports, "NAME.DAY".</summary>
public static class DayFiles
{
    /// <summary>Removes those of days before one.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static void RemoveBefore(string directory, string prefix, int firstDay)
    {
        foreach (string name in (string[])[.. FileSystem.Names(directory)])
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int day) && day < firstDay)
                _ = FileSystem.TryRemove($"{directory}/{name}");
        }
    }
}
