namespace PostfixNet.Tables;

/// <summary>Alias files, aliases(5): "name: value" per line.</summary>
internal static class AliasFile
{
    /// <remarks>Of two entries with one name the first holds. A name may be in double quotes, which are taken off.</remarks>
    /// <inheritdoc cref="TextHash.Read"/>
    internal static KeyTable Read(byte[] file, List<string> warnings)
    {
        KeyTable table = new();
        foreach (LogicalLine line in LogicalLines.Of(file))
        {
            (string name, string value) = Split(line);
            if (name.Length == 0 || value.Length == 0)
                throw new FormatException($"{line.Number}: no alias; accepted is a name, a colon and what it stands for");
            if (Mail.AliasMembers.Problem(value) is { } problem)
                throw new FormatException($"{line.Number}: the alias {name} {problem}");
            if (!table.TryAdd(name, value))
                warnings.Add($"{line.Number}: the name of an alias above; this one is passed over");
        }
        return table;
    }

    private static (string Name, string Value) Split(LogicalLine line)
    {
        System.Text.StringBuilder name = new();
        bool isQuoted = false;
        for (int i = 0; i < line.Text.Length; i++)
        {
            char c = line.Text[i];
            if (c == '"')
                isQuoted = !isQuoted;
            else if (c == '\\' && isQuoted && i + 1 < line.Text.Length)
                name.Append(line.Text[++i]);
            else if (c == ':' && !isQuoted)
                return (name.ToString().Trim(LogicalLines.Blanks), line.Text[(i + 1)..].Trim(LogicalLines.Blanks));
            else
                name.Append(c);
        }
        return ("", "");
    }
}
