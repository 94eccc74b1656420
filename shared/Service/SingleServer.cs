using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>Skeleton of a service that serves one client at a time, in straight-line code.</summary>
/// <remarks>The process ends after max_use clients, after max_idle seconds without one, when a
/// lookup table has changed, and when master wants it to.
/// CONFIGURATION
/// ipc_timeout, max_idle, max_use, and those of shared/Service/ServiceProgram.cs.
/// </remarks>
/// <param name="program">The program's name, for the log.</param>
/// <param name="read">Reads its settings.</param>
/// <param name="start">Builds the server once the process is confined; returns what serves one connection until the client closes it.
/// <see cref="IpcException"/> from there is a warning in the log; any other exception ends the process, and master starts a new one.</param>
public sealed class SingleServer<TOptions>(string program, Func<MainConfig, string, TOptions> read, Func<ServiceContext, TOptions, Action<Channel>> start)
    : ServiceProgram<TOptions>(program, read)
{
    /// <summary>For each message from or to a client; if not given, ipc_timeout. Short where any user is a client.</summary>
    public TimeSpan? ClientTimeout { get; init; }

    /// <summary>Largest message of a client, bytes.</summary>
    public int ClientMessageLimit { get; init; } = Channel.MessageLimit;

    /// <inheritdoc/>
    public override TOptions Read(MainConfig config, string service)
    {
        ArgumentNullException.ThrowIfNull(config);
        _ = (config.Get(Parameters.MaxUse), config.Get(Parameters.MaxIdle), Timeout(config));
        return base.Read(config, service);
    }

    /// <inheritdoc/>
    protected override int Serve(ServiceContext context, MainConfig config, TOptions options)
    {
        Action<Channel> serve = start(context, options);
        int maxUse = config.Get(Parameters.MaxUse);
        TimeSpan maxIdle = config.Get(Parameters.MaxIdle);
        for (int uses = 0; uses < maxUse; uses++)
        {
            Descriptor? client = Accept(context, maxIdle);
            if (client is null)
                break;
            context.Tell(ServiceState.Busy);
            using (Channel channel = new(client, $"client of {context.Name}", Timeout(config), ClientMessageLimit))
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
        return ExitStatus.Ok;
    }

    private TimeSpan Timeout(MainConfig config) => ClientTimeout ?? config.Get(Parameters.IpcTimeout);

    private static Descriptor? Accept(ServiceContext context, TimeSpan maxIdle)
    {
        Deadline end = Deadline.In(maxIdle);
        while (true)
        {
            (Readiness listener, bool lifeline) = context.Listener.Wait(Readiness.Readable, end.RemainingMilliseconds, context.Lifeline);
            if (lifeline || listener == Readiness.None)
                return null;
            // The client is for the next process, which reads the tables anew.
            if (context.ChangedTable() is { } table)
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
