using System.Net;

namespace PostfixNet.Mail;

/// <summary>A place that mail is sent to, as it is written: <c>domain</c>, <c>[host]</c>, <c>host:port</c>, <c>[192.0.2.1]:587</c>,
/// <c>[ipv6:2001:db8::1]</c>, each with <c>inet:</c> before it or not.</summary>
/// <param name="Host">Domain, host or address, without brackets, <c>ipv6:</c> and a dot at its end; not empty.</param>
/// <param name="IsBracketed">No mail exchangers are looked up for it.</param>
/// <param name="Port">1..65535; null: not given.</param>
public readonly record struct HostAndPort(string Host, bool IsBracketed, int? Port)
{
    /// <summary>The address that the host is; null when it is a name.</summary>
    public IPAddress? Address => AddressIn(Host);

    /// <summary>Reads one.</summary>
    /// <returns>null when malformed.</returns>
    public static HostAndPort? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("inet:", StringComparison.OrdinalIgnoreCase))
            text = text[5..];
        bool isBracketed = text.StartsWith('[');
        string host, rest;
        if (isBracketed)
        {
            int close = text.IndexOf(']', StringComparison.Ordinal);
            if (close < 0)
                return null;
            (host, rest) = (text[1..close], text[(close + 1)..]);
        }
        else
        {
            int colon = text.LastIndexOf(':');
            // Several colons without brackets: an IPv6 address.
            bool hasPort = colon >= 0 && text.IndexOf(':', StringComparison.Ordinal) == colon;
            (host, rest) = hasPort ? (text[..colon], text[colon..]) : (text, "");
        }
        if (host.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase))
            host = host[5..];
        host = host.TrimEnd('.');
        if (host.Length == 0)
            return null;
        if (rest.Length == 0)
            return new HostAndPort(host, isBracketed, null);
        return rest[0] == ':' && ServicePort.Parse(rest[1..]) is { } port ? new HostAndPort(host, isBracketed, port) : null;
    }

    /// <summary>The address that a text is; null when it is none.</summary>
    /// <remarks>IPAddress.Parse also takes "1" and "0x7f.1", which are host names in mail.</remarks>
    public static IPAddress? AddressIn(string host) => (LooksLikeIPv4(host) || host.Contains(':', StringComparison.Ordinal))
        && IPAddress.TryParse(host, out IPAddress? address) ? address : null;

    /// <summary>Four numbers and dots: if it is no address, it is nothing.</summary>
    public static bool LooksLikeIPv4(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host.AsSpan().Count('.') == 3 && host.All(static c => c == '.' || char.IsAsciiDigit(c));
    }
}
