using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Milter;

/// <summary>Where a milter listens.</summary>
/// <param name="Path">Of a Unix-domain socket, from the root or below the queue directory; null: it is a TCP port.</param>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1..65535.</param>
public sealed record MilterEndpoint(string? Path, string Host, int Port)
{
    /// <summary>Reads "inet:host:port", "inet:port", "inet6:[address]:port", "unix:path" or "local:path".</summary>
    /// <returns>null: it is not understood.</returns>
    public static MilterEndpoint? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
            return null;
        string rest = text[(colon + 1)..];
        switch (text[..colon])
        {
            case "unix" or "local":
                return rest.Length is > 0 and < 100 ? new MilterEndpoint(rest, "", 0) : null;
            case "inet" or "inet6":
                int last = rest.LastIndexOf(':');
                string host = last > 0 ? rest[..last] : "localhost";
                if (host is ['[', .., ']'])
                    host = host[1..^1];
                bool isHost = HostAndPort.AddressIn(host) is not null || (!host.Contains(':', StringComparison.Ordinal) && DomainName.IsMailDomain(host) && !host.StartsWith('['));
                return isHost && int.TryParse(rest.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue
                    ? new MilterEndpoint(null, host, port) : null;
            default:
                return null;
        }
    }
}
