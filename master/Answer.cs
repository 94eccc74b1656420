using System.Text;
using PostfixNet.Native;

namespace PostfixNet.Master;

/// <summary>What a program that was started has to say.</summary>
internal static class Answer
{
    // A program that says more has gone wrong.
    private const int Longest = 65536;

    /// <summary>Reads up to the end, or up to a moment.</summary>
    internal static string Read(Descriptor from, Deadline end)
    {
        byte[] text = new byte[Longest];
        int length = 0;
        while (length < text.Length && from.Wait(Readiness.Readable, end.RemainingMilliseconds).This != Readiness.None)
        {
            int n = from.Read(text.AsSpan(length));
            if (n == 0)
                break;
            length += Math.Max(n, 0);
        }
        return Encoding.UTF8.GetString(text, 0, length);
    }
}
