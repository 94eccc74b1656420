using System.Threading.Tasks.Sources;
using PostfixNet.Native;

namespace PostfixNet.Ipc;

/// <summary>A connection of a loop, for code that awaits: every call tries at once, and waits only when it must. What awaits goes on in the
/// loop's thread.</summary>
/// <remarks>One reader and one writer at a time. Nothing waits without a limit. A connection that breaks while it is read has ended.</remarks>
public sealed class LoopStream : Stream
{
    // Who always has more to say must let others speak.
    private const int MostReadsInARow = 32;

    private readonly Descriptor _socket;
    private readonly EventLoop _loop;
    private readonly EventLoop.Watch _watch;
    private readonly Waiter _readable, _writable;
    private int _readsInARow;

    /// <param name="loop">Whose thread calls.</param>
    /// <param name="socket">Connected, or about to be; owned.</param>
    /// <param name="patience">For each call that must wait, until said otherwise.</param>
    public LoopStream(EventLoop loop, Descriptor socket, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(loop);
        (_loop, _socket, Patience) = (loop, socket, patience);
        (_readable, _writable) = (new Waiter(loop), new Waiter(loop));
        _watch = loop.AddEdges(socket, Ready);
    }

    /// <summary>Longest time that one call waits.</summary>
    public TimeSpan Patience { get; set; }

    /// <summary>No call waits beyond this moment.</summary>
    public Deadline Limit { get; set; } = Deadline.Never;

    /// <summary>It is closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Something, or the end, can be read without waiting.</summary>
    public bool HasInput => !IsClosed && _socket.Wait(Readiness.Readable, 0).This != Readiness.None;

    /// <summary>The connection itself.</summary>
    public Descriptor Socket => _socket;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Takes what there is, at least one byte.</summary>
    /// <returns>0 at the end.</returns>
    /// <exception cref="TimeoutException">Nothing came in time.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return new ValueTask<int>(0);
        if (++_readsInARow > MostReadsInARow)
            return ReadAfterOthers(buffer);
        int n = IsClosed ? 0 : _socket.Read(buffer.Span);
        return n >= 0 ? new ValueTask<int>(n) : ReadLater(buffer);
    }

    private async ValueTask<int> ReadAfterOthers(Memory<byte> buffer)
    {
        _readsInARow = 0;
        await _loop.Turn();
        return await ReadAsync(buffer);
    }

    private async ValueTask<int> ReadLater(Memory<byte> buffer)
    {
        while (true)
        {
            await _readable.Wait(Time);
            _readsInARow = 0;
            int n = IsClosed ? 0 : _socket.Read(buffer.Span);
            if (n >= 0)
                return n;
        }
    }

    /// <summary>Writes all.</summary>
    /// <exception cref="TimeoutException">The peer takes nothing.</exception>
    /// <exception cref="IOException">The peer is gone.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int n = Put(buffer);
        return n == buffer.Length ? ValueTask.CompletedTask : WriteLater(buffer[n..]);
    }

    private async ValueTask WriteLater(ReadOnlyMemory<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            await _writable.Wait(Time);
            rest = rest[Put(rest)..];
        }
    }

    // What there is room for.
    private int Put(ReadOnlyMemory<byte> buffer)
    {
        if (IsClosed)
            throw new IOException("connection closed");
        int done = 0;
        while (done < buffer.Length)
        {
            int n = _socket.Write(buffer.Span[done..]);
            if (n < 0)
                break;
            done += n;
        }
        return done;
    }

    /// <summary>Waits until the connection is made, or has failed.</summary>
    public async ValueTask Connected() => await _writable.Wait(Time);

    /// <summary>Waits until there is room to write, after a write that found none.</summary>
    /// <exception cref="TimeoutException">There is none in time.</exception>
    internal async ValueTask Room(Deadline end)
    {
        Limit = end;
        await _writable.Wait(Time);
    }

    private TimeSpan Time
    {
        get
        {
            int rest = Limit.RemainingMilliseconds;
            return rest < Patience.TotalMilliseconds ? TimeSpan.FromMilliseconds(rest) : Patience;
        }
    }

    private void Ready(Readiness readiness)
    {
        bool isBroken = (readiness & Readiness.Broken) != 0;
        if (isBroken || (readiness & Readiness.Readable) != 0)
            _readable.Go();
        if (isBroken || (readiness & Readiness.Writable) != 0)
            _writable.Go();
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <summary>Not for a loop: it would wait for itself.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not for a loop: it would wait for itself.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsClosed)
        {
            IsClosed = true;
            _watch.Dispose();
            _socket.Dispose();
            // Who waits finds it closed.
            _loop.Soon(_readable.Go);
            _loop.Soon(_writable.Go);
        }
        base.Dispose(disposing);
    }

    /// <summary>One who waits for something, with a limit.</summary>
    private sealed class Waiter(EventLoop loop) : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;
        private EventLoop.Timer? _timer;
        private bool _isWaiting;

        /// <summary>Until <see cref="Go"/>.</summary>
        internal ValueTask Wait(TimeSpan time)
        {
            if (_isWaiting)
                throw new InvalidOperationException("somebody waits already");
            _core.Reset();
            _isWaiting = true;
            _timer = loop.After(time, TimeIsOver);
            return new ValueTask(this, _core.Version);
        }

        internal void Go()
        {
            if (!_isWaiting)
                return;
            _isWaiting = false;
            _timer?.Cancel();
            _core.SetResult(true);
        }

        private void TimeIsOver()
        {
            if (!_isWaiting)
                return;
            _isWaiting = false;
            _core.SetException(new TimeoutException("timeout"));
        }

        public void GetResult(short token) => _ = _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
