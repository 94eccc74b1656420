using System.Globalization;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>The message is not accepted, and would not be the next time either; the text is for the caller.</summary>
/// <remarks>Not the status for trouble that passes: PHP's mail(), for one, takes that for success.</remarks>
internal sealed class SubmissionException(string text, int status = ExitStatus.Usage) : Exception(text)
{
    /// <summary>Exit status.</summary>
    internal int Status { get; } = status;

    /// <summary>Who called, e.g. "root(0)".</summary>
    internal static string Name(Account? caller) => Name(caller?.Name ?? "unknown");

    /// <summary>Likewise, by the sender that was given, e.g. "alice@example.com(1000)".</summary>
    internal static string Name(string sender) => string.Create(CultureInfo.InvariantCulture, $"{sender}({Users.RealUid})");
}
