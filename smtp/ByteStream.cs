using PostfixNet.Native;

namespace PostfixNet.Smtp;

/// <summary>Why a conversation broke.</summary>
internal enum StreamFailure
{
    /// <summary>The peer closed or reset the connection.</summary>
    Lost,
    /// <summary>The peer was too slow.</summary>
    TimedOut,
    /// <summary>TLS broke down.</summary>
    Tls,
    /// <summary>Replies and commands do not match: no reply can be trusted to be the answer to anything.</summary>
    OutOfStep,
}

/// <summary>A conversation broke; the connection is of no more use.</summary>
internal sealed class SmtpStreamException(StreamFailure failure, string detail = "") : Exception(detail)
{
    internal StreamFailure Failure => failure;
}

/// <summary>This program was told to stop, and the server has not been given the whole message.</summary>
internal sealed class StoppingException : Exception;

/// <summary>How this program learns that the mail system stops.</summary>
/// <param name="line">What to watch while waiting: when it is readable, ask <paramref name="isStopping"/>. Null: nothing will come.</param>
/// <param name="isStopping">Asks; does not wait.</param>
internal sealed class StopSignal(Func<Descriptor?> line, Func<bool> isStopping)
{
    /// <summary>Never stops.</summary>
    internal static readonly StopSignal None = new(static () => null, static () => false);

    internal Descriptor? Line => line();

    /// <exception cref="StoppingException">It does.</exception>
    internal void ThrowIfStopping()
    {
        if (isStopping())
            throw new StoppingException();
    }
}

/// <summary>A moment after which waiting ends.</summary>
/// <param name="Tick">In the milliseconds of <see cref="Environment.TickCount64"/>.</param>
internal readonly record struct Deadline(long Tick)
{
    internal static Deadline In(TimeSpan time) => new(Environment.TickCount64 + Math.Max(1, (long)time.TotalMilliseconds));

    /// <summary>No end.</summary>
    internal static Deadline Never => new(long.MaxValue);

    internal static Deadline Earlier(Deadline a, Deadline b) => a.Tick < b.Tick ? a : b;

    /// <summary>0 when it is over.</summary>
    internal int RemainingMilliseconds => (int)Math.Clamp(Tick - Environment.TickCount64, 0, int.MaxValue);
}

/// <summary>What protects a conversation from others; a login asks before it shows a password.</summary>
internal interface IChannelSecurity
{
    /// <summary>The server has proved its name.</summary>
    public bool IsPeerVerified { get; }

    /// <summary>Channel binding of the type tls-server-end-point (RFC 5929 section 4), without the type's name: the hash of
    /// the server's certificate; null when there is none.</summary>
    public byte[]? ServerEndPoint { get; }
}

/// <summary>Octets from and to a server. Nothing here waits without a deadline.</summary>
internal abstract class ByteStream : IDisposable
{
    /// <summary>Waits for at least one octet.</summary>
    /// <returns>Number of octets; 0 when the peer closed.</returns>
    /// <exception cref="SmtpStreamException">Time over.</exception>
    /// <exception cref="StoppingException">See <see cref="HeedsStop"/>.</exception>
    internal abstract int Read(Span<byte> buffer, Deadline deadline);

    /// <summary>Writes all; what the server says meanwhile is kept for <see cref="Read"/>, so that neither side waits
    /// for the other with full buffers (RFC 2920 section 3.1).</summary>
    /// <param name="patience">Longest time without any progress.</param>
    /// <exception cref="SmtpStreamException">Time over, or the peer closed.</exception>
    /// <exception cref="StoppingException">See <see cref="HeedsStop"/>.</exception>
    internal abstract void Write(ReadOnlySpan<byte> octets, TimeSpan patience);

    /// <summary>No wait goes on after this moment, however the octets trickle. A stream over another one passes it on.</summary>
    internal virtual Deadline Limit { get; set; } = Deadline.Never;

    /// <summary>Octets, or the end of the stream, can be read without waiting. False where that cannot be told.</summary>
    internal virtual bool HasInput => false;

    /// <summary>Nothing waits to be read and the peer has not closed: true of a session at rest that can be used again.</summary>
    internal abstract bool IsQuiet { get; }

    /// <summary>TLS; null: anybody on the way can read and change what is said.</summary>
    internal virtual IChannelSecurity? Security => null;

