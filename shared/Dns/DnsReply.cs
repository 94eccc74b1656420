namespace PostfixNet.Dns;

/// <summary>What became of a question.</summary>
public enum DnsStatus
{
    /// <summary>There are records.</summary>
    Ok,
    /// <summary>The name does not exist (NXDOMAIN).</summary>
    NotFound,
    /// <summary>The name exists, but has no record of the type asked for (RFC 2308 section 2.2).</summary>
    NoData,
    /// <summary>No answer for now: server failure, time over, network trouble.</summary>
    TryAgain,
    /// <summary>The servers refused, or what they said is of no use: damaged message, other response code.</summary>
    Refused,
    /// <summary>CNAMEs lead around in a circle, or on and on.</summary>
    Loop,
    /// <summary>The name asked for cannot be a name; nothing was asked.</summary>
    InvalidName,
}

/// <summary>The answer to one question.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Records">Records of the type asked for, CNAMEs followed, in the server's order, without duplicates
/// (RFC 2181 section 5); empty unless <see cref="DnsStatus.Ok"/>.</param>
/// <param name="CanonicalName">The name asked for, or the last name that CNAMEs led to.</param>
/// <param name="IsAuthentic">The server says that it validated all of this answer, absence included, with DNSSEC (AD bit,
/// RFC 4035 section 3.2.3), and its word counts (<see cref="ResolverOptions.TrustedServers"/>).</param>
public sealed record DnsReply(DnsStatus Status, IReadOnlyList<DnsRecord> Records, string CanonicalName, bool IsAuthentic)
{
    /// <summary>The text for log and notices when a question had no answer, in Postfix's words, e.g.
    /// <c>Name service error for name=example.com type=MX: Host not found, try again</c>.</summary>
    /// <param name="name">The name asked for.</param>
    /// <param name="type">The type asked for.</param>
    public string Explain(string name, DnsType type) => Status == DnsStatus.InvalidName
        ? $"Name service error for {name}: invalid host or domain name"
        : Status == DnsStatus.Loop ? $"Name service error for name={name} type={TypeText(type)}: Name server loop"
        : $"Name service error for name={name} type={TypeText(type)}: {StatusText(Status)}";

    private static string TypeText(DnsType type) => type switch
    {
        DnsType.A => "A",
        DnsType.Cname => "CNAME",
        DnsType.Ptr => "PTR",
        DnsType.Mx => "MX",
        DnsType.Txt => "TXT",
        DnsType.Aaaa => "AAAA",
        DnsType.Tlsa => "TLSA",
        _ => "unknown",
    };

    private static string StatusText(DnsStatus status) => status switch
    {
        DnsStatus.Ok => "No error",
        DnsStatus.NotFound => "Host not found",
        DnsStatus.NoData => "Host found but no data record of requested type",
        DnsStatus.TryAgain => "Host not found, try again",
        // Servers that refuse or babble: another one may know better.
        _ => "Host not found, try again",
    };
}
