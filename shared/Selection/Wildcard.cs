namespace PostfixNet.Selection;

/// <summary>Text with "*" for any characters, or none, and "?" for one; "\" before one of the three means itself. Without regard to case.</summary>
/// <remarks>No expression is slow: at most the length of the pattern times that of the text.</remarks>
internal sealed class Wildcard
{
    // What stands for them among ordinary characters: no text has these.
    private const char Any = '\uffff', One = '\ufffe';

    private readonly string _pattern;
    private readonly bool _isPlain;

    /// <param name="text">As written.</param>
    /// <param name="isPart">It may stand anywhere in a text.</param>
    internal Wildcard(string text, bool isPart)
    {
        List<char> pattern = [];
        if (isPart)
            pattern.Add(Any);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && i + 1 < text.Length && text[i + 1] is '*' or '?' or '\\')
                pattern.Add(char.ToUpperInvariant(text[++i]));
            else if (c != '*')
                pattern.Add(c == '?' ? One : char.ToUpperInvariant(c));
            else if (pattern is not [.., Any])
                pattern.Add(Any);
        }
        if (isPart && pattern[^1] != Any)
            pattern.Add(Any);
        _pattern = new string([.. pattern]);
        _isPlain = !pattern.Contains(Any) && !pattern.Contains(One);
    }

    /// <summary>Whether a whole text fits.</summary>
    internal bool Fits(ReadOnlySpan<char> text)
    {
        if (_isPlain)
            return text.Equals(_pattern, StringComparison.OrdinalIgnoreCase);
        // A star takes nothing at first, and one more each time that what follows it does not fit; only the last star needs that.
        int at = 0, star = -1, resume = 0;
        for (int i = 0; i < text.Length;)
        {
            if (at < _pattern.Length && _pattern[at] == Any)
            {
                (star, resume) = (at++, i);
            }
            else if (at < _pattern.Length && (_pattern[at] == One || _pattern[at] == char.ToUpperInvariant(text[i])))
            {
                at++;
                i++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                i = ++resume;
            }
            else
            {
                return false;
            }
        }
        while (at < _pattern.Length && _pattern[at] == Any)
            at++;
        return at == _pattern.Length;
    }
}
