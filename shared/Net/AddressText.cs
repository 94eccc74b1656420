using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace PostfixNet.Net;

/// <summary>IP addresses as text, with a short way for the usual IPv4 form.</summary>
/// <remarks>For the reason given at PostfixNet.Native.ShortText: the first use of the framework's parser costs four milliseconds.</remarks>
public static class AddressText
{
    /// <summary>Reads what <see cref="IPAddress.TryParse(string, out IPAddress)"/> reads.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        // In memory the first number of the address comes first.
        uint value = 0, number = 0;
        int dots = 0, digits = 0;
        foreach (char c in text)
        {
            if (c == '.' && digits > 0 && dots < 3)
            {
                value |= number << (8 * dots++);
                number = 0;
                digits = 0;
            }
            else if (char.IsAsciiDigit(c) && (digits == 0 || number > 0) && number * 10 + (c - '0') <= 255)
            {
                number = number * 10 + (uint)(c - '0');
                digits++;
            }
            else
            {
                // IPv6, no address at all, or one of the rarer forms: octal, hexadecimal.
                return IPAddress.TryParse(text, out address);
            }
        }
        if (dots < 3 || digits == 0)
            return IPAddress.TryParse(text, out address);
        address = new IPAddress(value | (long)number << 24);
        return true;
    }

    /// <summary>The text that <see cref="IPAddress.ToString"/> makes.</summary>
    public static string Format(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != AddressFamily.InterNetwork)
            return address.ToString();
        Span<byte> numbers = stackalloc byte[4];
        Span<char> text = stackalloc char[15];
        _ = address.TryWriteBytes(numbers, out _);
        int length = 0;
        for (int i = 0; i < 4; i++)
        {
            if (i > 0)
                text[length++] = '.';
            if (numbers[i] >= 100)
                text[length++] = (char)('0' + numbers[i] / 100);
            if (numbers[i] >= 10)
                text[length++] = (char)('0' + numbers[i] / 10 % 10);
            text[length++] = (char)('0' + numbers[i] % 10);
        }
        return new string(text[..length]);
    }
}
