using System.Text;
using MimeKit;

namespace PostfixNet.Smtp;

/// <summary>What the header of a MIME entity says of its body, RFC 2045. Understood by MimeKit.</summary>
internal static class EntityHeader
{
    private static readonly ParserOptions s_strict = new() { ParameterComplianceMode = RfcComplianceMode.Strict };

    /// <summary>Type and boundary of a Content-Type.</summary>
    /// <returns>Type: lower case, with its subtype; null when there is none. Boundary: null when there is none that lines of a
    /// body could be compared with, such as one that is not written in ASCII or in several pieces (RFC 2231).</returns>
    internal static (string? Type, byte[]? Boundary) ContentType(ReadOnlySpan<byte> value)
    {
        // A strict reader knows comments; the other one boundaries that lack their quotes.
        byte[] text = value.ToArray();
        if (!MimeKit.ContentType.TryParse(s_strict, text, 0, text.Length, out ContentType? type))
            _ = MimeKit.ContentType.TryParse(ParserOptions.Default, text, 0, text.Length, out type);
        if (type is null)
            return (null, null);
        byte[]? boundary = type.Boundary is { Length: > 0 } name && Ascii.IsValid(name) ? Encoding.ASCII.GetBytes(name) : null;
        return (type.MimeType.ToLowerInvariant(), boundary is not null && IsLiteral(boundary, value) ? boundary : null);
    }

    // MimeKit decodes what looks like an encoded word, which a boundary never is, and joins pieces.
    private static bool IsLiteral(ReadOnlySpan<byte> boundary, ReadOnlySpan<byte> value) =>
        value.IndexOf(boundary) >= 0 && (value.IndexOf("=?"u8) < 0 || boundary.IndexOf("=?"u8) >= 0);

    /// <summary>True when a Content-Transfer-Encoding is 8bit or binary.</summary>
    internal static bool IsEightBit(ReadOnlySpan<byte> value)
    {
        // MimeKit reads an encoding without the comments around it; a subtype is a token among comments as well.
        byte[] text = [.. "x/"u8, .. value];
        _ = MimeKit.ContentType.TryParse(s_strict, text, 0, text.Length, out ContentType? type);
        return MimeKit.Utils.MimeUtils.TryParse(type?.MediaSubtype, out ContentEncoding encoding)
            && encoding is ContentEncoding.EightBit or ContentEncoding.Binary;
    }
}
