namespace PostfixNet.Mtasts;

/// <summary>So many may do something at once; the others wait for their turn. For code of one loop.</summary>
internal sealed class Places(int most)
{
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _taken;

    /// <summary>Does work in a place.</summary>
    internal async ValueTask<T> In<T>(Func<ValueTask<T>> work)
    {
        if (_taken == most)
        {
            TaskCompletionSource turn = new();
            _waiting.Enqueue(turn);
            await turn.Task;
        }
        else
        {
            _taken++;
        }
        try
        {
            return await work();
        }
        finally
        {
            // Who waits takes the place over.
            if (_waiting.TryDequeue(out TaskCompletionSource? next))
                next.SetResult();
            else
                _taken--;
        }
    }
}
