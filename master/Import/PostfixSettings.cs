using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>What Postfix's parameters are: main.cf over the defaults of its compatibility level, or those of one service.</summary>
internal sealed class PostfixSettings
{
    private readonly MainCf _main;
    private readonly MasterCfEntry? _service;
    private readonly string _directory;

    /// <param name="directory">Where main.cf is: $config_directory.</param>
    internal PostfixSettings(MainCf main, string directory, MasterCfEntry? service = null) => (_main, _directory, _service) = (main, directory, service);

    /// <summary>Those of a service, which may have values of its own.</summary>
    internal PostfixSettings For(MasterCfEntry service) => new(_main, _directory, service);

    /// <summary>The value of a parameter, expanded.</summary>
    /// <exception cref="FormatException">It cannot be expanded.</exception>
    internal string Value(string name) => Written(name) is { } text ? Expand(text) : "";

    /// <summary>The words of a value.</summary>
    /// <inheritdoc cref="Value"/>
    internal IReadOnlyList<string> Words(string name) => MainConfig.Words(Value(name));

    /// <summary>A value says yes.</summary>
    internal bool Flag(string name) => Value(name).Equals("yes", StringComparison.OrdinalIgnoreCase);

    /// <summary>Text, expanded.</summary>
    /// <exception cref="FormatException">It cannot be.</exception>
    internal string Expand(string text) => new Expander(Written).Expand(text);

    /// <summary>Defaults are those of a level before this one.</summary>
    internal bool IsBefore(string level) => Expansion.Level(Value("compatibility_level")) < Expansion.Level(level);

    /// <summary>main.cf, or the service, gives it.</summary>
    internal bool IsGiven(string name) => _service?.Option(name) is not null || _main.Find(name) is not null;

    /// <summary>The value as it is written, or the default; null: there is no such parameter.</summary>
    internal string? Written(string name)
    {
        if (_service?.Option(name) is { } own)
            return own;
        if (_main.Find(name) is { } entry)
            return entry.Value;
        return name switch
        {
            "config_directory" => _directory,
            "myhostname" => PostfixDefaults.MyHostname(_main.Find("mydomain") is not null),
            "mydomain" => DomainOf(Value("myhostname")),
            "mynetworks" => PostfixDefaults.MyNetworks(Value("mynetworks_style"), Words("inet_interfaces")),
            "service_name" => _service?.Name ?? "",
            "process_name" => _service?.Command ?? "",
            _ => PostfixDefaults.Of(name),
        };
    }

    private static string DomainOf(string host) => host.IndexOf('.', StringComparison.Ordinal) is >= 0 and int dot ? host[(dot + 1)..] : "localdomain";
}
