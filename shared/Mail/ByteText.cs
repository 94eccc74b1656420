using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace PostfixNet.Mail;

/// <summary>Text made from bytes that are mostly UTF-8, without losing the bytes that are not.</summary>
/// <remarks>Valid UTF-8 becomes ordinary text. Each byte b that is not part of valid UTF-8 becomes the lone surrogate
/// U+DC00 + b (U+DC80..U+DCFF), which no valid UTF-8 decodes to; so <see cref="Encode(string)"/> restores every byte
/// string exactly. Addresses, attribute values and reasons in queue files go through here.</remarks>
public static class ByteText
{
    private const char EscapeBase = '\uDC00';
    private const char FirstEscape = '\uDC80';
    private const char LastEscape = '\uDCFF';

    /// <summary>Text of any bytes; never fails and never loses any.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        StringBuilder text = new(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int used) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
                bytes = bytes[used..];
            }
            else
            {
                // One byte only: the next one may start a valid sequence.
                text.Append((char)(EscapeBase + bytes[0]));
                bytes = bytes[1..];
            }
        }
        return text.ToString();
    }

    /// <summary>The bytes that <paramref name="text"/> was decoded from.</summary>
    /// <remarks>Surrogates that <see cref="Decode"/> cannot have made become U+FFFD.</remarks>
    public static byte[] Encode(string text)
    {
        byte[] bytes = new byte[ByteCount(text)];
        int length = Encode(text, bytes);
        return length == bytes.Length ? bytes : bytes[..length];
    }

    /// <summary>As <see cref="Encode(string)"/>, into a buffer of at least <see cref="ByteCount"/> bytes.</summary>
    /// <returns>Number of bytes written.</returns>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    public static int Encode(ReadOnlySpan<char> text, Span<byte> buffer)
    {
        // Stops at the first lone surrogate, which is either an escaped byte or malformed.
        OperationStatus status = Utf8.FromUtf16(text, buffer, out int read, out int done, replaceInvalidSequences: false);
        if (status == OperationStatus.DestinationTooSmall)
            throw new ArgumentException("buffer too small", nameof(buffer));
        text = text[read..];
        while (text.Length > 0)
        {
            int used = 1;
            if (text[0] is >= FirstEscape and <= LastEscape)
            {
                if (done >= buffer.Length)
                    throw new ArgumentException("buffer too small", nameof(buffer));
                buffer[done++] = (byte)(text[0] - EscapeBase);
            }
            else
            {
                _ = Rune.DecodeFromUtf16(text, out Rune rune, out used);
                if (!rune.TryEncodeToUtf8(buffer[done..], out int written))
                    throw new ArgumentException("buffer too small", nameof(buffer));
                done += written;
            }
            text = text[used..];
        }
        return done;
    }

    /// <summary>Upper bound of the bytes that <see cref="Encode(string)"/> gives, exact unless surrogates are malformed
    /// or escaped bytes occur.</summary>
    public static int ByteCount(ReadOnlySpan<char> text) => IsAscii(text) ? text.Length : Encoding.UTF8.GetByteCount(text);

    /// <summary>True when all characters are below U+0080.</summary>
    public static bool IsAscii(ReadOnlySpan<char> text) => Ascii.IsValid(text);

    /// <summary>True when all bytes are below 0x80.</summary>
    public static bool IsAscii(ReadOnlySpan<byte> bytes) => Ascii.IsValid(bytes);

    /// <summary>True when the text has no escaped byte, that is, its bytes are valid UTF-8.</summary>
    public static bool IsValidUtf8(ReadOnlySpan<char> text)
    {
        // An escape that follows a high surrogate would be the second half of an ordinary character.
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                return false;
            i++;
        }
        return true;
    }
}
