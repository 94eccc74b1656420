using System.Runtime.InteropServices;
using PostfixNet.Native;

namespace PostfixNet.Ipc;

/// <summary>One thread that owns all state of a program: it waits for descriptors and timers, and calls back one at a time.</summary>
public sealed unsafe class EventLoop : ITimers, IDisposable
{
    private const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3, EPOLL_CLOEXEC = 0x80000, MaximumEvents = 64;
    private const uint EPOLLET = 0x8000_0000;
    private static readonly int s_eventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private readonly int _epoll;
    private readonly Dictionary<int, Watch> _watches = [];
    private readonly TimerList _timers = new();
    private readonly Queue<Action> _soon = new();
    private readonly TimeProvider _clock;
    private readonly System.Collections.Concurrent.ConcurrentQueue<Action> _posted = new();
    private (Descriptor Reading, Descriptor Writing)? _bell;
    private int _generation;
    private bool _stopped;

    /// <summary>A loop; the clock moves its timers.</summary>
    public EventLoop(TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _epoll = LibC.EPollCreate1(EPOLL_CLOEXEC);
        if (_epoll < 0)
            throw SystemCallException.Last("epoll");
    }

    /// <inheritdoc/>
    public long Now => (long)_clock.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Calls back whenever the descriptor is ready, until the watch is disposed.</summary>
    public Watch Add(Descriptor descriptor, Readiness want, Action<Readiness> ready) =>
        Add(new Watch(this, descriptor.Number, want, isEdge: false, ready, ++_generation));

    /// <summary>Calls back once each time that the descriptor becomes readable or writable, after it was not: for who tries first, and waits
    /// only when there was nothing.</summary>
    public Watch AddEdges(Descriptor descriptor, Action<Readiness> ready) =>
        Add(new Watch(this, descriptor.Number, Readiness.Readable | Readiness.Writable, isEdge: true, ready, ++_generation));

    private Watch Add(Watch watch)
    {
        _watches.Add(watch.Number, watch);
        Control(EPOLL_CTL_ADD, watch);
        return watch;
    }

    /// <summary>Lets time pass.</summary>
    public ValueTask Pause(TimeSpan time)
    {
        TaskCompletionSource passed = new();
        After(time, passed.SetResult);
        return new ValueTask(passed.Task);
    }

    /// <summary>Goes on once all that is ready now has had its turn.</summary>
    public ValueTask Turn()
    {
        TaskCompletionSource come = new();
        Soon(come.SetResult);
        return new ValueTask(come.Task);
    }

    /// <summary>Does work that takes long on another thread; what awaits it goes on in this loop.</summary>
    /// <param name="work">Touches nothing that the loop owns.</param>
    public ValueTask<T> Elsewhere<T>(Func<T> work) => Elsewhere(() => Task.FromResult(work()));

