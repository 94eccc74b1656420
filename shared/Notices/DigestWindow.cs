using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Notices;

/// <summary>How many failure notices a sender has got, since when; and the lock on his directory.</summary>
/// <remarks>The file "window": a line with the time at which it began, then one character for each notice. Not flushed: what
/// a power cut loses of it is a notice too many.</remarks>
internal sealed class DigestWindow : IDisposable
{
    private const string FileName = "window";
    private const int SizeLimit = 1024 * 1024;

    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(20);

    private readonly SafeFileHandle _file;
    private long? _began;

    private DigestWindow(string directory, SafeFileHandle file)
    {
        (Directory, _file) = (directory, file);
        string text = ByteText.Decode(FileSystem.ReadAll($"{directory}/{FileName}", SizeLimit));
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        if (end > 0 && long.TryParse(text.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out long began))
            (_began, Sent) = (began, text.Length - end - 1);
    }

    /// <summary>Where held logs lie.</summary>
    internal string Directory { get; }

    /// <summary>Single notices in this window.</summary>
    internal int Sent { get; private set; }

    /// <summary>Opens and locks it.</summary>
    /// <param name="make">Makes the directory when it is not there.</param>
    internal static DigestWindow Open(string directory, Action<string> make)
    {
        while (true)
        {
            make(directory);
            SafeFileHandle file;
            try
            {
                file = FileSystem.OpenAppend($"{directory}/{FileName}", 0x180 /* 0600 */);
            }
            catch (SystemCallException e) when (e.IsMissing)
            {
                continue; // removed just now
            }
            if (!FileSystem.Lock(file, s_lockLimit))
            {
                file.Dispose();
                throw new IOException($"lock {directory}: in use by another process");
            }
            if (FileSystem.Status(file).LinkCount > 0)
                return new DigestWindow(directory, file);
            file.Dispose();
        }
    }

    /// <summary>Opens and locks it if nobody else has it.</summary>
    internal static DigestWindow? TryOpen(string directory)
    {
        SafeFileHandle file;
        try
        {
            file = FileSystem.OpenAppend($"{directory}/{FileName}", 0x180);
        }
        catch (SystemCallException e) when (e.IsMissing)
        {
            return null;
        }
        if (FileSystem.TryLock(file) && FileSystem.Status(file).LinkCount > 0)
            return new DigestWindow(directory, file);
        file.Dispose();
        return null;
    }

    /// <summary>Its time is over; so it is when the clock was set back, or the file cannot be understood.</summary>
    internal bool IsOver(long now, long length) => _began is not { } began || now >= began + length || now < began;

    /// <summary>Begins anew.</summary>
    internal void Begin(long now)
    {
        FileSystem.Truncate(_file, 0);
        FileSystem.WriteAt(_file, ByteText.Encode(string.Create(CultureInfo.InvariantCulture, $"{now}\n")), 0);
        (_began, Sent) = (now, 0);
    }

    /// <summary>A notice more.</summary>
    internal void Count()
    {
        FileSystem.WriteAt(_file, "."u8, FileSystem.Status(_file).Size);
        Sent++;
    }

    /// <summary>Paths of the logs that are held.</summary>
    internal IEnumerable<string> Logs()
    {
        foreach (string name in FileSystem.Names(Directory))
        {
            if (name != FileName)
                yield return $"{Directory}/{name}";
        }
    }

    /// <summary>True when there are any.</summary>
    internal bool HasLogs()
    {
        foreach (string _ in Logs())
            return true;
        return false;
    }

    /// <summary>Removes it with its directory, which holds nothing any more.</summary>
    internal void Remove()
    {
        FileSystem.TryRemove($"{Directory}/{FileName}");
        FileSystem.TryRemoveEmptyDirectory(Directory);
    }

    /// <summary>Gives up the lock.</summary>
    public void Dispose() => _file.Dispose();
}
