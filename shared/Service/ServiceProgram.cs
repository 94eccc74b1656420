using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>A program that master starts: how it reads its settings, for a service or for a check of the configuration; then it
/// serves. Nothing is read of main.toml but here, so what passes the check starts.</summary>
/// <remarks>
/// CONFIGURATION
/// mail_owner, queue_directory, setgid_group, and those of shared/Service/Log/LogOptions.cs.
/// </remarks>
/// <typeparam name="TOptions">What main.toml says to it.</typeparam>
/// <param name="program">Its name, for the log.</param>
/// <param name="read">Reads its settings, as mail_owner and in the queue directory, given main.toml and the name of the service.</param>
public abstract class ServiceProgram<TOptions>(string program, Func<MainConfig, string, TOptions> read)
{
    private ServiceCommandLine? _line;

    /// <summary>The program's name, for the log.</summary>
    protected string Program => program;

    /// <summary>The arguments that master.toml may give it; usually none.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Work that needs more than mail_owner's rights (S4-24), given main.toml and the name of the service.</summary>
    public Action<MainConfig, string> BeforeConfinement { get; init; } = static (_, _) => { };

    /// <summary>Whether main.toml has this service call a program of the administrator's, which may write where its account may. Asked after
    /// <see cref="BeforeConfinement"/>.</summary>
    public Func<MainConfig, string, bool> CallsPrograms { get; init; } = static (_, _) => false;

    /// <summary>The directory of the queue that is this program's own, where it has no business with the rest of it: it can neither read nor write there.
    /// Null: it works in the queue.</summary>
    public string? OwnDirectory { get; init; }

    /// <summary>Directories of the queue that it reads all the same.</summary>
    public IReadOnlyList<string> ReadDirectories { get; init; } = [];

    /// <summary>What a check looks at besides: what a service does later than at its start.</summary>
    public Action<TOptions> Examine { get; init; } = static _ => { };

    /// <summary>What it answers to "master config --for", as it would do it: given main.toml, what it read, the name of the service, and the words of the question.</summary>
    public Func<MainConfig, TOptions, string, IReadOnlyList<string>, IEnumerable<Fact>> Tell { get; init; } = static (_, _, _, _) => [];

    /// <summary>Reads all that a process of the service reads.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public virtual TOptions Read(MainConfig config, string service)
    {
        _ = ServiceOptions.Read(config);
        return read(config, service);
    }

    /// <summary>Runs as the command line says.</summary>
    /// <param name="commandLine">By master: -c DIRECTORY -n SERVICE -- ARGUMENTS. For a check: -c DIRECTORY -n SERVICE --check [-- ARGUMENTS],
    /// with as many services as run the program.</param>
    /// <returns>Exit status.</returns>
    public int Run(string[] commandLine)
    {
        if (ServiceCommandLine.Parse(commandLine) is not { } line)
        {
            StandardStreams.WriteError($"{program}: fatal: this program is started by master, not by hand\n");
            return ExitStatus.Usage;
        }
        return line.Question.Count > 0 ? Answer(line) : line.IsCheck ? Check(line) : Start(line);
    }

    /// <summary>Serves until the process must end.</summary>
    protected abstract int Serve(ServiceContext context, MainConfig config, TOptions options);

    /// <summary>main.toml as it is now, with what holds for this service alone.</summary>
    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    protected MainConfig LoadAgain() => Load(_line!);

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(200);

