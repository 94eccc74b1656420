using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>The header lines of a message that a notice is about.</summary>
internal static class OriginalHeaders
{
    /// <summary>Their pieces: up to an empty line, or a line that cannot be one.</summary>
    internal static IEnumerable<ContentPiece> Of(IOriginalMessage original)
    {
        bool startsLine = true;
        foreach (ContentPiece piece in original.Content())
        {
            if (startsLine && !IsHeaderLine(piece.Text.Span))
                yield break;
            startsLine = piece.EndsLine;
            yield return piece;
        }
    }

    /// <summary>The value of the first header of a name, its first line that is not empty; null when there is none.</summary>
    /// <param name="name">Lower case, with its colon.</param>
    internal static string? Find(IOriginalMessage original, string name)
    {
        string? value = null;
        foreach (ContentPiece piece in Of(original))
        {
            string line = ByteText.Decode(piece.Text.Span);
            if (value is not null)
            {
                // A long value may stand on the line after the name.
                if (line.Length > 0 && line[0] is ' ' or '\t' && value.Length == 0)
                    value = line.Trim();
                break;
            }
            if (line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                value = line[name.Length..].Trim();
        }
        return value;
    }

    private static bool IsHeaderLine(ReadOnlySpan<byte> line)
    {
        if (line.Length == 0 || line[0] is (byte)' ' or (byte)'\t')
            return line.Length > 0;
        int colon = line.IndexOf((byte)':');
        return colon > 0 && !line[..colon].TrimEnd(" \t"u8).ContainsAnyExceptInRange((byte)'!', (byte)'~');
    }
}
