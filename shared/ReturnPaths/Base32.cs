namespace PostfixNet.ReturnPaths;

/// <summary>Octets as letters and digits that mean the same in capitals: RFC 4648 section 6, without padding.</summary>
internal static class Base32
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    internal static string Encode(ReadOnlySpan<byte> octets)
    {
        Span<char> text = stackalloc char[(octets.Length * 8 + 4) / 5];
        int buffer = 0, bits = 0, at = 0;
        foreach (byte octet in octets)
        {
            buffer = (buffer << 8) | octet;
            for (bits += 8; bits >= 5; bits -= 5)
                text[at++] = Alphabet[(buffer >> (bits - 5)) & 31];
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0)
            text[at] = Alphabet[(buffer << (5 - bits)) & 31];
        return new string(text);
    }

    /// <returns>False: it is not what <see cref="Encode"/> makes of so many octets, but for capitals.</returns>
    internal static bool TryDecode(ReadOnlySpan<char> text, Span<byte> octets)
    {
        if (text.Length != (octets.Length * 8 + 4) / 5)
            return false;
        int buffer = 0, bits = 0, at = 0;
        foreach (char c in text)
        {
            int value = Alphabet.IndexOf(char.ToLowerInvariant(c), StringComparison.Ordinal);
            if (value < 0)
                return false;
            buffer = (buffer << 5) | value;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            octets[at++] = (byte)(buffer >> bits);
            buffer &= (1 << bits) - 1;
        }
        return buffer == 0;
    }
}
