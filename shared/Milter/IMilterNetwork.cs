using PostfixNet.Native;

namespace PostfixNet.Milter;

/// <summary>Makes connections to milters: in a loop, where nothing may wait, or in straight-line code, where all of it has happened when a call returns.</summary>
public interface IMilterNetwork
{
    /// <summary>Connects.</summary>
    /// <exception cref="IOException">Nobody listens there; the message is the system's reason.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public ValueTask<IMilterLink> Connect(MilterEndpoint endpoint, TimeSpan timeout);
}

/// <summary>Octets from and to a milter.</summary>
public interface IMilterLink : IDisposable
{
    /// <summary>Takes what there is, at least one octet; 0 at the end.</summary>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public ValueTask<int> Read(Memory<byte> buffer, Deadline limit);

    /// <summary>Writes all.</summary>
    /// <exception cref="TimeoutException">The milter takes nothing.</exception>
    /// <exception cref="IOException">It is gone.</exception>
    public ValueTask Write(ReadOnlyMemory<byte> octets, Deadline limit);

    /// <summary>The connection itself.</summary>
    public Descriptor Socket { get; }
}
