namespace PostfixNet.Tables;

/// <summary>Tables that stand in the configuration: inline:{key=value, {key = value with blanks}}.</summary>
internal static class InlineTable
{
    /// <exception cref="TableException">It is none.</exception>
    internal static KeyTable Read(string name)
    {
        KeyTable table = new();
        int number = 0;
        foreach (string item in Items(name))
        {
            number++;
            string pair = item.StartsWith('{') ? Inside(item, number).Trim() : item;
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? "" : pair[..equals].Trim();
            if (key.Length == 0)
                throw Wrong(number);
            table.Put(key, pair[(equals + 1)..].Trim());
        }
        return number > 0 ? table : throw new TableException("the inline table has no entry; accepted is \"inline:{key=value, {key = value with blanks}}\"");
    }

    private static List<string> Items(string name)
    {
        try
        {
            return BracedText.WordsIn(name);
        }
        catch (FormatException e)
        {
            throw new TableException($"the inline table is not understood: {e.Message}; accepted is \"inline:{{key=value, {{key = value with blanks}}}}\"");
        }
    }

    private static string Inside(string item, int number)
    {
        try
        {
            return BracedText.Inside(item);
        }
        catch (FormatException)
        {
            throw Wrong(number);
        }
    }

    private static TableException Wrong(int number) => new($"entry {number} of an inline table is not understood; accepted is \"key=value\"");
}
