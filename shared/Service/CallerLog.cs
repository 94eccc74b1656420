using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>What a program that people call has to say: to its caller, on standard error, and to the log, where the caller may write it.</summary>
/// <remarks>Control characters are replaced: words of other users reach the caller's terminal.</remarks>
/// <param name="program">The program's name.</param>
public sealed class CallerLog(string program)
{
    /// <summary>Opens the log that the configuration names; before that, lines go to standard error alone.</summary>
    /// <remarks>The caller's standard output is not the log's: syslog gets the lines then.</remarks>
    public void Open(LogOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        MailLog.Open(options.IsStandardOutput ? options with { Path = "" } : options, program, mustBeSomewhere: false);
    }

    /// <summary>What was done.</summary>
    public void Info(string text)
    {
        Tell(text);
        MailLog.Info(text);
    }

    /// <summary>A person should look; the program goes on.</summary>
    public void Warn(string text)
    {
        Tell($"warning: {text}");
        MailLog.Warning(text);
    }

    /// <summary>The program ends.</summary>
    /// <param name="text">Why.</param>
    /// <param name="status">Exit status.</param>
    /// <returns><paramref name="status"/>.</returns>
    public int Fatal(string text, int status)
    {
        Tell($"fatal: {text}");
        MailLog.Fatal(text);
        return status;
    }

    private void Tell(string text) => StandardStreams.WriteError($"{program}: {PrintableText.Of(text)}\n");
}
