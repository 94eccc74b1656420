using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Master;

/// <summary>The configuration of one instance, read and checked as a whole.</summary>
/// <param name="Config">main.toml.</param>
/// <param name="Settings">What it says to master.</param>
/// <param name="Services">master.toml.</param>
/// <param name="Warnings">What is odd in it, but stops nothing; one line each.</param>
internal sealed record Instance(MainConfig Config, MasterSettings Settings, IReadOnlyList<ServiceEntry> Services, IReadOnlyList<string> Warnings)
{
    /// <summary>Reads both files; has each program say whether it would start.</summary>
    /// <param name="directory">The configuration directory.</param>
    /// <exception cref="ConfigurationException">All that is wrong.</exception>
    internal static Instance Read(string directory)
    {
        MainConfig config = MainConfig.Load(directory);
        ProblemList problems = new();
        List<string> warnings = [];
        MasterConfig? master = null;
        MasterSettings? settings = null;
        problems.Try(() => warnings.AddRange(config.Validate()));
        problems.Try(() => master = MasterConfig.Load(directory, config));
        problems.Try(() => settings = MasterSettings.Read(config));
        problems.ThrowIfAny();

        problems.Try(() => SystemCheck.Require(config, settings!, master!.Services));
        problems.ThrowIfAny();
        if (SystemCheck.MadeUpName(config) is { } made)
            warnings.Add(made);
        if (SystemCheck.LoginsNotCounted(config, master!.Services) is { } logins)
            warnings.Add(logins);
        warnings.AddRange(SystemCheck.Contradictions(config));
        warnings.AddRange(SystemCheck.UnknownUsers(config));
        warnings.AddRange(SystemCheck.UnknownQueues(config));
        if (SystemCheck.QueueWithoutJournal(config) is { } queue)
            warnings.Add(queue);
        warnings.AddRange(SystemCheck.Problems(config));
        warnings.AddRange(config.WithoutService(master!.Services.Select(service => service.Name)));
        warnings.AddRange(ProgramChecks.Run(directory, settings!, master.Services));
        return new Instance(config, settings!, master.Services, [.. warnings.Distinct()]);
    }

    /// <summary>Says the warnings on standard error.</summary>
    internal void Tell()
    {
        foreach (string warning in Warnings)
            StandardStreams.WriteError($"master: warning: {warning}\n");
    }
}
