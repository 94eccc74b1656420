using System.Diagnostics.CodeAnalysis;

namespace PostfixNet.Toml;

/// <summary>One value of a TOML document, with the place where it was written.</summary>
public abstract class TomlNode
{
    private protected TomlNode(int line, int column)
    {
        Line = line;
        Column = column;
    }

    /// <summary>Line of the first character of the value; the first line is 1.</summary>
    public int Line { get; }

    /// <summary>Column of that character, counted in characters; the first column is 1.</summary>
    public int Column { get; }

    /// <summary>What it is, for messages: "string", "integer", "float", "boolean", "date or time", "array" or "table".</summary>
    public abstract string Kind { get; }

    /// <summary>"an array", "a boolean": what was found in place of what is accepted.</summary>
    public string WithArticle => (Kind[0] is 'a' or 'i' ? "an " : "a ") + Kind;
}

/// <summary>A string of any of the four forms, escapes resolved, line ends inside as LF.</summary>
public sealed class TomlString : TomlNode
{
    internal TomlString(string value, int line, int column) : base(line, column) => Value = value;

    /// <summary>The text; may hold any character, NUL too.</summary>
    public string Value { get; }

    /// <inheritdoc/>
    public override string Kind => "string";
}

/// <summary>A whole number, -2^63 to 2^63-1, of any base.</summary>
public sealed class TomlInteger : TomlNode
{
    internal TomlInteger(long value, int line, int column) : base(line, column) => Value = value;

    /// <summary>The number.</summary>
    public long Value { get; }

    /// <inheritdoc/>
    public override string Kind => "integer";
}

/// <summary>A floating point number, infinity and not-a-number included.</summary>
public sealed class TomlFloat : TomlNode
{
    internal TomlFloat(double value, string text, int line, int column) : base(line, column)
    {
        Value = value;
        Text = text;
    }

    /// <summary>The number, IEEE 754 binary64.</summary>
    public double Value { get; }

    /// <summary>As written, without underscores: a version number such as 3.10 keeps its last digit.</summary>
    public string Text { get; }

    /// <inheritdoc/>
    public override string Kind => "float";
}

/// <summary>true or false.</summary>
public sealed class TomlBoolean : TomlNode
{
    internal TomlBoolean(bool value, int line, int column) : base(line, column) => Value = value;

    /// <summary>The truth value.</summary>
    public bool Value { get; }

    /// <inheritdoc/>
    public override string Kind => "boolean";
}

/// <summary>A date, a time, or both; RFC 3339 section 5.6.</summary>
public sealed class TomlDateTime : TomlNode
{
    internal TomlDateTime(string text, int line, int column) : base(line, column) => Text = text;

    /// <summary>Checked text, as written.</summary>
    public string Text { get; }

    /// <inheritdoc/>
    public override string Kind => "date or time";
}

/// <summary>Values in order, of any kinds mixed.</summary>
public sealed class TomlArray : TomlNode
{
    private readonly List<TomlNode> _items = [];

    internal TomlArray(bool isOfTables, int line, int column) : base(line, column) => IsOfTables = isOfTables;

    /// <summary>The values.</summary>
    public IReadOnlyList<TomlNode> Items => _items;

    /// <inheritdoc/>
    public override string Kind => "array";

    /// <summary>Made by [[headers]]; only these grow after they were written.</summary>
    internal bool IsOfTables { get; }

    internal TomlTable LastTable => (TomlTable)_items[^1];

    internal void Add(TomlNode item) => _items.Add(item);
}

/// <summary>One key of a table and its value.</summary>
/// <param name="Key">The key, unquoted; may be empty.</param>
/// <param name="Line">Line of the key's first character.</param>
/// <param name="Column">Column of that character.</param>
/// <param name="Value">The value.</param>
public sealed record TomlEntry(string Key, int Line, int Column, TomlNode Value);

/// <summary>Keys and values in the order of the document.</summary>
public sealed class TomlTable : TomlNode
{
    private readonly List<TomlEntry> _entries = [];
    private Dictionary<string, TomlEntry>? _index;

    internal TomlTable(TableOrigin origin, int line, int column) : base(line, column) => Origin = origin;

    /// <summary>All entries, in the order in which they were first written.</summary>
    public IReadOnlyList<TomlEntry> Entries => _entries;

    /// <inheritdoc/>
    public override string Kind => "table";

    /// <summary>How the table came to be; this decides who may add to it.</summary>
    internal TableOrigin Origin { get; set; }

    /// <summary>Finds a value by its exact key.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out TomlEntry? entry)
    {
        // A small table is searched faster than indexed.
        if (_entries.Count > 8)
        {
            if (_index is null)
            {
                _index = new Dictionary<string, TomlEntry>(_entries.Count * 2, StringComparer.Ordinal);
                foreach (TomlEntry e in _entries)
                    _index.Add(e.Key, e);
            }
            return _index.TryGetValue(key, out entry);
        }
        foreach (TomlEntry e in _entries)
        {
            if (string.Equals(e.Key, key, StringComparison.Ordinal))
            {
                entry = e;
                return true;
            }
        }
        entry = null;
        return false;
    }

    /// <summary>A table with other values, as text, for some keys.</summary>
    internal TomlTable With(IReadOnlyDictionary<string, string> values)
    {
        TomlTable table = new(Origin, Line, Column);
        foreach (TomlEntry entry in _entries.Where(entry => !values.ContainsKey(entry.Key)))
            table.Add(entry);
        foreach ((string key, string value) in values)
            table.Add(new TomlEntry(key, 0, 0, new TomlString(value, 0, 0)));
        return table;
    }

    internal void Add(TomlEntry entry)
    {
        _entries.Add(entry);
        _index?.Add(entry.Key, entry);
    }
}

/// <summary>How a table was written.</summary>
internal enum TableOrigin
{
    /// <summary>Only as the parent of a [parent.child] header: a header may still define it, once.</summary>
    Parent,
    /// <summary>By its own [header] or [[header]], or the document itself: complete when the next header comes.</summary>
    Header,
    /// <summary>By a dotted key: more dotted keys may add to it, headers only sub-tables.</summary>
    DottedKey,
    /// <summary>Between braces: complete.</summary>
    Inline,
}
