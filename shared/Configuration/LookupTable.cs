using System.Text;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Toml;

namespace PostfixNet.Configuration;

/// <summary>Keys and values of a ..._maps parameter, held in memory.</summary>
/// <remarks>Forms: a TOML table; "texthash:/path"; "inline:{key=value, key={value with blanks}}"; "static:value"; lists of
/// them, searched in order. Letter case of keys does not matter (ASCII).</remarks>
public sealed class LookupTable
{
    private const string Accepted = "give a table, \"texthash:/path\", \"inline:{key=value}\", \"static:value\", or a list of these";
    private const int MaximumFileSize = 256 << 20;

    private readonly List<Source> _sources = [];
    private readonly List<TableFile> _files = [];

    private readonly bool _isLiteral;

    private LookupTable(bool isLiteral) => _isLiteral = isLiteral;

    /// <summary>Keys and values, or one value for every key.</summary>
    private sealed record Source(Dictionary<string, string>? Entries, string? Always);

    /// <summary>A file that was read, and what it was then.</summary>
    private sealed class TableFile(string path, FileStatus status)
    {
        internal string Path => path;

        internal FileStatus Status => status;
    }

    /// <summary>True when nothing can be found.</summary>
    public bool IsEmpty
    {
        get
        {
            foreach (Source source in _sources)
            {
                if (source.Entries is not { Count: 0 })
                    return false;
            }
            return true;
        }
    }

    /// <summary>The value of exactly this key; null when there is none. Variants of addresses (without extension, domain
    /// only, ...) are the caller's to try.</summary>
    public string? Find(string key)
    {
        string folded = Fold(key);
        foreach (Source source in _sources)
        {
            if (source.Entries is null)
                return source.Always;
            if (source.Entries.TryGetValue(folded, out string? value))
                return value;
        }
        return null;
    }

    /// <summary>The first value that is <paramref name="wanted"/>, in no order; null when there is none.</summary>
    public string? FirstValue(Predicate<string> wanted)
    {
        foreach (Source source in _sources)
        {
            if (source.Always is { } always && wanted(always))
                return always;
            foreach (KeyValuePair<string, string> entry in source.Entries ?? [])
            {
                if (wanted(entry.Value))
                    return entry.Value;
            }
        }
        return null;
    }

    /// <summary>The first key of an entry that is <paramref name="wanted"/>, in no order; null when there is none.</summary>
    /// <param name="wanted">Is asked with key and value.</param>
    public string? FirstKey(Func<string, string, bool> wanted) => _sources.SelectMany(source => source.Entries ?? [])
        .Where(entry => wanted(entry.Key, entry.Value)).Select(entry => entry.Key).FirstOrDefault();

    /// <summary>A file of this table that is not the one that was read; null when there is none. One that is missing, or that
    /// this process may no longer look at, has not changed.</summary>
    internal string? ChangedFile()
    {
        foreach (TableFile file in _files)
        {
            try
            {
                if (FileSystem.Status(file.Path, followLink: true) is { } now && (now.Inode != file.Status.Inode
                    || now.ModifiedNanoseconds != file.Status.ModifiedNanoseconds || now.Size != file.Status.Size))
                    return file.Path;
            }
            catch (IOException)
            {
                continue;
            }
        }
        return null;
    }

    /// <summary>A file with entries of this table that every user may read; null when there is none.</summary>
    /// <param name="mainToml">Holds the entries that are in no file of their own.</param>
    internal string? FileOpenToAll(string mainToml)
    {
        const int ReadByOthers = 4;
        foreach (TableFile file in _files)
        {
            if ((file.Status.Mode & ReadByOthers) != 0)
                return file.Path;
        }
        bool hasInline = _sources.Count > _files.Count && !IsEmpty;
        return hasInline && FileSystem.Status(mainToml, followLink: true) is { } status && (status.Mode & ReadByOthers) != 0 ? mainToml : null;
    }

    /// <exception cref="ConfigurationException">Not a table, or a file that cannot be used.</exception>
    internal static LookupTable Open(ParameterValue value) => Open(value, isLiteral: false);

