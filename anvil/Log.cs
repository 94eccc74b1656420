using PostfixNet.Log;

namespace PostfixNet.Anvil;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    internal void Statistic(string line) => log.Info(line);

    internal void Warning(string text) => log.Warning(text);
}
