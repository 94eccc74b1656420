using System.Buffers.Binary;
using PostfixNet.Native;

namespace PostfixNet.Ipc;

/// <summary>One connection between two of our processes, for code that awaits: what <see cref="Channel"/> is for straight-line code.</summary>
/// <param name="stream">Owned.</param>
/// <param name="peer">Names the other end in errors, e.g. "cleanup".</param>
/// <param name="timeout">For a whole message, sending or receiving (ipc_timeout), until said otherwise.</param>
public sealed class LoopChannel(LoopStream stream, string peer, TimeSpan timeout) : IDisposable
{
    private readonly FrameBuffer _input = new(Channel.MessageLimit);
    private readonly OutputBuffer _output = new(1024);
    private byte[]? _received;

    /// <summary>For a whole message, sending or receiving.</summary>
    public TimeSpan Timeout
    {
        get;
        set => field = stream.Patience = value;
    } = timeout;

    /// <summary>Connects to a service's socket.</summary>
    /// <exception cref="IpcException">Nobody listens there.</exception>
    public static async ValueTask<LoopChannel> Connect(EventLoop loop, string path, string peer, TimeSpan timeout)
    {
        Deadline end = Deadline.In(timeout);
        while (true)
        {
            try
            {
                return new LoopChannel(new LoopStream(loop, Descriptor.ConnectUnix(path, TimeSpan.Zero), timeout), peer, timeout);
            }
            catch (SystemCallException e) when (e.IsTryAgain && !end.IsOver)
            {
                // A full backlog: nothing tells when there is room in it.
                await loop.Pause(TimeSpan.FromMilliseconds(5));
            }
            catch (IOException e)
            {
                throw new IpcException($"{peer}: {e.Message}", e);
            }
        }
    }

    /// <summary>The other end has closed, or said something that nobody asked for.</summary>
    public bool IsStale => stream.IsClosed || stream.HasInput;

    /// <summary>Sends one message.</summary>
    /// <exception cref="IpcException">The peer is gone or does not read.</exception>
    public ValueTask Send(AttributeList message)
    {
        _output.Clear();
        _output.Add(message);
        return SendFrame(0);
    }

    /// <summary>Sends a piece of raw data, 1 MiB at most; an empty one ends the data.</summary>
    /// <exception cref="IpcException">The peer is gone or does not read.</exception>
    public ValueTask SendData(ReadOnlySpan<byte> data)
    {
        _output.Clear();
        _output.Take(4);
        _output.Write(data);
        return SendFrame(FrameBuffer.DataMark);
    }

    private async ValueTask SendFrame(uint mark)
    {
        int length = _output.Length - 4;
        if (length > Channel.MessageLimit)
            throw new IpcException($"{peer}: message of {length} bytes, more than {Channel.MessageLimit}");
        BinaryPrimitives.WriteUInt32LittleEndian(_output.Written, (uint)length | mark);
        stream.Limit = Deadline.In(Timeout);
        try
        {
            await stream.WriteAsync(_output.WrittenMemory);
        }
        catch (TimeoutException)
        {
            throw new IpcException($"{peer}: timeout while sending");
        }
        catch (IOException e)
        {
            throw new IpcException($"{peer}: {e.Message}", e);
        }
    }

    /// <summary>Passes descriptors, which stay open here, too.</summary>
    /// <param name="passed">1 to <see cref="Descriptor.MostPassed"/>.</param>
    /// <exception cref="IpcException">The peer is gone.</exception>
    public async ValueTask SendDescriptors(IReadOnlyList<Descriptor> passed)
    {
        Deadline end = Deadline.In(Timeout);
        try
        {
            // What was sent before is short and was answered, so there is room.
            while (!stream.Socket.TryPass(passed))
                await stream.Room(end);
        }
        catch (TimeoutException)
        {
            throw new IpcException($"{peer}: timeout while sending");
        }
        catch (IOException e)
        {
            throw new IpcException($"{peer}: {e.Message}", e);
        }
    }

    /// <summary>Receives one message.</summary>
    /// <exception cref="IpcException">Timeout, a broken or closed connection, a malformed or too large message.</exception>
    public async ValueTask<AttributeList> Receive()
    {
        stream.Limit = Deadline.In(Timeout);
        byte[] buffer = _received ??= new byte[4096];
        while (true)
        {
            if (_input.TryTake(out AttributeList? message))
                return message;
            int n;
            try
            {
                n = await stream.ReadAsync(buffer);
            }
            catch (TimeoutException)
            {
                throw new IpcException($"{peer}: timeout while receiving");
            }
            if (n == 0)
                throw new IpcException($"{peer}: connection closed {(_input.HasPartialFrame ? "within a message" : "instead of a reply")}");
            for (int at = 0; at < n;)
            {
                Span<byte> room = _input.Room();
                int taken = Math.Min(room.Length, n - at);
                buffer.AsSpan(at, taken).CopyTo(room);
                _input.Filled(taken);
                at += taken;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();
}
