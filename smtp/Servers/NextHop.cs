using System.Net;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>One destination as configured or found in an address.</summary>
/// <param name="Domain">Domain, host, IP address, or the path of a Unix-domain socket.</param>
/// <param name="Port">1..65535; 0 for a Unix-domain socket.</param>
/// <param name="UsesMx">Mail exchangers are looked up: no brackets, not an address.</param>
/// <param name="Address">When <paramref name="Domain"/> is an IP address.</param>
internal sealed record NextHop(string Domain, int Port, bool UsesMx, IPAddress? Address)
{
    internal bool IsUnixSocket => Port == 0;

    /// <summary>Splits a list: blanks and commas separate.</summary>
    internal static string[] Split(string list) => list.Split([' ', '\t', ',', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Reads <c>domain</c>, <c>[host]</c>, <c>host:port</c>, <c>[192.0.2.1]:587</c>, <c>[ipv6:2001:db8::1]</c>; with LMTP
    /// also <c>inet:host:port</c> and <c>unix:path</c>.</summary>
    /// <returns>null when malformed.</returns>
    internal static NextHop? Parse(string text, SmtpOptions options)
    {
        if (options.IsLmtp && text.StartsWith("unix:", StringComparison.OrdinalIgnoreCase))
            return text.Length > 5 ? new NextHop(text[5..], 0, false, null) : null;
        if (HostAndPort.Parse(text) is not { } place)
            return null;
        return new NextHop(place.Host, place.Port ?? options.TcpPort, !place.IsBracketed && place.Address is null && !options.IsLmtp && !options.DisableDnsLookups, place.Address);
    }
}
