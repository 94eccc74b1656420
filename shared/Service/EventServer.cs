using Microsoft.Win32.SafeHandles;
using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What programs do in an event-driven service, <see cref="EventServer{TOptions}"/>.</summary>
public static class EventServer
{
    /// <summary>What a program does in an event-driven service.</summary>
    public interface IHandler
    {
        /// <summary>One-byte requests from a client, all that it sent.</summary>
        /// <param name="requests">At least one.</param>
        /// <param name="isTrusted">From root or a process of our own account; else any local user's.</param>
        public void Trigger(ReadOnlySpan<byte> requests, bool isTrusted);

        /// <summary>Master wants the process to end; call <see cref="EventLoop.Stop"/> once it can.</summary>
        public void MustEnd();
    }

    /// <summary>A handler that has conversations with its clients, in place of triggers.</summary>
    public interface IServer : IHandler
    {
        /// <summary>Serves a client. The wake-up of a timed service is one, too, which sends a byte and is gone.</summary>
        /// <param name="client">Owned from now on.</param>
        public void Serve(Descriptor client);

        void IHandler.Trigger(ReadOnlySpan<byte> requests, bool isTrusted)
        {
        }
    }

    /// <summary>A handler whose process lives on through a reload.</summary>
    /// <typeparam name="TOptions">What main.toml says to it.</typeparam>
    public interface IReloadable<in TOptions>
    {
        /// <summary>The configuration was read anew: go over to it, wholly or, when it throws, not at all.</summary>
        /// <returns>False when only a new process can.</returns>
        /// <exception cref="ConfigurationException">It cannot be used; the present one stays.</exception>
        public bool Reload(TOptions options);
    }
}

/// <summary>Skeleton of a service in which one loop owns all state: exactly one process, which ends only when master wants it to.</summary>
/// <param name="program">The program's name, for the log.</param>
/// <param name="read">Reads its settings.</param>
/// <param name="start">Builds the handler; called once, before the first event.</param>
public sealed class EventServer<TOptions>(string program, Func<MainConfig, string, TOptions> read, Func<ServiceContext, EventLoop, TOptions, EventServer.IHandler> start)
    : ServiceProgram<TOptions>(program, read)
{
    // The time an orphan of an earlier master needs to notice that it must end.
    private static readonly TimeSpan s_provenAfter = TimeSpan.FromSeconds(1);
    private const int LockAttempts = 200, LockPauseMilliseconds = 50;

    private string[] _writtenOutside = [];

    /// <inheritdoc/>
    protected override int Serve(ServiceContext context, MainConfig config, TOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        _writtenOutside = ServiceOptions.Read(config).WrittenOutside;
        using SafeFileHandle? only = BecomeTheOnlyOne(context);
        if (only is null)
            return ExitStatus.Ok;
        using EventLoop loop = new();
        EventServer.IHandler handler = start(context, loop, options);
        using IDisposable listener = handler is EventServer.IServer server ? new ClientListener(context.Listener, loop, server.Serve) : new TriggerListener(context.Listener, loop, handler);
        EventLoop.Watch? lifeline = null;
        lifeline = loop.Add(context.Lifeline, Readiness.Readable, _ =>
        {
            context.ReadLifeline();
            if (context.TakeReloadRequest() && !context.MustEnd
                && (handler is not EventServer.IReloadable<TOptions> reloadable || Reload(context, reloadable)))
                return;
            // Who connects from now on is served by our successor.
            lifeline!.Dispose();
            listener.Dispose();
            handler.MustEnd();
        });
        if (handler is EventServer.IReloadable<TOptions>)
            context.Tell(ServiceState.CanReload);
        loop.After(s_provenAfter, () =>
        {
            // A process that dies before it could do anything is not started again at once.
            context.Tell(ServiceState.Busy);
            ProgramImage.LetGo();
        });
        loop.Run();
        return ExitStatus.Ok;
    }

    // False when a new process must do it.
    private bool Reload(ServiceContext context, EventServer.IReloadable<TOptions> handler)
    {
        try
        {
            MainConfig config = LoadAgain();
            ServiceOptions common = ServiceOptions.Read(config);
            // What this process gave up at its start it cannot take back.
            if (!common.WrittenOutside.SequenceEqual(_writtenOutside) || !handler.Reload(Read(config, context.Name)))
                return false;
            MailLog.Open(common.Log, Program);
            return true;
        }
        catch (ConfigurationException e) when (e.IsForbidden)
        {
            // A file for root alone: read at the start of a process, before it gives root up.
            return false;
        }
        catch (ConfigurationException e)
        {
            MailLog.Reopen(); // the log may have been rotated all the same
            MailLog.Error($"reload: {e.Message}; the running configuration stays");
            return true;
        }
    }

    // Two queue managers on one queue would deliver everything twice. After a crash of master the old process
    // ends by itself, but the new master may be quicker.
    private SafeFileHandle? BecomeTheOnlyOne(ServiceContext context)
    {
        SafeFileHandle file = FileSystem.OpenAppend($"{OwnDirectory ?? "private"}/{context.Name}.lock", 0x180 /* 0600 */);
        for (int attempt = 0; !FileSystem.TryLock(file); attempt++)
        {
            if (attempt == LockAttempts)
                throw new IOException($"another {context.Program} process still works on this queue");
            if (context.Lifeline.Wait(Readiness.Readable, LockPauseMilliseconds).This != Readiness.None)
            {
                file.Dispose();
                return null;
            }
        }
        return file;
    }
}
