using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>How this program learns that the mail system stops.</summary>
/// <param name="line">What to watch while waiting: when it is readable, ask <paramref name="isStopping"/>. Null: nothing will come.</param>
/// <param name="isStopping">Asks; does not wait.</param>
public sealed class StopSignal(Func<Descriptor?> line, Func<bool> isStopping)
{
    /// <summary>Never stops.</summary>
    public static readonly StopSignal None = new(static () => null, static () => false);

    /// <summary>What to watch while waiting; null: nothing will come.</summary>
    public Descriptor? Line => line();

    /// <summary>This program must stop.</summary>
    public bool IsStopping => isStopping();

    /// <summary>Goes no further when this program stops.</summary>
    /// <exception cref="StoppingException">It does.</exception>
    public void ThrowIfStopping()
    {
        if (isStopping())
            throw new StoppingException();
    }
}

/// <summary>This program was told to stop, and what it waited for can be put off.</summary>
public sealed class StoppingException : Exception;
