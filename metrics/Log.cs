using PostfixNet.Log;
using PostfixNet.Mail;

namespace PostfixNet.Metrics;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <summary>For the consumer of events, which says what keeps it waiting.</summary>
    internal ILog Lines => log;

    internal void Bug(Exception e) => log.Write(Severity.Panic, $"{e.GetType().Name}: {PrintableText.Of(e.Message)} {e.StackTrace}");
}
