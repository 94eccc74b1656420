using System.Text;
using PostfixNet.Tables;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>The parameters of one instance: main.toml over the built-in defaults.</summary>
/// <remarks>Loading parses the file and no more. Each parameter is expanded and checked when it is first asked for, so that a
/// short-lived program pays for what it uses; <see cref="Validate"/> checks the rest before a system starts.
/// For use by one thread at a time.</remarks>
public sealed class MainConfig
{
    private const string FileName = "main.toml";
    private const string DefaultDirectory = "/etc/postfix.net";

    private readonly TomlTable _root;
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly List<LookupTable> _tables = [];
    private readonly List<string> _remarks = [];
    private DestinationRules? _destinations;
    private DkimRules? _dkim;
    private IReadOnlyDictionary<string, OAuthRule>? _oauth;
    private IReadOnlyList<WebhookRule>? _webhooks;
    private string _overriding = "";
    private IReadOnlyList<string> _overridden = [];

    private MainConfig(string directory, string path, TomlTable root)
    {
        (Directory, Path, _root) = (directory, path, root);
        Texts = new ParameterTexts(this, root);
    }

    /// <summary>The configuration directory.</summary>
    public string Directory { get; }

    /// <summary>The main.toml file, as messages name it.</summary>
    internal string Path { get; }

    internal ParameterTexts Texts { get; }

    /// <summary>Parameters and names that were asked for so far.</summary>
    internal IReadOnlyCollection<string> Asked => _values.Keys;

    /// <summary>What programs noticed while they read, and that stops nothing: one line each.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>The tables [destination."NAME"].</summary>
    /// <exception cref="ConfigurationException">Something in them is wrong.</exception>
    public DestinationRules Destinations => _destinations ??= _root.TryGet(DestinationRules.TableName, out TomlEntry? entry)
        ? DestinationReader.Read(this, entry.Value)
        : DestinationRules.None;

    /// <summary>The tables [dkim."DOMAIN"].</summary>
    /// <exception cref="ConfigurationException">Something in them is wrong.</exception>
    public DkimRules Dkim => _dkim ??= _root.TryGet(DkimRules.TableName, out TomlEntry? entry) ? DkimReader.Read(this, entry.Value) : DkimRules.None;

    /// <summary>The tables [oauth."NAME"], by name.</summary>
    /// <exception cref="ConfigurationException">Something in them is wrong.</exception>
    public IReadOnlyDictionary<string, OAuthRule> OAuth => _oauth ??= _root.TryGet(OAuthRule.TableName, out TomlEntry? entry) ? OAuthReader.Read(this, entry.Value) : new Dictionary<string, OAuthRule>();

    /// <summary>The tables [webhook."NAME"].</summary>
    /// <exception cref="ConfigurationException">Something in them is wrong.</exception>
    public IReadOnlyList<WebhookRule> Webhooks => _webhooks ??= _root.TryGet(WebhookRule.TableName, out TomlEntry? entry) ? WebhookReader.Read(this, entry.Value) : [];

    /// <summary>The directory that holds main.toml: the option's, else that of $MAIL_CONFIG, else /etc/postfix.net.</summary>
    /// <param name="option">Value of the -c option (-C of sendmail); null when not given.</param>
    public static string FindDirectory(string? option)
    {
        if (!string.IsNullOrEmpty(option))
            return option;
        string? variable = Environment.GetEnvironmentVariable("MAIL_CONFIG");
        return string.IsNullOrEmpty(variable) ? DefaultDirectory : variable;
    }

    /// <summary>Reads main.toml of a directory.</summary>
    /// <exception cref="ConfigurationException">The file is missing, unreadable, or not TOML.</exception>
    public static MainConfig Load(string directory)
    {
        string path = directory.EndsWith('/') ? directory + FileName : $"{directory}/{FileName}";
        return new MainConfig(directory, path, ConfigurationFile.Load(path));
    }

    /// <summary>The same main.toml, as it was read, with the files of its tables as they are now.</summary>
    public MainConfig WithTablesAnew() => new(Directory, Path, _root) { _overriding = _overriding, _overridden = _overridden };

    /// <summary>The same with other values of some parameters, as a service has them of its own (-o name=value).</summary>
    /// <param name="owner">Names whose they are in errors: "service submission".</param>
    /// <param name="overrides">The last one of a name holds.</param>
    public MainConfig With(string owner, IReadOnlyList<KeyValuePair<string, string>> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        if (overrides.Count == 0)
            return this;
        Dictionary<string, string> last = new(overrides.Count, StringComparer.Ordinal);
        foreach ((string name, string value) in overrides)
            last[name] = value;
        return new MainConfig(Directory, Path, _root.With(last)) { _overriding = owner, _overridden = [.. last.Keys] };
    }

