namespace PostfixNet.Mail;

/// <summary>What a line is where a header is expected.</summary>
public enum HeaderLine
{
    /// <summary>The first line of a header.</summary>
    Begins,
    /// <summary>A further line of the header before it.</summary>
    Continues,
    /// <summary>No line of a header: the body begins, with this line or, when it is empty, after it.</summary>
    None,
}

/// <summary>Puts a header together from the pieces of its lines, RFC 5322 section 2.2.</summary>
/// <param name="limit">Bytes of a header that are kept; the rest is dropped.</param>
public sealed class HeaderLines(int limit)
{
    private byte[] _text = [];

    /// <summary>Bytes of the header in hand; 0: there is none.</summary>
    public int Length { get; private set; }

    /// <summary>The header in hand is longer than what is kept of it.</summary>
    public bool IsCut { get; private set; }

    /// <summary>What a line is.</summary>
    /// <param name="line">Its beginning.</param>
    /// <param name="afterHeader">A line of a header comes before it.</param>
    public static HeaderLine Judge(ReadOnlySpan<byte> line, bool afterHeader) =>
        afterHeader && line is [(byte)' ' or (byte)'\t', ..] ? HeaderLine.Continues
        : HeaderNames.Length(line, out _) > 0 ? HeaderLine.Begins : HeaderLine.None;

    /// <summary>The header with a tab before every further line that does not begin with a blank: it would be a header of its own, or the end of them.</summary>
    /// <param name="header">LF between its lines.</param>
    public static byte[] Folded(byte[] header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (!header.Contains((byte)'\n'))
            return header;
        List<byte> folded = new(header.Length + 8);
        for (int i = 0; i < header.Length; i++)
        {
            folded.Add(header[i]);
            if (header[i] == '\n' && !(i + 1 < header.Length && header[i + 1] is (byte)' ' or (byte)'\t'))
                folded.Add((byte)'\t');
        }
        return [.. folded];
    }

    /// <summary>Adds a piece of a line.</summary>
    /// <param name="startsLine">It is the first one.</param>
    public void Add(ReadOnlySpan<byte> piece, bool startsLine)
    {
        if (startsLine && Length > 0)
            Append("\n"u8);
        Append(piece);
    }

    /// <summary>Gives the header in hand away, its lines separated by LF; valid until the next one is added to.</summary>
    public ReadOnlySpan<byte> Take()
    {
        ReadOnlySpan<byte> header = _text.AsSpan(0, Length);
        (Length, IsCut) = (0, false);
        return header;
    }

    private void Append(ReadOnlySpan<byte> piece)
    {
        int fits = Math.Min(piece.Length, limit - Length);
        IsCut |= fits < piece.Length;
        if (Length + fits > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, Math.Max(512, Length + fits)));
        piece[..fits].CopyTo(_text.AsSpan(Length));
        Length += fits;
    }
}
