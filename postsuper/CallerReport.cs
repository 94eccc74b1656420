using PostfixNet.Actions;
using PostfixNet.Service;

namespace PostfixNet.Postsuper;

/// <summary>Every line goes to standard error and to the log; standard output stays empty.</summary>
/// <param name="log">Of the program.</param>
internal sealed class CallerReport(CallerLog log) : Report
{
    /// <inheritdoc/>
    protected override void Write(string severity, string text)
    {
        if (severity == "warning")
            log.Warn(text);
        else
            log.Info(text);
    }
}