    /// <summary>A table of secrets: what stands in it is what it means, a "$" too, and no error quotes it. Only the path of a file is expanded.</summary>
    /// <exception cref="ConfigurationException">Not a table, or a file that cannot be used.</exception>
    internal static LookupTable OpenSecrets(ParameterValue value) => Open(value, isLiteral: true);

    /// <summary>One that is named within the value of a parameter.</summary>
    /// <exception cref="ConfigurationException">Not a table, or a file that cannot be used.</exception>
    internal static LookupTable Open(MainConfig config, string name, TomlNode? node, string specification)
    {
        LookupTable table = new(isLiteral: false);
        table.AddSpecifications(config, name, node, specification);
        return table;
    }

    private static LookupTable Open(ParameterValue value, bool isLiteral)
    {
        LookupTable table = new(isLiteral);
        switch (value.Node)
        {
            case null:
                table.AddSpecifications(value.Config, value.Name, null, value.Text);
                break;
            case TomlArray array:
                foreach (TomlNode item in array.Items)
                    table.Add(value.Config, value.Name, item);
                break;
            default:
                table.Add(value.Config, value.Name, value.Node);
                break;
        }
        return table;
    }

    private void Add(MainConfig config, string name, TomlNode node)
    {
        switch (node)
        {
            case TomlString text:
                AddSpecifications(config, name, node, _isLiteral ? text.Value : config.Expand(name, text.Value, node));
                break;
            case TomlTable table:
                AddTable(config, name, table);
                break;
            default:
                throw config.Wrong(name, node, $"{node.WithArticle} is not accepted; {Accepted}");
        }
    }

    private void AddTable(MainConfig config, string name, TomlTable table)
    {
        Dictionary<string, string> entries = new(StringComparer.Ordinal);
        foreach (TomlEntry entry in table.Entries)
        {
            if (KnownNames.IsUnlikelyKey(entry.Key))
                throw config.Wrong(name, entry.Value, $"\"{entry.Key}\" is the name of a parameter, and belongs to the table here; put it above the first line with brackets");
            string value = entry.Value switch
            {
                TomlString text => text.Value,
                TomlInteger number => number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
                TomlArray list => Join(config, name, list),
                TomlTable => throw config.Wrong(name, entry.Value, $"key \"{entry.Key}\" holds a table; a key with dots needs quotes, e.g. \"example.com\" = \"...\""),
                _ => throw config.Wrong(name, entry.Value, $"{entry.Value.WithArticle} is not accepted as the value of \"{entry.Key}\"; give text in quotes"),
            };
            if (!_isLiteral)
                value = config.Expand(name, value, entry.Value);
            // Keys that differ in letter case only would hide one another.
            if (!entries.TryAdd(Fold(entry.Key), value))
                throw config.Wrong(name, entry.Value, $"key \"{entry.Key}\" occurs twice; letter case does not matter");
        }
        _sources.Add(new Source(entries, null));
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

    private void AddSpecifications(MainConfig config, string name, TomlNode? node, string text)
    {
        List<string> specifications = [];
        ValueText.Split(text, specifications);
        foreach (string specification in specifications)
        {
            int colon = specification.IndexOf(':');
            string rest = colon < 0 ? "" : specification[(colon + 1)..];
            switch (colon < 0 ? "" : specification[..colon])
            {
                case "texthash":
                    _sources.Add(new Source(ReadTextHash(config, name, node, _isLiteral ? config.Expand(name, rest, node) : rest), null));
                    break;
                case "inline":
                    _sources.Add(new Source(ReadInline(config, name, node, rest), null));
                    break;
                case "static":
                    _sources.Add(new Source(null, Unbraced(rest)));
                    break;
                default:
                    throw config.Wrong(name, node, $"{(_isLiteral ? "this" : $"\"{specification}\"")} is not a lookup table; {Accepted}");
            }
        }
    }

