using PostfixNet.Service;

namespace PostfixNet.Posttool;

/// <summary>A command line that is not understood.</summary>
/// <param name="message">One line.</param>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Letters that are wrong, as getopt(3) and Postfix tell them: two lines.</summary>
    internal static UsageException Of(Getopt options, CallerLog log, string usage)
    {
        log.Info(options.Error);
        return new UsageException($"usage: {usage}");
    }
}
