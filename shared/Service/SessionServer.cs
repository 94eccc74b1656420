using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What programs do in a service with many clients at once, <see cref="SessionServer{TOptions}"/>.</summary>
public static class SessionServer
{
    /// <summary>Serves clients.</summary>
    public interface IHandler
    {
        /// <summary>Serves a client to its end. What is awaited goes on in the loop; nothing else may wait.</summary>
        /// <param name="client">Owned from now on.</param>
        public Task Serve(Descriptor client);

        /// <summary>No further clients come.</summary>
        /// <param name="hurry">The system stops: sessions are to end at the next good place.</param>
        public void MustEnd(bool hurry);
    }
}

/// <summary>Skeleton of a service that talks to many clients at once: several processes, in each one loop, and on it a session for each client,
/// in code that awaits. A crash ends the sessions of one process.</summary>
/// <remarks>A process takes no more clients after max_use for each of its places, when a lookup table has changed, and when master wants
/// it to; it ends with its last client, or after max_idle without any.
/// CONFIGURATION
/// max_idle, max_use, and those of shared/Service/ServiceProgram.cs.
/// </remarks>
/// <param name="program">The program's name, for the log.</param>
/// <param name="read">Reads its settings.</param>
/// <param name="places">Sessions at once in one process.</param>
/// <param name="start">Builds the handler once the process is confined.</param>
public sealed class SessionServer<TOptions>(string program, Func<MainConfig, string, TOptions> read, Func<TOptions, int> places,
    Func<ServiceContext, EventLoop, TOptions, SessionServer.IHandler> start) : ServiceProgram<TOptions>(program, read)
{
    /// <inheritdoc/>
    public override TOptions Read(MainConfig config, string service)
    {
        ArgumentNullException.ThrowIfNull(config);
        _ = (config.Get(Parameters.MaxUse), config.Get(Parameters.MaxIdle));
        return base.Read(config, service);
    }

    /// <inheritdoc/>
    protected override int Serve(ServiceContext context, MainConfig config, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        using EventLoop loop = new();
        Clients clients = new(context, loop, start(context, loop, options), places(options), config.Get(Parameters.MaxUse), config.Get(Parameters.MaxIdle));
        clients.Begin();
        loop.Run();
        clients.Trouble?.Throw();
        return ExitStatus.Ok;
    }

    /// <summary>The clients of one process.</summary>
    private sealed class Clients(ServiceContext context, EventLoop loop, SessionServer.IHandler handler, int places, int maxUse, TimeSpan maxIdle)
    {
        private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
        private readonly List<EventLoop.Watch> _listeners = [];
        private EventLoop.Watch? _lifeline;
        private EventLoop.Timer? _idle;
        private long _left = (long)places * maxUse;
        private int _present;
        private bool _isClosed, _isFull, _hasWarned;

        /// <summary>What ends the process.</summary>
        internal System.Runtime.ExceptionServices.ExceptionDispatchInfo? Trouble { get; private set; }

        internal void Begin()
        {
            foreach (Descriptor listener in context.Listeners)
                _listeners.Add(loop.Add(listener, Readiness.Readable, _ => Accept(listener)));
            _lifeline = loop.Add(context.Lifeline, Readiness.Readable, _ => Told());
            Rest();
        }

        private void Told()
        {
            if (!context.MustEnd)
                return;
            _lifeline!.Dispose();
            handler.MustEnd(context.MustHurry);
            Close();
        }

        private void Accept(Descriptor listener)
        {
            if (_isClosed || _isFull)
                return;
            // The clients are for the next process, which reads the tables anew.
            if (context.ChangedTable() is { } table)
            {
                MailLog.Info($"table {table} has changed -- restarting");
                Close();
                return;
            }
            bool any = false;
            while (_present < places && _left > 0 && listener.TryAccept() is { } client)
            {
                any = true;
                _left--;
                if (_present++ == 0)
                {
                    _idle?.Cancel();
                    context.Tell(ServiceState.Busy);
                    if (_present < places)
                        context.Tell(ServiceState.Idle);
                }
                _ = Serve(client);
            }
            if (_left == 0)
                Close();
            else if (_present == places)
                Fill();
            else if (!any && Descriptor.IsExhausted)
                PauseAccepting();
        }

        private async Task Serve(Descriptor client)
        {
            try
            {
                await handler.Serve(client);
            }
            catch (Exception e)
            {
                // A bug: one line, and master's throttle.
                Trouble = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
                loop.Stop();
                return;
            }
            _present--;
            if (_isFull && !_isClosed)
                Empty();
            if (_present == 0)
                Rest();
        }

        // Sister processes, or new ones, take those that come.
        private void Fill()
        {
            _isFull = true;
            Watch(Readiness.None);
            context.Tell(ServiceState.Busy);
        }

        private void Empty()
        {
            _isFull = false;
            Watch(Readiness.Readable);
            context.Tell(ServiceState.Idle);
        }

        private void Close()
        {
            if (_isClosed)
                return;
            _isClosed = true;
            foreach (EventLoop.Watch listener in _listeners)
                listener.Dispose();
            context.Tell(ServiceState.Busy);
            if (_present == 0)
                loop.Stop();
        }

        private void Rest()
        {
            if (_isClosed)
                loop.Stop();
            else
                _idle = loop.After(maxIdle, Close);
        }

        // No descriptor is left for a client: a sister process takes it, or it waits for a moment in the backlog.
        private void PauseAccepting()
        {
            if (!_hasWarned)
                MailLog.Warning($"{SystemCallException.Last("accept connection").Message} ({_present} clients are served)");
            _hasWarned = true;
            Fill();
            loop.After(s_pause, () =>
            {
                if (!_isClosed && _isFull && _present < places)
                    Empty();
            });
        }

        private void Watch(Readiness want)
        {
            foreach (EventLoop.Watch listener in _listeners)
                listener.Change(want);
        }
    }
}
