namespace PostfixNet.Toml;

/// <summary>A document that is not TOML 1.0.</summary>
public sealed class TomlException : Exception
{
    internal TomlException(int line, int column, string problem)
        : base($"{line}:{column}: {problem}")
    {
        Line = line;
        Column = column;
        Problem = problem;
    }

    /// <summary>Line of the first character that cannot stand where it stands; the first line is 1.</summary>
    public int Line { get; }

    /// <summary>Column of that character, counted in characters; the first column is 1.</summary>
    public int Column { get; }

    /// <summary>What is wrong and what was expected, without the position.</summary>
    public string Problem { get; }
}
