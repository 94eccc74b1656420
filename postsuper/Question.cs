using System.Globalization;
using System.Text;
using PostfixNet.Actions;
using PostfixNet.Native;

namespace PostfixNet.Postsuper;

/// <summary>Asks before very much is done, if somebody is there to be asked.</summary>
internal static class Question
{
    private const int Large = 100, LongestAnswer = 100;

    /// <summary>A person gave the command, for all messages or for those of a filter; scripts are never asked.</summary>
    internal static bool MayAsk(Orders line) => line.All != MessageAction.None && !line.IsSure && !line.IsDryRun && IsSomebodyThere;

    /// <summary>A terminal asks and answers.</summary>
    internal static bool IsSomebodyThere => Terminal.IsInput && Terminal.IsError;

    /// <summary>Asks, if there are many.</summary>
    internal static bool IsAnsweredYes(int count)
    {
        if (count < Large)
            return true;
        StandardStreams.WriteError(string.Create(CultureInfo.InvariantCulture, $"postsuper: {count} messages. Go on? [y/N] "));
        return StandardStreams.ReadLine(LongestAnswer) is { } answer && Encoding.ASCII.GetString(answer).Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
