using PostfixNet.Log;
using PostfixNet.Mail;

namespace PostfixNet.Web;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    private const long Pause = 60_000;
    private long _refusedAt = -Pause;

    internal void Bug(Exception e) => log.Write(Severity.Panic, $"{e.GetType().Name}: {PrintableText.Of(e.Message)} {e.StackTrace}");

    internal void NotIdle() => log.Warning("the system does not allow this process to give way to others");

    /// <summary>Somebody showed another token; told once a minute, however often it is tried.</summary>
    internal void WrongToken(string client)
    {
        long now = Environment.TickCount64, before = Interlocked.Read(ref _refusedAt);
        if (now - before >= Pause && Interlocked.CompareExchange(ref _refusedAt, now, before) == before)
            log.Warning(PrintableText.Of($"{client} showed a wrong token"));
    }

    /// <summary>What an operator wants done, before it is.</summary>
    internal void Ordered(string by, string order) => log.Info(PrintableText.Of($"ordered by {by}: {order}"));
}
