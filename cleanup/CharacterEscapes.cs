using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Octets written with C's escapes, as Postfix reads them: \a \b \f \n \r \t \v, and \ with one to three octal digits.</summary>
internal static class CharacterEscapes
{
    /// <returns>null: a backslash stands at the end.</returns>
    internal static byte[]? Decode(string text)
    {
        byte[] written = ByteText.Encode(text);
        List<byte> octets = [];
        for (int i = 0; i < written.Length; i++)
        {
            if (written[i] != '\\')
            {
                octets.Add(written[i]);
                continue;
            }
            if (++i == written.Length)
                return null;
            octets.Add((char)written[i] switch
            {
                'a' => 7,
                'b' => 8,
                'f' => 12,
                'n' => 10,
                'r' => 13,
                't' => 9,
                'v' => 11,
                >= '0' and <= '7' => Octal(written, ref i),
                char other => (byte)other,
            });
        }
        return [.. octets];
    }

    private static byte Octal(byte[] text, ref int at)
    {
        int value = 0, end = Math.Min(at + 3, text.Length);
        for (; at < end && text[at] is >= (byte)'0' and <= (byte)'7'; at++)
            value = value * 8 + text[at] - '0';
        at--;
        return (byte)value;
    }
}
