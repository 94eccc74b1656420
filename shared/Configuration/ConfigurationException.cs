using PostfixNet.Mail;

namespace PostfixNet.Configuration;

/// <summary>A configuration file that cannot be used.</summary>
/// <remarks>The message is one line, "path:line:column: what is wrong; what is accepted" (without line and column when the
/// file as a whole is meant), without control characters, fit to be shown to an operator. Programs exit with status 78 (EX_CONFIG).</remarks>
public sealed class ConfigurationException : Exception
{
    /// <summary>For what shows only when the configuration meets the system, e.g. an account that does not exist.</summary>
    public ConfigurationException(string problem) : base(PrintableText.Of(problem)) => Problems = [Message];

    /// <summary>Several, found together.</summary>
    /// <param name="all">One at least; the message is that of the first.</param>
    public ConfigurationException(IReadOnlyList<ConfigurationException> all)
        : base((all ?? throw new ArgumentNullException(nameof(all)))[0].Message)
    {
        Problems = [.. all.SelectMany(one => one.Problems)];
        IsForbidden = all[0].IsForbidden;
    }

    /// <summary>A mistake at a place in a file.</summary>
    /// <param name="line">1, 2, ...</param>
    /// <param name="column">1, 2, ..., in characters.</param>
    /// <param name="isForbidden">The file may not be read.</param>
    public ConfigurationException(string path, int line, int column, string problem, bool isForbidden = false)
        : base($"{path}:{line}:{column}: {PrintableText.Of(problem)}")
    {
        Problems = [Message];
        IsForbidden = isForbidden;
    }

    /// <summary>A mistake that concerns a whole file.</summary>
    /// <param name="isForbidden">The file may not be read.</param>
    public ConfigurationException(string path, string problem, bool isForbidden = false)
        : base($"{path}: {PrintableText.Of(problem)}")
    {
        Problems = [Message];
        IsForbidden = isForbidden;
    }

    /// <summary>All that was found wrong at once, one line each; the first is the message.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>A file is there, but this process may not read it: root may, and may want to keep it to itself.</summary>
    public bool IsForbidden { get; }
}
