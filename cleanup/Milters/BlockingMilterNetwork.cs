using System.Net;
using PostfixNet.Dns;
using PostfixNet.Milter;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Cleanup;

/// <summary>Reaches milters in straight-line code: when a call returns, all of it has happened.</summary>
/// <param name="nameServers">dns_nameservers.</param>
internal sealed class BlockingMilterNetwork(IReadOnlyList<string> nameServers) : IMilterNetwork
{
    private static readonly TimeSpan s_patienceWithNames = TimeSpan.FromSeconds(20);

    /// <summary>The result of a call that cannot have waited for anything.</summary>
    internal static T Now<T>(ValueTask<T> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : throw new System.Diagnostics.UnreachableException("nothing here waits");

    public ValueTask<IMilterLink> Connect(MilterEndpoint endpoint, TimeSpan timeout)
    {
        if (endpoint.Path is { } path)
        {
            try
            {
                return new(new Link(Descriptor.ConnectUnix(path, timeout)));
            }
            catch (SystemCallException e)
            {
                throw new IOException(e.Reason, e);
            }
        }
        Exception trouble = new IOException($"{endpoint.Host} has no address");
        // The time is for all addresses together.
        Deadline end = Deadline.In(timeout);
        foreach (IPAddress address in AddressesOf(endpoint.Host))
        {
            Descriptor? socket = null;
            try
            {
                socket = TcpConnection.Begin(address, endpoint.Port, null, static _ => { });
                if (socket.Wait(Readiness.Writable, end.RemainingMilliseconds).This == Readiness.None)
                    throw new TimeoutException();
                TcpConnection.Finish(socket);
                return new(new Link(socket));
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                socket?.Dispose();
                trouble = e;
            }
        }
        throw trouble is TimeoutException ? new TimeoutException() : new IOException(trouble.Message);
    }

    private IReadOnlyList<IPAddress> AddressesOf(string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
            return [address];
        IReadOnlyList<DnsReply> replies = HostsFile.Load().Query(host, [DnsType.A, DnsType.Aaaa]);
        if (!replies.Any(static reply => reply.Status == DnsStatus.Ok))
            replies = new StubResolver(ResolverOptions.FromNameServers(nameServers) with { Deadline = s_patienceWithNames }).Query(host, [DnsType.A, DnsType.Aaaa]);
        return [.. replies.SelectMany(static reply => reply.Records).OfType<AddressRecord>().Select(static record => record.Address)
            .OrderBy(static found => found.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 0 : 1)];
    }

    /// <summary>A connection.</summary>
    internal sealed class Link(Descriptor socket) : IMilterLink
    {
        public Descriptor Socket => socket;

        public ValueTask<int> Read(Memory<byte> buffer, Deadline limit)
        {
            int n;
            while ((n = socket.Read(buffer.Span)) < 0)
            {
                if (socket.Wait(Readiness.Readable, limit.RemainingMilliseconds).This == Readiness.None)
                    throw new TimeoutException();
            }
            return new(n);
        }

        public ValueTask Write(ReadOnlyMemory<byte> octets, Deadline limit)
        {
            ReadOnlySpan<byte> rest = octets.Span;
            while (!rest.IsEmpty)
            {
                int n = socket.Write(rest);
                if (n >= 0)
                    rest = rest[n..];
                else if (socket.Wait(Readiness.Writable, limit.RemainingMilliseconds).This == Readiness.None)
                    throw new TimeoutException();
            }
            return default;
        }

        public void Dispose() => socket.Dispose();
    }
}
