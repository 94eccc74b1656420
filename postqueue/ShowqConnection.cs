using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Postqueue;

/// <summary>The command's way to the service showq.</summary>
internal static class ShowqConnection
{
    /// <exception cref="SystemCallException">The system is down; missing: it was never started.</exception>
    internal static Channel Open(PostqueueSettings settings) =>
        new(Descriptor.ConnectUnix(SocketPath(settings), TimeSpan.FromSeconds(10)), "showq", settings.IpcTimeout);

    // Relative to the queue directory, since the path of a socket must be short.
    private static string SocketPath(PostqueueSettings settings)
    {
        string root = settings.Queues.Root;
        string path = $"{root}/public/{settings.Service}";
        if (path.Length < 100)
            return path;
        FileSystem.ChangeDirectory(root);
        return $"public/{settings.Service}";
    }
}