    private int Start(ServiceCommandLine line)
    {
        _line = line;
        string service = line.Services[0];
        ServiceContext context;
        MainConfig config;
        TOptions options;
        try
        {
            config = Load(line);
            ServiceOptions common = ServiceOptions.Read(config);
            MailLog.Open(common.Log, program);
            Signals.IgnoreAll();
            Signals.IgnoreFileSizeLimit();
            FileSystem.SetCreationMask(0x3F /* 077 */);
            FileSystem.ChangeDirectory(common.QueueDirectory);
            Confine(config, line);
            // Else whoever has led a service astray writes where its account may, in /tmp for one, or calls what is there.
            if (!CallsPrograms(config, service))
                _ = OwnDirectory is null ? Confinement.To(".", common.WrittenOutside) : Confinement.ToPartOf(".", OwnDirectory, ReadDirectories, common.WrittenOutside);
            options = ReadPatiently(ref config, service);
            context = new ServiceContext(program, service, config.ChangedTable, line.Listeners);
        }
        catch (Exception e) when (e is ConfigurationException or IOException)
        {
            IEnumerable<string> problems = e is ConfigurationException all ? all.Problems : [e.Message];
            foreach (string problem in problems)
            {
                MailLog.Fatal(problem);
                StandardStreams.WriteError($"{program}: fatal: {problem}\n");
            }
            return e is ConfigurationException ? ExitStatus.Configuration : ExitStatus.TemporaryFailure;
        }
        foreach (string remark in config.Remarks)
            MailLog.Warning(remark);
        try
        {
            return Serve(context, config, options);
        }
        catch (ConfigurationException e)
        {
            MailLog.Fatal(e.Message);
            return ExitStatus.Configuration;
        }
        catch (StartException e)
        {
            MailLog.Fatal(e.Message);
            return ExitStatus.TemporaryFailure;
        }
        catch (SystemCallException e) when (e.IsForbidden)
        {
            // An administrator's doing, while we are at it.
            MailLog.Fatal(e.Message);
            return ExitStatus.TemporaryFailure;
        }
        catch (Exception e)
        {
            // One line, and master's throttle; the work in hand is retried by whoever asked for it.
            MailLog.Panic($"{e.GetType().Name}: {e.Message} {e.StackTrace}");
            return ExitStatus.Software;
        }
    }

    // A table may just be being written: who waits for a moment serves the client that is there, and who ends keeps all clients waiting for service_throttle_time.
    private TOptions ReadPatiently(ref MainConfig config, string service)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return Read(config, service);
            }
            catch (ConfigurationException) when (i < 10)
            {
                Thread.Sleep(s_step);
                config = LoadAgain();
            }
        }
    }

    private void Confine(MainConfig config, ServiceCommandLine line)
    {
        foreach (string service in line.Services)
            BeforeConfinement(config, service);
        if (Users.EffectiveUid == 0)
            ServiceOptions.GiveRootUp(config);
        ServiceOptions.RequireAccess(config);
        if (line.OwnArguments().FirstOrDefault(argument => !Arguments.Contains(argument)) is { } unexpected)
            throw new ConfigurationException($"service {line.Services[0]}: unexpected argument \"{unexpected}\": {program} takes {(Arguments.Count == 0 ? "none" : string.Join(' ', Arguments))} and -o name=value");
    }

    private static MainConfig Load(ServiceCommandLine line) => MainConfig.Load(line.Directory).With($"service {line.Services[0]}", line.Overrides());

    /// <summary>Answers a question on standard output, and does nothing else.</summary>
    private int Answer(ServiceCommandLine line)
    {
        try
        {
            MainConfig config = Load(line);
            Confine(config, line);
            foreach (Fact fact in Tell(config, Read(config, line.Services[0]), line.Services[0], line.Question))
                _ = StandardStreams.TryWriteOutput(fact.ToLine());
            return ExitStatus.Ok;
        }
        catch (Exception e) when (e is ConfigurationException or IOException)
        {
            StandardStreams.WriteError($"fatal: {e.Message}\n");
            return ExitStatus.Configuration;
        }
    }

    /// <summary>Says what a start would find wrong, a line each, and does nothing else.</summary>
    private int Check(ServiceCommandLine line)
    {
        List<string> remarks = [];
        ProblemList problems = new();
        try
        {
            MainConfig config = Load(line);
            foreach (string warning in config.ValidateOverrides())
                StandardStreams.WriteError($"warning: {warning}\n");
            ServiceOptions common = ServiceOptions.Read(config);
            // Before the first start there is none.
            if (FileSystem.Status(common.QueueDirectory) is not null)
                FileSystem.ChangeDirectory(common.QueueDirectory);
            Confine(config, line);
            foreach (string service in line.Services)
                problems.Try(() => Examine(Read(config, service)));
            foreach (string remark in config.Remarks)
                StandardStreams.WriteError($"warning: {remark}\n");
            problems.ThrowIfAny();
            return ExitStatus.Ok;
        }
        catch (ConfigurationException e)
        {
            foreach (string problem in e.Problems)
                StandardStreams.WriteError($"fatal: {problem}\n");
            return ExitStatus.Configuration;
        }
        catch (IOException e)
        {
            StandardStreams.WriteError($"fatal: {e.Message}\n");
            return ExitStatus.Configuration;
        }
    }
}
