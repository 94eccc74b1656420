using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Smtp;

/// <summary>One address of one server.</summary>
/// <param name="Host">The server's name; the address itself when that was given.</param>
/// <param name="Preference">Of its MX record, the lower the better; 0 without.</param>
internal sealed record HostAddress(string Host, IPAddress Address, int Preference)
{
    /// <summary>How the address was found.</summary>
    internal NameOrigin Origin { get; init; } = NameOrigin.Unknown(Host);

    /// <summary>How the server was found: the lookup of the mail exchangers; null: there are none, or none were looked for.</summary>
    internal NameOrigin? Exchangers { get; init; }

    /// <summary>The server at one of its ports.</summary>
    internal SmtpPeer At(int port) => new(Host, Address.ToString(), port);

    internal bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;
}
