using PostfixNet.Ipc;

namespace PostfixNet.Smtpd;

/// <summary>So many do something at once; the others wait in line.</summary>
/// <param name="most">At once.</param>
internal sealed class Turns(EventLoop loop, int most)
{
    private readonly Queue<TaskCompletionSource<bool>> _waiting = new();
    private int _underWay;

    /// <summary>Waits for a turn, which ends with <see cref="End"/>.</summary>
    /// <param name="patience">Longest wait; null: without limit.</param>
    /// <returns>False: none came in that time.</returns>
    internal async ValueTask<bool> Wait(TimeSpan? patience = null)
    {
        if (_underWay < most)
        {
            _underWay++;
            return true;
        }
        TaskCompletionSource<bool> turn = new();
        _waiting.Enqueue(turn);
        EventLoop.Timer? timer = patience is { } time ? loop.After(time, () => turn.TrySetResult(false)) : null;
        bool hasCome = await turn.Task;
        timer?.Cancel();
        return hasCome;
    }

    /// <summary>Who waits takes the turn over.</summary>
    internal void End()
    {
        while (_waiting.TryDequeue(out TaskCompletionSource<bool>? next))
        {
            if (next.Task.IsCompleted)
                continue;
            // Not within this call: it could be deep in many others.
            loop.Soon(() =>
            {
                if (!next.TrySetResult(true))
                    End();
            });
            return;
        }
        _underWay--;
    }
}
