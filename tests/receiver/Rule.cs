using System.Globalization;

namespace PostfixNet.Receiver;

/// <summary>The points of a session at which a rule can act.</summary>
public enum Stage
{
    /// <summary>Before the 220 line; no address to match.</summary>
    Greeting,

    /// <summary>EHLO or HELO; matches the name given.</summary>
    Ehlo,

    /// <summary>MAIL FROM; matches the sender.</summary>
    Mail,

    /// <summary>RCPT TO; matches the recipient.</summary>
    Rcpt,

    /// <summary>DATA; matches the sender or any accepted recipient.</summary>
    Data,

    /// <summary>The final dot; matches as <see cref="Data"/> does.</summary>
    Dot,

    /// <summary>QUIT; no address to match.</summary>
    Quit,
}

/// <summary>What a rule does.</summary>
public enum RuleAction
{
    /// <summary>Sends its own reply in place of the usual one.</summary>
    Reply,

    /// <summary>Closes the connection without a reply.</summary>
    Drop,

    /// <summary>Waits, then lets later rules and the usual reply follow.</summary>
    Delay,

    /// <summary>Sends a line that is no SMTP reply.</summary>
    Garbage,

    /// <summary>Says nothing more until the client hangs up.</summary>
    Hang,
}

/// <summary>
/// One rule, written <c>STAGE MATCH ACTION</c>: <c>rcpt bad@x.test 550 5.1.1 no such user</c>,
/// <c>rcpt *@x.test 450 4.2.0 later</c>, <c>dot * drop</c>, <c>mail * delay 2s</c>, <c>greeting * garbage</c>,
/// <c>ehlo * hang</c>. MATCH is a name or address without case, with at most one <c>*</c>. A backslash and n in
/// a reply starts a new line of it; the receiver supplies code and dash.
/// </summary>
/// <param name="Stage">where it acts</param>
/// <param name="Match">what it matches</param>
/// <param name="Action">what it does</param>
/// <param name="Reply">the reply, for <see cref="RuleAction.Reply"/></param>
/// <param name="Delay">the wait, for <see cref="RuleAction.Delay"/></param>
public sealed record Rule(Stage Stage, string Match, RuleAction Action, string Reply, TimeSpan Delay)
{
    /// <exception cref="FormatException">the text is no rule; the message says why</exception>
    public static Rule Parse(string text)
    {
        string[] words = text.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length < 3)
            throw new FormatException($"rule \"{text}\": want STAGE MATCH ACTION");
        if (!Enum.TryParse(words[0], ignoreCase: true, out Stage stage) || char.IsDigit(words[0][0]))
            throw new FormatException($"rule \"{text}\": stage is one of greeting ehlo mail rcpt data dot quit");
        string action = words[2];
        if (action.StartsWith("delay ", StringComparison.Ordinal))
            return new Rule(stage, words[1], RuleAction.Delay, "", ParseSeconds(action[6..].Trim(), text));
        return action switch
        {
            "drop" => new Rule(stage, words[1], RuleAction.Drop, "", TimeSpan.Zero),
            "garbage" => new Rule(stage, words[1], RuleAction.Garbage, "", TimeSpan.Zero),
            "hang" => new Rule(stage, words[1], RuleAction.Hang, "", TimeSpan.Zero),
            _ when action.Length >= 3 && action.AsSpan(0, 3).IndexOfAnyExceptInRange('0', '9') < 0 =>
                new Rule(stage, words[1], RuleAction.Reply, action, TimeSpan.Zero),
            _ => throw new FormatException($"rule \"{text}\": action is a reply such as 550 text, drop, delay Ns, garbage or hang"),
        };
    }

    /// <summary>Reads rules from text, one on each line; empty lines and lines that begin with # count for nothing.</summary>
    /// <exception cref="FormatException">a line is no rule</exception>
    public static IReadOnlyList<Rule> ParseAll(string text)
    {
        var rules = new List<Rule>();
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.Length > 0 && trimmed[0] != '#')
                rules.Add(Parse(trimmed));
        }
        return rules;
    }

    /// <summary>Whether the rule is about this name or address.</summary>
    public bool Matches(string subject)
    {
        int star = Match.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
            return subject.Equals(Match, StringComparison.OrdinalIgnoreCase);
        return subject.Length >= Match.Length - 1
            && subject.StartsWith(Match[..star], StringComparison.OrdinalIgnoreCase)
            && subject.EndsWith(Match[(star + 1)..], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The reply as it goes over the wire: <c>250-one CRLF 250 two CRLF</c>.</summary>
    internal static string Wire(string reply)
    {
        string[] lines = reply.Split("\\n");
        string code = reply[..3];
        for (int i = 0; i < lines.Length; i++)
        {
            string text = i == 0 ? lines[i][3..].TrimStart() : lines[i];
            lines[i] = text.Length == 0 && lines.Length == 1 ? code : $"{code}{(i < lines.Length - 1 ? '-' : ' ')}{text}";
        }
        return string.Join("\r\n", lines) + "\r\n";
    }

    private static TimeSpan ParseSeconds(string text, string rule)
    {
        string number = text.EndsWith('s') ? text[..^1] : text;
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds < 86400
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"rule \"{rule}\": delay wants a number of seconds such as 2s or 0.5s");
    }
}
