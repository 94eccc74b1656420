using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace PostfixNet.Dns;

/// <summary>Names: which text may be one, and their form on the wire.</summary>
public static class DnsName
{
    /// <summary>Octets of a message before its first name (RFC 1035 section 4.1.1).</summary>
    internal const int HeaderLength = 12;

    /// <summary>Octets of a name on the wire, length octets and root included (RFC 1035 section 3.1).</summary>
    internal const int MaxWireLength = 255;

    private const int MaxLabel = 63;

    /// <summary>Whether <paramref name="name"/> may be the name of a host or mail domain.</summary>
    /// <remarks>Labels of 1..63 letters, digits, '-' and '_', no '-' at either end, at most 253 characters (RFC 1123
    /// section 2.1, RFC 1035 section 2.3.4; '_' is allowed because hosts and service names use it), one trailing dot
    /// allowed. A name of digits and dots only is an address, not a name.</remarks>
    public static bool IsHostName([NotNullWhen(true)] string? name) => IsName(name.AsSpan(), allowSlash: false);

    /// <summary>As <see cref="IsHostName"/>; with <paramref name="allowSlash"/> also the names of RFC 2317 section 4
    /// (<c>0/25.2.0.192.in-addr.arpa</c>), which reverse lookups pass through.</summary>
    internal static bool IsName(ReadOnlySpan<char> name, bool allowSlash)
    {
        name = WithoutDot(name);
        if (name.Length is 0 or > MaxWireLength - 2)
            return false;
        int label = 0;
        bool isNumeric = true;
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            bool isLast = i + 1 == name.Length || name[i + 1] == '.';
            if (c == '.')
            {
                if (label == 0 || isLast)
                    return false;
                label = 0;
                continue;
            }
            label++;
            bool isAllowed = char.IsAsciiLetterOrDigit(c) || c == '_' || (c == '-' && label > 1 && !isLast) || (allowSlash && c == '/');
            if (!isAllowed || label > MaxLabel)
                return false;
            isNumeric &= char.IsAsciiDigit(c);
        }
        return !isNumeric;
    }

    /// <summary>The name without the dot that marks it as absolute.</summary>
    private static ReadOnlySpan<char> WithoutDot(ReadOnlySpan<char> name) => name.Length > 0 && name[^1] == '.' ? name[..^1] : name;

    /// <summary>A name that a record may point at: a host name, or an IPv4 address in dotted form.</summary>
    internal static bool IsUsableTarget(string name) => IsHostName(name) || (name.Length <= 15 && IPAddress.TryParse(name, out _));

    /// <summary>Whether <paramref name="ancestor"/> is <paramref name="name"/> or a domain above it. Case does not matter
    /// (RFC 4343 section 3).</summary>
    internal static bool IsWithin(string name, string ancestor) =>
        ancestor == "." || (name.EndsWith(ancestor, StringComparison.OrdinalIgnoreCase)
            && (name.Length == ancestor.Length || name[^(ancestor.Length + 1)] == '.'));

    /// <summary>Reads a name, compressed or not, and moves <paramref name="position"/> behind it.</summary>
    /// <remarks>
    /// RFC 1035 section 4.1.4: a pointer leads to a prior occurrence of the rest of the name. So each pointer must lead to
    /// before the labels it ends: no loop is possible, and there are at most 127 jumps. RFC 1035 section 3.1: 255 octets at
    /// most, after decompression. RFC 6891 section 5: other label types are dead.
    /// </remarks>
    /// <returns>False when the octets are no name; then <paramref name="position"/> means nothing.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> message, ref int position, [NotNullWhen(true)] out string? name)
    {
        Span<char> text = stackalloc char[MaxWireLength * 4];
        int length = 0, wire = 1, at = position, runStart = position;
        bool jumped = false;
        name = null;
        while (true)
        {
            if ((uint)at >= (uint)message.Length)
                return false;
            int octet = message[at];
            switch (octet & 0xC0)
            {
                case 0 when octet == 0:
                    if (!jumped)
                        position = at + 1;
                    name = length == 0 ? "." : new string(text[..length]);
                    return true;
                case 0:
                    wire += octet + 1;
                    if (wire > MaxWireLength || at + 1 + octet > message.Length)
                        return false;
                    if (length > 0)
                        text[length++] = '.';
                    length += Escape(message.Slice(at + 1, octet), text[length..]);
                    at += octet + 1;
                    break;
                case 0xC0:
                    if (at + 1 >= message.Length)
                        return false;
                    int target = (octet & 0x3F) << 8 | message[at + 1];
                    if (target >= runStart || target < HeaderLength)
                        return false;
                    if (!jumped)
                        position = at + 2;
                    jumped = true;
                    at = runStart = target;
                    break;
                default:
                    return false;
            }
        }
    }

    // RFC 1035 section 5.1: a backslash and three digits stand for an octet.
    private static int Escape(ReadOnlySpan<byte> label, Span<char> text)
    {
        int length = 0;
        foreach (byte b in label)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'/' or (byte)'*')
            {
                text[length++] = (char)b;
                continue;
            }
            text[length++] = '\\';
            text[length++] = (char)('0' + b / 100);
            text[length++] = (char)('0' + b / 10 % 10);
            text[length++] = (char)('0' + b % 10);
        }
        return length;
    }
}
