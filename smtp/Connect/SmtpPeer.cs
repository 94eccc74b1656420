using System.Globalization;

namespace PostfixNet.Smtp;

/// <summary>A server, as log lines and notices name it.</summary>
/// <param name="Host">Host name, or the address itself when the next hop was given as an address.</param>
/// <param name="Address">IP address, or the path of a Unix-domain socket.</param>
/// <param name="Port">1..65535; 0 for a Unix-domain socket.</param>
internal sealed record SmtpPeer(string Host, string Address, int Port)
{
    /// <summary><c>mx.example.com[192.0.2.1]</c></summary>
    internal string Name { get; } = $"{Host}[{Address}]";

    /// <summary><c>mx.example.com[192.0.2.1]:25</c></summary>
    internal string NameAndPort { get; } = Port == 0
        ? $"{Host}[{Address}]"
        : string.Create(CultureInfo.InvariantCulture, $"{Host}[{Address}]:{Port}");

    /// <summary>The address, as such; null: it has none.</summary>
    internal System.Net.IPAddress? IPAddress => System.Net.IPAddress.TryParse(Address, out System.Net.IPAddress? parsed) ? parsed : null;
}
