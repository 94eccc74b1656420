namespace PostfixNet.Actions;

/// <summary>What the operator is told of what was done.</summary>
/// <remarks>For use by several threads.</remarks>
public abstract class Report
{
    private readonly Lock _lock = new();

    /// <summary>Something could not be done; the exit status says so.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>What was done.</summary>
    public void Say(string text) => Tell("info", text);

    /// <summary>For the log alone.</summary>
    public virtual void Note(string text) => Log.MailLog.Info(text);

    /// <summary>What was not done, since it must not be, or need not.</summary>
    public void Warn(string text) => Tell("warning", text);

    /// <summary>A warning about what should have worked.</summary>
    public void Fail(string text)
    {
        HasFailed = true;
        Tell("warning", text);
    }

    /// <summary>How many messages something was done to.</summary>
    public void SayCount(string what, int count, bool isDryRun = false) =>
        Say($"{(isDryRun ? $"Would be {char.ToLowerInvariant(what[0])}{what[1..]}" : what)}: {count} {(count == 1 ? "message" : "messages")}");

    /// <summary>Something begins that may take long.</summary>
    /// <param name="what">Is done to messages, e.g. "looked at".</param>
    /// <param name="total">How many there are, for who wants to know; 0: nobody knows.</param>
    public virtual void Begin(string what, Func<long> total)
    {
    }

    /// <summary>It is done to one more message.</summary>
    public virtual void Advance()
    {
    }

    /// <summary>It is at its end.</summary>
    public virtual void Finish()
    {
    }

    private void Tell(string severity, string text)
    {
        lock (_lock)
            Write(severity, text);
    }

    /// <summary>One line.</summary>
    /// <param name="severity">"info" or "warning".</param>
    /// <param name="text">It.</param>
    protected abstract void Write(string severity, string text);
}
