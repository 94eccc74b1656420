namespace PostfixNet.Smtpd;

/// <summary>Finds the names of clients.</summary>
/// <param name="find">Completes what is known; not in the loop's thread.</param>
internal sealed class ClientNames(Ipc.EventLoop loop, bool looksUp, Func<ClientInfo, ClientInfo> find)
{
    /// <summary>With the client's name, if it has one.</summary>
    internal ValueTask<ClientInfo> Complete(ClientInfo client)
    {
        if (client.Address is null || !looksUp)
            return new(client);
        // Everybody's hosts file has it.
        if (System.Net.IPAddress.IsLoopback(client.Address))
            return new(client with { Name = "localhost", ReverseName = "localhost" });
        return loop.Elsewhere(() => find(client));
    }
}
