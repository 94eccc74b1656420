using PostfixNet.Ipc;

namespace PostfixNet.Logins;

/// <summary>The service logins: what processes of the SMTP client share about logins at other servers.</summary>
public static class LoginsService
{
    /// <summary>Its socket, below queue_directory.</summary>
    public const string Socket = "private/logins";

    /// <summary>So long somebody waits at most for what another process, that is at the same login, finds out.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // The service answers within its own, shorter, limit.
    private static readonly TimeSpan s_limit = Patience + TimeSpan.FromSeconds(10);

    /// <param name="queue">queue_directory.</param>
    /// <exception cref="IpcException">It does not answer.</exception>
    internal static Channel Connect(string queue) => Channel.Connect($"{queue}/{Socket}", Socket, s_limit);
}
