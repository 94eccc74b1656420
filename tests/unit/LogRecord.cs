using PostfixNet.Log;

namespace PostfixNet.UnitTests;

/// <summary>A log that a test reads: "text" of what became of mail, else "warning: text" and so on.</summary>
internal sealed class LogRecord : ILog
{
    private readonly List<string> _lines = [];

    /// <summary>Called with each line, in place of keeping it.</summary>
    internal Action<string>? Written { get; init; }

    /// <summary>All lines so far.</summary>
    internal IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public void Write(Severity severity, string text)
    {
        string line = severity == Severity.Info ? text : $"{severity.ToString().ToLowerInvariant()}: {text}";
        lock (_lines)
        {
            if (Written is null)
                _lines.Add(line);
            else
                Written(line);
        }
    }
}
