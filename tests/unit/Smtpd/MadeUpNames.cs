using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>A DNS that answers everything alike.</summary>
internal sealed class MadeUpNames(DnsStatus status) : IResolver
{
    public DnsReply Query(string name, DnsType type) => new(status, [], name, false);

    public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types)
    {
        DnsReply[] replies = new DnsReply[types.Length];
        for (int i = 0; i < types.Length; i++)
            replies[i] = Query(name, types[i]);
        return replies;
    }
}
