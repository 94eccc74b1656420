using System.Runtime.ExceptionServices;

namespace PostfixNet.Ipc;

/// <summary>Work that goes on by itself in a loop.</summary>
public static class LoopWork
{
    /// <summary>Lets it. What it throws is a bug, which <see cref="EventLoop.Run"/> throws, so that the process ends with one line.</summary>
    /// <param name="loop">Where it goes on.</param>
    /// <param name="work">Begun.</param>
    public static void Mind(this EventLoop loop, Task work)
    {
        ArgumentNullException.ThrowIfNull(loop);
        ArgumentNullException.ThrowIfNull(work);
        _ = Wait();

        async Task Wait()
        {
            try
            {
                await work;
            }
            catch (Exception e)
            {
                loop.Soon(ExceptionDispatchInfo.Capture(e).Throw);
            }
        }
    }
}
