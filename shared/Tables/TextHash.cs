namespace PostfixNet.Tables;

/// <summary>The files that Postfix's postmap and texthash read: "key blank value" per line.</summary>
internal static class TextHash
{
    /// <remarks>Of two entries with one key the first holds. A blank between double quotes, or behind a backslash, belongs to the key,
    /// which keeps its quotes.</remarks>
    /// <param name="warnings">Get "line: what is odd".</param>
    /// <exception cref="FormatException">"line: what is wrong".</exception>
    internal static KeyTable Read(byte[] file, List<string> warnings)
    {
        KeyTable table = new();
        foreach (LogicalLine line in LogicalLines.Of(file))
        {
            int end = EndOfKey(line);
            string key = line.Text[..end], value = line.Text[end..].Trim(LogicalLines.Blanks);
            if (value.Length == 0)
                throw new FormatException($"{line.Number}: no value; accepted is a key, a blank and a value"); // the line may be a password
            if (key.EndsWith(':'))
                warnings.Add($"{line.Number}: the key ends in \":\"; is this an alias file?");
            if (!table.TryAdd(key, value))
                warnings.Add($"{line.Number}: the key of an entry above; this one is passed over");
        }
        return table;
    }

    private static int EndOfKey(LogicalLine line)
    {
        bool isQuoted = false;
        int i = 0;
        for (; i < line.Text.Length; i++)
        {
            char c = line.Text[i];
            if (c == '\\')
                i++;
            else if (c == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && LogicalLines.IsBlank(c))
                break;
        }
        return isQuoted ? throw new FormatException($"{line.Number}: a double quote in the key has no second") : Math.Min(i, line.Text.Length);
    }
}
