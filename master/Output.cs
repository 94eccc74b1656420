using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Master;

/// <summary>What commands have to show.</summary>
internal static class Output
{
    /// <summary>Prints to standard output.</summary>
    /// <returns><paramref name="status"/>, or that it could not be printed.</returns>
    internal static int Print(string text, int status) => StandardStreams.TryWriteOutput(text) || SystemCallException.Last("write standard output") is not { IsReaderGone: false } failure
        ? status : Caller.Fail(failure.Message, ExitStatus.TemporaryFailure);
}
