using System.Globalization;
using System.Text;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>All parameters of an instance as <see cref="Setting"/>s: what postconf and "master config" show.</summary>
public sealed class SettingList
{
    private const string Hidden = "(not shown)";
    private readonly MainConfig _config;
    private readonly TomlTable _root;
    private readonly MainConfig _defaults;

    internal SettingList(MainConfig config, TomlTable root)
    {
        (_config, _root) = (config, root);
        _defaults = MainConfig.FromText("", config.Path);
    }

    /// <summary>All that is known or given, Postfix's that are not built too, by name.</summary>
    public IEnumerable<Setting> All() => Parameters.All.Select(static parameter => parameter.Name)
        .Concat(UnsupportedParameters.All.Select(static parameter => parameter.Name)).Concat(_root.Entries.Select(static entry => entry.Key))
        .Where(static name => name != DestinationRules.TableName).Distinct().Order(StringComparer.Ordinal).Select(Find).OfType<Setting>();

    /// <summary>One parameter; null: there is none of that name, and none is given.</summary>
    public Setting? Find(string name)
    {
        TomlEntry? entry = _root.TryGet(name, out TomlEntry? found) && name != DestinationRules.TableName ? found : null;
        Parameter? parameter = KnownNames.ParameterFor(name);
        UnsupportedParameter? unsupported = parameter is null ? UnsupportedParameters.Find(name) : null;
        if (parameter is null && unsupported is null && entry is null)
            return null;
        string standard = parameter is not null ? DefaultOf(name, parameter) : unsupported?.Defaults[0] ?? "";
        bool isSecret = parameter == Parameters.SmtpSaslPasswordMaps;
        string written = entry is not null ? TextOf(entry.Value, isSecret)
            : parameter is { DefaultText: null } ? _config.Texts.Of(parameter.Name) // found out, and may follow what main.toml gives
            : standard;
        bool isChanged = entry is not null && (parameter is null || entry.Value is TomlTable || !ValueText.IsSame(Expand(written), Expand(standard)));
        return new Setting(name, KindOf(parameter, entry), written, standard, entry is null ? null : PlaceOf(entry), isChanged, parameter is not null)
        { Base = parameter?.Name };
    }

    /// <summary>main.toml, as messages name it.</summary>
    public string File => _config.Path;

    /// <summary>A name that neither this system nor Postfix knows.</summary>
    public static bool IsMadeUp(Setting setting) => setting.Base is null && UnsupportedParameters.Find(setting.Name) is null;

    /// <summary>A made up name that no other value refers to: perhaps a slip of the pen.</summary>
    public bool IsUnused(Setting setting) => IsMadeUp(setting) && _root.TryGet(setting.Name, out TomlEntry? entry) && KnownNames.UnknownKey(_root, entry) is not null;

    /// <summary>The names that are nearest to one that is unknown, for a message: <c>; did you mean "NAME"?</c>, or nothing.</summary>
    public static string Suggestion(string name) => KnownNames.Suggestion(name);

    /// <summary>A value with $name expanded; as it is where that cannot be done.</summary>
    public string Expand(string written) => Expand(_config, written);

    /// <summary>The same, as if main.toml were empty.</summary>
    public string ExpandDefault(string written) => Expand(_defaults, written);

    /// <summary>The tables [destination."NAME"], and what they say.</summary>
    public IEnumerable<(string Name, string Text)> Destinations() => _config.Destinations.All.Select(static rule => (rule.Name, rule.Describe()));

    /// <summary>Words of a list.</summary>
    public static IReadOnlyList<string> Words(string text) => MainConfig.Words(text);

    private static string Expand(MainConfig config, string written)
    {
        try
        {
            return written.Contains('$', StringComparison.Ordinal) ? config.Expand("", written, null) : written;
        }
        catch (ConfigurationException)
        {
            return written;
        }
    }

    // One of a transport follows that for all.
    private string DefaultOf(string name, Parameter parameter) => parameter.Name != name ? $"${parameter.Name}"
        : parameter == Parameters.ConfigDirectory ? _config.Directory
        : parameter.DefaultText ?? _defaults.Texts.Of(name);

    private string PlaceOf(TomlEntry entry) => entry.Line == 0 ? $"{_config.Path}: -o"
        : string.Create(CultureInfo.InvariantCulture, $"{_config.Path}:{entry.Value.Line}:{entry.Value.Column}");

    private static SettingKind KindOf(Parameter? parameter, TomlEntry? entry) => parameter switch
    {
        Parameter<bool> => SettingKind.Flag,
        Parameter<int> or Parameter<long> => SettingKind.Number,
        Parameter<TimeSpan> => SettingKind.Time,
        Parameter<LookupTable> => SettingKind.Table,
        Parameter<IReadOnlyList<string>> or Parameter<MatchList> => SettingKind.List,
        null when entry is { Value: TomlTable } => SettingKind.Table,
        _ => SettingKind.Text,
    };

    private string TextOf(TomlNode node, bool isSecret) => node switch
    {
        TomlTable table => Inline(table, isSecret),
        TomlArray array => string.Join(", ", array.Items.Select(item => TextOf(item, isSecret))),
        TomlString text when isSecret && !IsOfFiles(text.Value) => Hidden,
        TomlString text => string.Join(' ', text.Value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        _ => _config.Texts.TextOf("", node),
    };

    // Of files the path is shown; what stands in the parameter itself is the secret.
    private static bool IsOfFiles(string text) => MainConfig.Words(text).All(static word =>
        word.Contains(":/", StringComparison.Ordinal) && !word.Contains('{', StringComparison.Ordinal) && !word.StartsWith("static:", StringComparison.Ordinal));

    // Postfix's own form of a table within a value.
    private string Inline(TomlTable table, bool isSecret)
    {
        StringBuilder text = new("inline:{");
        foreach (TomlEntry entry in table.Entries)
        {
            if (text[^1] != '{')
                text.Append(',');
            text.Append(" { ").Append(entry.Key).Append(" = ").Append(isSecret ? Hidden : TextOf(entry.Value, isSecret)).Append(" }");
        }
        return text.Append(" }").ToString();
    }
}
