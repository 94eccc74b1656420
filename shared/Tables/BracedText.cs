namespace PostfixNet.Tables;

/// <summary>Text in which braces hold together what is one.</summary>
public static class BracedText
{
    /// <summary>Words between commas, blanks and line ends; what stands between braces is one word.</summary>
    public static void Split(string text, List<string> into)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(into);
        int start = -1, depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (depth == 0 && (c is ' ' or ',' or '\t' or '\n' or '\r'))
            {
                if (start >= 0)
                    into.Add(text[start..i]);
                start = -1;
                continue;
            }
            if (start < 0)
                start = i;
            if (c == '{')
                depth++;
            else if (c == '}' && depth > 0)
                depth--;
        }
        if (start >= 0)
            into.Add(text[start..]);
    }

    /// <summary>The words within the braces around a text.</summary>
    /// <exception cref="FormatException">There are none around it.</exception>
    internal static List<string> WordsIn(string text)
    {
        List<string> words = [];
        Split(Inside(text), words);
        return words;
    }

    /// <summary>What is within the braces around a text.</summary>
    /// <exception cref="FormatException">There are none around it: the message says so.</exception>
    internal static string Inside(string text)
    {
        if (!text.StartsWith('{'))
            throw new FormatException("\"{\" is missing");
        int end = End(text);
        return end < 0 ? throw new FormatException("\"}\" is missing") : end < text.Length - 1 ? throw new FormatException("something follows \"}\"") : text[1..^1];
    }

    private static int End(string text)
    {
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '{')
                depth++;
            else if (text[i] == '}' && --depth == 0)
                return i;
        }
        return -1;
    }
}
