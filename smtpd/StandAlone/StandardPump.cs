using PostfixNet.Native;

namespace PostfixNet.Smtpd;

/// <summary>Makes a connection of standard input and output, which may be pipes, files, a terminal, or sockets of which others have the other end too:
/// a loop cannot wait for some of them, and none may be made not to wait. Two threads carry what is said.</summary>
internal sealed class StandardPump
{
    private const int Room = 16 * 1024;

    private readonly Descriptor _inner;
    private readonly Thread _outgoing;

    internal StandardPump()
    {
        (Connection, _inner) = Descriptor.Pair();
        _outgoing = new Thread(CarryOut) { IsBackground = true };
        _outgoing.Start();
        // Whether somebody will say something yet is no reason to stay.
        new Thread(CarryIn) { IsBackground = true }.Start();
    }

    /// <summary>The server's end; for its user to close.</summary>
    internal Descriptor Connection { get; }

    /// <summary>Waits until all that was said has gone out.</summary>
    /// <param name="time">At most so long.</param>
    internal void Finish(TimeSpan time) => _ = _outgoing.Join(time);

    private void CarryIn()
    {
        byte[] buffer = new byte[Room];
        try
        {
            while (StandardStreams.ReadInput(buffer) is var n and > 0)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, n);
                while (rest.Length > 0)
                {
                    if (_inner.Write(rest) is var sent and >= 0)
                        rest = rest[sent..];
                    else
                        _ = _inner.Wait(Readiness.Writable, -1);
                }
            }
            _inner.FinishWriting();
        }
        catch (IOException)
        {
            // The client, or the session, is gone.
            _inner.FinishWriting();
        }
    }

    private void CarryOut()
    {
        byte[] buffer = new byte[Room];
        while (true)
        {
            int n = _inner.Read(buffer);
            if (n == 0)
                return;
            if (n < 0)
                _ = _inner.Wait(Readiness.Readable, -1);
            else if (!StandardStreams.TryWriteOutput(buffer.AsSpan(0, n)))
                break;
        }
        // Nobody listens: for the session, the client is gone.
        _inner.FinishWriting();
        _inner.FinishReading();
    }
}
