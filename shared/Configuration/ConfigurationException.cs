namespace PostfixNet.Configuration;

/// <summary>A configuration file that cannot be used.</summary>
/// <remarks>The message is one line, "path:line:column: what is wrong; what is accepted" (without line and column when the
/// file as a whole is meant), fit to be shown to an operator. Programs exit with status 78 (EX_CONFIG).</remarks>
public sealed class ConfigurationException : Exception
{
    /// <summary>For what shows only when the configuration meets the system, e.g. an account that does not exist.</summary>
    public ConfigurationException(string problem) : base(OneLine(problem)) { }

    /// <summary>A mistake at a place in a file.</summary>
    /// <param name="line">1, 2, ...</param>
    /// <param name="column">1, 2, ..., in characters.</param>
    /// <param name="isForbidden">The file may not be read.</param>
    public ConfigurationException(string path, int line, int column, string problem, bool isForbidden = false)
        : base($"{path}:{line}:{column}: {OneLine(problem)}")
    {
        IsForbidden = isForbidden;
    }

    /// <summary>A mistake that concerns a whole file.</summary>
    /// <param name="isForbidden">The file may not be read.</param>
    public ConfigurationException(string path, string problem, bool isForbidden = false)
        : base($"{path}: {OneLine(problem)}")
    {
        IsForbidden = isForbidden;
    }

    /// <summary>A file is there, but this process may not read it: root may, and may want to keep it to itself.</summary>
    public bool IsForbidden { get; }

    // Keys and values are quoted in messages, and TOML strings may hold line ends.
    private static string OneLine(string text)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c))
                text = text.Replace(c, '?');
        }
        return text;
    }
}
