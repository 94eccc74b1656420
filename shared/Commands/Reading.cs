using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Commands;

/// <summary>What became of a command line.</summary>
/// <param name="Command">What it asks for; null: it is answered already, by <paramref name="Text"/>.</param>
/// <param name="Text">Help, or what is wrong and what is accepted instead; "" with a command.</param>
/// <param name="Status">Exit status that goes with the text.</param>
public sealed record Reading<T>(T? Command, string Text, int Status)
    where T : Command
{
    /// <summary>Prints the text: help to standard output, a mistake to standard error.</summary>
    /// <returns>Exit status.</returns>
    public int Answer()
    {
        if (Status == ExitStatus.Ok)
            StandardStreams.TryWriteOutput(Text);
        else
            StandardStreams.WriteError(Text);
        return Status;
    }
}
