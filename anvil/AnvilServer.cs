using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Anvil;

/// <summary>Answers the servers: each has a connection, over which it tells what its clients do.</summary>
internal sealed class AnvilServer(EventLoop loop, Counters counters, Log log) : SessionServer.IHandler
{
    // A server that has nothing to tell for long is still there.
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(365);

    private readonly HashSet<LoopStream> _servers = [];

    public async Task Serve(Descriptor client)
    {
        LoopStream stream = new(loop, client, s_patience);
        _servers.Add(stream);
        using LoopChannel channel = new(stream, "server", s_patience);
        // What a server that has died had open is closed with it.
        Dictionary<(string Service, string Client), int> open = [];
        try
        {
            while (true)
            {
                ClientEvent happened = ClientEvent.From(await channel.Receive());
                (string, string) key = (happened.Service, happened.Client);
                int count = open.GetValueOrDefault(key);
                if (happened.Kind == ClientEventKind.Connect)
                    open[key] = count + 1;
                else if (happened.Kind == ClientEventKind.Disconnect && count > 0)
                    open[key] = count - 1;
                if (open.GetValueOrDefault(key) == 0)
                    open.Remove(key);
                bool isSurplus = happened.Kind == ClientEventKind.Disconnect && count == 0;
                if (isSurplus)
                    log.Warning("server: the end of a connection that did not begin");
                // It takes nothing from what others have open.
                await channel.Send((isSurplus ? new ClientCounts(0, 0) : counters.Take(happened)).ToAttributes());
            }
        }
        catch (IpcException e)
        {
            if (!stream.IsClosed && !e.Message.Contains("closed instead", StringComparison.Ordinal))
                log.Warning(e.Message);
        }
        finally
        {
            _servers.Remove(stream);
            foreach (((string service, string name), int count) in open)
            {
                for (int i = 0; i < count; i++)
                    counters.Take(new ClientEvent(ClientEventKind.Disconnect, service, name));
            }
        }
    }

    // Servers do without, until the next one is there.
    public void MustEnd(bool hurry)
    {
        foreach (LoopStream server in _servers.ToArray())
            server.Dispose();
    }
}
