using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Web;

/// <summary>The loop's part: it brings clients of the Unix socket to the HTTP server, and waits for the end.</summary>
internal sealed class WebService : EventServer.IServer
{
    private readonly EventLoop _loop;
    private readonly WebServer _server;

    private WebService(EventLoop loop, WebServer server) => (_loop, _server) = (loop, server);

    /// <exception cref="StartException">It cannot listen.</exception>
    internal static WebService Start(EventLoop loop, WebOptions options, WebSecrets secrets, Log log)
    {
        // Threads have the priority of those that made them. The loop keeps its own: it must hear master.
        WebServer server = new(options, secrets, new Api(options, log), log);
        Exception? failure = null;
        Thread starter = new(() =>
        {
            try
            {
                if (!IdlePriority.Take())
                    log.NotIdle();
                server.Start();
            }
            catch (StartException e)
            {
                failure = e;
            }
        });
        starter.Start();
        starter.Join();
        return failure is null ? new WebService(loop, server) : throw failure;
    }

    public void Serve(Descriptor client) => _server.Take(client);

    public void MustEnd()
    {
        _server.Dispose();
        _loop.Stop();
    }
}
