using System.Buffers;
using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>Makes text from elsewhere fit for a header, a report field or a log line, and folds it.</summary>
public static class NoticeText
{
    // RFC 5322 section 2.1.1 allows 998.
    private const int LongestLine = 900;
    private const int LineWidth = 79;
    private const int Indent = 4;

    /// <summary>Replaces control characters by '?', tabs by blanks: no text can start a line or a field of its own.</summary>
    public static string OneLine(string text) => HasControls(text)
        ? string.Create(text.Length, text, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
                line[i] = from[i] == '\t' ? ' ' : from[i] is < ' ' or '\x7f' ? '?' : from[i];
        })
        : text;

    private static bool HasControls(string text)
    {
        foreach (char c in text)
        {
            if (c is < ' ' or '\x7f')
                return true;
        }
        return false;
    }

    /// <summary>As <see cref="OneLine"/>, and bytes that are not valid UTF-8 become '?': for parts that say charset=utf-8.</summary>
    public static string Readable(string text)
    {
        text = OneLine(text);
        return ByteText.IsValidUtf8(text)
            ? text
            : string.Create(text.Length, text, static (line, from) =>
            {
                for (int i = 0; i < line.Length; i++)
                {
                    bool pair = char.IsHighSurrogate(from[i]) ? i + 1 < from.Length && char.IsLowSurrogate(from[i + 1])
                        : char.IsLowSurrogate(from[i]) && i > 0 && char.IsHighSurrogate(from[i - 1]);
                    line[i] = char.IsSurrogate(from[i]) && !pair ? '?' : from[i];
                }
            });
    }

    /// <summary>The sender as reports name it; the null sender has a name there.</summary>
    public static string ReportedSender(string sender, string myHostname) =>
        sender.Length == 0 ? $"MAILER-DAEMON@{myHostname}" : Readable(Address.ToExternal(sender));

    /// <summary>Writes a line. One that is longer than mail permits goes on in lines that begin with a blank.</summary>
    public static void Line(IBufferWriter<byte> output, string text)
    {
        byte[]? rest = ByteText.ByteCount(text) > LongestLine ? ByteText.Encode(text) : null;
        if (rest is not null)
        {
            WriteBroken(output, rest, indent: " "u8);
            return;
        }
        Span<byte> buffer = output.GetSpan(LongestLine + 1);
        int length = ByteText.Encode(text, buffer);
        buffer[length] = (byte)'\n';
        output.Advance(length + 1);
    }

    /// <summary>Writes lines, each ended by LF.</summary>
    public static void Lines(IBufferWriter<byte> output, string text)
    {
        int end;
        for (int start = 0; start < text.Length; start = end + 1)
        {
            end = text.IndexOf('\n', start);
            Line(output, text[start..end]);
        }
    }

    private static void WriteBroken(IBufferWriter<byte> output, ReadOnlySpan<byte> text, ReadOnlySpan<byte> indent)
    {
        while (text.Length > LongestLine)
        {
            int end = LongestLine;
            // Not within a character.
            while (end > LongestLine - 4 && (text[end] & 0xC0) == 0x80)
                end--;
            output.Write(text[..end]);
            output.Write("\n"u8);
            output.Write(indent);
            text = text[end..];
        }
        output.Write(text);
        output.Write("\n"u8);
    }

    /// <summary>Writes a text in lines of at most 79 bytes, broken at blanks as long as words are not beyond measure; lines after the first begin with four
    /// blanks.</summary>
    public static void WriteFolded(IBufferWriter<byte> output, string text)
    {
        ReadOnlySpan<byte> rest = ByteText.Encode(text);
        int width = LineWidth;
        bool first = true;
        do
        {
            int end = rest.Length <= width ? rest.Length : BreakBefore(rest, width);
            if (!first)
                output.Write("    "u8);
            WriteBroken(output, rest[..end].TrimEnd((byte)' '), indent: "    "u8);
            rest = rest[end..].TrimStart((byte)' ');
            first = false;
            width = LineWidth - Indent;
        }
        while (rest.Length > 0);
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
