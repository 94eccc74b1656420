using System.Net;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Smtpd;

/// <summary>The sessions of one process.</summary>
/// <param name="surroundings">What they share.</param>
internal sealed class SmtpdServer(Surroundings surroundings) : SessionServer.IHandler
{
    // One that is gone already.
    private static readonly IPEndPoint s_gone = new(IPAddress.Any, 0);

    private readonly HashSet<SmtpdSession> _sessions = [];

    public async Task Serve(Descriptor client)
    {
        SmtpdSession? session = null;
        try
        {
            client.SendAtOnce();
            using Chat chat = new(new LoopStream(surroundings.Loop, client, surroundings.Options.Timeout));
            session = new SmtpdSession(surroundings, chat, ClientOf(client));
            _sessions.Add(session);
            await session.Run();
        }
        catch (Exception e)
        {
            // A bug, which is not to cost other clients their sessions.
            surroundings.Log.Bug(e);
        }
        finally
        {
            if (session is not null)
                _sessions.Remove(session);
            client.Dispose();
        }
    }

    public void MustEnd(bool hurry)
    {
        if (!hurry)
            return;
        foreach (SmtpdSession session in _sessions.ToArray())
            session.Hurry();
    }

    private static ClientInfo ClientOf(Descriptor client) => client.LocalEnd is { } server
        ? new ClientInfo { Address = (client.PeerEnd ?? s_gone).Address, Port = (client.PeerEnd ?? s_gone).Port, Server = server }
        : new ClientInfo { Name = "localhost", ReverseName = "localhost", Uid = client.PeerUid };
}
