using System.Globalization;
using System.Text;

namespace PostfixNet.Mail;

/// <summary>Domain names: their spelling for the DNS, and whether they can be names at all.</summary>
public static class DomainName
{
    private const int LongestLabel = 63, LongestName = 255;

    /// <summary>A domain as the DNS has it: non-ASCII labels become A-labels (RFC 5890 section 2.3.2.1), whichever way they are
    /// spelled (UTS 46, non-transitional): in capitals, with ideographic or full-width dots and letters, with combining marks,
    /// with characters that are to be ignored. "ß" and the joiners stay what they are.</summary>
    /// <returns>null when it has no such form. What is ASCII already stays as it is, but for a dot at the end.</returns>
    public static string? ToAscii(string domain)
    {
        if (ByteText.IsAscii(domain))
            return WithoutLastDot(domain);
        if (!ByteText.IsValidUtf8(domain))
            return null;
        try
        {
            string name = WithoutLastDot(new IdnMapping { UseStd3AsciiRules = false }.GetAscii(Mapped(domain)));
            return IsHostName(name) ? name : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>An address with an ASCII local part, and its domain as the DNS has it.</summary>
    /// <param name="address">Internal form.</param>
    /// <returns>null when it needs SMTPUTF8 (RFC 6531).</returns>
    public static string? ToAsciiAddress(string address)
    {
        if (ByteText.IsAscii(address))
            return address;
        (string local, string? domain) = Address.Split(address);
        return domain is not null && ByteText.IsAscii(local) && ToAscii(domain) is { } ascii ? $"{local}@{ascii}" : null;
    }

    /// <summary>A domain of mail: a host name, in any spelling, or an address in brackets.</summary>
    public static bool IsMailDomain(string domain)
    {
        if (Address.IsDomainLiteral(domain, out string inside))
            return System.Net.IPAddress.TryParse(inside, out _);
        return ToAscii(domain) is { } name && IsHostName(name);
    }

    /// <summary>A host name as Postfix takes it: labels of letters, digits, "_" and "-", the latter not at an end; not all of it digits.</summary>
    /// <param name="name">ASCII, without a dot at the end.</param>
    private static bool IsHostName(string name)
    {
        bool isNumeric = true;
        foreach (Range range in name.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> label = name.AsSpan(range);
            if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-')
                return false;
            foreach (char c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                    return false;
                isNumeric &= char.IsAsciiDigit(c);
            }
        }
        return !isNumeric && name.Length <= LongestName;
    }

    private static string WithoutLastDot(string name) => name.Length > 1 && name[^1] == '.' ? name[..^1] : name;

    // The mapping step of UTS 46 section 4, as far as people type: cases, widths, dots, ignored characters, composition.
    private static string Mapped(string domain)
    {
        StringBuilder mapped = new(domain.Length);
        foreach (Rune rune in domain.EnumerateRunes())
        {
            int value = rune.Value;
            if (value is 0xad or 0x34f or 0x200b or 0x2060 or 0x2064 or 0xfeff or (>= 0x180b and <= 0x180f) or (>= 0xfe00 and <= 0xfe0f) or (>= 0xe0100 and <= 0xe01ef))
                continue;
            if (value is 0x3002 or 0xff61)
                mapped.Append('.');
            else if (value is >= 0xff01 and <= 0xff5e)
                mapped.Append(char.ToLowerInvariant((char)(value - 0xfee0)));
            else if (value == 0x130)
                mapped.Append("i\u0307");
            else
                mapped.Append(Rune.ToLowerInvariant(rune));
        }
        return CanonicalComposition.Compose(mapped.ToString());
    }
}
