namespace PostfixNet.Tables;

/// <summary>What a line of a table with rules is.</summary>
internal enum Keyword
{
    /// <summary>A rule.</summary>
    None,
    /// <summary>The rules up to "endif" hold for some keys only.</summary>
    If,
    /// <summary>The end of that.</summary>
    EndIf,
}

/// <summary>The beginning of lines of cidr, regexp and pcre tables.</summary>
internal static class Keywords
{
    /// <summary>The keyword, if there is one, and what follows, without blanks before it.</summary>
    internal static (Keyword Keyword, string Text) Of(string line) =>
        After(line, "endif") is { } end ? (Keyword.EndIf, end) : After(line, "if") is { } condition ? (Keyword.If, condition) : (Keyword.None, line);

    /// <summary>Takes "!" off; each turns the meaning around.</summary>
    internal static (bool IsWanted, string Text) Negation(string text)
    {
        bool isWanted = true;
        int i = 0;
        for (; i < text.Length && (text[i] == '!' || LogicalLines.IsBlank(text[i])); i++)
            isWanted ^= text[i] == '!';
        return (isWanted, text[i..]);
    }

    private static string? After(string line, string word) =>
        line.StartsWith(word, StringComparison.OrdinalIgnoreCase) && (line.Length == word.Length || !char.IsAsciiLetterOrDigit(line[word.Length]))
            ? line[word.Length..].TrimStart(LogicalLines.Blanks) : null;
}
