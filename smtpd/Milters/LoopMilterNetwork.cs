using System.Net;
using PostfixNet.Ipc;
using PostfixNet.Milter;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Smtpd;

/// <summary>Reaches milters from the loop, in which nothing may wait.</summary>
internal sealed class LoopMilterNetwork(EventLoop loop, NameLookups names) : IMilterNetwork
{
    public async ValueTask<IMilterLink> Connect(MilterEndpoint endpoint, TimeSpan timeout)
    {
        if (endpoint.Path is { } path)
            return new Link(new LoopStream(loop, await ConnectUnix(path, Deadline.In(timeout)), timeout));
        IReadOnlyList<IPAddress> addresses = await names.AddressesOf(endpoint.Host);
        Exception trouble = new IOException($"{endpoint.Host} has no address");
        // The time is for all addresses together.
        Deadline end = Deadline.In(timeout);
        foreach (IPAddress address in addresses)
        {
            LoopStream? stream = null;
            try
            {
                stream = new LoopStream(loop, TcpConnection.Begin(address, endpoint.Port, null, static _ => { }), timeout) { Limit = end };
                await stream.Connected();
                TcpConnection.Finish(stream.Socket);
                return new Link(stream);
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                if (stream is not null)
                    await stream.DisposeAsync();
                trouble = e;
            }
        }
        throw trouble is TimeoutException ? new TimeoutException() : new IOException(trouble.Message);
    }

    private async ValueTask<Descriptor> ConnectUnix(string path, Deadline end)
    {
        while (true)
        {
            try
            {
                return Descriptor.ConnectUnix(path, TimeSpan.Zero);
            }
            catch (SystemCallException e) when (e.IsTryAgain && !end.IsOver)
            {
                // A full backlog: nothing tells when there is room in it.
                await loop.Pause(TimeSpan.FromMilliseconds(5));
            }
            catch (SystemCallException e)
            {
                throw new IOException(e.Reason, e);
            }
        }
    }

    private sealed class Link : IMilterLink
    {
        private readonly LoopStream _stream;

        internal Link(LoopStream stream)
        {
            _stream = stream;
            _stream.Patience = TimeSpan.FromDays(1);
        }

        public Descriptor Socket => _stream.Socket;

        public ValueTask<int> Read(Memory<byte> buffer, Deadline limit)
        {
            _stream.Limit = limit;
            return _stream.ReadAsync(buffer);
        }

        public ValueTask Write(ReadOnlyMemory<byte> octets, Deadline limit)
        {
            _stream.Limit = limit;
            return _stream.WriteAsync(octets);
        }

        public void Dispose() => _stream.Dispose();
    }
}
