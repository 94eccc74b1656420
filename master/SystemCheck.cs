using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>What the configuration names but its text does not tell: accounts, programs, directories.</summary>
internal static class SystemCheck
{
    /// <summary>Accounts and programs without which nothing can start.</summary>
    /// <exception cref="ConfigurationException">All that are missing; each message names the place that asks for it.</exception>
    internal static void Require(MainConfig config, MasterSettings settings, IReadOnlyList<ServiceEntry> services)
    {
        ProblemList problems = new();
        if (Users.EffectiveUid == 0)
        {
            problems.Try(() => MailOwner.Of(config));
            problems.Try(() => MailOwner.GroupOf(config));
        }
        foreach (ServiceEntry service in services)
        {
            string path = Path.Join(settings.Programs, service.Command);
            if (FileSystem.Status(path) is not { Kind: FileKind.Regular or FileKind.Link })
                problems.Try(() => throw new ConfigurationException($"{service.Position}: service {service.Name}: no such program: {path}"));
        }
        problems.Try(() => RequireOfClients(config, services, Parameters.SmtpMtaSts, "mtasts", "finds the policies"));
        problems.Try(() => RequireOfClients(config, services, Parameters.SmtpTlsrptEnable, "tlsrpt", "gathers the results"));
        foreach ((Parameter parameter, bool isOn, string service, string does) in ((Parameter, bool, string, string)[])
        [
            (Parameters.HistoryEnable, config.Get(Parameters.HistoryEnable), "history", "keeps it"),
            (Parameters.ReportDomain, config.Get(Parameters.ReportDomain).Length > 0, "reports", "reads what comes back"),
            (Parameters.WebhooksEnable, config.Get(Parameters.WebhooksEnable), "webhooks", "sends them"),
            (Parameters.MetricsEnable, config.Get(Parameters.MetricsEnable), "metrics", "tells them"),
            (Parameters.WebEnable, config.Get(Parameters.WebEnable), "web", "shows it"),
        ])
        {
            if (isOn && !services.Any(known => known.Name == service && known.Command == service))
                problems.Try(() => throw config.Refuse(parameter, $"master.toml has no service {service}, which {does}; conf/master.toml has it"));
        }
        problems.Try(() => RequirePlace(config, Parameters.QueueDirectory, settings.Queue));
        if (settings.Log is { Path: { Length: > 0 } log, IsStandardOutput: false })
            problems.Try(() => RequireLog(config, log));
        problems.ThrowIfAny();
    }

    // Heeded in main.toml, or by a service alone (-o).
    private static void RequireOfClients(MainConfig config, IReadOnlyList<ServiceEntry> services, Parameter<bool> parameter, string name, string does)
    {
        if (services.Any(service => service.Name == name && service.Command == name))
            return;
        foreach (MainConfig own in services.Where(static service => service.Command == "smtp").Select(OptionsOf).Prepend(config))
        {
            if (own.Get(parameter))
                throw own.Refuse(parameter, $"master.toml has no service {name}, which {does}; conf/master.toml has it");
        }

        MainConfig OptionsOf(ServiceEntry service) =>
            config.With($"service {service.Name}", new ServiceCommandLine(config.Directory, [service.Name], IsCheck: true, service.Arguments).Overrides());
    }

    private static void RequireLog(MainConfig config, string path)
    {
        FileStatus? status = FileSystem.Status(path, followLink: true);
        if (status is null)
            RequirePlace(config, Parameters.MaillogFile, Path.GetDirectoryName(path) ?? "/", mayBeMade: false);
        else if (status.Value.Kind == FileKind.Directory)
            throw config.Refuse(Parameters.MaillogFile, $"{path} is a directory");
    }

    // A directory that this user can make, or make things in.
    private static void RequirePlace(MainConfig config, Parameter parameter, string directory, bool mayBeMade = true)
    {
        string existing = directory;
        while (mayBeMade && existing.Length > 1 && FileSystem.Status(existing, followLink: true) is null)
            existing = Path.GetDirectoryName(existing) ?? "/";
        if (existing != directory && Path.GetDirectoryName(directory.TrimEnd('/')) != existing)
            throw config.Refuse(parameter, $"there is no directory {Path.GetDirectoryName(directory.TrimEnd('/'))}");
        if (FileSystem.WhyNotWritable(existing) is { } why)
            throw config.Refuse(parameter, why);
    }

    /// <summary>A name of this host that other hosts do not know; null: it may be one that they do.</summary>
    internal static string? MadeUpName(MainConfig config)
    {
        string host = config.Get(Parameters.MyHostname);
        bool isMadeUp = !host.Contains('.', StringComparison.Ordinal) || host.EndsWith(".localdomain", StringComparison.OrdinalIgnoreCase);
        return isMadeUp ? config.Refuse(Parameters.MyHostname,
            $"\"{host}\" is a name that no other host knows: many servers refuse mail from it; give the full name of this host, e.g. \"mail.example.com\"").Message : null;
    }

    /// <summary>A master.toml of before there was a service logins; null: it has it, or nobody needs it.</summary>
    internal static string? LoginsNotCounted(MainConfig config, IReadOnlyList<ServiceEntry> services) =>
        config.Get(Parameters.SmtpSaslAuthEnable) && !services.Any(static service => service is { Name: "logins", Command: "logins" })
            ? config.Refuse(Parameters.SmtpSaslAuthEnable, "master.toml has no service logins: a login that the server refuses is tried for each message; conf/master.toml has it").Message : null;