    /// <summary>Checks the values that <see cref="With"/> gave.</summary>
    /// <returns>Warnings, one line each.</returns>
    /// <exception cref="ConfigurationException">All that is wrong.</exception>
    public IReadOnlyList<string> ValidateOverrides() => new MainCheck(this, _root).Run(_overridden);

    /// <summary>A configuration from text, as if it stood in a file.</summary>
    /// <param name="toml">Content of main.toml.</param>
    /// <param name="path">What messages name as the file.</param>
    /// <exception cref="ConfigurationException">It is not TOML.</exception>
    public static MainConfig FromText(string toml, string path = FileName)
    {
        string directory = path.LastIndexOf('/') is >= 0 and int slash ? path[..slash] : ".";
        return new MainConfig(directory, path, ConfigurationFile.Parse(Encoding.UTF8.GetBytes(toml), path));
    }

    /// <summary>The value of a parameter: main.toml's, else the default; $name expanded, checked.</summary>
    /// <exception cref="ConfigurationException">The value has the wrong type, is out of range, or cannot be expanded; or its
    /// lookup table cannot be opened.</exception>
    public T Get<T>(Parameter<T> parameter) where T : notnull => (T)ValueOf(parameter, parameter.Name);

    /// <summary>The value of a parameter for one transport: of TRANSPORT_x when main.toml has it, else that of default_x
    /// (or of initial_destination_concurrency).</summary>
    /// <param name="fallback">e.g. <see cref="Parameters.DefaultDestinationConcurrencyLimit"/>. A parameter of the SMTP client,
    /// smtp_x, has the twin lmtp_x for the transport "lmtp" and none for others.</param>
    /// <param name="transport">Service name of the delivery agent, e.g. "smtp".</param>
    /// <exception cref="ConfigurationException">As for <see cref="Get{T}"/>.</exception>
    public T ForTransport<T>(Parameter<T> fallback, string transport) where T : notnull
    {
        foreach (string name in KnownNames.ForTransport(fallback.Name, transport))
        {
            if (_root.TryGet(name, out _))
                return (T)ValueOf(fallback, name);
            // Some transports have a built-in value of their own, e.g. local_destination_recipient_limit.
            if (Parameters.Find(name) is Parameter<T> own)
                return Get(own);
        }
        return Get(fallback);
    }

