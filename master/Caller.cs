using PostfixNet.Native;

namespace PostfixNet.Master;

/// <summary>Who called the program: gets words on standard error.</summary>
internal static class Caller
{
    /// <summary>One line.</summary>
    /// <returns><paramref name="status"/>.</returns>
    internal static int Fail(string text, int status)
    {
        StandardStreams.WriteError($"master: fatal: {text}\n");
        return status;
    }
}
