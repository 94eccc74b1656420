using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>Wakes a service by a few bytes to its socket.</summary>
public static class Trigger
{
    /// <summary>Sends the requests; the service need not answer, nor even run yet.</summary>
    /// <param name="path">The socket, e.g. "public/qmgr".</param>
    /// <param name="requests">One byte each, e.g. "FADI".</param>
    /// <exception cref="SystemCallException">The system was never started.</exception>
    /// <exception cref="IOException">The system is down.</exception>
    public static void Send(string path, ReadOnlySpan<byte> requests)
    {
        // No waiting: a service with a full backlog has been triggered often enough.
        using Descriptor socket = Descriptor.ConnectUnix(path, TimeSpan.Zero);
        socket.Write(requests);
    }
}
