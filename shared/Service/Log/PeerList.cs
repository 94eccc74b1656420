using System.Globalization;
using System.Net;
using PostfixNet.Mail;

namespace PostfixNet.Log;

/// <summary>A list of other ends of conversations: "host", "domain" with all below it, "address", "network/bits", each with "!" in front for
/// "but not". The first that fits decides.</summary>
public sealed class PeerList
{
    private readonly List<Pattern> _patterns = [];

    private PeerList()
    {
    }

    /// <summary>Reads a list.</summary>
    /// <returns>Null: the list is empty.</returns>
    /// <exception cref="FormatException">An item is none of these.</exception>
    public static PeerList? Read(IReadOnlyList<string> items)
    {
        if (items.Count == 0)
            return null;
        PeerList list = new();
        foreach (string item in items)
            list._patterns.Add(Pattern.Parse(item) ?? throw new FormatException($"\"{item}\" is not accepted; give a host, a domain, an address, or network/bits"));
        return list;
    }

    /// <summary>Whether one is in it.</summary>
    /// <param name="host">Its name, as far as it is known.</param>
    /// <param name="address">null: it has none.</param>
    public bool Has(string host, IPAddress? address)
    {
        ArgumentNullException.ThrowIfNull(host);
        foreach (Pattern pattern in _patterns)
        {
            if (pattern.Fits(host, address))
                return !pattern.IsNegative;
        }
        return false;
    }

    /// <param name="Bits">Of the address that count.</param>
    private sealed record Pattern(bool IsNegative, string Name, IPAddress? Address, int Bits)
    {
        internal static Pattern? Parse(string item)
        {
            bool negative = item.StartsWith('!');
            string text = (negative ? item[1..] : item).ToLowerInvariant();
            int slash = text.IndexOf('/', StringComparison.Ordinal);
            string address = (slash < 0 ? text : text[..slash]).Trim('[', ']');
            if (IPAddress.TryParse(address, out IPAddress? parsed) && (parsed.GetAddressBytes().Length == 16 || address.Split('.').Length == 4))
            {
                int most = parsed.GetAddressBytes().Length * 8;
                if (slash < 0)
                    return new Pattern(negative, "", parsed, most);
                return int.TryParse(text[(slash + 1)..].TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits <= most
                    ? new Pattern(negative, "", parsed, bits)
                    : null;
            }
            // Files and tables are not for this list.
            string name = text.StartsWith('.') ? text[1..] : text;
            return DomainName.IsMailDomain(name) && !name.StartsWith('[') ? new Pattern(negative, name, null, 0) : null;
        }

        internal bool Fits(string host, IPAddress? address)
        {
            if (Address is not null)
                return address is not null && SameBits(Address.GetAddressBytes(), address.GetAddressBytes(), Bits);
            return host.EndsWith(Name, StringComparison.OrdinalIgnoreCase)
                && (host.Length == Name.Length || host[host.Length - Name.Length - 1] == '.');
        }

        private static bool SameBits(byte[] a, byte[] b, int bits)
        {
            if (a.Length != b.Length)
                return false;
            for (int i = 0; bits > 0; i++, bits -= 8)
            {
                int mask = bits >= 8 ? 0xff : 0xff << (8 - bits);
                if (((a[i] ^ b[i]) & mask) != 0)
                    return false;
            }
            return true;
        }
    }
}