    /// <summary>main.toml gives a value for one transport, as <see cref="ForTransport{T}"/> looks for it; false: the default holds.</summary>
    public bool Gives(Parameter parameter, string transport)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return _root.TryGet(parameter.Name, out _) || KnownNames.ForTransport(parameter.Name, transport).Any(name => _root.TryGet(name, out _));
    }

    /// <summary>All parameters, for people and scripts to read.</summary>
    public SettingList AllSettings() => new(this, _root);

    /// <summary>Checks everything that main.toml gives, as each program would do in time: types, ranges, expansion, lookup
    /// tables, also of parameters that no program asks for; and that nothing is asked for that this system has not.</summary>
    /// <returns>Warnings, one line each.</returns>
    /// <exception cref="ConfigurationException">All that is wrong.</exception>
    public IReadOnlyList<string> Validate() => new MainCheck(this, _root).Run();

    /// <summary>Warns of values for a transport that is no service.</summary>
    /// <param name="services">Names in master.toml.</param>
    /// <returns>One line each.</returns>
    public IEnumerable<string> WithoutService(IEnumerable<string> services)
    {
        HashSet<string> known = new(services, StringComparer.Ordinal);
        foreach (TomlEntry entry in _root.Entries)
        {
            if (KnownNames.TransportOf(entry.Key) is { } transport && !known.Contains(transport))
                yield return WrongKey(entry.Key, $"has no meaning here: master.toml has no service \"{transport}\"").Message;
        }
    }

    /// <summary>The file of a lookup table in use that is no longer what was read: this configuration is out of date (S4-23).</summary>
    public string? ChangedTable()
    {
        // Asked for each client and each request.
        foreach (LookupTable table in _tables)
        {
            if (table.ChangedFile() is { } path)
                return path;
        }
        return null;
    }

    /// <summary>Some table that was asked for is in a file.</summary>
    public bool HasTableFiles => _tables.Count > 0;

    /// <param name="parameter">How it is read.</param>
    /// <param name="name">Key in main.toml: the parameter's, or that of a transport.</param>
    internal object ValueOf(Parameter parameter, string name)
    {
        if (!_values.TryGetValue(name, out object? value))
        {
            value = parameter.Read(new ParameterValue(this, name, _root.TryGet(name, out TomlEntry? entry) ? entry.Value : null));
            _values.Add(name, value);
            if (value is LookupTable { HasFiles: true } table)
                _tables.Add(table);
        }
        return value;
    }

    /// <summary>Opens a lookup table that is named within the value of a parameter.</summary>
    /// <param name="specification">E.g. "texthash:/path".</param>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    public LookupTable OpenTable(Parameter parameter, string specification)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return OpenTable(parameter.Name, _root.TryGet(parameter.Name, out TomlEntry? entry) ? entry.Value : null, specification);
    }

    internal LookupTable OpenTable(string name, TomlNode? node, string specification, TableLimits limits = TableLimits.None)
    {
        LookupTable table = LookupTable.Open(this, name, node, specification, limits);
        if (table.HasFiles)
            _tables.Add(table);
        return table;
    }

    /// <summary>Text of a parameter or of a name made up in main.toml, after expansion.</summary>
    internal string ExpandedText(string name) => Texts.Of(name);

    /// <summary>Expands text that stands in the value of a parameter.</summary>
    internal string Expand(string name, string text, TomlNode? node) => Texts.Expand(name, text, node);

    /// <summary>What stands for $name.</summary>
    /// <exception cref="FormatException">There is no such parameter.</exception>
    public string ReferencedText(string name) => Texts.Referenced(name);

    /// <summary>The words of a text, as lists in main.toml have them: between commas, blanks and line ends; what stands in braces is one.</summary>
    public static IReadOnlyList<string> Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<string> words = [];
        ValueText.Split(text, words);
        return words;
    }

    /// <summary>The words of a value in braces that names something with settings of its own, "{ name, setting = value, ... }": "setting = value" is one word,
    /// "setting=value", and so is one whose value has blanks, "{ setting = a b }" or "setting = { a b }".</summary>
    /// <param name="text">With the braces.</param>
    public static IReadOnlyList<string> Settings(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<string> joined = [];
        bool isOpen = false;
        foreach (string word in Words(text[1..^1].Replace("=", " = ", StringComparison.Ordinal)))
        {
            string bare = word is ['{', .., '}'] ? word[1..^1].Trim() : word;
            if (joined.Count > 0 && (bare == "=" || isOpen))
                joined[^1] += bare;
            else
                joined.Add(bare);
            isOpen = bare == "=";
        }
        return joined;
    }

    /// <summary>A time within a value, in seconds where it has no unit; null: it is none.</summary>
    public static TimeSpan? Time(string text) =>
        ValueText.TryReadTime(text, 's', out long seconds) && seconds is >= 0 and <= int.MaxValue ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>An error in a value that only its user can find, such as an account that does not exist.</summary>
    /// <param name="parameter">Whose value is wrong.</param>
    /// <param name="problem">What is wrong; what is accepted.</param>
    /// <param name="transport">The transport that the value was asked for; null: none.</param>
    public ConfigurationException Refuse(Parameter parameter, string problem, string? transport = null)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        string name = transport is null ? parameter.Name
            : KnownNames.ForTransport(parameter.Name, transport).FirstOrDefault(own => _root.TryGet(own, out _), parameter.Name);
        return Wrong(name, _root.TryGet(name, out TomlEntry? entry) ? entry.Value : null, problem);
    }

    /// <summary>Notes something odd about a value, for <see cref="Remarks"/>.</summary>
    /// <inheritdoc cref="Refuse"/>
    public void Remark(Parameter parameter, string problem, string? transport = null) => _remarks.Add(Refuse(parameter, problem, transport).Message);

    internal void Remark(string name, TomlNode? node, string problem) => _remarks.Add(Wrong(name, node, problem).Message);

    /// <summary>An error in a value.</summary>
    /// <param name="name">Parameter.</param>
    /// <param name="node">The value, or the part of it that is wrong; null when main.toml does not give it.</param>
    /// <param name="problem">What is wrong; what is accepted.</param>
    internal ConfigurationException Wrong(string name, TomlNode? node, string problem, bool isForbidden = false) => _overridden.Contains(name)
        ? new ConfigurationException(_overriding, $"-o {name}: {problem}", isForbidden)
        : node is null ? new ConfigurationException(Path, $"{name}: {problem}", isForbidden)
        : new ConfigurationException(Path, node.Line, node.Column, $"{name}: {problem}", isForbidden);

    /// <summary>Something about an entry, with its place.</summary>
    internal ConfigurationException At(TomlEntry entry, string text) => _overridden.Contains(entry.Key)
        ? new ConfigurationException($"{_overriding}: -o {text}") : new ConfigurationException(Path, entry.Line, entry.Column, text);

    /// <summary>An error that is not in the value, but that the parameter is there.</summary>
    internal ConfigurationException WrongKey(string name, string problem) => _overridden.Contains(name)
        ? new ConfigurationException($"{_overriding}: -o {name}: {problem}")
        : _root.TryGet(name, out TomlEntry? entry) ? new ConfigurationException(Path, entry.Line, entry.Column, $"{name}: {problem}")
        : new ConfigurationException(Path, $"{name}: {problem}");
}