    /// <summary>Times that contradict one another, one line each.</summary>
    internal static IEnumerable<string> Contradictions(MainConfig config)
    {
        foreach ((Parameter<TimeSpan> shorter, Parameter<TimeSpan> longer, string effect) in ((Parameter<TimeSpan>, Parameter<TimeSpan>, string)[])
        [
            (Parameters.MinimalBackoffTime, Parameters.MaximalBackoffTime, "all attempts are that far apart"),
            (Parameters.MinimalBackoffTime, Parameters.MaximalQueueLifetime, "mail is returned after its first attempt"),
            (Parameters.DelayWarningTime, Parameters.MaximalQueueLifetime, "nobody is warned"),
        ])
        {
            if (config.Get(shorter) > config.Get(longer) && config.Get(longer) > TimeSpan.Zero)
                yield return config.Refuse(shorter, $"longer than {longer.Name}: {effect}").Message;
        }
        if (config.Get(Parameters.EventsEnable) && config.Get(Parameters.EventsKeepSize) < config.Get(Parameters.EventsSegmentSize))
            yield return config.Refuse(Parameters.EventsKeepSize, $"less than {Parameters.EventsSegmentSize.Name}: what is finished may go before anybody has read it").Message;
        if (config.Get(Parameters.SuppressionAutomatic) && !config.Get(Parameters.SuppressionEnable))
            yield return config.Refuse(Parameters.SuppressionAutomatic, $"has no meaning without {Parameters.SuppressionEnable.Name} = true").Message;
    }

    /// <summary>Words of hash_queue_names that are no queues, one line each.</summary>
    internal static IEnumerable<string> UnknownQueues(MainConfig config)
    {
        foreach (string name in config.Get(Parameters.HashQueueNames).Where(static name => !QueueDirectories.TryParse(name, out _)))
            yield return config.Refuse(Parameters.HashQueueNames, $"there is no queue \"{name}\"").Message;
    }

    /// <summary>Users who may do something, and whom this host does not know, one line each.</summary>
    internal static IEnumerable<string> UnknownUsers(MainConfig config)
    {
        foreach (Parameter<UserList> list in (Parameter<UserList>[])[Parameters.AuthorizedSubmitUsers, Parameters.AuthorizedMailqUsers, Parameters.AuthorizedFlushUsers])
        {
            foreach (string name in config.Get(list).Names.Where(static name => Users.ByName(name) is null))
                yield return config.Refuse(list, $"there is no user \"{name}\" on this host").Message;
        }
    }

    /// <summary>A queue on a file system that may lose mail with the power; null: it does not, as far as can be told. See docs/durability.md.</summary>
    internal static string? QueueWithoutJournal(MainConfig config)
    {
        string root = config.Get(Parameters.QueueDirectory);
        string? type = FileSystemType.Of(root) ?? FileSystemType.Of(Path.GetDirectoryName(root) ?? "/");
        return FileSystemType.KeepsNoOrder(type)
            ? $"queue_directory: {root} is on a file system without a journal ({type}): a loss of power can lose mail there" : null;
    }

    /// <summary>What is wrong with directories that exist already: one line each; empty when all is well.</summary>
    internal static IEnumerable<string> Problems(MainConfig config)
    {
        uint owner = Users.EffectiveUid == 0 ? MailOwner.Of(config).Uid : Users.EffectiveUid;
        foreach (string path in QueueDirectories.FromConfig(config).Private)
        {
            FileStatus? status = FileSystem.Status(path);
            if (status is null)
                continue; // made at the next start
            if (status.Value.Kind != FileKind.Directory)
                yield return $"{path}: not a directory";
            else if (status.Value.Uid != owner)
                yield return $"{path}: owned by user {status.Value.Uid}, not by {owner}";
            else if ((status.Value.Mode & 0x3F) != 0)
                yield return $"{path}: others have access, mode {Convert.ToString(status.Value.Mode, 8)}";
            else if ((status.Value.Mode & 0x1C0) != 0x1C0)
                yield return $"{path}: mode {Convert.ToString(status.Value.Mode, 8)}, not 700: its owner cannot work there";
        }
        string maildrop = QueueDirectories.FromConfig(config).DirectoryOf(QueueName.Maildrop);
        if (Users.EffectiveUid == 0 && FileSystem.Status(maildrop) is { Kind: FileKind.Directory } dropped && (dropped.Mode & 0x7DB) != 0x7DB && !IsAsPostfixLeftIt(config, dropped))
            yield return $"{maildrop}: mode {Convert.ToString(dropped.Mode, 8)}, not 3733: users cannot submit mail";
    }

    // 0730 or 01730, in a queue that this system never ran on: the next start gives it its mode.
    private static bool IsAsPostfixLeftIt(MainConfig config, FileStatus maildrop) => (maildrop.Mode & ~0x600) == 0x1D8
        && FileSystem.Status(Path.Join(config.Get(Parameters.QueueDirectory), QueueDirectories.Digest)) is null;
}