    /// <summary>Waiting ends with <see cref="StoppingException"/> when this program is told to stop. Switched off once
    /// the server has the whole message: its answer then decides.</summary>
    internal virtual bool HeedsStop { get; set; } = true;

    /// <exception cref="StoppingException">This program was told to stop.</exception>
    internal abstract void ThrowIfStopping();

    /// <summary>Lets time pass, unless the connection breaks or this program is told to stop.</summary>
    internal abstract void Pause(TimeSpan time);

    public abstract void Dispose();
}

/// <summary>Octets over a plain TCP (or Unix-domain) connection.</summary>
internal sealed class SocketStream(Descriptor socket, StopSignal stop) : ByteStream
{
    // A server that sends more than this while it does not read is not speaking SMTP; it then runs into the deadline.
    private const int MostReadAhead = 1024 * 1024;

    private readonly Descriptor _socket = socket;
    private byte[] _ahead = [];
    private int _aheadStart;
    private int _aheadEnd;
    private bool _peerClosed;

    /// <inheritdoc/>
    internal override bool HasInput =>
        _aheadStart < _aheadEnd || _peerClosed || _socket.Wait(Readiness.Readable, 0).This != Readiness.None;

    /// <inheritdoc/>
    internal override bool IsQuiet => !HasInput;

    /// <inheritdoc/>
    internal override int Read(Span<byte> buffer, Deadline deadline)
    {
        if (_aheadStart < _aheadEnd)
        {
            int taken = Math.Min(buffer.Length, _aheadEnd - _aheadStart);
            _ahead.AsSpan(_aheadStart, taken).CopyTo(buffer);
            _aheadStart += taken;
            return taken;
        }
        while (true)
        {
            int n = _peerClosed ? 0 : _socket.Read(buffer);
            if (n >= 0)
                return n;
            _ = Wait(Readiness.Readable, deadline);
        }
    }

    /// <inheritdoc/>
    internal override void Write(ReadOnlySpan<byte> octets, TimeSpan patience)
    {
        Deadline deadline = Deadline.In(patience);
        while (octets.Length > 0)
        {
            int n;
            try
            {
                n = _socket.Write(octets);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new SmtpStreamException(StreamFailure.Lost, e.Message);
            }
            if (n >= 0)
            {
                octets = octets[n..];
                deadline = Deadline.In(patience);
                continue;
            }
            Readiness want = Readiness.Writable;
            if (!_peerClosed && _aheadEnd - _aheadStart < MostReadAhead)
                want |= Readiness.Readable;
            if ((Wait(want, deadline) & Readiness.Readable) != 0)
                ReadAhead();
        }
    }

    /// <inheritdoc/>
    internal override void ThrowIfStopping()
    {
        if (HeedsStop)
            stop.ThrowIfStopping();
    }

    /// <inheritdoc/>
    internal override void Pause(TimeSpan time) => _ = Watch(Readiness.None, Deadline.In(time));

    public override void Dispose() => _socket.Dispose();

    private Readiness Wait(Readiness want, Deadline deadline)
    {
        Readiness ready = Watch(want, deadline);
        return ready != Readiness.None ? ready : throw new SmtpStreamException(StreamFailure.TimedOut);
    }

    // None: the time is over.
    private Readiness Watch(Readiness want, Deadline deadline)
    {
        deadline = Deadline.Earlier(deadline, Limit);
        while (true)
        {
            (Readiness ready, bool word) = _socket.Wait(want, deadline.RemainingMilliseconds, HeedsStop ? stop.Line : null);
            if (word)
                ThrowIfStopping();
            if (ready != Readiness.None || deadline.RemainingMilliseconds == 0)
                return ready;
        }
    }

    private void ReadAhead()
    {
        if (_aheadStart == _aheadEnd)
            _aheadStart = _aheadEnd = 0;
        if (_ahead.Length - _aheadEnd < 4096)
        {
            byte[] larger = new byte[Math.Max(8192, (_aheadEnd - _aheadStart) * 2 + 4096)];
            _ahead.AsSpan(_aheadStart, _aheadEnd - _aheadStart).CopyTo(larger);
            (_ahead, _aheadEnd, _aheadStart) = (larger, _aheadEnd - _aheadStart, 0);
        }
        int n = _socket.Read(_ahead.AsSpan(_aheadEnd));
        if (n == 0)
            _peerClosed = true;
        else if (n > 0)
            _aheadEnd += n;
    }
}
