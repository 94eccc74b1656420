using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Queue;

/// <summary>What deliveries an operator has paused. Kept in a small file of the queue directory, so that a restart changes
/// nothing: one pause a line, the second since 1970 at which it began and then its words.</summary>
/// <remarks>A file that cannot be understood, or that others may have written, pauses everything: mail that waits can
/// still go out; mail that went out where it should not cannot be called back.</remarks>
public sealed class PauseList
{
    /// <summary>Below queue_directory.</summary>
    public const string FileName = "paused";

    /// <summary>A larger file is not understood.</summary>
    public const int SizeLimit = 256 * 1024;

    private const int WritableByOthers = 0x12 /* 022 */;

    private readonly Pause[] _pauses;

    private PauseList(Pause[] pauses, string? problem = null) => (_pauses, Problem) = (pauses, problem);

    /// <summary>Nothing is paused.</summary>
    public static PauseList None { get; } = new([]);

    /// <summary>The pauses, oldest first.</summary>
    public IReadOnlyList<Pause> Pauses => _pauses;

    /// <summary>What is wrong with the file, in one line; null when it is fine.</summary>
    public string? Problem { get; }

    /// <summary>All deliveries are paused.</summary>
    public bool IsEverything
    {
        get
        {
            foreach (Pause pause in _pauses)
            {
                if (pause.IsEverything)
                    return true;
            }
            return false;
        }
    }

    /// <summary>The first pause that stops a delivery; null: none does.</summary>
    /// <inheritdoc cref="Pause.Fits"/>
    public Pause? Find(string transport, string nextHop, string sender, string recipient)
    {
        foreach (Pause pause in _pauses)
        {
            if (pause.Fits(transport, nextHop, sender, recipient))
                return pause;
        }
        return null;
    }

    /// <summary>Reads the file. Never throws: what cannot be read pauses everything.</summary>
    /// <param name="queueDirectory">E.g. ".".</param>
    public static PauseList Read(string queueDirectory)
    {
        string path = $"{queueDirectory}/{FileName}";
        try
        {
            if (FileSystem.Status(path) is null)
                return None;
            using SafeFileHandle file = FileSystem.Open(path);
            FileStatus status = FileSystem.Status(file);
            if (status.Kind != FileKind.Regular || status.Size > SizeLimit)
                return Broken($"{path}: not a file of pauses");
            if ((status.Uid != 0 && status.Uid != FileSystem.Status(queueDirectory)?.Uid) || (status.Mode & WritableByOthers) != 0)
                return Broken($"{path}: others than its owner can have written it");
            byte[] bytes = new byte[status.Size];
            return Parse(Encoding.UTF8.GetString(bytes, 0, FileSystem.ReadAt(file, bytes, 0)), path);
        }
        catch (IOException e)
        {
            return Broken(e.Message);
        }
    }

    private static PauseList Parse(string text, string path)
    {
        List<Pause> pauses = [];
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ');
            bool isLast = i == lines.Length - 1;
            if (isLast && lines[i].Length == 0)
                break;
            if (isLast || !long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long since)
                || Pause.Parse(words.AsSpan(1), since) is not { } pause)
                return Broken($"{path}:{i + 1}: not a pause");
            pauses.Add(pause);
        }
        return new PauseList([.. pauses]);
    }

    private static PauseList Broken(string problem) => new([new Pause(null, null, null, 0)], problem);

    /// <summary>The same with one more; null when it is there already.</summary>
    public PauseList? With(Pause pause) => IndexOf(pause) >= 0 ? null : new PauseList([.. _pauses, pause]);

    /// <summary>The same with one less; null when it is not there.</summary>
    public PauseList? Without(Pause pause)
    {
        int at = IndexOf(pause);
        return at < 0 ? null : new PauseList([.. _pauses[..at], .. _pauses[(at + 1)..]]);
    }

    private int IndexOf(Pause pause) => Array.FindIndex(_pauses, known => known with { Since = pause.Since } == pause);

    /// <summary>Puts the list in the place of the file, wholly or not at all.</summary>
    /// <exception cref="IOException">Not done.</exception>
    public void Write(string queueDirectory)
    {
        string path = $"{queueDirectory}/{FileName}";
        if (_pauses.Length == 0)
        {
            FileSystem.TryRemove(path);
            FileSystem.FlushDirectory(queueDirectory);
            return;
        }
        StringBuilder text = new();
        foreach (Pause pause in _pauses)
            text.Append(string.Create(CultureInfo.InvariantCulture, $"{pause.Since} {pause.Words()}").TrimEnd()).Append('\n');
        WholeFile.Replace(path, Encoding.UTF8.GetBytes(text.ToString()), 0x1A4 /* 0644 */);
    }
}
