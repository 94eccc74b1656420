using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>Octets from and to a peer. Nothing here waits without a deadline.</summary>
#pragma warning disable CA1711 // A stream of octets in the sense of TCP (RFC 9293), with deadlines: not one of System.IO.
public abstract class ByteStream : IDisposable
#pragma warning restore CA1711
{
    /// <summary>Waits for at least one octet.</summary>
    /// <returns>Number of octets; 0 when the peer closed.</returns>
    /// <exception cref="ConnectionException">Time over.</exception>
    /// <exception cref="StoppingException">See <see cref="HeedsStop"/>.</exception>
    public abstract int Read(Span<byte> buffer, Deadline deadline);

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="ConnectionException">Time over, or the peer closed before.</exception>
    /// <exception cref="StoppingException">See <see cref="HeedsStop"/>.</exception>
    public void ReadExactly(Span<byte> buffer, Deadline deadline)
    {
        while (!buffer.IsEmpty)
        {
            int n = Read(buffer, deadline);
            if (n == 0)
                throw new ConnectionException(StreamFailure.Lost);
            buffer = buffer[n..];
        }
    }

    /// <summary>Writes all; what the peer says meanwhile is kept for <see cref="Read"/>, so that neither side waits
    /// for the other with full buffers (RFC 2920 section 3.1).</summary>
    /// <param name="patience">Longest time without any progress.</param>
    /// <exception cref="ConnectionException">Time over, or the peer closed.</exception>
    /// <exception cref="StoppingException">See <see cref="HeedsStop"/>.</exception>
    public abstract void Write(ReadOnlySpan<byte> octets, TimeSpan patience);

    /// <summary>No wait goes on after this moment, however the octets trickle. A stream over another one passes it on.</summary>
    public virtual Deadline Limit { get; set; } = Deadline.Never;

    /// <summary>Octets, or the end of the stream, can be read without waiting. False where that cannot be told.</summary>
    public virtual bool HasInput => false;

    /// <summary>Nothing waits to be read and the peer has not closed: true of a session at rest that can be used again.</summary>
    public abstract bool IsQuiet { get; }

    /// <summary>TLS; null: anybody on the way can read and change what is said.</summary>
    public virtual IChannelSecurity? Security => null;

    /// <summary>Waiting ends with <see cref="StoppingException"/> when this program is told to stop. Switched off where
    /// what is under way must be brought to its end: once a server has a whole message, its answer decides.</summary>
    public virtual bool HeedsStop { get; set; } = true;

    /// <summary>Goes no further when this program stops.</summary>
    /// <exception cref="StoppingException">This program was told to stop.</exception>
    public abstract void ThrowIfStopping();

    /// <summary>Lets time pass, unless the connection breaks or this program is told to stop.</summary>
    public abstract void Pause(TimeSpan time);

    /// <inheritdoc/>
    public abstract void Dispose();
}
