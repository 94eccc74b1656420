namespace PostfixNet.Native;

/// <summary>A thread for work that can wait: it gets a processor and the disk only when nobody else wants them.</summary>
/// <param name="name">Of the thread.</param>
/// <param name="work">What it does, until <see cref="MustEnd"/>.</param>
/// <param name="notIdle">Called once by the thread when the system does not allow it to give way to others; it works all the same.</param>
public sealed class IdleThread(string name, Action work, Action notIdle) : IDisposable
{
    private readonly ManualResetEventSlim _ended = new();
    private Thread? _thread;

    /// <summary>Begins; once.</summary>
    /// <param name="bug">Is told what ended the thread, should anything.</param>
    public void Start(Action<Exception> bug)
    {
        _thread = new Thread(() =>
        {
            try
            {
                if (!IdlePriority.Take())
                    notIdle();
                work();
            }
            catch (Exception e)
            {
                bug(e);
            }
        })
        { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>For the thread: waits, or less when it is to end.</summary>
    /// <param name="pause">For so long at most.</param>
    /// <returns>It is to end.</returns>
    public bool MustEnd(TimeSpan pause) => _ended.Wait(pause);

    /// <summary>Lets what is being done come to its end.</summary>
    /// <param name="limit">Not for longer.</param>
    /// <returns>It came to its end.</returns>
    public bool Stop(TimeSpan limit)
    {
        _ended.Set();
        return _thread?.Join(limit) ?? true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Who works still asks whether it is to end.
        if (Stop(TimeSpan.Zero))
            _ended.Dispose();
    }
}
