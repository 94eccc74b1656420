using System.Globalization;
using System.Text;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Tables;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>The tables of a ..._maps parameter.</summary>
/// <remarks>A TOML table, "type:name" (see <see cref="TableReader"/>), or a list of these, searched in order.</remarks>
public sealed class LookupTable
{
    private readonly List<Table> _tables = [];
    private readonly bool _isLiteral;
    private readonly TableLimits _limits;
    private readonly List<TableFile> _files = [];
    private bool _hasInline;

    private LookupTable(bool isLiteral, TableLimits limits) => (_isLiteral, _limits) = (isLiteral, limits);

    /// <summary>True when nothing can be found.</summary>
    public bool IsEmpty => _tables.All(static table => table.Entries is { Count: 0 });

    /// <summary>All keys are known beforehand; <see cref="FirstKey"/> sees nothing of other tables.</summary>
    public bool IsListed => _tables.All(static table => table.Entries is not null);

    /// <summary>An answer may come from a server.</summary>
    public bool Waits => _tables.Any(static table => table.Waits);

    /// <summary>An answer may take long: nothing for a loop that serves others.</summary>
    public bool MayTakeLong => _tables.Any(static table => table.MayTakeLong);

    /// <summary>The value of exactly this key; null when there is none. Variants of addresses (without extension, domain
    /// only, ...) are the caller's to try, as <see cref="KeyKind.Part"/>.</summary>
    /// <exception cref="LookupException">It cannot be said now.</exception>
    public string? Find(string key, KeyKind kind)
    {
        foreach (Table table in _tables)
        {
            if ((kind == KeyKind.Whole || !table.IsForWholeKeys) && table.Find(key) is { } value)
                return value;
        }
        return null;
    }

    /// <summary>The value of a key that is whole.</summary>
    /// <inheritdoc cref="Find(string, KeyKind)"/>
    public string? Find(string key) => Find(key, KeyKind.Whole);

    /// <summary>The first value that is <paramref name="wanted"/>, of those that are known beforehand, in no order; null when there is none.</summary>
    public string? FirstValue(Predicate<string> wanted) => _tables.SelectMany(static table => table.KnownValues).FirstOrDefault(value => wanted(value));

    /// <summary>The first key of an entry that is <paramref name="wanted"/>, in no order; null when there is none.</summary>
    /// <param name="wanted">Is asked with key and value.</param>
    public string? FirstKey(Func<string, string, bool> wanted) => _tables.SelectMany(static table => table.Entries ?? new Dictionary<string, string>())
        .Where(entry => wanted(entry.Key, entry.Value)).Select(static entry => entry.Key).FirstOrDefault();

    internal bool HasFiles => _files.Count > 0;

    /// <summary>A file of this table that is not the one that was read; null when there is none. One that is missing, or that
    /// this process may no longer look at, has not changed.</summary>
    internal string? ChangedFile() => _files.Find(static file => file.HasChanged)?.Path;

    /// <summary>A file with entries of this table that every user may read; null when there is none.</summary>
    /// <param name="mainToml">Holds the entries that are in no file of their own.</param>
    internal string? FileOpenToAll(string mainToml)
    {
        const int ReadByOthers = 4;
        if (_files.Find(static file => (file.Status.Mode & ReadByOthers) != 0) is { } open)
            return open.Path;
        return _hasInline && FileSystem.Status(mainToml, followLink: true) is { } status && (status.Mode & ReadByOthers) != 0 ? mainToml : null;
    }

    /// <exception cref="ConfigurationException">Not a table, or a file that cannot be used.</exception>
    internal static LookupTable Open(ParameterValue value) => Open(value, TableLimits.None);

    /// <param name="limits">What its user does not take.</param>
    /// <inheritdoc cref="Open(ParameterValue)"/>
    internal static LookupTable Open(ParameterValue value, TableLimits limits) => Open(value, new LookupTable(isLiteral: false, limits), readsAliases: false);

    /// <summary>A table of aliases: what "hash:" and its like name is an alias file, aliases(5).</summary>
    /// <inheritdoc cref="Open(ParameterValue)"/>
    internal static LookupTable OpenAliases(ParameterValue value) =>
        Open(value, new LookupTable(isLiteral: false, TableLimits.NoSubstitution | TableLimits.NoServers), readsAliases: true);

    /// <summary>Names of this host. The word "$alias_maps" means the table of that parameter, however it is given; if there is nothing else, it is that table.</summary>
    /// <inheritdoc cref="Open(ParameterValue)"/>
    internal static LookupTable OpenLocalRecipients(ParameterValue value)
    {
        const string AliasMaps = "$alias_maps";
        LookupTable aliases = value.Config.Get(Parameters.AliasMaps);
        if (value.Node is null or TomlString { Value: AliasMaps })
            return aliases;
        LookupTable table = new(isLiteral: false, TableLimits.None);
        foreach (TomlNode item in value.Node is TomlArray array ? array.Items : [value.Node])
        {
            List<string> words = [];
            if (item is TomlString text)
                BracedText.Split(text.Value, words);
            else
                table.Add(value.Config, value.Name, item, readsAliases: false);
            foreach (string word in words)
            {
                if (word == AliasMaps)
                    table._tables.AddRange(aliases._tables);
                else
                    table.AddSpecifications(value.Config, value.Name, item, value.Config.Expand(value.Name, word, item), readsAliases: false);
            }
        }
        return table;
    }

