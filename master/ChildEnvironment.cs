using System.Collections;

namespace PostfixNet.Master;

/// <summary>The environment of the services: little, and nothing that an operator's shell happened to contain.</summary>
internal static class ChildEnvironment
{
    // Where .NET is, for programs that are not native; no debugger's pipes in /tmp, whose names would outlive a killed process.
    // The collector's first generation, hexadecimal: else it is as large as the processor's cache, in every process. With 128 KB a drain
    // is quicker and takes less memory than with 512 KB; with 32 KB it is slower.
    private static readonly string[] s_runtime = ["DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64"];

    // Where systemd has put secrets for this system (systemd.exec(5), LoadCredential=).
    private const string Credentials = "CREDENTIALS_DIRECTORY";
    private static readonly string[] s_fixed = ["DOTNET_EnableDiagnostics=0", "DOTNET_LTTng=0", "DOTNET_GCgen0size=20000", "PATH=/usr/bin:/bin"];

    /// <summary>For a service.</summary>
    /// <param name="items">import_environment: names, or NAME=value.</param>
    internal static List<string> Of(IReadOnlyList<string> items)
    {
        List<string> result = [.. s_fixed];
        foreach (string name in s_runtime)
            Copy(name, result);
        Copy(Credentials, result);
        foreach (string item in items)
        {
            if (item.Contains('=', StringComparison.Ordinal))
                result.Add(item);
            else
                Copy(item, result);
        }
        return result;
    }

    /// <summary>For one service.</summary>
    /// <param name="general">What all services get.</param>
    /// <param name="own">What it gets besides, or in their place: the C library goes by the first of a name.</param>
    internal static IReadOnlyList<string> With(IReadOnlyList<string> general, IReadOnlyList<string> own) => own.Count == 0 ? general : [.. own, .. general];

    /// <summary>All of ours, for the daemon: it still has to choose from it.</summary>
    internal static IEnumerable<string> Inherited()
    {
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if ((string)entry.Key is not ("DOTNET_EnableDiagnostics" or "DOTNET_LTTng"))
                yield return $"{entry.Key}={entry.Value}";
        }
        yield return s_fixed[0];
        yield return s_fixed[1];
    }

    private static void Copy(string name, List<string> result)
    {
        if (Environment.GetEnvironmentVariable(name) is { } value)
            result.Add($"{name}={value}");
    }
}
