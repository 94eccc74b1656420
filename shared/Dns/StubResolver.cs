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
    private readonly DnsCache _cache;
    private int _firstServer;

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
        _cache = new DnsCache(options.CacheEntries, options.Clock);
    }

    /// <inheritdoc/>
    public DnsReply Query(string name, DnsType type)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Known(name, type) is { } known)
            return known;
        Search search = new(name.TrimEnd('.'), type);
        Run([search], name);
        return search.Reply!;
    }

    /// <inheritdoc/>
    public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(types.Length, MaxTypes);
        DnsReply[] replies = new DnsReply[types.Length];
        Search?[] searches = new Search?[types.Length];
        List<Search> open = [];
        for (int i = 0; i < types.Length; i++)
        {
            if (Known(name, types[i]) is { } known)
                replies[i] = known;
            else
                open.Add(searches[i] = new Search(name.TrimEnd('.'), types[i]));
        }
        Run(open, name);
        for (int i = 0; i < searches.Length; i++)
            replies[i] ??= searches[i]!.Reply!;
        return replies;
    }

    // The answers that need no question.
    private DnsReply? Known(string name, DnsType type) => DnsName.IsName(name, allowSlash: type == DnsType.Ptr)
        ? _cache.Find(name, type) : new DnsReply(DnsStatus.InvalidName, [], name, false);

    private void Run(List<Search> open, string name)
    {
        long deadline = Environment.TickCount64 + (long)_options.Deadline.TotalMilliseconds;
        while (open.Count > 0)
        {
            AskOnce(open, deadline);
            foreach (Search search in open)
            {
                if (search.Reply is { } reply)
                    _cache.Add(name, search.Type, reply, search.Ttl);
            }
            open.RemoveAll(static s => s.Reply is not null);
        }
    }

    private void AskOnce(List<Search> searches, long deadline)
    {
        int servers = Math.Min(_options.Servers.Count, ResolverOptions.MaxServers);
        int first = (_options.Rotate ? Interlocked.Increment(ref _firstServer) & int.MaxValue : _firstServer) % servers;
        List<DnsExchange> exchanges = new(searches.Count);
        try
        {
            foreach (Search search in searches)
                exchanges.Add(new DnsExchange(search.Name, search.Type, _options, first, deadline));
            DnsExchange.RunAll(exchanges, _options);
        }
        finally
        {
            foreach (DnsExchange exchange in exchanges)
                exchange.Dispose();
        }
        for (int i = 0; i < exchanges.Count; i++)
        {
            searches[i].Take(exchanges[i]);
            // A dead first server costs its timeout once, not with each question.
            if (!_options.Rotate && exchanges[i].Response is not null)
                _firstServer = exchanges[i].ServerIndex;
        }
    }

    /// <summary>The way of one question along aliases to its answer.</summary>
    private sealed class Search(string name, DnsType type)
    {
        private int _aliases;
        private bool _isAuthentic = true;

        internal DnsType Type { get; } = type;

        /// <summary>Where the chain of aliases has led to so far.</summary>
        internal string Name { get; private set; } = name;

        /// <summary>The answer, null as long as another question must be asked.</summary>
        internal DnsReply? Reply { get; private set; }

        /// <summary>Seconds that the answer may be remembered: the least TTL on the way; 0 for failures.</summary>
        internal uint Ttl { get; private set; } = uint.MaxValue;

        internal void Take(DnsExchange exchange)
        {
            if (exchange.Response is not { } response)
            {
                End(exchange.Failure, []);
                return;
            }
            _isAuthentic &= response.IsAuthentic;
            bool followed = false;
            while (true)
            {
                List<DnsRecord> records = Select(response.Answers, Type);
                if (records.Count > 0 && response.Code == ResponseCode.NoError)
                {
                    End(DnsStatus.Ok, records);
                    return;
                }
                if (Type == DnsType.Cname || Select(response.Answers, DnsType.Cname) is not [CnameRecord alias, ..])
                    break;
                if (++_aliases > MaxAliases || !DnsName.IsName(alias.Target, allowSlash: Type == DnsType.Ptr))
                {
                    End(DnsStatus.Refused, []);
                    return;
                }
                Ttl = Math.Min(Ttl, alias.Ttl);
                Name = alias.Target;
                followed = true;
            }
            // RFC 2308 section 2: absence is remembered only when a SOA record says for how long.
            bool hasSoa = response.SoaZone is { } zone && DnsName.IsWithin(Name, zone);
            if (response.Code == ResponseCode.NameError)
            {
                // RFC 6604 section 3: the code is about the last name of the chain.
                Ttl = hasSoa ? Math.Min(Ttl, response.NegativeTtl) : 0;
                End(DnsStatus.NotFound, []);
            }
            else if (response.HasUnusable)
                End(DnsStatus.Refused, []);
            else if (!followed || hasSoa)
            {
                Ttl = hasSoa ? Math.Min(Ttl, response.NegativeTtl) : 0;
                End(DnsStatus.NoData, []);
            }
            // Else the chain left what this server knew: the last name is the next question.
        }

        // Records of the current name, without duplicates (RFC 2181 section 5).
        private List<DnsRecord> Select(IReadOnlyList<DnsRecord> answers, DnsType wanted)
        {
            List<DnsRecord> records = [];
            foreach (DnsRecord record in answers)
            {
                if (record.Type == wanted && records.Count < MaxRecords
                    && record.Name.Equals(Name, StringComparison.OrdinalIgnoreCase) && !records.Contains(record))
                    records.Add(record);
            }
            return records;
        }

        private void End(DnsStatus status, List<DnsRecord> records)
        {
            foreach (DnsRecord record in records)
                Ttl = Math.Min(Ttl, record.Ttl);
            if (status is DnsStatus.TryAgain or DnsStatus.Refused)
                Ttl = 0;
            bool isAuthentic = _isAuthentic && (status is DnsStatus.Ok or DnsStatus.NotFound or DnsStatus.NoData);
            Reply = new DnsReply(status, records, Name, isAuthentic);
        }
    }
}
