using Microsoft.Win32.SafeHandles;
using PostfixNet.Native;

namespace PostfixNet.Postqueue;

/// <summary>Keeps one user from having all processes of the service with clients that do not listen: the others would wait for him.</summary>
/// <remarks>Locks (fcntl(2), of open files) on bytes of an empty file, as many for each user as he may have processes: one that ends, however it does, leaves none behind.</remarks>
/// <param name="path">Of the file; made when missing.</param>
/// <param name="patience">What is asked at once, and answered at once, is not refused: so long somebody waits until another one is served.</param>
internal sealed class ClientShare(string path, TimeSpan patience)
{
    /// <summary>Half of process_limit in master.toml.</summary>
    internal const int Most = 5;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(5);

    /// <summary>One more client of a user.</summary>
    /// <returns>Has to be disposed of with the client; null: he has as many as he may.</returns>
    /// <exception cref="SystemCallException">The file cannot be used.</exception>
    internal SafeFileHandle? TryTake(uint user)
    {
        SafeFileHandle file = FileSystem.OpenReadWrite(path, 0x180 /* 0600 */);
        for (Deadline end = Deadline.In(patience); ; Thread.Sleep(s_step))
        {
            for (long place = 0; place < Most; place++)
            {
                if (FileSystem.TryLockByte(file, user * (long)Most + place))
                    return file;
            }
            if (end.IsOver)
                break;
        }
        file.Dispose();
        return null;
    }
}
