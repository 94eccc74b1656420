using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Actions;

/// <summary>What was changed, so that it is on stable storage before it is said to be done: after a loss of power deleted mail does not come
/// back, and held mail is held.</summary>
/// <remarks>For use by several threads. Once at the end, and not for each message: a thousand changes of one directory are as durable as one by the same call.</remarks>
/// <param name="root">queue_directory.</param>
public sealed class Changes(string root)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _directories = [];
    private bool _someFiles;

    /// <summary>A name was made, moved from here or to here, or removed.</summary>
    public void Name(params ReadOnlySpan<string> paths)
    {
        lock (_lock)
        {
            foreach (string path in paths)
                _directories.GetAlternateLookup<ReadOnlySpan<char>>().Add(path.AsSpan(0, path.LastIndexOf('/')));
        }
    }

    /// <summary>Mode, time or content of a file was changed.</summary>
    public void File() => _someFiles = true;

    /// <summary>Returns when all of it is on stable storage; what is not is told.</summary>
    public void Flush(Report report)
    {
        try
        {
            if (_someFiles)
                FlushAll();
            else
                FlushNames();
        }
        catch (IOException e)
        {
            report.Fail($"{e.Message}: what was done may be undone by a loss of power");
        }
        _directories.Clear();
        _someFiles = false;
    }

    private void FlushAll()
    {
        using SafeFileHandle queue = FileSystem.Open(root);
        FileSystem.FlushFileSystem(queue, root);
    }

    private void FlushNames()
    {
        foreach (string directory in _directories)
        {
            try
            {
                FileSystem.FlushDirectory(directory);
            }
            catch (SystemCallException e) when (e.IsMissing)
            {
                // It was empty, and was removed.
            }
        }
    }
}
