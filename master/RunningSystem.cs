using System.Text.RegularExpressions;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Master;

/// <summary>What must be known of a system to end it, also when its main.toml has been broken since it started.</summary>
/// <param name="Queue">queue_directory: its master's pid is there.</param>
/// <param name="StopLimit">How long its master lets services finish.</param>
internal sealed partial record RunningSystem(string Queue, TimeSpan StopLimit)
{
    // Longer than any drain time that holds.
    private static readonly TimeSpan s_unknownLimit = TimeSpan.FromSeconds(10);

    /// <summary>Reads it; what is wrong elsewhere in main.toml is told as a warning.</summary>
    /// <exception cref="ConfigurationException">Which queue directory it is cannot be known.</exception>
    internal static RunningSystem Of(string directory)
    {
        MainConfig config;
        try
        {
            config = MainConfig.Load(directory);
        }
        catch (ConfigurationException e) when (QueueLine(Path.Join(directory, "main.toml")) is { } line)
        {
            Warn(e);
            config = MainConfig.FromText(line, Path.Join(directory, "main.toml"));
        }
        string queue = config.Get(Parameters.QueueDirectory);
        try
        {
            return new RunningSystem(queue, MasterSettings.StopLimitOf(config));
        }
        catch (ConfigurationException e)
        {
            Warn(e);
            return new RunningSystem(queue, s_unknownLimit);
        }
    }

    private static void Warn(ConfigurationException e)
    {
        foreach (string problem in e.Problems)
            StandardStreams.WriteError($"master: warning: {problem}\n");
    }

    // Of a file that is no TOML, the line that counts here; empty: it has none, so the default holds; null: that is not certain.
    private static string? QueueLine(string path)
    {
        try
        {
            string[] lines = [.. File.ReadLines(path).Where(static line => line.Contains("queue_directory", StringComparison.Ordinal) && !line.TrimStart().StartsWith('#'))];
            return lines is [] ? "" : lines is [var only] && Plain().IsMatch(only) ? only : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex("""^\s*queue_directory\s*=\s*("[^"$\\]*"|'[^'$]*')\s*(#.*)?$""")]
    private static partial Regex Plain();
}
