using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Smtpd;

/// <summary>Who is at the other end: from the connection, or in the words of somebody who may say so (PROXY, XCLIENT).</summary>
internal sealed record ClientInfo
{
    internal const string Unknown = "unknown";

    /// <summary>The caller of a server on standard input: a client of the loopback interface, for all who read of it.</summary>
    internal static ClientInfo Caller(uint uid) => new() { Address = IPAddress.Loopback, Name = "localhost", ReverseName = "localhost", Uid = uid };

    /// <summary>Its address; null: a process of this system, at a Unix-domain socket or on standard input.</summary>
    internal IPAddress? Address { get; init; }

    /// <summary>Its port; 0: unknown.</summary>
    internal int Port { get; init; }

    /// <summary>Where it connected to; null as above.</summary>
    internal IPEndPoint? Server { get; init; }

    /// <summary>The account of a process of this system.</summary>
    internal uint? Uid { get; init; }

    /// <summary>Its name: that of its address which leads back to the address; else "unknown".</summary>
    internal string Name { get; init; } = Unknown;

    /// <summary>The name of its address, whether it leads back or not; else "unknown".</summary>
    internal string ReverseName { get; init; } = Unknown;

    /// <summary>Why the name is unknown may be over later.</summary>
    internal bool IsNameTemporary { get; init; }

    /// <summary>The same of <see cref="ReverseName"/>.</summary>
    internal bool IsReverseNameTemporary { get; init; }

    /// <summary>Its address; a process of this system counts as a client of the loopback interface.</summary>
    internal IPAddress AddressOrLoopback => Address ?? IPAddress.Loopback;

    /// <summary>The address in words: "192.0.2.1", "2001:db8::1", or "localhost" for a process of this system.</summary>
    internal string AddressText => Address?.ToString() ?? "local";

    /// <summary>As RFC 5321 section 4.1.3 has it, without brackets: "IPv6:2001:db8::1".</summary>
    internal string TaggedAddress => Address?.AddressFamily == AddressFamily.InterNetworkV6 ? $"IPv6:{Address}" : AddressText;

    /// <summary>As the log has it: "name[address]".</summary>
    internal string NameAndAddress => $"{Name}[{AddressText}]";

    /// <summary>Likewise, with the port.</summary>
    internal string NameAddressAndPort => string.Create(CultureInfo.InvariantCulture, $"{Name}[{AddressText}]:{Port}");
}
