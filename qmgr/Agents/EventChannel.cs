using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.Qmgr;

/// <summary>One connection between two of our processes, for event-driven code: nothing waits.</summary>
internal sealed class EventChannel : IDisposable
{
    private readonly Descriptor _socket;
    private readonly EventLoop.Watch _watch;
    private readonly FrameBuffer _input = new(Channel.MessageLimit);
    private readonly OutputBuffer _output = new(1024);
    private int _sent;
    private bool _closed;

    /// <summary>Takes over a connected socket.</summary>
    internal EventChannel(EventLoop loop, Descriptor socket)
    {
        _socket = socket;
        _watch = loop.Add(socket, Readiness.Readable, Ready);
    }

    /// <summary>Called with each message that arrives.</summary>
    internal Action<AttributeList>? Received { get; set; }

    /// <summary>Called once, when the peer closed or broke the rules; the channel is already closed then. The text says why.</summary>
    internal Action<string>? Closed { get; set; }

    /// <summary>Sends a message, now or as soon as the peer has room. After a close it is dropped, as if the peer had not read it.</summary>
    internal void Send(AttributeList message)
    {
        if (_closed)
            return;
        _output.Add(message);
        Flush();
    }

    private void Flush()
    {
        try
        {
            while (_sent < _output.Length)
            {
                int n = _socket.Write(_output.Written[_sent..]);
                if (n < 0)
                    break;
                _sent += n;
            }
        }
        catch (IOException)
        {
            // The reading side will report the end, after what the peer said before it.
            _sent = _output.Length;
        }
        if (_sent == _output.Length)
        {
            _output.Clear();
            _sent = 0;
        }
        _watch.Change(_sent < _output.Length ? Readiness.Readable | Readiness.Writable : Readiness.Readable);
    }

    private void Ready(Readiness state)
    {
        if ((state & Readiness.Writable) != 0)
            Flush();
        if ((state & (Readiness.Readable | Readiness.Broken)) == 0)
            return;
        int n = _socket.Read(_input.Room());
        if (n > 0)
            _input.Filled(n);
        try
        {
            while (!_closed && _input.TryTake(out AttributeList? message))
                Received?.Invoke(message);
        }
        catch (IpcException e)
        {
            Close(e.Message);
            return;
        }
        if (n == 0)
            Close(_input.HasPartialFrame ? "connection closed within a message" : "connection closed");
    }

    private void Close(string why)
    {
        if (_closed)
            return;
        Dispose();
        Closed?.Invoke(why);
    }

    /// <summary>Closes without calling <see cref="Closed"/>.</summary>
    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        _watch.Dispose();
        _socket.Dispose();
    }
}
