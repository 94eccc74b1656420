using System.Buffers.Binary;
using PostfixNet.Native;

namespace PostfixNet.Ipc;

/// <summary>One connection between two of our processes, for straight-line code: every call waits, with a limit.</summary>
/// <param name="socket">Owned by the channel.</param>
/// <param name="peer">Names the other end in errors, e.g. "private/bounce".</param>
/// <param name="timeout">For a whole message, sending or receiving (ipc_timeout).</param>
/// <param name="largest">Message that is accepted, bytes: less where any user may send one.</param>
public sealed class Channel(Descriptor socket, string peer, TimeSpan timeout, int largest = Channel.MessageLimit) : IDisposable
{
    /// <summary>Largest message accepted or sent, bytes.</summary>
    public const int MessageLimit = 4 << 20;

    private readonly FrameBuffer _input = new(largest);
    private readonly OutputBuffer _output = new(1024);

    /// <summary>For waiting on several things at once.</summary>
    public Descriptor Socket => socket;

    /// <summary>Connects to a service's socket.</summary>
    /// <exception cref="IpcException">Nobody listens there.</exception>
    public static Channel Connect(string path, string peer, TimeSpan timeout)
    {
        try
        {
            return new Channel(Descriptor.ConnectUnix(path, timeout), peer, timeout);
        }
        catch (IOException e)
        {
            throw new IpcException($"{peer}: {e.Message}", e);
        }
    }

    /// <summary>Sends one message.</summary>
    /// <exception cref="IpcException">The peer is gone or does not read.</exception>
    public void Send(AttributeList message)
    {
        _output.Clear();
        _output.Add(message);
        SendFrame(0);
    }

    /// <summary>Sends a piece of raw data, 1 MiB at most; an empty one ends the data.</summary>
    /// <exception cref="IpcException">The peer is gone or does not read.</exception>
    public void SendData(ReadOnlySpan<byte> data)
    {
        _output.Clear();
        _output.Take(4);
        _output.Write(data);
        SendFrame(FrameBuffer.DataMark);
    }

    private void SendFrame(uint mark)
    {
        int length = _output.Length - 4;
        if (length > MessageLimit)
            throw new IpcException($"{peer}: message of {length} bytes, more than {MessageLimit}");
        Span<byte> frame = _output.Written;
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)length | mark);
        Deadline end = Deadline.In(timeout);
        try
        {
            while (!frame.IsEmpty)
            {
                int n = socket.Write(frame);
                if (n >= 0)
                    frame = frame[n..];
                else if (socket.Wait(Readiness.Writable, end.RemainingMilliseconds).This == Readiness.None)
                    throw new IpcException($"{peer}: timeout while sending");
            }
        }
        catch (IOException e) when (e is not IpcException)
        {
            throw new IpcException($"{peer}: {e.Message}", e);
        }
    }

    /// <summary>Receives one message.</summary>
    /// <returns>null when the peer closed the connection between two messages.</returns>
    /// <exception cref="IpcException">Timeout, a broken connection, a malformed or too large message, or raw data.</exception>
    public AttributeList? Receive()
    {
        if (!ReceiveFrame(out ReadOnlySpan<byte> frame, out bool isData))
            return null;
        return isData ? throw new IpcException($"{peer}: data where a message was expected") : AttributeList.Decode(frame);
    }

    /// <summary>Receives the reply to a request.</summary>
    /// <exception cref="IpcException">As <see cref="Receive"/>; also when the peer closed instead of replying.</exception>
    public AttributeList ReceiveReply() => Receive() ?? throw new IpcException($"{peer}: connection closed instead of a reply");

    /// <summary>Receives a piece of raw data; empty at the end of the data. Valid until the next call.</summary>
    /// <exception cref="IpcException">As <see cref="Receive"/>; also when the peer closed before the end of the data.</exception>
    public ReadOnlySpan<byte> ReceiveData()
    {
        if (!ReceiveFrame(out ReadOnlySpan<byte> frame, out bool isData))
            throw new IpcException($"{peer}: connection closed before the end of the data");
        return isData ? frame : throw new IpcException($"{peer}: a message where data was expected");
    }

    private bool ReceiveFrame(out ReadOnlySpan<byte> frame, out bool isData)
    {
        Deadline end = Deadline.In(timeout);
        while (!_input.TryTake(out frame, out isData))
        {
            int n = socket.Read(_input.Room());
            if (n > 0)
                _input.Filled(n);
            else if (n == 0)
                return _input.HasPartialFrame ? throw new IpcException($"{peer}: connection closed within a message") : false;
            else if (socket.Wait(Readiness.Readable, end.RemainingMilliseconds).This == Readiness.None)
                throw new IpcException($"{peer}: timeout while receiving");
        }
        return true;
    }

    /// <summary>Takes descriptors that the peer passes, between two messages: it sends nothing else before it was answered.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="IpcException">They do not come.</exception>
    public IReadOnlyList<Descriptor> ReceiveDescriptors(int count)
    {
        Deadline end = Deadline.In(timeout);
        IReadOnlyList<Descriptor>? passed;
        while ((passed = socket.TryTakePassed()) is null)
        {
            if (socket.Wait(Readiness.Readable, end.RemainingMilliseconds).This == Readiness.None)
                throw new IpcException($"{peer}: timeout while receiving descriptors");
        }
        if (passed.Count == count)
            return passed;
        foreach (Descriptor other in passed)
            other.Dispose();
        throw new IpcException($"{peer}: {passed.Count} descriptors where {count} were expected");
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
