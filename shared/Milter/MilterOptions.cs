using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Milter;

/// <summary>One milter, as smtpd_milters and non_smtpd_milters name it: "inet:host:port", or "{ inet:host:port, command_timeout = 10s, ... }".</summary>
/// <param name="Name">In log lines.</param>
/// <param name="Endpoint">Where it listens.</param>
public sealed record MilterOptions(string Name, MilterEndpoint Endpoint)
{
    /// <summary>milter_connect_timeout.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>milter_command_timeout.</summary>
    public required TimeSpan CommandTimeout { get; init; }

    /// <summary>milter_content_timeout.</summary>
    public required TimeSpan ContentTimeout { get; init; }

    /// <summary>milter_default_action.</summary>
    public required string DefaultAction { get; init; }

    /// <summary>The version of milter_protocol.</summary>
    internal uint Version { get; init; } = 6;

    /// <summary>What of the protocol is offered.</summary>
    internal MilterProtocol Offered { get; init; } = MilterProtocol.Version6;
}

/// <summary>What main.toml says about milters, but which.</summary>
/// <remarks>
/// CONFIGURATION
/// milter_command_timeout, milter_connect_macros, milter_connect_timeout, milter_content_timeout, milter_data_macros, milter_default_action,
/// milter_end_of_data_macros, milter_end_of_header_macros, milter_helo_macros, milter_macro_daemon_name, milter_macro_defaults,
/// milter_macro_v, milter_mail_macros, milter_protocol, milter_rcpt_macros, milter_unknown_command_macros, soft_bounce.
/// </remarks>
public sealed class MilterSettings
{
    private readonly MilterOptions _usual;

    private MilterSettings(MilterOptions usual) => _usual = usual;

    /// <summary>Macros by stage.</summary>
    public required MilterMacros Macros { get; init; }

    /// <summary>milter_macro_daemon_name.</summary>
    public required string DaemonName { get; init; }

    /// <summary>milter_macro_v.</summary>
    public required string Version { get; init; }

    /// <summary>soft_bounce.</summary>
    public required bool IsSoft { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static MilterSettings Read(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (Protocol(config.Get(Parameters.MilterProtocol)) is not { } protocol)
            throw config.Refuse(Parameters.MilterProtocol, "must have one version; give \"6\", or \"6 no_header_reply\"");
        return new MilterSettings(new MilterOptions("", new MilterEndpoint(null, "", 0))
        {
            ConnectTimeout = config.Get(Parameters.MilterConnectTimeout),
            CommandTimeout = config.Get(Parameters.MilterCommandTimeout),
            ContentTimeout = config.Get(Parameters.MilterContentTimeout),
            DefaultAction = config.Get(Parameters.MilterDefaultAction),
            Version = protocol.Version,
            Offered = protocol.Offered,
        })
        {
            // By number of the stage.
            Macros = new MilterMacros(
            [
                config.Get(Parameters.MilterConnectMacros), config.Get(Parameters.MilterHeloMacros), config.Get(Parameters.MilterMailMacros), config.Get(Parameters.MilterRcptMacros),
                config.Get(Parameters.MilterDataMacros), config.Get(Parameters.MilterEndOfDataMacros), config.Get(Parameters.MilterEndOfHeaderMacros), config.Get(Parameters.MilterUnknownCommandMacros),
            ], Defaults(config)),
            DaemonName = config.Get(Parameters.MilterMacroDaemonName),
            Version = config.Get(Parameters.MilterMacroV),
            IsSoft = config.Get(Parameters.SoftBounce),
        };
    }

    /// <summary>The milters that a parameter names.</summary>
    /// <exception cref="ConfigurationException">One is not understood.</exception>
    public IReadOnlyList<MilterOptions> List(MainConfig config, Parameter<IReadOnlyList<string>> parameter)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Parse(config.Get(parameter), out string problem) ?? throw config.Refuse(parameter, problem);
    }