    /// <summary>A table of secrets: what stands in it is what it means, a "$" too, and no error quotes it. Only the path of a file is expanded.</summary>
    /// <inheritdoc cref="Open(ParameterValue)"/>
    internal static LookupTable OpenSecrets(ParameterValue value) => Open(value, new LookupTable(isLiteral: true, TableLimits.None), readsAliases: false);

    /// <summary>One that is named within the value of a parameter.</summary>
    /// <inheritdoc cref="Open(ParameterValue)"/>
    internal static LookupTable Open(MainConfig config, string name, TomlNode? node, string specification, TableLimits limits)
    {
        LookupTable table = new(isLiteral: false, limits);
        table.AddSpecifications(config, name, node, specification, readsAliases: false);
        return table;
    }

    private static LookupTable Open(ParameterValue value, LookupTable table, bool readsAliases)
    {
        switch (value.Node)
        {
            case null:
                table.AddSpecifications(value.Config, value.Name, null, value.Text, readsAliases);
                break;
            case TomlArray array:
                foreach (TomlNode item in array.Items)
                    table.Add(value.Config, value.Name, item, readsAliases);
                break;
            default:
                table.Add(value.Config, value.Name, value.Node, readsAliases);
                break;
        }
        return table;
    }

    private void Add(MainConfig config, string name, TomlNode node, bool readsAliases)
    {
        switch (node)
        {
            case TomlString text:
                AddSpecifications(config, name, node, _isLiteral ? text.Value : config.Expand(name, text.Value, node), readsAliases);
                break;
            case TomlTable table:
                AddTable(config, name, table, readsAliases);
                break;
            default:
                throw config.Wrong(name, node, $"{node.WithArticle} is not accepted; {TableReader.Accepted}");
        }
    }

    private void AddTable(MainConfig config, string name, TomlTable table, bool readsAliases)
    {
        KeyTable entries = new();
        foreach (TomlEntry entry in table.Entries)
        {
            if (KnownNames.IsUnlikelyKey(entry.Key))
                throw config.Wrong(name, entry.Value, $"\"{entry.Key}\" is the name of a parameter, and belongs to the table here; put it above the first line with brackets");
            string value = entry.Value switch
            {
                TomlString text => text.Value,
                TomlInteger number => number.Value.ToString(CultureInfo.InvariantCulture),
                TomlArray list => Join(config, name, list),
                TomlTable => throw config.Wrong(name, entry.Value, $"key \"{entry.Key}\" holds a table; a key with dots needs quotes, e.g. \"example.com\" = \"...\""),
                _ => throw config.Wrong(name, entry.Value, $"{entry.Value.WithArticle} is not accepted as the value of \"{entry.Key}\"; give text in quotes"),
            };
            if (!_isLiteral)
                value = config.Expand(name, value, entry.Value);
            if (readsAliases && AliasMembers.Problem(value) is { } problem)
                throw config.Wrong(name, entry.Value, $"the alias {entry.Key} {problem}");
            // Keys that differ in letter case only would hide one another.
            if (!entries.TryAdd(entry.Key, value))
                throw config.Wrong(name, entry.Value, $"key \"{entry.Key}\" occurs twice; letter case does not matter");
            _hasInline = true;
        }
        _tables.Add(entries);
    }

    private static string Join(MainConfig config, string name, TomlArray list)
    {
        StringBuilder joined = new();
        foreach (TomlNode item in list.Items)
        {
            if (item is not TomlString text)
                throw config.Wrong(name, item, $"{item.WithArticle} is not accepted in a list of values; give text in quotes");
            if (joined.Length > 0)
                joined.Append(", ");
            joined.Append(text.Value);
        }
        return joined.ToString();
    }

    private void AddSpecifications(MainConfig config, string name, TomlNode? node, string text, bool readsAliases)
    {
        List<string> specifications = [];
        BracedText.Split(text, specifications);
        TableReader reader = new(_limits)
        {
            ReadsAliases = readsAliases,
            IsSecret = _isLiteral,
            ExpandPath = _isLiteral ? path => config.Expand(name, path, node) : static path => path,
        };
        foreach (string specification in specifications)
        {
            try
            {
                _tables.Add(reader.Open(specification));
            }
            catch (TableException e)
            {
                throw config.Wrong(name, node, e.Message, isForbidden: e.IsForbidden);
            }
        }
        foreach (string warning in reader.Warnings)
            config.Remark(name, node, warning);
        _files.AddRange(reader.Files);
        _hasInline |= reader.HasInline;
    }
}
