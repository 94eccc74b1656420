namespace PostfixNet.Actions;

/// <summary>What the operator is told of what was done.</summary>
public abstract class Report
{
    /// <summary>Something could not be done; the exit status says so.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>What was done.</summary>
    public void Say(string text) => Write("info", text);

    /// <summary>For the log alone.</summary>
    public virtual void Note(string text) => Log.MailLog.Info(text);

    /// <summary>What was not done, since it must not be, or need not.</summary>
    public void Warn(string text) => Write("warning", text);

    /// <summary>A warning about what should have worked.</summary>
    public void Fail(string text)
    {
        HasFailed = true;
        Write("warning", text);
    }

    /// <summary>How many messages something was done to.</summary>
    public void SayCount(string what, int count, bool isDryRun = false) =>
        Say($"{(isDryRun ? $"Would be {char.ToLowerInvariant(what[0])}{what[1..]}" : what)}: {count} {(count == 1 ? "message" : "messages")}");

    /// <summary>One line.</summary>
    /// <param name="severity">"info" or "warning".</param>
    /// <param name="text">It.</param>
    protected abstract void Write(string severity, string text);
}