    /// <summary>Those of an entry in a table.</summary>
    /// <param name="text">As in smtpd_milters; "DISABLE": none.</param>
    /// <param name="problem">What is wrong when there is no result.</param>
    public IReadOnlyList<MilterOptions>? Parse(string text, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        problem = "";
        return text.Trim().Equals("DISABLE", StringComparison.OrdinalIgnoreCase) ? [] : Parse(MainConfig.Words(text), out problem);
    }

    private List<MilterOptions>? Parse(IReadOnlyList<string> words, out string problem)
    {
        List<MilterOptions> milters = [];
        if (words.Count > Descriptor.MostPassed)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"{words.Count} milters are too many; give {Descriptor.MostPassed} at most");
            return null;
        }
        foreach (string word in words)
        {
            IReadOnlyList<string> parts = word is ['{', .., '}'] ? MainConfig.Settings(word) : [word];
            if (parts.Count == 0 || MilterEndpoint.Parse(parts[0]) is not { } endpoint)
            {
                problem = $"\"{(parts.Count == 0 ? word : parts[0])}\" is no milter; give \"inet:host:port\", \"unix:path\", or \"{{ inet:host:port, default_action = accept }}\"";
                return null;
            }
            MilterOptions milter = _usual with { Name = parts[0], Endpoint = endpoint };
            foreach (string setting in parts.Skip(1))
            {
                if (With(milter, setting) is not { } changed)
                {
                    problem = $"\"{setting}\" of the milter {parts[0]} is not understood; give one of connect_timeout, command_timeout, content_timeout, protocol, default_action, with \"=\" and a value";
                    return null;
                }
                milter = changed;
            }
            milters.Add(milter);
        }
        problem = "";
        return milters;
    }

    private static MilterOptions? With(MilterOptions milter, string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? "" : setting[..equals].Trim(), value = equals < 0 ? "" : setting[(equals + 1)..].Trim();
        TimeSpan? time = MainConfig.Time(value);
        return name switch
        {
            "connect_timeout" when time > TimeSpan.Zero => milter with { ConnectTimeout = time.Value },
            "command_timeout" when time > TimeSpan.Zero => milter with { CommandTimeout = time.Value },
            "content_timeout" when time > TimeSpan.Zero => milter with { ContentTimeout = time.Value },
            "default_action" when MilterFailure.Actions.Split(' ').Contains(value) => milter with { DefaultAction = value },
            "protocol" when Protocol(MainConfig.Words(value)) is { } protocol => milter with { Version = protocol.Version, Offered = protocol.Offered },
            _ => null,
        };
    }

    private static (uint Version, MilterProtocol Offered)? Protocol(IReadOnlyList<string> words)
    {
        uint version = 0;
        MilterProtocol offered = MilterProtocol.None;
        foreach (string word in words)
        {
            if (word.Equals("no_header_reply", StringComparison.OrdinalIgnoreCase))
            {
                offered |= MilterProtocol.SilentHeader;
                continue;
            }
            if (version != 0 || word is not ("2" or "3" or "4" or "6"))
                return null;
            version = uint.Parse(word, CultureInfo.InvariantCulture);
            offered |= MilterWords.Of(version);
        }
        return version == 0 ? null : (version, offered);
    }

    private static Dictionary<string, string> Defaults(MainConfig config)
    {
        Dictionary<string, string> defaults = new(StringComparer.Ordinal);
        foreach (string word in config.Get(Parameters.MilterMacroDefaults))
        {
            string pair = word is ['{', .., '}'] && word.IndexOf('}', StringComparison.Ordinal) == word.Length - 1 ? word[1..^1] : word;
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : MilterMacros.Bare(pair[..equals].Trim());
            if (name.Length == 0)
                throw config.Refuse(Parameters.MilterMacroDefaults, $"\"{word}\" is not understood; give \"name=value\" or \"{{ name = value }}\"");
            if (!defaults.TryAdd(name, pair[(equals + 1)..].Trim()))
                config.Remark(Parameters.MilterMacroDefaults, $"{name} is given twice; the first one holds");
        }
        return defaults;
    }
}
