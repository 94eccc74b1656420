using PostfixNet.Configuration;
using PostfixNet.Ipc;
using PostfixNet.Log;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Smtpd;

/// <summary>"smtpd -S", which is "sendmail -bs": one session on standard input and output, with the rights of its caller.</summary>
internal static class StandAlone
{
    private static readonly CallerLog s_log = new("smtpd");

    /// <summary>Whether the command line asks for it.</summary>
    internal static bool IsMeant(IReadOnlyList<string> arguments) => arguments is ["-S", ..];

    /// <summary>Serves the caller.</summary>
    /// <param name="arguments">-S, and -c with a configuration directory.</param>
    /// <returns>Exit status.</returns>
    internal static int Run(string[] arguments)
    {
        Signals.IgnoreFileSizeLimit();
        try
        {
            if (arguments is not (["-S"] or ["-S", "-c", _]))
                return s_log.Fatal("usage: smtpd -S [-c config_directory]", ExitStatus.Usage);
            MainConfig config = MainConfig.Load(MainConfig.FindDirectory(arguments.Length > 1 ? arguments[2] : null));
            s_log.Open(LogOptions.Read(config));
            // A network has no rights of any user here: inetd(8) and its like are no way around the restrictions.
            if (StandardStreams.IsNetworkInput)
                return s_log.Fatal("the SMTP server is started by master, not by a network super-server", ExitStatus.NoPermission);
            Maildrop maildrop = Maildrop.Read(config);
            Account? caller = Users.ByUid(Users.RealUid);
            if (!maildrop.Admits(caller?.Name))
                return s_log.Fatal($"User {caller?.Name ?? "unknown"}({Users.RealUid}) is not allowed to submit mail", ExitStatus.NoPermission);
            return Serve(SmtpdOptions.ReadStandAlone(config), maildrop);
        }
        catch (ConfigurationException e)
        {
            return s_log.Fatal(e.Message, ExitStatus.Configuration);
        }
        catch (IOException e)
        {
            return s_log.Fatal(e.Message, ExitStatus.TemporaryFailure);
        }
    }

    private static int Serve(SmtpdOptions options, Maildrop maildrop)
    {
        using EventLoop loop = new();
        StandardPump pump = new();
        Task session = Serve(options, loop, pump.Connection, new MaildropQueue(maildrop));
        loop.Run();
        session.GetAwaiter().GetResult();
        pump.Finish(options.Timeout);
        return ExitStatus.Ok;
    }

    private static async Task Serve(SmtpdOptions options, EventLoop loop, Descriptor connection, IMessageQueue queue)
    {
        Log log = new(MailLog.Lines, options.LogsPort);
        try
        {
            using Chat chat = new(new LoopStream(loop, connection, options.Timeout));
            await new SmtpdSession(Around(options, loop, queue, log), chat, ClientInfo.Caller(Users.RealUid)).Run();
        }
        finally
        {
            loop.Stop();
        }
    }

    // Nobody is counted, looked up, or asked to log in.
    private static Surroundings Around(SmtpdOptions options, EventLoop loop, IMessageQueue queue, Log log)
    {
        NameLookups names = new(loop, new Lazy<Dns.IResolver>(static () => throw new System.Diagnostics.UnreachableException()), new Lazy<Dns.HostsFile>(static () => throw new System.Diagnostics.UnreachableException()));
        return new Surroundings(options, loop, new OpenAccess(), new ClientEvents(loop, "", options.Limits, "smtpd", static _ => true, log), queue,
            new ClientNames(looksUp: false, names, log), new OwnClients([], TimeProvider.System), Tls: null, Milters: null, Logins: null,
            new LoginFailures(options.ErrorDelay, options.Limits, TimeProvider.System), TimeProvider.System, log);
    }
}
