namespace PostfixNet.Dns;

/// <summary>Answers questions about names. Never throws for what a name or a server may be.</summary>
public interface IResolver
{
    /// <summary>Asks one question.</summary>
    /// <param name="name">An absolute name in ASCII (A-labels), with or without trailing dot.</param>
    /// <param name="type">What to look for.</param>
    public DnsReply Query(string name, DnsType type);

    /// <summary>Asks several questions about one name at the same time.</summary>
    /// <param name="name">As above.</param>
    /// <param name="types">1..16 types.</param>
    /// <returns>One answer per type, in the same order.</returns>
    public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types);
}
