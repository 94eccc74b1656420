using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>Skeleton of a service that serves one client at a time, in straight-line code.</summary>
/// <remarks>The process ends after max_use clients, after max_idle seconds without one, when a
/// lookup table has changed, and when master wants it to.</remarks>
public static class SingleServer
{
    /// <summary>Runs the service.</summary>
    /// <param name="program">The program's name, for the log.</param>
    /// <param name="commandLine">As given by master.</param>
    /// <param name="start">Builds the server once the process is confined; returns what serves one connection until the client closes it.
    /// <see cref="IpcException"/> from there is a warning in the log; any other exception ends the process, and master starts a new one.</param>
    /// <param name="clientTimeout">For each message from or to a client; default: ipc_timeout. Short where any user is a client.</param>
    /// <param name="beforeConfinement">Work that needs more than mail_owner's rights; given the configuration and the service's name.</param>
    /// <returns>Exit status.</returns>
    public static int Run(string program, string[] commandLine, Func<ServiceContext, Action<Channel>> start, TimeSpan? clientTimeout = null,
        Action<MainConfig, string>? beforeConfinement = null)
    {
        ServiceContext? context = ServiceContext.Start(program, commandLine, beforeConfinement, out int status);
        if (context is null)
            return status;
        try
        {
            Serve(context, start(context), clientTimeout ?? context.Config.Get(Parameters.IpcTimeout));
            return ExitStatus.Ok;
        }
        catch (ConfigurationException e)
        {
            MailLog.Fatal(e.Message);
            return ExitStatus.Configuration;
        }
        catch (Exception e)
        {
            // One line, and master's throttle; the work in hand is retried by whoever asked for it.
            MailLog.Panic($"{e.GetType().Name}: {e.Message} {e.StackTrace}");
            return ExitStatus.Software;
        }
    }

    private static void Serve(ServiceContext context, Action<Channel> serve, TimeSpan timeout)
    {
        int maxUse = context.Config.Get(Parameters.MaxUse);
        int maxIdle = (int)context.Config.Get(Parameters.MaxIdle).TotalMilliseconds;
        for (int uses = 0; uses < maxUse; uses++)
        {
            Descriptor? client = Accept(context, maxIdle);
            if (client is null)
                return;
            context.Tell(ServiceState.Busy);
            using (Channel channel = new(client, $"client of {context.Name}", timeout))
            {
                try
                {
                    serve(channel);
                }
                catch (IpcException e)
                {
                    MailLog.Warning(e.Message);
                }
            }
            if (uses + 1 < maxUse)
                context.Tell(ServiceState.Idle);
        }
    }

    private static Descriptor? Accept(ServiceContext context, int maxIdle)
    {
        long end = Environment.TickCount64 + maxIdle;
        while (true)
        {
            (Readiness listener, bool lifeline) = context.Listener.Wait(Readiness.Readable, (int)Math.Max(0, end - Environment.TickCount64), context.Lifeline);
            if (lifeline || listener == Readiness.None)
                return null;
            // The client is for the next process, which reads the tables anew.
            if (context.Config.ChangedTable() is { } table)
            {
                MailLog.Info($"table {table} has changed -- restarting");
                return null;
            }
            // Sister processes wait on the same socket; one of them may have been quicker.
            if (context.Listener.TryAccept() is { } client)
                return client;
        }
    }
}
