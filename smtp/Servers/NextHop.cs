using System.Globalization;
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
        if (text.StartsWith("inet:", StringComparison.OrdinalIgnoreCase))
            text = text[5..];

        bool bracketed = text.StartsWith('[');
        string host;
        string rest;
        if (bracketed)
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
        int port = options.TcpPort;
        if (rest.Length > 0)
        {
            if (rest[0] != ':' || (port = PortOf(rest[1..])) == 0)
                return null;
        }
        if (host.Length == 0)
            return null;
        IPAddress? address = AddressIn(host);
        return new NextHop(host, port, !bracketed && address is null && !options.IsLmtp && !options.DisableDnsLookups, address);
    }

    /// <summary>Number of a port, or of one of the mail services by name; 0: unknown.</summary>
    internal static int PortOf(string text) => text switch
    {
        "smtp" => 25,
        "lmtp" => 24,
        "submission" => 587,
        "submissions" or "smtps" or "urd" => 465,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536 ? port : 0,
    };

    /// <summary>The address that a text is; null when it is none.</summary>
    internal static IPAddress? AddressIn(string host) =>
        LooksLikeAddress(host) && IPAddress.TryParse(host, out IPAddress? address) ? address : null;

    /// <summary>A domain as the DNS has it (RFC 5890 section 2.3.2.1); null when it has no such form.</summary>
    internal static string? AsciiName(string domain)
    {
        if (ByteText.IsAscii(domain))
            return domain;
        try
        {
            return new IdnMapping { UseStd3AsciiRules = false }.GetAscii(domain);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // IPAddress.Parse also takes "1" and "0x7f.1", which are host names in mail.
    private static bool LooksLikeAddress(string host) =>
        host.Contains(':') || (host.AsSpan().Count('.') == 3 && host.All(static c => c == '.' || char.IsAsciiDigit(c)));
}
