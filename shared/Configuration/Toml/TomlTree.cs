using Tomlyn.Syntax;

namespace PostfixNet.Toml;

/// <summary>Makes tables of keys, values and headers in the order of the document: toml.io/en/v1.1.0, "Keys", "Table", "Inline
/// Table" and "Array of Tables" say which may add to which.</summary>
/// <param name="errors">Gets what is defined twice. It is left out, so that all such mistakes are found.</param>
internal sealed class TomlTree(List<TomlError> errors)
{
    /// <summary>The whole document.</summary>
    internal TomlTable Build(DocumentSyntax document)
    {
        TomlTable root = new(TableOrigin.Header, 1, 1);
        foreach (KeyValueSyntax pair in document.KeyValues)
            Add(root, pair);
        foreach (TableSyntaxBase section in document.Tables)
        {
            TomlTable? table = Enter(root, section);
            foreach (KeyValueSyntax pair in section.Items)
            {
                if (table is not null)
                    Add(table, pair);
            }
        }
        return root;
    }

    // One part of a dotted key.
    private sealed record Part(string Text, int Line, int Column);

    private TomlTable? Enter(TomlTable root, TableSyntaxBase section)
    {
        List<Part>? key = PartsOf(section.Name!);
        TomlTable? table = root;
        for (int i = 0; i < key?.Count - 1 && table is not null; i++)
            table = EnterParent(table, key![i]);
        if (key is null || table is null)
            return null;

        Part last = key[^1];
        bool isArray = section is TableArraySyntax;
        if (!table.TryGet(last.Text, out TomlEntry? entry))
        {
            TomlTable made = new(TableOrigin.Header, LineOf(section), ColumnOf(section));
            TomlNode value = made;
            if (isArray)
            {
                TomlArray array = new(isOfTables: true, LineOf(section), ColumnOf(section));
                array.Add(made);
                value = array;
            }
            table.Add(new TomlEntry(last.Text, last.Line, last.Column, value));
            return made;
        }
        if (isArray && entry.Value is TomlArray { IsOfTables: true } existing)
        {
            TomlTable made = new(TableOrigin.Header, LineOf(section), ColumnOf(section));
            existing.Add(made);
            return made;
        }
        if (!isArray && entry.Value is TomlTable { Origin: TableOrigin.Parent } parent)
        {
            parent.Origin = TableOrigin.Header;
            return parent;
        }
        return IsDefined(last, entry);
    }

    private TomlTable? EnterParent(TomlTable table, Part part)
    {
        if (!table.TryGet(part.Text, out TomlEntry? entry))
            return Made(table, part, TableOrigin.Parent);
        return entry.Value switch
        {
            TomlTable { Origin: not TableOrigin.Inline } found => found,
            TomlArray { IsOfTables: true } array => array.LastTable,
            _ => IsClosed(part, entry),
        };
    }

    private void Add(TomlTable to, KeyValueSyntax pair)
    {
        List<Part>? key = PartsOf(pair.Key!);
        TomlTable? table = to;
        for (int i = 0; i < key?.Count - 1 && table is not null; i++)
            table = EnterDotted(table, key![i]);
        if (key is null || table is null)
            return;
        Part last = key[^1];
        if (table.TryGet(last.Text, out TomlEntry? earlier))
            IsDefined(last, earlier);
        else
            table.Add(new TomlEntry(last.Text, last.Line, last.Column, Value(pair.Value!)));
    }

    private TomlTable? EnterDotted(TomlTable table, Part part)
    {
        if (!table.TryGet(part.Text, out TomlEntry? entry))
            return Made(table, part, TableOrigin.DottedKey);
        // A table that so far is only the parent of another may be defined, once, by a header or by dotted keys.
        if (entry.Value is not TomlTable { Origin: TableOrigin.DottedKey or TableOrigin.Parent } found)
            return IsClosed(part, entry);
        found.Origin = TableOrigin.DottedKey;
        return found;
    }

    private static TomlTable Made(TomlTable table, Part part, TableOrigin origin)
    {
        TomlTable made = new(origin, part.Line, part.Column);
        table.Add(new TomlEntry(part.Text, part.Line, part.Column, made));
        return made;
    }

    private List<Part>? PartsOf(KeySyntax key)
    {
        if (key.DotKeys.ChildrenCount >= TomlDocument.MaximumDepth)
        {
            Report(LineOf(key), ColumnOf(key), $"the key has more than {TomlDocument.MaximumDepth} parts");
            return null;
        }
        List<Part> parts = [PartOf(key.Key!)];
        foreach (DottedKeyItemSyntax item in key.DotKeys)
            parts.Add(PartOf(item.Key!));
        return parts;
    }

    private static Part PartOf(BareKeyOrStringValueSyntax key) =>
        new(key is StringValueSyntax quoted ? quoted.Value! : ((BareKeySyntax)key).Key!.Text!, LineOf(key), ColumnOf(key));

    private TomlNode Value(ValueSyntax value)
    {
        int line = LineOf(value), column = ColumnOf(value);
        switch (value)
        {
            case StringValueSyntax text:
                return new TomlString(WithLineFeeds(text), line, column);
            case IntegerValueSyntax number:
                return new TomlInteger(number.Value, line, column);
            case FloatValueSyntax number:
                return new TomlFloat(number.Value, number.Token!.Text!.Replace("_", "", StringComparison.Ordinal), line, column);
            case BooleanValueSyntax flag:
                return new TomlBoolean(flag.Value, line, column);
            case DateTimeValueSyntax date:
                return new TomlDateTime(date.Token!.Text!, line, column);
            case ArraySyntax array:
                TomlArray items = new(isOfTables: false, line, column);
                foreach (ArrayItemSyntax item in array.Items)
                    items.Add(Value(item.Value!));
                return items;
            case InlineTableSyntax inline:
                TomlTable table = new(TableOrigin.Inline, line, column);
                foreach (InlineTableItemSyntax item in inline.Items)
                    Add(table, item.KeyValue!);
                return table;
            default:
                throw new System.Diagnostics.UnreachableException($"TOML value of kind {value.Kind}");
        }
    }

    // Only a string over several lines can have a line end in it that is not written as an escape.
    private static string WithLineFeeds(StringValueSyntax text) =>
        text.Token!.Text!.Contains('\r') ? text.Value!.Replace("\r\n", "\n", StringComparison.Ordinal) : text.Value!;

    private static int LineOf(SyntaxNode node) => node.Span.Start.Line + 1;

    private static int ColumnOf(SyntaxNode node) => node.Span.Start.Column + 1;

    private TomlTable? IsDefined(Part key, TomlEntry earlier) =>
        Report(key.Line, key.Column, $"\"{Shown(key)}\" is already defined in line {earlier.Line}");

    private TomlTable? IsClosed(Part key, TomlEntry earlier) => Report(key.Line, key.Column, earlier.Value is TomlTable
        ? $"the table \"{Shown(key)}\" of line {earlier.Line} is complete, nothing can be added to it here"
        : $"\"{Shown(key)}\" of line {earlier.Line} is no table but of kind {earlier.Value.Kind}");

    private TomlTable? Report(int line, int column, string problem)
    {
        if (errors.Count < TomlDocument.MostErrors)
            errors.Add(new TomlError(line, column, problem));
        return null;
    }

    private static string Shown(Part key) => SyntaxProblem.OneLine(key.Text.Length > 40 ? key.Text[..40] + "..." : key.Text);
}
