using PostfixNet.Native;

namespace PostfixNet.Dns;

/// <summary>Asks recursive name servers, by UDP and where needed TCP (RFC 1034 section 5.3.1, RFC 7766).</summary>
/// <remarks>
/// Blocking: a call returns within <see cref="ResolverOptions.Deadline"/>, whatever the network does. Nothing a server
/// sends makes a call throw; <see cref="ResolverOptions.Stop"/> does. Names are absolute; no search list, no hosts file (that is <see cref="HostsFile"/>).
/// Calls may come from several threads.
/// </remarks>
public sealed class StubResolver : IResolver
{
    /// <summary>Aliases followed from one name (RFC 1034 section 3.6.2 wants chains followed and loops found).</summary>
    public const int MaxAliases = 10;

    /// <summary>Records handed out of one answer at most: a domain with more mail exchangers or addresses gets its mail
    /// through the first hundred.</summary>
    public const int MaxRecords = 100;

    private const int MaxTypes = 16;

    private readonly ResolverOptions _options;
    private readonly NameServers _servers;
    private readonly DnsCache _cache;

    /// <summary>A resolver with these options.</summary>
    /// <exception cref="ArgumentException">No name server, no attempt, or no time.</exception>
    public StubResolver(ResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.Servers.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempts, 1);
        if (options.Timeout <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(options), options.Timeout, "no time to wait for an answer");
        _options = options;
        _servers = new NameServers(options);
        _cache = new DnsCache(options.CacheEntries, options.Clock);
    }

    /// <inheritdoc/>
    public DnsReply Query(string name, DnsType type) => Query(name, [type])[0];

    /// <inheritdoc/>
    public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(types.Length, MaxTypes);
        DnsReply?[] replies = new DnsReply?[types.Length];
        AliasChain?[] chains = new AliasChain?[types.Length];
        for (int i = 0; i < types.Length; i++)
        {
            replies[i] = Known(name, types[i]);
            chains[i] = replies[i] is null ? new AliasChain(name.TrimEnd('.'), types[i]) : null;
        }
        Search([.. chains.OfType<AliasChain>()], name);
        return [.. replies.Select((reply, i) => reply ?? chains[i]!.Reply!)];
    }

    // The answers that need no question.
    private DnsReply? Known(string name, DnsType type) => DnsName.IsName(name, allowSlash: type == DnsType.Ptr)
        ? _cache.Find(name, type) : new DnsReply(DnsStatus.InvalidName, [], name, false);

    private void Search(List<AliasChain> open, string name)
    {
        Deadline end = Deadline.In(_options.Deadline);
        while (open.Count > 0)
        {
            IReadOnlyList<(DnsResponse?, DnsStatus)> results = _servers.Ask(open, end);
            for (int i = 0; i < open.Count; i++)
            {
                open[i].Follow(results[i]);
                if (open[i].Reply is { } reply)
                    _cache.Add(name, open[i].Type, reply, open[i].Ttl);
            }
            open.RemoveAll(static chain => chain.Reply is not null);
        }
    }
}
