using CommandLine;

namespace PostfixNet.Commands;

/// <summary>What a command line asks for; the classes below it add verbs and options.</summary>
public abstract class Command
{
    /// <summary>--config, at most once.</summary>
    [Option('c', "config", Max = 1, MetaValue = "DIRECTORY", HelpText = "Configuration directory.")]
    public IEnumerable<string> Config { get; set; } = [];

    /// <summary>Words that the command has no use for; the library would pass over them.</summary>
    [Value(99, Hidden = true)]
    public IEnumerable<string> Surplus { get; set; } = [];

    /// <summary>The configuration directory that was named; null: none was.</summary>
    public string? ConfigDirectory => Config.FirstOrDefault();
}