    private static Dictionary<string, string> ReadInline(MainConfig config, string name, TomlNode? node, string text)
    {
        Dictionary<string, string> entries = new(StringComparer.Ordinal);
        if (text.Length < 2 || text[0] != '{' || text[^1] != '}')
            throw config.Wrong(name, node, $"the inline table is not understood; accepted is \"inline:{{key=value, key={{value with blanks}}}}\"");
        List<string> pairs = [];
        ValueText.Split(text[1..^1], pairs);
        int number = 0;
        foreach (string item in pairs)
        {
            number++;
            string pair = Unbraced(item).Trim();
            int equals = pair.IndexOf('=');
            if (equals <= 0)
                throw config.Wrong(name, node, $"entry {number} of an inline table is not understood; accepted is \"key=value\"");
            entries.TryAdd(Fold(pair[..equals].Trim()), Unbraced(pair[(equals + 1)..].Trim()));
        }
        return entries;
    }

    private static string Unbraced(string text) => text.Length >= 2 && text[0] == '{' && text[^1] == '}' ? text[1..^1].Trim() : text;

    private Dictionary<string, string> ReadTextHash(MainConfig config, string name, TomlNode? node, string path)
    {
        if (!path.StartsWith('/'))
            throw config.Wrong(name, node, $"\"texthash:{path}\" has no path from the root; accepted is \"texthash:/path\" or \"texthash:$config_directory/file\"");
        byte[] bytes;
        try
        {
            bytes = FileSystem.ReadAll(path, MaximumFileSize, out FileStatus status);
            _files.Add(new TableFile(path, status));
        }
        catch (SystemCallException e)
        {
            throw config.Wrong(name, node, $"the table {path} cannot be read: {e.Reason}", isForbidden: e.IsForbidden);
        }
        try
        {
            return TextHash.Read(bytes);
        }
        catch (FormatException e)
        {
            throw config.Wrong(name, node, $"{path}:{e.Message}");
        }
    }

    private static string Fold(string key)
    {
        foreach (char c in key)
        {
            if (char.IsAsciiLetterUpper(c))
                return string.Create(key.Length, key, static (folded, original) =>
                {
                    for (int i = 0; i < folded.Length; i++)
                        folded[i] = char.IsAsciiLetterUpper(original[i]) ? (char)(original[i] | 0x20) : original[i];
                });
        }
        return key;
    }

    /// <summary>The text files that Postfix's texthash reads: "key blank value" per line.</summary>
    internal static class TextHash
    {
        /// <remarks>Lines whose first character is a blank continue the line before; empty lines and lines whose first
        /// non-blank character is "#" are passed over, also between continued lines. Of two entries with one key the first holds.</remarks>
        /// <exception cref="FormatException">"line: what is wrong".</exception>
        internal static Dictionary<string, string> Read(ReadOnlySpan<byte> file)
        {
            Dictionary<string, string> entries = new(StringComparer.Ordinal);
            StringBuilder logical = new();
            int logicalLine = 0, line = 0;
            while (file.Length > 0)
            {
                int end = file.IndexOf((byte)'\n');
                ReadOnlySpan<byte> bytes = end < 0 ? file : file[..end];
                file = end < 0 ? default : file[(end + 1)..];
                line++;
                string text = ByteText.Decode(bytes).TrimEnd(' ', '\t', '\r');
                string trimmed = text.TrimStart(' ', '\t');
                if (trimmed.Length == 0 || trimmed[0] == '#')
                    continue;
                if (text[0] is ' ' or '\t')
                {
                    if (logical.Length == 0)
                        throw new FormatException($"{line}: a line that begins with a blank continues the line before, and there is none");
                    logical.Append(text);
                    continue;
                }
                Add(entries, logical.ToString(), logicalLine);
                logical.Clear().Append(text);
                logicalLine = line;
            }
            Add(entries, logical.ToString(), logicalLine);
            return entries;
        }

        private static void Add(Dictionary<string, string> entries, string text, int line)
        {
            if (text.Length == 0)
                return;
            int blank = text.AsSpan().IndexOfAny(' ', '\t');
            if (blank < 0)
                throw new FormatException($"{line}: no value; accepted is a key, a blank and a value"); // the line may be a password
            entries.TryAdd(Fold(text[..blank]), text[blank..].TrimStart(' ', '\t'));
        }
    }
}
