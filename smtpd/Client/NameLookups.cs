using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;
using PostfixNet.Ipc;

namespace PostfixNet.Smtpd;

/// <summary>Questions to the DNS, from code of the loop: a few at once on other threads, each with its limit of time; answers are remembered.</summary>
/// <param name="resolver">May be asked by several threads.</param>
/// <param name="hosts">The hosts file, which comes first for names of hosts.</param>
internal sealed class NameLookups(EventLoop loop, Lazy<IResolver> resolver, Lazy<HostsFile> hosts)
{
    private const int MostAtOnce = 20, MostClientsAtOnce = 10;

    // Anybody can come from any number of addresses whose name servers are silent: that is not to cost those their turn who are past the greeting.
    private static readonly TimeSpan s_patienceForClients = TimeSpan.FromSeconds(10);

    private readonly Turns _turns = new(loop, MostAtOnce), _clientTurns = new(loop, MostClientsAtOnce);
    private bool _hasThreads;

    internal HostsFile Hosts => hosts.Value;

    /// <summary>Asks for several types of one name.</summary>
    internal ValueTask<IReadOnlyList<DnsReply>> Ask(string name, params DnsType[] types) => Elsewhere(() => resolver.Value.Query(name, types));

    /// <summary>Asks the DNS. Not in the loop's thread.</summary>
    internal DnsReply Query(string name, DnsType type) => resolver.Value.Query(name, type);

    /// <summary>Does work with the resolver.</summary>
    internal async ValueTask<T> Elsewhere<T>(Func<T> work)
    {
        _ = await _turns.Wait();
        return await Do(work, _turns);
    }

    /// <summary>Likewise, for a client that has just come.</summary>
    /// <returns>The default: others before it take too long.</returns>
    internal async ValueTask<T?> ForClient<T>(Func<T> work) where T : class =>
        await _clientTurns.Wait(s_patienceForClients) ? await Do(work, _clientTurns) : null;

    private async ValueTask<T> Do<T>(Func<T> work, Turns turns)
    {
        if (!_hasThreads)
        {
            // They wait for servers, so the number of processors is no measure.
            ThreadPool.GetMinThreads(out int workers, out int others);
            _hasThreads = ThreadPool.SetMinThreads(Math.Max(workers, MostAtOnce + MostClientsAtOnce + 2), others);
        }
        try
        {
            return await loop.Elsewhere(work);
        }
        finally
        {
            turns.End();
        }
    }

    /// <summary>Addresses of a host, or the address that it is.</summary>
    internal async ValueTask<IReadOnlyList<IPAddress>> AddressesOf(string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
            return [address];
        return await Elsewhere<IReadOnlyList<IPAddress>>(() => [.. Addresses(host).SelectMany(static reply => reply.Records).OfType<AddressRecord>().Select(static record => record.Address)
            .OrderBy(static found => found.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)]);
    }

    /// <summary>Asks the hosts file, then the DNS. Not in the loop's thread.</summary>
    internal IReadOnlyList<DnsReply> Addresses(string host)
    {
        IReadOnlyList<DnsReply> known = hosts.Value.Query(host, [DnsType.A, DnsType.Aaaa]);
        return known.Any(static reply => reply.Status == DnsStatus.Ok) ? known : resolver.Value.Query(host, [DnsType.A, DnsType.Aaaa]);
    }
}
