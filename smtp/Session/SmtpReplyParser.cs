using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>Collects the lines of one reply.</summary>
internal sealed class SmtpReplyParser
{
    // A reply is kept for log, notices and the EHLO keywords: a server that says more is read, but not remembered.
    private const int MostLines = 100;
    private const int MostText = 32 * 1024;

    private List<string> _lines = [];
    private int _length;
    private bool _junk;

    /// <summary>Judges one line without its line ending, and keeps it.</summary>
    /// <param name="keepJunk">Lines that are not SMTP become part of the reply; false: they are dropped.</param>
    /// <param name="reply">The complete reply after a last line.</param>
    internal ReplyLineKind Add(ReadOnlySpan<byte> line, bool keepJunk, out SmtpReply? reply)
    {
        reply = null;
        ReplyLineKind kind = Classify(line);
        if (kind == ReplyLineKind.NotSmtp)
        {
            if (keepJunk)
            {
                _junk = true;
                Keep(line);
            }
            return kind;
        }
        if (kind == ReplyLineKind.Continued)
        {
            Keep(line);
            return kind;
        }
        if (_lines.Count >= MostLines)
            _lines.RemoveAt(_lines.Count - 1);
        _lines.Add(Printable(line));
        int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        reply = new SmtpReply(code, StatusOf(line), _lines, _junk);
        (_lines, _length, _junk) = ([], 0, false);
        return kind;
    }

    /// <summary>Octets to text for people: controls become '?', UTF-8 stays.</summary>
    internal static string Printable(ReadOnlySpan<byte> line)
    {
        string text = ByteText.Decode(line);
        return text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && !text.Contains('\x7f', StringComparison.Ordinal)
            ? text
            : string.Create(text.Length, text, static (span, from) =>
            {
                for (int i = 0; i < span.Length; i++)
                    span[i] = from[i] is < ' ' or '\x7f' ? '?' : from[i];
            });
    }

    /// <summary>Length of the enhanced status code at the start of <paramref name="text"/>; 0 when there is none.
    /// RFC 3463 section 2: class 2, 4 or 5, then two numbers of one to three digits.</summary>
    internal static int StatusLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 5 || text[0] is not ((byte)'2' or (byte)'4' or (byte)'5') || text[1] != '.')
            return 0;
        int at = 2;
        for (int part = 0; part < 2; part++)
        {
            int digits = 0;
            while (at < text.Length && char.IsAsciiDigit((char)text[at]))
            {
                at++;
                digits++;
            }
            if (digits is < 1 or > 3)
                return 0;
            if (part == 0 && (at >= text.Length || text[at++] != '.'))
                return 0;
        }
        return at == text.Length || text[at] is (byte)' ' or (byte)'\t' ? at : 0;
    }

    /// <summary>Octets that came unasked are, or may become, a reply that answers nothing; 421 is allowed at any time, and
    /// lines that are not SMTP are nobody's answer.</summary>
    internal static bool BeginsReply(ReadOnlySpan<byte> octets)
    {
        while (octets.Length > 0)
        {
            int end = octets.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? octets : octets[..end];
            octets = end < 0 ? default : octets[(end + 1)..];
            line = line.Trim((byte)'\r');
            if (line.StartsWith("421"u8))
                return false;
            if (Classify(line) != ReplyLineKind.NotSmtp)
                return true;
        }
        return false;
    }

    private static ReplyLineKind Classify(ReadOnlySpan<byte> line)
    {
        if (line.Length < 3 || !char.IsAsciiDigit((char)line[0]) || !char.IsAsciiDigit((char)line[1]) || !char.IsAsciiDigit((char)line[2]))
            return ReplyLineKind.NotSmtp;
        return line.Length == 3 || line[3] == ' ' ? ReplyLineKind.Last
            : line[3] == '-' ? ReplyLineKind.Continued
            : ReplyLineKind.NotSmtp;
    }

    private static string StatusOf(ReadOnlySpan<byte> line)
    {
        if (line[0] is not ((byte)'2' or (byte)'4' or (byte)'5'))
            return "5.5.0";
        ReadOnlySpan<byte> text = line.Length > 4 ? line[4..] : default;
        int length = StatusLength(text);
        return length > 0 && text[0] == line[0] ? ByteText.Decode(text[..length]) : $"{(char)line[0]}.0.0";
    }

    private void Keep(ReadOnlySpan<byte> line)
    {
        if (_lines.Count >= MostLines || _length + line.Length > MostText)
            return;
        _length += line.Length;
        _lines.Add(Printable(line));
    }
}
