using System.Globalization;
using System.Text;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>All parameters of an instance as <see cref="Setting"/>s: what postconf and "master config" show.</summary>
public sealed class SettingList
{
    private const string Hidden = "(not shown)";
    private const int DeepestReference = 100;
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
        .Where(static name => !IsOfTables(name)).Distinct().Order(StringComparer.Ordinal).Select(Find).OfType<Setting>();

    /// <summary>One parameter; null: there is none of that name, and none is given.</summary>
    public Setting? Find(string name)
    {
        TomlEntry? entry = _root.TryGet(name, out TomlEntry? found) && !IsOfTables(name) ? found : null;
        Parameter? parameter = KnownNames.ParameterFor(name);
        UnsupportedParameter? unsupported = parameter is null ? UnsupportedParameters.Find(name) : null;
        if (parameter is null && unsupported is null && entry is null)
            return null;
        string standard = parameter is not null ? DefaultOf(name, parameter) : unsupported?.Defaults[0] ?? "";
        string written = WrittenOf(name)!;
        bool isChanged = entry is not null && (parameter is null || entry.Value is TomlTable || !IsSame(written, standard));
        return new Setting(name, KindOf(parameter, entry), written, standard, entry is null ? null : PlaceOf(entry), isChanged, parameter is not null)
        { Base = parameter?.Name };
    }

    /// <summary>Names whose values in main.toml are not what they were, by name; tables of destinations are "destination", those of keys "dkim".</summary>
    public IEnumerable<string> ChangesSince(SettingList before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return _root.Entries.Concat(before._root.Entries).Select(static entry => entry.Key).Distinct()
            .Where(name => Compared(_root, name) != Compared(before._root, name)).Order(StringComparer.Ordinal);
    }

    // With its passwords, so for comparison only; what is not given is null.
    private string? Compared(TomlTable root, string name) => root.TryGet(name, out TomlEntry? entry) ? Whole(entry.Value) : null;

    private string Whole(TomlNode node) => node switch
    {
        TomlTable table => $"{{{string.Join('\n', table.Entries.Select(entry => $"{entry.Key}={Whole(entry.Value)}"))}}}",
        TomlArray array => $"[{string.Join('\n', array.Items.Select(Whole))}]",
        _ => _config.Texts.TextOf("", node),
    };

    /// <summary>main.toml, as messages name it.</summary>
    public string File => _config.Path;

    /// <summary>A name that neither this system nor Postfix knows.</summary>
    public static bool IsMadeUp(Setting setting) => setting.Base is null && UnsupportedParameters.Find(setting.Name) is null;

    /// <summary>A made up name that no other value refers to: perhaps a slip of the pen.</summary>
    public bool IsUnused(Setting setting) => IsMadeUp(setting) && _root.TryGet(setting.Name, out TomlEntry? entry) && KnownNames.UnknownKey(_root, entry) is not null;

    /// <summary>The names that are nearest to one that is unknown, for a message: <c>; did you mean "NAME"?</c>, or nothing.</summary>
    public static string Suggestion(string name) => KnownNames.Suggestion(name);

    /// <summary>A value with $name expanded, where a password would not be shown; as it is where that cannot be done.</summary>
    public string Expand(string written)
    {
        try
        {
            return Expand(written, 0);
        }
        catch (Exception e) when (e is FormatException or ConfigurationException)
        {
            return written;
        }
    }

    /// <summary>The same, as if main.toml were empty.</summary>
    public string ExpandDefault(string written) => _defaults.AllSettings().Expand(written);

    // As written, else the default.
    private string? WrittenOf(string name)
    {
        Parameter? parameter = KnownNames.ParameterFor(name);
        return _root.TryGet(name, out TomlEntry? entry) && !IsOfTables(name) ? TextOf(entry.Value, isSecret: parameter == Parameters.SmtpSaslPasswordMaps)
            : parameter is { DefaultText: null } ? _config.Texts.Of(parameter.Name) // found out, and may follow what main.toml gives
            : parameter is not null ? DefaultOf(name, parameter)
            : UnsupportedParameters.Find(name)?.Defaults[0];
    }

    // Not by way of the configuration, which knows the passwords.
    private string Expand(string written, int depth) => depth > DeepestReference ? throw new FormatException("a value refers to itself")
        : Expansion.Expand(written, name => WrittenOf(name) is { } text ? Expand(text, depth + 1) : throw new FormatException($"${name} is not defined"));

    /// <summary>The tables [destination."NAME"], with what "*" says for all.</summary>
    public IEnumerable<DestinationRule> Destinations() => _config.Destinations.All;

    /// <summary>The tables [dkim."DOMAIN"], and what they say.</summary>
    public IEnumerable<(string Name, string Text)> Signing() => _config.Dkim.All.Select(static rule => (rule.Domain, rule.Describe()));

    /// <summary>The tables [oauth."NAME"], and what they say.</summary>
    public IEnumerable<(string Name, string Text)> Tokens() => _config.OAuth.Values.Select(static rule => (rule.Name, rule.Describe()));

    /// <summary>The tables [webhook."NAME"], and what they say.</summary>
    public IEnumerable<(string Name, string Text)> Webhooks() => _config.Webhooks.Select(static rule => (rule.Name, rule.Describe()));

    // Keys under which there are tables of settings, not a value.
    private static bool IsOfTables(string name) => name is DestinationRules.TableName or DkimRules.TableName or OAuthRule.TableName or WebhookRule.TableName;

    /// <summary>Words of a list.</summary>
    public static IReadOnlyList<string> Words(string text) => MainConfig.Words(text);

    private bool IsSame(string one, string other) => ValueText.IsSame(one, other) || ValueText.IsSame(Expand(one), Expand(other));

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
