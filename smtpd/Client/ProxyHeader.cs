using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace PostfixNet.Smtpd;

/// <summary>What a proxy in front of this server says of the client behind it, before all else: the PROXY protocol of HAProxy, version 1 (a line)
/// or 2 (octets).</summary>
/// <param name="Length">Octets of the header.</param>
/// <param name="Client">Address and port of the client; null: the proxy speaks for itself, or does not know.</param>
/// <param name="Server">Where the client connected to.</param>
internal sealed record ProxyHeader(int Length, IPEndPoint? Client, IPEndPoint? Server)
{
    // Of version 1 with its line end; of version 2 what addresses need, and some more.
    private const int LongestLine = 107, Head = 16, LongestRest = 2048;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads one.</summary>
    /// <param name="octets">The first octets of a connection.</param>
    /// <param name="header">It; null: there is more to come.</param>
    /// <returns>False: this is none.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> octets, out ProxyHeader? header)
    {
        header = null;
        int common = Math.Min(octets.Length, Signature.Length);
        if (octets[..common].SequenceEqual(Signature[..common]))
            return octets.Length < Head || ReadBinary(octets, out header);
        int start = Math.Min(octets.Length, 6);
        return octets[..start].SequenceEqual("PROXY "u8[..start]) && ReadLine(octets, out header);
    }

    /// <summary>How many octets more are surely part of it: what follows is not for this reader, but may be the beginning of a handshake.</summary>
    internal static int Wanted(ReadOnlySpan<byte> octets)
    {
        if (octets.Length < Signature.Length)
            return Signature.Length - octets.Length;
        if (!octets.StartsWith(Signature))
            return 1;
        return (octets.Length < Head ? Head : Head + BinaryPrimitives.ReadUInt16BigEndian(octets[14..])) - octets.Length;
    }

    private static bool ReadLine(ReadOnlySpan<byte> octets, out ProxyHeader? header)
    {
        header = null;
        int end = octets.IndexOf((byte)'\n');
        if (end < 0)
            return octets.Length < LongestLine;
        if (end >= LongestLine || end == 0 || octets[end - 1] != '\r')
            return false;
        string[] words = Encoding.Latin1.GetString(octets[..(end - 1)]).Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..])
        {
            header = new ProxyHeader(end + 1, null, null);
            return true;
        }
        if (words is not ["PROXY", "TCP4" or "TCP6", var client, var server, var clientPort, var serverPort]
            || Address(client, words[1] == "TCP6") is not { } from || Address(server, words[1] == "TCP6") is not { } to
            || Port(clientPort) is not { } fromPort || Port(serverPort) is not { } toPort)
            return false;
        header = new ProxyHeader(end + 1, new IPEndPoint(from, fromPort), new IPEndPoint(to, toPort));
        return true;
    }

    private static bool ReadBinary(ReadOnlySpan<byte> octets, out ProxyHeader? header)
    {
        header = null;
        int version = octets[12] >> 4, command = octets[12] & 15, family = octets[13] >> 4, length = BinaryPrimitives.ReadUInt16BigEndian(octets[14..]);
        if (version != 2 || command > 1 || length > LongestRest)
            return false;
        if (octets.Length < Head + length)
            return true;
        int size = family switch { 1 => 4, 2 => 16, _ => 0 };
        // LOCAL: the proxy itself looks whether this server lives.
        if (command == 0 || size == 0)
        {
            header = new ProxyHeader(Head + length, null, null);
            return true;
        }
        if (length < 2 * size + 4)
            return false;
        ReadOnlySpan<byte> rest = octets[Head..];
        header = new ProxyHeader(Head + length,
            new IPEndPoint(new IPAddress(rest[..size]), BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * size)..])),
            new IPEndPoint(new IPAddress(rest[size..(2 * size)]), BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * size + 2)..])));
        return true;
    }

    private static IPAddress? Address(string text, bool isIPv6) => text.Contains(':', StringComparison.Ordinal) == isIPv6 && Mail.HostAndPort.AddressIn(text) is { } address
        ? address : null;

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is >= 0 and < 65536 && text.Length <= 5 ? port : null;
}
