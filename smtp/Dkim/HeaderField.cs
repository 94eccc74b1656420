using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>A header field as it goes over the wire, and its forms to be signed.</summary>
/// <param name="octets">Its lines, CR LF between them and none behind the last.</param>
internal sealed class HeaderField(byte[] octets)
{
    private readonly int _colon = Array.IndexOf(octets, (byte)':');

    /// <summary>A field of this name, letter case left aside.</summary>
    internal bool IsNamed(string name) => Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>What is behind the colon, CR LF left out.</summary>
    internal string Value => ByteText.Decode(octets.AsSpan(_colon + 1)).Replace("\r\n", "", StringComparison.Ordinal);

    private ReadOnlySpan<byte> Name => octets.AsSpan(0, _colon).Trim(" \t"u8);

    /// <summary>Appends the field in one of the forms of RFC 6376 section 3.4, without CR LF at its end.</summary>
    /// <param name="relaxed">Section 3.4.2; else 3.4.1.</param>
    internal void AppendTo(List<byte> signed, bool relaxed)
    {
        if (!relaxed)
        {
            signed.AddRange(octets);
            return;
        }
        foreach (byte octet in Name)
            signed.Add(octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet);
        signed.Add((byte)':');
        bool hasBlank = false, hasText = false;
        for (int i = _colon + 1; i < octets.Length; i++)
        {
            byte octet = octets[i];
            if (octet == '\r' && i + 1 < octets.Length && octets[i + 1] == '\n')
            {
                i++;
                continue;
            }
            if (octet is (byte)' ' or (byte)'\t')
            {
                hasBlank = true;
                continue;
            }
            if (hasBlank && hasText)
                signed.Add((byte)' ');
            signed.Add(octet);
            (hasBlank, hasText) = (false, true);
        }
    }
}
