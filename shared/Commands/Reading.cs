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
        if (Status != ExitStatus.Ok)
            StandardStreams.WriteError(Text);
        else if (!StandardStreams.TryWriteOutput(Text) && SystemCallException.Last("write standard output") is { IsReaderGone: false } failure)
            return Fail(failure.Message);
        return Status;
    }

    private static int Fail(string why)
    {
        StandardStreams.WriteError($"fatal: {why}\n");
        return ExitStatus.TemporaryFailure;
    }
}
