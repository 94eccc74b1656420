using System.Net;
using PostfixNet.Native;

namespace PostfixNet.Net;

/// <summary>Octets over a plain TCP (or Unix-domain) connection.</summary>
/// <param name="socket">Connected; owned.</param>
/// <param name="stop">Ends waiting.</param>
#pragma warning disable CA1711 // A stream of octets in the sense of TCP (RFC 9293), with deadlines: not one of System.IO.
public sealed class SocketStream(Descriptor socket, StopSignal stop) : ByteStream
#pragma warning restore CA1711
{
    // A peer that sends more than this while it does not read speaks no protocol of ours; it then runs into the deadline.
    private const int MostReadAhead = 1024 * 1024;

    private readonly Descriptor _socket = socket;
    private byte[] _ahead = [];
    private int _aheadStart;
    private int _aheadEnd;
    private bool _peerClosed;

    /// <summary>The address of this end; null: it has none.</summary>
    public IPAddress? LocalAddress => _socket.LocalEnd?.Address;

    /// <summary>Waits until connecting has ended.</summary>
    internal void FinishConnecting(Deadline deadline)
    {
        _ = Wait(Readiness.Writable, deadline);
        TcpConnection.Finish(_socket);
    }

    /// <inheritdoc/>
    public override bool HasInput =>
        _aheadStart < _aheadEnd || _peerClosed || _socket.Wait(Readiness.Readable, 0).This != Readiness.None;

    /// <inheritdoc/>
    public override bool IsQuiet => !HasInput;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer, Deadline deadline)
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
    public override void Write(ReadOnlySpan<byte> octets, TimeSpan patience)
    {
        Deadline deadline = Deadline.In(patience);
        while (octets.Length > 0)
        {
            int n;
            try
            {
                n = _socket.Write(octets);
            }
            catch (IOException e)
            {
                throw new ConnectionException(StreamFailure.Lost, e.Message);
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
    public override void ThrowIfStopping()
    {
        if (HeedsStop)
            stop.ThrowIfStopping();
    }

    /// <inheritdoc/>
    public override void Pause(TimeSpan time) => _ = Watch(Readiness.None, Deadline.In(time));

    /// <inheritdoc/>
    public override void Dispose() => _socket.Dispose();

    private Readiness Wait(Readiness want, Deadline deadline)
    {
        Readiness ready = Watch(want, deadline);
        return ready != Readiness.None ? ready : throw new ConnectionException(StreamFailure.TimedOut);
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
