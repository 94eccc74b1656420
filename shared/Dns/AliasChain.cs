using DnsClient;

namespace PostfixNet.Dns;

/// <summary>The way of one question along aliases to its answer.</summary>
internal sealed class AliasChain(string name, DnsType type)
{
    private int _aliases;
    private bool _isAuthentic = true;

    /// <summary>What is looked for at its end.</summary>
    internal DnsType Type { get; } = type;

    /// <summary>Where the chain has led to so far: the name to ask for next.</summary>
    internal string Name { get; private set; } = name;

    /// <summary>Seconds that the answer may be remembered: the least TTL on the way; 0 for failures.</summary>
    internal uint Ttl { get; private set; } = uint.MaxValue;

    /// <summary>The answer; null as long as another question must be asked.</summary>
    internal DnsReply? Reply { get; private set; }

    /// <summary>Goes on by what became of the question for <see cref="Name"/>.</summary>
    internal void Follow((DnsResponse? Response, DnsStatus Failure) result) =>
        Reply = result.Response is { } response ? Follow(response) : End(result.Failure, []);

    // As far as this response tells.
    private DnsReply? Follow(DnsResponse response)
    {
        _isAuthentic &= response.IsAuthentic;
        bool followed = false;
        while (true)
        {
            List<DnsRecord> records = Select(response.Answers, Type);
            if (records.Count > 0 && response.Code == DnsResponseCode.NoError)
                return End(DnsStatus.Ok, records);
            if (Type == DnsType.Cname || Select(response.Answers, DnsType.Cname) is not [CnameRecord alias, ..])
                break;
            if (++_aliases > StubResolver.MaxAliases)
                return End(DnsStatus.Loop, []);
            if (!DnsName.IsName(alias.Target, allowSlash: Type == DnsType.Ptr))
                return End(DnsStatus.Refused, []);
            Ttl = Math.Min(Ttl, alias.Ttl);
            Name = alias.Target;
            followed = true;
        }
        // RFC 2308 section 2: absence is remembered only when a SOA record says for how long.
        bool hasSoa = response.SoaZone is { } zone && DnsName.IsWithin(Name, zone);
        if (response.Code == DnsResponseCode.NotExistentDomain)
        {
            // RFC 6604 section 3: the code is about the last name of the chain.
            Ttl = hasSoa ? Math.Min(Ttl, response.NegativeTtl) : 0;
            return End(DnsStatus.NotFound, []);
        }
        if (response.HasUnusable)
            return End(DnsStatus.Refused, []);
        if (!followed || hasSoa)
        {
            Ttl = hasSoa ? Math.Min(Ttl, response.NegativeTtl) : 0;
            return End(DnsStatus.NoData, []);
        }
        // The chain left what this server knew: the last name is the next question.
        return null;
    }

    // Records of the current name, without duplicates (RFC 2181 section 5).
    private List<DnsRecord> Select(IReadOnlyList<DnsRecord> answers, DnsType wanted) =>
        [.. answers.Where(r => r.Type == wanted && r.Name.Equals(Name, StringComparison.OrdinalIgnoreCase)).Distinct().Take(StubResolver.MaxRecords)];

    private DnsReply End(DnsStatus status, List<DnsRecord> records)
    {
        foreach (DnsRecord record in records)
            Ttl = Math.Min(Ttl, record.Ttl);
        if (status is DnsStatus.TryAgain or DnsStatus.Refused)
            Ttl = 0;
        bool isAuthentic = _isAuthentic && (status is DnsStatus.Ok or DnsStatus.NotFound or DnsStatus.NoData);
        return new DnsReply(status, records, Name, isAuthentic);
    }
}
