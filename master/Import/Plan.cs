namespace PostfixNet.Master.Import;

/// <summary>A parameter that main.toml is to have.</summary>
/// <param name="name">Its name.</param>
/// <param name="written">As in main.cf, with its $names.</param>
/// <param name="expanded">What it means there.</param>
/// <param name="finding">The line that it comes from.</param>
internal sealed class PlannedParameter(string name, string written, string expanded, Finding finding)
{
    internal string Name { get; } = name;

    internal string Written { get; } = written;

    /// <summary>May have <see cref="Plan.Target"/> in it.</summary>
    internal string Expanded { get; private set; } = expanded;

    internal Finding Finding { get; } = finding;

    /// <summary>Its $names would mean something else here, so what they stand for is written.</summary>
    internal bool IsLiteral { get; private set; }

    /// <summary>A "$" in it stands for itself.</summary>
    internal bool IsSecret { get; init; }

    /// <summary>Another value than the one in main.cf.</summary>
    internal void Change(string text) => (Expanded, IsLiteral) = (text, true);

    internal void WriteExpanded() => IsLiteral = true;
}

/// <summary>A service that master.toml is to have.</summary>
/// <param name="Name">Its name here.</param>
/// <param name="Command">The program.</param>
/// <param name="Finding">The line that it comes from.</param>
internal sealed record PlannedService(string Name, string Command, Finding Finding)
{
    /// <summary>Where it takes connections; null: it has a Unix-domain socket.</summary>
    internal string? Listen { get; init; }

    internal bool IsPublic { get; init; }

    internal string Wakeup { get; init; } = "";

    internal int? Limit { get; init; }

    /// <summary>Parameters of its own: the value as written, or null, and expanded.</summary>
    internal List<PlannedParameter> Options { get; init; } = [];

    internal IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>A table that is written beside main.toml.</summary>
/// <param name="Name">File name.</param>
/// <param name="Mode">Permission bits.</param>
internal sealed record PlannedFile(string Name, byte[] Content, int Mode, uint Uid, uint Gid);

/// <summary>What is to be written, and what there is to tell of it.</summary>
internal sealed class Plan
{
    /// <summary>Stands for the directory that main.toml will be in.</summary>
    internal const string Target = "\u0001";

    internal List<PlannedParameter> Parameters { get; } = [];

    internal List<PlannedService> Services { get; } = [];

    internal List<PlannedFile> Files { get; } = [];

    internal List<Finding> Findings { get; } = [];

    /// <summary>What is to be known besides.</summary>
    internal List<string> Notes { get; } = [];

    /// <summary>Mail would be treated otherwise.</summary>
    internal bool Decides => Findings.Exists(static finding => finding.Decides);

    internal PlannedParameter? Find(string name) => Parameters.Find(parameter => parameter.Name == name);

    /// <summary>Has a parameter that no line of main.cf gives: Postfix's default is another one than ours.</summary>
    internal void AddDefault(string name, string text, string why, Finding? finding = null)
    {
        Parameters.RemoveAll(parameter => parameter.Name == name);
        PlannedParameter parameter = new(name, text, text, finding ?? new Finding("main.cf", 0, name));
        Parameters.Add(parameter);
        parameter.WriteExpanded();
        Notes.Add($"{name} = {text.Replace(Target, "$config_directory", StringComparison.Ordinal)}: {why}");
    }
}
