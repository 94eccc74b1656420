using PostfixNet.Native;

namespace PostfixNet.Master;

/// <summary>Tells systemd, or what runs the container, how far the system is: sd_notify(3).</summary>
/// <remarks>Without $NOTIFY_SOCKET nobody wants to know. One that does not listen is not waited for.</remarks>
internal static class ServiceManager
{
    private static readonly string? s_socket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");

    /// <summary>Mail is accepted: at the start, and after a reload.</summary>
    internal static void Ready() => Tell("READY=1");

    /// <summary>The configuration is read anew; <see cref="Ready"/> follows.</summary>
    internal static void Reloading() => Tell($"RELOADING=1\nMONOTONIC_USEC={(long)TimeProvider.System.GetElapsedTime(0).TotalMicroseconds}");

    /// <summary>The stop has begun.</summary>
    internal static void Stopping() => Tell("STOPPING=1");

    private static void Tell(string state)
    {
        if (string.IsNullOrEmpty(s_socket))
            return;
        try
        {
            using LineOutput? output = LineOutput.ToSocket(s_socket);
            _ = output?.TryWrite(state);
        }
        catch (IOException)
        {
            // A name that is too long is that of nobody.
        }
    }
}
