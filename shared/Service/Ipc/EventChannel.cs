using System.Buffers.Binary;
using PostfixNet.Native;

namespace PostfixNet.Ipc;

/// <summary>One connection between two of our processes, for event-driven code: nothing waits.</summary>
public sealed class EventChannel : IDisposable
{
    private readonly Descriptor _socket;
    private readonly EventLoop.Watch _watch;
    private readonly FrameBuffer _input = new(Channel.MessageLimit);
    private readonly OutputBuffer _output = new(1024);
    private int _sent;
    private bool _closed;

    /// <summary>Takes over a connected socket.</summary>
    public EventChannel(EventLoop loop, Descriptor socket)
    {
        _socket = socket;
        _watch = loop.Add(socket, Readiness.Readable, Ready);
    }

    /// <summary>Called with each message that arrives.</summary>
    public Action<AttributeList>? Received { get; set; }

    /// <summary>Called once, when the peer closed or broke the rules; the channel is already closed then. The text says why.</summary>
    public Action<string>? Closed { get; set; }

    /// <summary>User id of the peer.</summary>
    public uint PeerUid => _socket.PeerUid;

    /// <summary>Sends a message, now or as soon as the peer has room. After a close it is dropped, as if the peer had not read it.</summary>
    public void Send(AttributeList message)
    {
        if (_closed)
            return;
        int at = _output.Length;
        _output.Take(4);
        message.Encode(_output);
        Span<byte> frame = _output.Written[at..];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(frame.Length - 4));
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
            while (!_closed && _input.TryTake(out ReadOnlySpan<byte> frame, out bool isData))
            {
                if (isData)
                    throw new IpcException("data where a message was expected");
                Received?.Invoke(AttributeList.Decode(frame));
            }
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
