using System.Buffers.Text;
using PostfixNet.Mail;

namespace PostfixNet.Login;

/// <summary>Base64 without line breaks, as challenges and responses have it (RFC 4954 section 4).</summary>
public static class Base64Line
{
    /// <summary>The octets; null when the text is not base64, or has blanks in it.</summary>
    public static byte[]? TryDecode(string text)
    {
        if (!ByteText.IsAscii(text) || text.AsSpan().ContainsAny(' ', '\t'))
            return null;
        byte[] octets = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Convert.TryFromBase64String(text, octets, out int length) ? octets[..length] : null;
    }
}
