using PostfixNet.Configuration;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master.Import;

/// <param name="Source">Where main.cf and master.cf are.</param>
/// <param name="Target">Where main.toml and master.toml are to be.</param>
/// <param name="Queue">queue_directory; null: that of Postfix.</param>
/// <param name="AcceptsLosses">It is written also when mail would be treated otherwise.</param>
/// <param name="CopiesTables">Tables are copied beside main.toml.</param>
internal sealed record ImportOptions(string Source, string Target, string? Queue, bool AcceptsLosses, bool CopiesTables, bool IsDryRun, bool IsJson);

/// <summary>The command import: a configuration of Postfix becomes main.toml and master.toml.</summary>
internal static class Importer
{
    /// <summary>Nothing was written, because mail would be treated otherwise.</summary>
    private const int Refused = 1;

    // One mistake spoils all values that refer to it.
    private const int MostProblems = 10;

    /// <returns>Exit status.</returns>
    internal static int Run(ImportOptions options)
    {
        if (!options.IsDryRun && TargetDirectory.Problem(options.Target) is { } problem)
            return Caller.Fail(problem, ExitStatus.Configuration);
        Plan plan = Make(options, trial: true);
        bool isWritten = !options.IsDryRun && (!plan.Decides || options.AcceptsLosses);
        if (isWritten)
        {
            Meanings.Settle(plan, options.Target);
            TargetDirectory.Write(plan, options.Target, options.Source);
        }
        Report report = new(plan, options.Source, options.Target, isWritten ? "written" : options.IsDryRun ? "dry run" : "not written");
        if (!StandardStreams.TryWriteOutput(options.IsJson ? report.ToJson() : report.ToText()))
            throw SystemCallException.Last("write standard output");
        return plan.Decides && !options.AcceptsLosses ? Refused : ExitStatus.Ok;
    }

    /// <summary>What would be written.</summary>
    /// <param name="trial">The programs are asked whether they take it.</param>
    /// <exception cref="ConfigurationException">main.cf or master.cf cannot be understood.</exception>
    internal static Plan Make(ImportOptions options, bool trial)
    {
        string mainPath = $"{options.Source}/main.cf", masterPath = $"{options.Source}/master.cf";
        MainCf main = MainCf.Read(Lines(mainPath), mainPath);
        IReadOnlyList<MasterCfEntry> services = MasterCf.Read(Lines(masterPath), masterPath);
        PostfixSettings settings = new(main, options.Source);
        RequireExpandable(main, services, settings, mainPath, masterPath);

        Plan plan = new();
        Ways ways = new(settings, services);
        MailboxRules mailboxes = new(settings);
        new ServiceRules(plan, settings, ways).Run(services, mailboxes);
        new ParameterRules(plan, settings).Run(main, services, mailboxes);
        new DefaultRules(plan, settings).Run(mailboxes, options.Queue);
        new InterfaceRules(plan).Run();
        PolicyRules.Run(plan, services);
        new SocketRules(plan, settings, services).Run(options.Queue is not null);
        new TransportRules(plan, ways).Run();
        TableRules tables = new(plan, ways, options.CopiesTables);
        foreach (PlannedParameter parameter in plan.Parameters.Concat(plan.Services.SelectMany(static service => service.Options)).ToArray())
            tables.Examine(parameter);
        if (trial)
            new Trial(plan, options.Source).Run();
        return plan;
    }

    private static IReadOnlyList<PostfixLine> Lines(string path)
    {
        try
        {
            return PostfixLines.Read(path);
        }
        catch (SystemCallException e) when (!e.IsForbidden)
        {
            throw new ConfigurationException(path, $"cannot be read: {e.Reason}");
        }
    }

    // Every value, so that what cannot be understood is told with its place.
    private static void RequireExpandable(MainCf main, IReadOnlyList<MasterCfEntry> services, PostfixSettings settings, string mainPath, string masterPath)
    {
        ProblemList problems = new();
        int wrong = 0;
        Try(mainPath, main.Find("compatibility_level")?.Line ?? 1, "compatibility_level", () => settings.IsBefore("1"));
        problems.ThrowIfAny();
        foreach (MainCfEntry entry in main.Entries)
            Try(mainPath, entry.Line, entry.Name, () => settings.Expand(entry.Value).Length > 0);
        foreach (MasterCfEntry service in services)
        {
            foreach ((string name, string value) in service.Options)
                Try(masterPath, service.Line, $"-o {name}", () => settings.For(service).Expand(value).Length > 0);
        }
        problems.ThrowIfAny();

        void Try(string path, int line, string name, Func<bool> look)
        {
            if (wrong == MostProblems)
                return;
            problems.Try(() =>
            {
                try
                {
                    _ = look();
                }
                catch (FormatException e)
                {
                    wrong++;
                    throw new ConfigurationException(path, line, 1, $"{name}: {e.Message}");
                }
            });
        }
    }
}
