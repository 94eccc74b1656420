using System.Text;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>The header lines of a message that a notice is about.</summary>
internal static class OriginalHeaders
{
    // Of one that is looked for; longer ones are cut.
    private const int ValueLimit = 4096;

    /// <summary>Their pieces: up to an empty line, or a line that cannot be one.</summary>
    internal static IEnumerable<ContentPiece> Of(IOriginalMessage original)
    {
        bool startsLine = true, hasHeader = false;
        foreach (ContentPiece piece in original.Content())
        {
            if (startsLine && HeaderLines.Judge(piece.Text.Span, hasHeader) == HeaderLine.None)
                yield break;
            hasHeader = true;
            startsLine = piece.EndsLine;
            yield return piece;
        }
    }

    /// <summary>The value of the first header of a name, unfolded; null when there is none.</summary>
    internal static string? Find(IOriginalMessage original, string name)
    {
        HeaderLines lines = new(ValueLimit);
        bool startsLine = true;
        foreach (ContentPiece piece in Of(original))
        {
            if (startsLine && HeaderLines.Judge(piece.Text.Span, afterHeader: true) == HeaderLine.Begins && ValueOf(lines.Take(), name) is { } value)
                return value;
            lines.Add(piece.Text.Span, startsLine);
            startsLine = piece.EndsLine;
        }
        return ValueOf(lines.Take(), name);
    }

    private static string? ValueOf(ReadOnlySpan<byte> header, string name)
    {
        int length = HeaderNames.Length(header, out int colon);
        return length > 0 && Ascii.EqualsIgnoreCase(header[..length], name)
            ? ByteText.Decode(header[(colon + 1)..]).Replace("\n", "", StringComparison.Ordinal).Trim() : null;
    }
}
