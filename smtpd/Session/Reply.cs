using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>What a client is told: RFC 5321 section 4.2, with the status of RFC 3463.</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Status">E.g. "2.1.0"; empty: the reply has none (greetings, 3xx).</param>
/// <param name="Text">The rest of the line; further lines after LF.</param>
internal sealed record Reply(int Code, string Status, string Text)
{
    /// <summary>The session goes no further after it.</summary>
    internal bool IsLast { get; init; }

    /// <summary>The command is refused.</summary>
    internal bool IsRefusal => Code >= 400;

    /// <summary>Trouble of this system: it is not the client's error.</summary>
    internal bool IsOurTrouble { get; init; }

    internal static readonly Reply Ok = new(250, "2.0.0", "Ok");

    /// <summary>The command has said all by itself.</summary>
    internal static readonly Reply None = new(0, "", "");

    internal static readonly Reply ReadyForData = new(354, "", "End data with <CR><LF>.<CR><LF>");

    /// <summary>Reads a reply as an access table or policy service has it: "554 5.7.1 text", "450 text".</summary>
    /// <returns>null: it does not begin with three digits.</returns>
    internal static Reply? Parse(string text, string status)
    {
        if (text.Length < 3 || text[0] is not ('2' or '3' or '4' or '5') || !char.IsAsciiDigit(text[1]) || !char.IsAsciiDigit(text[2]) || (text.Length > 3 && text[3] != ' '))
            return null;
        int code = int.Parse(text.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture);
        string rest = text[3..].Trim();
        int end = rest.IndexOf(' ', StringComparison.Ordinal);
        string first = end < 0 ? rest : rest[..end];
        return IsStatus(first, text[0]) ? new Reply(code, first, end < 0 ? "" : rest[(end + 1)..].TrimStart()) : new Reply(code, $"{text[0]}{status[1..]}", rest);
    }

    /// <summary>Reads a reply with several lines: "550-5.7.1 text", LF, "550 5.7.1 text".</summary>
    /// <param name="lines">Each begins with three digits, and "-" or a blank.</param>
    internal static Reply OfLines(string lines)
    {
        string[] texts = [.. lines.Split('\n').Select(static line => line.Length > 4 ? line[4..] : "")];
        int end = texts[0].IndexOf(' ', StringComparison.Ordinal);
        string status = end < 0 ? "" : texts[0][..end];
        // Said once here, and by AppendTo on each line.
        bool hasStatus = IsStatus(status, lines[0]) && texts.All(text => text.StartsWith($"{status} ", StringComparison.Ordinal));
        return new Reply(int.Parse(lines.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture), hasStatus ? status : "", string.Join('\n', texts.Select(text => hasStatus ? text[(status.Length + 1)..] : text)));
    }

    // RFC 3463 section 2: class.subject.detail, and the class is that of the reply.
    internal static bool IsStatus(string word, char @class)
    {
        string[] parts = word.Split('.');
        return parts is [[var first], { Length: >= 1 and <= 3 } subject, { Length: >= 1 and <= 3 } detail] && first == @class
            && subject.All(char.IsAsciiDigit) && detail.All(char.IsAsciiDigit);
    }

    /// <summary>Refused for now instead of for good.</summary>
    internal Reply Softened() => Code < 500 ? this : this with { Code = Code - 100, Status = Status.Length > 0 ? '4' + Status[1..] : "" };

    /// <summary>With another text.</summary>
    internal Reply WithText(string text) => this with { Text = text };

    /// <summary>One line, as the log has it.</summary>
    public override string ToString() => Status.Length > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Code} {Status} {Text}") : string.Create(CultureInfo.InvariantCulture, $"{Code} {Text}");

    /// <summary>The lines, as the log of a conversation has them: what is asked in a login is nobody's business.</summary>
    internal IEnumerable<string> Shown()
    {
        if (Code == 334)
            return ["334 (not shown)"];
        List<byte> wire = [];
        AppendTo(wire);
        return ByteText.Decode([.. wire]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Appends the reply as it goes over the wire.</summary>
    /// <param name="longest">Octets of a line without its end: RFC 5321 section 4.5.3.1.5.</param>
    internal void AppendTo(List<byte> output, int longest = 510)
    {
        string[] lines = Text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            char mark = i < lines.Length - 1 ? '-' : ' ';
            string status = Status.Length > 0 ? Status + " " : "";
            byte[] line = ByteText.Encode(string.Create(CultureInfo.InvariantCulture, $"{Code}{mark}{status}{PrintableText.Of(lines[i])}"));
            output.AddRange(line.AsSpan(0, Math.Min(line.Length, longest)));
            output.AddRange("\r\n"u8);
        }
    }
}
