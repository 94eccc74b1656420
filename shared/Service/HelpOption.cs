using System.Reflection;
using PostfixNet.Native;

namespace PostfixNet.Service;

/// <summary>--help and --version of programs whose other options are Postfix's single letters.</summary>
public static class HelpOption
{
    /// <summary>Answers the one word --help or --version.</summary>
    /// <param name="name">How the program was called.</param>
    /// <param name="arguments">Its words.</param>
    /// <param name="program">Has the manual page.</param>
    /// <returns>Exit status; null: something else is wanted.</returns>
    public static int? Answer(string name, IReadOnlyList<string> arguments, Assembly program)
    {
        ArgumentNullException.ThrowIfNull(program);
        string? text = arguments switch
        {
            ["--help"] => ManualPage.Help(program),
            ["--version"] => $"{name} (Postfix.Net) {program.GetName().Version?.ToString(3)}\n",
            _ => null,
        };
        return text is null ? null : StandardStreams.TryWriteOutput(text) ? ExitStatus.Ok : ExitStatus.TemporaryFailure;
    }
}
