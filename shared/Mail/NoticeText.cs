using System.Buffers;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>Makes text from elsewhere fit for a header, a report field or a log line, and folds it. Lines are separated by LF.</summary>
public static class NoticeText
{
    // RFC 5322 section 2.1.1 allows 998.
    private const int LongestLine = 900;
    private const int LineWidth = 79;
    private const int Indent = 4;

    /// <summary>What a notice needs of the servers on its way: SMTPUTF8 for the address of who gets it, which stands in its header too. What
    /// it reports, and the message that it returns, are content like any other: else a relay that refuses a message for lack of
    /// SMTPUTF8 refuses the notice about that as well.</summary>
    /// <param name="recipient">Of the notice, internal form.</param>
    public static SmtpUtf8 NeedsOf(string recipient) => ByteText.IsAscii(recipient) || !ByteText.IsValidUtf8(recipient)
        ? SmtpUtf8.None : SmtpUtf8.Requested | SmtpUtf8.Header | SmtpUtf8.Recipient;

    /// <summary>Replaces control characters by '?', tabs by blanks: no text can start a line or a field of its own.</summary>
    public static string OneLine(string text) => text.AsSpan().ContainsAny(s_controls)
        ? string.Create(text.Length, text, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
                line[i] = from[i] == '\t' ? ' ' : from[i] is < ' ' or '\x7f' ? '?' : from[i];
        })
        : text;

    private static readonly SearchValues<char> s_controls = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(static c => (char)c), '\x7f']);

    /// <summary>As <see cref="OneLine"/>, and bytes that are not valid UTF-8 become '?': for parts that say charset=utf-8.</summary>
    public static string Readable(string text) => PrintableText.ValidUnicode(OneLine(text));

    /// <summary>The sender as reports name it; the null sender has a name there.</summary>
    public static string ReportedSender(string sender, string myHostname) =>
        sender.Length == 0 ? $"MAILER-DAEMON@{myHostname}" : Readable(Address.ToExternal(sender));

    /// <summary>A line, or several if it is longer than mail permits: those after the first begin with a blank.</summary>
    public static string Broken(string line)
    {
        if (ByteText.ByteCount(line) <= LongestLine)
            return line;
        ArrayBufferWriter<byte> lines = new();
        Break(lines, ByteText.Encode(line), indent: " "u8);
        return ByteText.Decode(lines.WrittenSpan);
    }

    private static void Break(ArrayBufferWriter<byte> lines, ReadOnlySpan<byte> text, ReadOnlySpan<byte> indent)
    {
        while (text.Length > LongestLine)
        {
            int end = LongestLine;
            // Not within a character.
            while (end > LongestLine - 4 && (text[end] & 0xC0) == 0x80)
                end--;
            lines.Write(text[..end]);
            lines.Write("\n"u8);
            lines.Write(indent);
            text = text[end..];
        }
        lines.Write(text);
    }

    /// <summary>A text in lines of at most 79 bytes, broken at blanks as long as words are not beyond measure; lines after the
    /// first begin with four blanks.</summary>
    public static string Folded(string text)
    {
        ReadOnlySpan<byte> rest = ByteText.Encode(text);
        ArrayBufferWriter<byte> lines = new();
        for (int width = LineWidth; ; width = LineWidth - Indent)
        {
            int end = rest.Length <= width ? rest.Length : BreakBefore(rest, width);
            Break(lines, rest[..end].TrimEnd((byte)' '), indent: "    "u8);
            rest = rest[end..].TrimStart((byte)' ');
            if (rest.IsEmpty)
                return ByteText.Decode(lines.WrittenSpan);
            lines.Write("\n    "u8);
        }
    }

    /// <summary>Where the first word begins that does not fit; a word that fits no line stands alone.</summary>
    private static int BreakBefore(ReadOnlySpan<byte> text, int width)
    {
        // A blank at the very edge still ends a word that fits.
        int blank = text[..(width + 1)].LastIndexOf((byte)' ');
        if (blank > 0 && text[..blank].ContainsAnyExcept((byte)' '))
            return blank + 1;
        int next = text[width..].IndexOf((byte)' ');
        return next < 0 ? text.Length : width + next + 1;
    }
}
