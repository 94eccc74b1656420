using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What master gives every service: configuration, a listening socket, and a line to master.</summary>
public sealed class ServiceContext
{
    /// <summary>Descriptor number of the line to master in every service.</summary>
    public const int LifelineNumber = 3;

    /// <summary>Descriptor number of the listening socket in every service.</summary>
    public const int ListenerNumber = 4;

    /// <summary>What master writes to a service before it closes the line, when the system stops.</summary>
    public const byte StopRequest = (byte)'S';

    /// <summary>What master writes to a service that said it can read its configuration anew without ending.</summary>
    public const byte ReloadRequest = (byte)'R';

    private bool _ended, _reload;

    private ServiceContext(MainConfig config, string program, string name, IReadOnlyList<string> arguments, Descriptor lifeline, Descriptor listener) =>
        (Config, Program, Name, Arguments, Lifeline, Listener) = (config, program, name, arguments, lifeline, listener);

    /// <summary>main.toml as of the start of this process, or of the last reload that it took part in.</summary>
    public MainConfig Config { get; private set; }

    /// <summary>The program, e.g. "smtp".</summary>
    public string Program { get; }

    /// <summary>The service, e.g. "relay".</summary>
    public string Name { get; }

    /// <summary>The arguments that master.toml gives the program.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>Line to master: what we write says if we are busy; its end means: finish and exit.</summary>
    public Descriptor Lifeline { get; }

    /// <summary>The service's socket, opened by master and shared with sister processes.</summary>
    public Descriptor Listener { get; }

    /// <summary>True when master wants this process to end, after the work in hand: it is gone, or stops, or has reloaded its configuration.</summary>
    public bool MustEnd
    {
        get
        {
            ReadLifeline();
            return _ended || MustHurry;
        }
    }

    /// <summary>True when the whole system stops: work in hand that can be put off without harm is put off.</summary>
    public bool MustHurry { get; private set; }

    /// <summary>For waiting: readable when <see cref="MustHurry"/> should be asked again; null when it will never become true.</summary>
    public Descriptor? HurryLine => _ended || MustHurry ? null : Lifeline;

    /// <summary>Takes in what master said, without waiting.</summary>
    /// <returns>The new value of <see cref="MustHurry"/>.</returns>
    public bool ReadLifeline()
    {
        Span<byte> words = stackalloc byte[16];
        int n;
        while (!_ended && (n = Lifeline.Read(words)) >= 0)
        {
            _ended = n == 0;
            MustHurry |= words[..n].Contains(StopRequest);
            _reload |= words[..n].Contains(ReloadRequest);
        }
        return MustHurry;
    }

    /// <summary>True once after each time that master asked for a reload.</summary>
    internal bool TakeReloadRequest()
    {
        bool reload = _reload;
        _reload = false;
        return reload;
    }

    /// <summary>Goes over to another configuration, and to the log that it names.</summary>
    internal void Replace(MainConfig config)
    {
        Config = config;
        OpenLog(config, Program);
    }

    /// <summary>Tells master whether this process waits for a client. A master that is gone is noticed elsewhere.</summary>
    internal void Tell(ServiceState state)
    {
        try
        {
            Lifeline.Write([(byte)state]);
        }
        catch (IOException)
        {
            // MustEnd is true from now on.
        }
    }

    /// <summary>Does what every service must do first: configuration, log, privileges, signals.</summary>
    /// <param name="program">The program's own name, for the log.</param>
    /// <param name="commandLine">As built by master: -c DIRECTORY -n SERVICE -- ARGUMENTS.</param>
    /// <param name="beforeConfinement">Work that needs more than mail_owner's rights (S4-24), given the configuration and the service's name; usually none.</param>
    /// <returns>null after an error, which is logged and on stderr; the exit status is then in <paramref name="status"/>.</returns>
    internal static ServiceContext? Start(string program, string[] commandLine, Action<MainConfig, string>? beforeConfinement, out int status)
    {
        Signals.IgnoreAll();
        FileSystem.SetCreationMask(0x3F /* 077 */);
        if (commandLine is not ["-c", var directory, "-n", var name, "--", .. var arguments])
        {
            StandardStreams.WriteError($"{program}: fatal: this program is started by master, not by hand\n");
            status = ExitStatus.Usage;
            return null;
        }
        MainConfig config;
        try
        {
            config = MainConfig.Load(directory);
            OpenLog(config, program);
            FileSystem.ChangeDirectory(config.Get(Parameters.QueueDirectory));
            beforeConfinement?.Invoke(config, name);
            if (Users.EffectiveUid == 0)
                DropPrivileges(config);
            status = 0;
            return new ServiceContext(config, program, name, arguments, Inherit(LifelineNumber, "line to master"), Inherit(ListenerNumber, "listening socket"));
        }
        catch (Exception e) when (e is ConfigurationException or IOException)
        {
            MailLog.Fatal(e.Message);
            StandardStreams.WriteError($"{program}: fatal: {e.Message}\n");
            status = e is ConfigurationException ? ExitStatus.Configuration : ExitStatus.TemporaryFailure;
            return null;
        }
    }

    private static void OpenLog(MainConfig config, string program) => MailLog.Open(
        config.Get(Parameters.SyslogName), program, config.Get(Parameters.MaillogFile), config.Get(Parameters.MaillogFormat) == "json");

    private static Descriptor Inherit(int number, string what)
    {
        try
        {
            Descriptor descriptor = new(number);
            descriptor.CloseOnExec();
            return descriptor;
        }
        catch (IOException e)
        {
            throw new IOException($"no {what}: this program is started by master, not by hand", e);
        }
    }

    private static void DropPrivileges(MainConfig config)
    {
        string owner = config.Get(Parameters.MailOwner), group = config.Get(Parameters.SetgidGroup);
        Account account = Users.ByName(owner) ?? throw new ConfigurationException($"mail_owner: no such account: {owner}");
        if (account.Uid == 0)
            throw new ConfigurationException($"mail_owner: {owner} is the super-user");
        uint groupId = Users.GroupId(group) ?? throw new ConfigurationException($"setgid_group: no such group: {group}");
        Users.BecomeForever(account.Uid, account.Gid, groupId);
    }
}

/// <summary>What a service tells master, one byte each.</summary>
public enum ServiceState : byte
{
    /// <summary>Waiting for a client.</summary>
    Idle = (byte)'I',
    /// <summary>Serving a client.</summary>
    Busy = (byte)'B',
    /// <summary>Said once: this process takes <see cref="ServiceContext.ReloadRequest"/>, and need not end at a reload.</summary>
    CanReload = (byte)'R',
}
