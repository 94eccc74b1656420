namespace PostfixNet.Tables;

/// <summary>A compiled regular expression.</summary>
internal abstract class Pattern
{
    /// <summary>Parts in parentheses.</summary>
    internal abstract int GroupCount { get; }

    /// <summary>True when it matches somewhere in a key.</summary>
    /// <param name="key">Octets.</param>
    /// <param name="groups">Gets start and end of the whole match and of each group; start -1: it has no part in it. Empty: nobody wants to know.</param>
    /// <exception cref="LookupException">It takes too long, or too much memory.</exception>
    internal abstract bool IsIn(byte[] key, Span<(int Start, int End)> groups);
}

/// <summary>Reads one kind of patterns: those of regexp_table(5) or of pcre_table(5).</summary>
internal interface IPatternSyntax
{
    /// <summary>A second pattern may follow the first, to be matched, too: /one/!/two/.</summary>
    public bool HasSecondPattern { get; }

    /// <exception cref="FormatException">It is not understood, or a flag is not; the message does not quote it.</exception>
    public Pattern Compile(string pattern, string flags);
}
