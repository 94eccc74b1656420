using PostfixNet.Mail;

namespace PostfixNet.Milter;

/// <summary>What is to be done.</summary>
public enum MilterDecision
{
    /// <summary>The message goes on hold.</summary>
    Hold,
    /// <summary>It is taken, and thrown away.</summary>
    Discard,
    /// <summary>The client is let go.</summary>
    ShutDown,
    /// <summary>It is refused, with a reply.</summary>
    Refuse,
}

/// <summary>What a milter wants to be done with a client, a recipient or a message; that nothing is to be done is null.</summary>
/// <param name="Text">Hold: why. Refuse: the reply, "550 5.7.1 text"; with several lines "550-5.7.1 text", and LF between them.</param>
public sealed record MilterVerdict(MilterDecision Decision, string Text = "")
{
    internal static readonly MilterVerdict Rejected = new(MilterDecision.Refuse, "550 5.7.1 Command rejected"),
        PutOff = new(MilterDecision.Refuse, "451 4.7.1 Service unavailable - try again later");

    /// <summary>"milter-reject", "milter-hold" or "milter-discard": in log lines.</summary>
    public string Word => Decision switch { MilterDecision.Hold => "milter-hold", MilterDecision.Discard => "milter-discard", _ => "milter-reject" };

    /// <summary>Why a message is held or discarded, in log lines.</summary>
    public string Reason => Decision == MilterDecision.Discard ? "milter triggers DISCARD action" : Text.Length > 0 ? Text : "milter triggers HOLD action";

    /// <summary>Reads the reply that a milter made up: RFC 5321 section 4.2, codes 4nn and 5nn only; of a status, the class is that of the code.</summary>
    /// <param name="octets">Lines with CR LF between them; a NUL may follow.</param>
    /// <param name="isSoft">What is refused for good is refused for now (soft_bounce).</param>
    /// <returns>null: it is no such reply.</returns>
    internal static MilterVerdict? Read(ReadOnlySpan<byte> octets, bool isSoft)
    {
        if (octets is [.., 0])
            octets = octets[..^1];
        string[] lines = ByteText.Decode(octets).Split("\r\n");
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            bool isLast = i == lines.Length - 1;
            if (line.Length < 4 || line[0] is not ('4' or '5') || !char.IsAsciiDigit(line[1]) || !char.IsAsciiDigit(line[2]) || line[3] != (isLast ? ' ' : '-')
                || !line.AsSpan(0, 3).SequenceEqual(lines[0].AsSpan(0, 3)) || line.AsSpan().ContainsAny('\r', '\n', '\0')
                || (line.Length > 4 && char.IsAsciiDigit(line[4]) && line[4] != line[0]))
                return null;
            lines[i] = Percents(isSoft ? Softened(line) : line);
        }
        return new MilterVerdict(MilterDecision.Refuse, string.Join('\n', lines));
    }

    private static string Softened(string line) =>
        line[0] != '5' ? line : $"4{line[1..4]}{(line.Length > 4 && line[4] == '5' ? "4" + line[5..] : line[4..])}";

    // libmilter doubles the sign, since Sendmail takes a reply for a format.
    private static string Percents(string line)
    {
        if (!line.Contains('%', StringComparison.Ordinal))
            return line;
        System.Text.StringBuilder text = new(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '%' && ++i == line.Length)
                break;
            text.Append(line[i]);
        }
        return text.ToString();
    }
}
