using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Dns;

/// <summary>What is asked for; the numbers are those on the wire.</summary>
#pragma warning disable CA1028 // The wire has 16 bits.
public enum DnsType : ushort
#pragma warning restore CA1028
{
    /// <summary>No type: never asked for.</summary>
    None = 0,
    /// <summary>IPv4 address, RFC 1035 section 3.4.1.</summary>
    A = 1,
    /// <summary>The canonical name of an alias, RFC 1035 section 3.3.1.</summary>
    Cname = 5,
    /// <summary>The name of an address, RFC 1035 section 3.3.12.</summary>
#pragma warning disable CA1720 // The record's name, not a pointer.
    Ptr = 12,
#pragma warning restore CA1720
    /// <summary>Mail exchanger, RFC 1035 section 3.3.9.</summary>
    Mx = 15,
    /// <summary>Text, RFC 1035 section 3.3.14.</summary>
    Txt = 16,
    /// <summary>IPv6 address, RFC 3596 section 2.1.</summary>
    Aaaa = 28,
    /// <summary>Certificate association, RFC 6698 section 2.</summary>
    Tlsa = 52,
}

/// <summary>One resource record of a reply.</summary>
/// <param name="Name">Owner, without trailing dot; octets that are not letters, digits, '-' or '_' as <c>\DDD</c>
/// (RFC 1035 section 5.1), so that nothing unprintable gets further.</param>
/// <param name="Ttl">Seconds, as the server sent it; a value with the top bit set counts as 0 (RFC 2181 section 8).</param>
public abstract record DnsRecord(string Name, uint Ttl)
{
    /// <summary>The record's type.</summary>
    public abstract DnsType Type { get; }
}

/// <summary>An A or AAAA record.</summary>
public sealed record AddressRecord(string Name, uint Ttl, IPAddress Address) : DnsRecord(Name, Ttl)
{
    /// <inheritdoc/>
    public override DnsType Type => Address.AddressFamily == AddressFamily.InterNetworkV6 ? DnsType.Aaaa : DnsType.A;
}

/// <summary>A mail exchanger.</summary>
/// <param name="Preference">0..65535, the lower the better.</param>
/// <param name="Host">A host name, or "." in a null MX; or, against RFC 1035 but in use, an IPv4 address in dotted form.</param>
public sealed record MxRecord(string Name, uint Ttl, ushort Preference, string Host) : DnsRecord(Name, Ttl)
{
    /// <inheritdoc/>
    public override DnsType Type => DnsType.Mx;

    /// <summary>"This domain accepts no mail", RFC 7505 section 3: holds when it is the only MX record.</summary>
    public bool IsNullMx => Host == ".";
}

/// <summary>An alias.</summary>
/// <param name="Target">The name that <see cref="DnsRecord.Name"/> stands for.</param>
public sealed record CnameRecord(string Name, uint Ttl, string Target) : DnsRecord(Name, Ttl)
{
    /// <inheritdoc/>
    public override DnsType Type => DnsType.Cname;
}

/// <summary>The host name of an address.</summary>
/// <param name="Host">A host name.</param>
public sealed record PtrRecord(string Name, uint Ttl, string Host) : DnsRecord(Name, Ttl)
{
    /// <inheritdoc/>
    public override DnsType Type => DnsType.Ptr;
}

/// <summary>A text record.</summary>
/// <param name="Text">Its character strings, joined without blanks (RFC 8461 section 3.1); octets as ByteText decodes them.</param>
public sealed record TxtRecord(string Name, uint Ttl, string Text) : DnsRecord(Name, Ttl)
{
    /// <inheritdoc/>
    public override DnsType Type => DnsType.Txt;
}

/// <summary>A certificate association, RFC 6698 section 2.1.</summary>
/// <param name="Usage">Certificate usage; 3 is DANE-EE.</param>
/// <param name="Selector">0 the whole certificate, 1 its public key.</param>
/// <param name="MatchingType">0 the bytes themselves, 1 SHA-256, 2 SHA-512.</param>
/// <param name="Data">Certificate association data; may be empty, which makes the record unusable.</param>
public sealed record TlsaRecord(string Name, uint Ttl, byte Usage, byte Selector, byte MatchingType, ReadOnlyMemory<byte> Data)
    : DnsRecord(Name, Ttl)
{
    /// <inheritdoc/>
    public override DnsType Type => DnsType.Tlsa;
}
