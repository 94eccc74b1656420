using PostfixNet.Actions;
using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>Every line goes to standard error and to the log; standard output stays empty. On a terminal it tells how far long operations have come.</summary>
/// <param name="log">Of the program.</param>
internal sealed class CallerReport(CallerLog log) : Report
{
    private readonly Progress? _progress = Progress.OnTerminal();

    /// <inheritdoc/>
    public override void Begin(string what, Func<long> total) => _progress?.Begin(what, total());

    /// <inheritdoc/>
    public override void Advance() => _progress?.Advance();

    /// <inheritdoc/>
    public override void Finish() => _progress?.Wipe();

    /// <inheritdoc/>
    protected override void Write(string severity, string text)
    {
        _progress?.Wipe();
        if (severity == "warning")
            log.Warn(text);
        else
            log.Info(text);
    }
}