    /// <summary>Does work that takes long, and awaits, on other threads; what awaits it goes on in this loop.</summary>
    /// <param name="work">Touches nothing that the loop owns.</param>
    public ValueTask<T> Elsewhere<T>(Func<Task<T>> work)
    {
        if (_bell is null)
        {
            (Descriptor reading, Descriptor writing) = Descriptor.Pair();
            _bell = (reading, writing);
            Add(reading, Readiness.Readable, _ => TakePosted(reading));
        }
        TaskCompletionSource<T> done = new();
        _ = ThreadPool.UnsafeQueueUserWorkItem(_ =>
        {
            Task<T> task;
            try
            {
                task = work();
            }
            catch (Exception e)
            {
                task = Task.FromException<T>(e);
            }
            _ = task.ContinueWith(finished =>
            {
                _posted.Enqueue(() => done.SetFromTask(finished));
                _bell.Value.Writing.Write([1]);
            }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }, null);
        return new ValueTask<T>(done.Task);
    }

    private void TakePosted(Descriptor bell)
    {
        Span<byte> rings = stackalloc byte[256];
        while (bell.Read(rings) == rings.Length)
        {
        }
        while (_posted.TryDequeue(out Action? finish))
            finish();
    }

    /// <inheritdoc/>
    public Timer After(TimeSpan delay, Action action) => _timers.Add(Now + Math.Max(0, (long)delay.TotalMilliseconds), action);

    /// <inheritdoc/>
    public void Soon(Action action) => _soon.Enqueue(action);

    /// <summary>Makes <see cref="Run"/> return after the present callback.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Waits and calls back until <see cref="Stop"/>.</summary>
    public void Run()
    {
        byte* events = stackalloc byte[MaximumEvents * s_eventSize];
        while (!_stopped)
        {
            for (int i = _soon.Count; i > 0 && !_stopped; i--)
                _soon.Dequeue()();
            RunTimers();
            if (_stopped)
                break;
            int n = LibC.EPollWait(_epoll, events, MaximumEvents, _soon.Count > 0 ? 0 : UntilNextTimer());
            if (n < 0 && Marshal.GetLastPInvokeError() != LibC.EINTR)
                throw SystemCallException.Last("epoll_wait");
            for (int i = 0; i < n && !_stopped; i++)
            {
                byte* e = events + i * s_eventSize;
                uint flags = *(uint*)e;
                ulong data = *(ulong*)(e + s_eventSize - 8);
                // An earlier callback of this turn may have closed it, or reused its number.
                if (_watches.TryGetValue((int)(uint)data, out Watch? watch) && watch.Generation == (int)(data >> 32))
                    watch.Ready((Readiness)(flags & 5) | ((flags & ~5u) != 0 ? Readiness.Broken : 0));
            }
        }
    }

    private void RunTimers()
    {
        long now = Now;
        while (!_stopped && _timers.RunNext(now))
        {
        }
    }

    private int UntilNextTimer() => _timers.NextDue is { } due ? (int)Math.Clamp(due - Now, 0, int.MaxValue) : -1;

    private void Control(int operation, Watch watch)
    {
        byte* e = stackalloc byte[16];
        *(uint*)e = (uint)watch.Want | (watch.IsEdge ? EPOLLET : 0);
        *(ulong*)(e + s_eventSize - 8) = (uint)watch.Number | ((ulong)(uint)watch.Generation << 32);
        if (LibC.EPollCtl(_epoll, operation, watch.Number, e) < 0 && operation != EPOLL_CTL_DEL)
            throw SystemCallException.Last("epoll_ctl");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = LibC.Close(_epoll);
        _bell?.Reading.Dispose();
        // The other end stays: work elsewhere may end yet.
    }

    /// <summary>The loop's interest in one descriptor. Dispose it before the descriptor.</summary>
    public sealed class Watch : IDisposable
    {
        private readonly EventLoop _loop;
        private bool _gone;

        internal Watch(EventLoop loop, int number, Readiness want, bool isEdge, Action<Readiness> ready, int generation) =>
            (_loop, Number, Want, IsEdge, Ready, Generation) = (loop, number, want, isEdge, ready, generation);

        internal int Number { get; }

        internal int Generation { get; }

        internal bool IsEdge { get; }

        internal Action<Readiness> Ready { get; }

        /// <summary>What is waited for now.</summary>
        public Readiness Want { get; private set; }

        /// <summary>Waits for something else from now on; None pauses the watch, save for a broken connection.</summary>
        public void Change(Readiness want)
        {
            if (want == Want || _gone)
                return;
            Want = want;
            _loop.Control(EPOLL_CTL_MOD, this);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_gone)
                return;
            _gone = true;
            _loop.Control(EPOLL_CTL_DEL, this);
            _loop._watches.Remove(Number);
        }
    }

    /// <summary>One callback to come.</summary>
    public sealed class Timer : KeyHeap.Node
    {
        private readonly KeyHeap _heap;
        private readonly Action _action;

        internal Timer(KeyHeap heap, Action action) => (_heap, _action) = (heap, action);

        /// <summary>It will not be called.</summary>
        public void Cancel() => _heap.Remove(this);

        internal void Fire()
        {
            _heap.Remove(this);
            _action();
        }
    }
}
