using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>What the operator is told: every line goes to standard error and to the log; standard output stays empty.</summary>
/// <param name="log">Of the program.</param>
internal class Report(CallerLog log)
{
    /// <summary>Something could not be done; the exit status says so.</summary>
    internal bool HasFailed { get; private set; }

    internal void Say(string text) => Write("info", text);

    /// <summary>For the log alone.</summary>
    internal virtual void Note(string text) => Log.MailLog.Info(text);

    internal void Warn(string text) => Write("warning", text);

    /// <summary>A warning about what should have worked.</summary>
    internal void Fail(string text)
    {
        HasFailed = true;
        Write("warning", text);
    }

    internal void SayCount(string what, int count, bool isDryRun = false) =>
        Say($"{(isDryRun ? $"Would be {char.ToLowerInvariant(what[0])}{what[1..]}" : what)}: {count} {(count == 1 ? "message" : "messages")}");

    /// <summary>One line.</summary>
    /// <param name="severity">"info" or "warning".</param>
    private protected virtual void Write(string severity, string text)
    {
        if (severity == "warning")
            log.Warn(text);
        else
            log.Info(text);
    }
}
