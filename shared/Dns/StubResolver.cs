using PostfixNet.Native;

namespace PostfixNet.Dns;

/// <summary>Asks recursive name servers, by UDP and where needed TCP (RFC 1034 section 5.3.1, RFC 7766).</summary>
/// <remarks>
/// Blocking: a call returns within <see cref="ResolverOptions.Deadline"/>, whatever the network does. Nothing a server
/// sends makes a call throw. Names are absolute; no search list, no hosts file (that is <see cref="HostsFile"/>).
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
        DnsReply?[] known = new DnsReply?[types.Length];
        for (int i = 0; i < types.Length; i++)
            known[i] = Known(name, types[i]);
        if (Array.TrueForAll(known, static r => r is not null))
            return known!;
        DnsType[] asked = types.ToArray();
        return RunToEnd(end => Task.WhenAll(asked.Select((type, i) => known[i] is { } reply ? Task.FromResult(reply) : SearchAsync(name, type, end))));
    }

    // The answers that need no question.
    private DnsReply? Known(string name, DnsType type) => DnsName.IsName(name, allowSlash: type == DnsType.Ptr)
        ? _cache.Find(name, type) : new DnsReply(DnsStatus.InvalidName, [], name, false);

    private async Task<DnsReply> SearchAsync(string name, DnsType type, CancellationToken end)
    {
        AliasChain chain = new(name.TrimEnd('.'), type);
        DnsReply? reply = null;
        while (reply is null)
        {
            (DnsResponse? response, DnsStatus failure) = await _servers.AskAsync(chain.Name, type, end);
            reply = response is null ? chain.End(failure) : chain.Follow(response);
        }
        _cache.Add(name, type, reply, chain.Ttl);
        return reply;
    }

    // The one place where a thread that blocks meets work that does not: ends with the work, with the deadline, or when this
    // program is told to stop.
    private DnsReply[] RunToEnd(Func<CancellationToken, Task<DnsReply[]>> work)
    {
        using CancellationTokenSource end = new(_options.Deadline);
        (Descriptor done, Descriptor signal) = Descriptor.Pair();
        using (done)
        using (signal)
        {
            Task<DnsReply[]> replies = SignalAsync(work(end.Token), signal);
            try
            {
                while (done.Wait(Readiness.Readable, -1, _options.Stop.Line) is (Readiness.None, true))
                    _options.Stop.ThrowIfStopping();
            }
            catch
            {
                end.Cancel();
                throw;
            }
            finally
            {
                replies.Wait();
            }
            return replies.Result;
        }
    }

    private static async Task<DnsReply[]> SignalAsync(Task<DnsReply[]> work, Descriptor signal)
    {
        try
        {
            return await work;
        }
        finally
        {
            signal.Write([0]);
        }
    }
}
