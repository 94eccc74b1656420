using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>Replaces $name and its kin (<see cref="Expansion"/>) in values of main.cf, where a name that is not set stands for nothing.</summary>
/// <param name="written">The text that a name stands for, not expanded; null: there is no such name.</param>
internal sealed class Expander(Func<string, string?> written)
{
    private const int Deepest = 100;
    private const int LongestResult = 1 << 20;

    private int _size;

    /// <summary>The text, expanded.</summary>
    /// <exception cref="FormatException">It cannot be; the message says why.</exception>
    internal string Expand(string text)
    {
        _size = 0;
        return Expand(text, 0);
    }

    private string Expand(string text, int depth)
    {
        if (depth > Deepest)
            throw new FormatException("names that stand for one another in a circle, or more than 100 deep");
        // Names that stand for several others, over and over, grow without bound.
        _size += text.Length + 1;
        if (_size > LongestResult)
            throw new FormatException("the value becomes longer than 1 MB");
        return Expansion.Expand(text, name => written(name) is { } value ? Expand(value, depth + 1) : "");
    }
}
