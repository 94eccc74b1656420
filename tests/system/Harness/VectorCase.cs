using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests.Harness;

/// <summary>One submission whose every byte is known: what was given to sendmail, and what Postfix made of it.</summary>
/// <param name="Name">name of the vector files</param>
/// <param name="Arguments">arguments of sendmail, without the program name</param>
/// <param name="Input">its standard input</param>
/// <param name="Golden">the queue file Postfix made</param>
internal sealed partial record VectorCase(string Name, string[] Arguments, byte[] Input, QueueFileRecords Golden)
{
    /// <summary>Whether the message needs SMTPUTF8 at the next hop (size record, sixth field).</summary>
    public bool NeedsSmtpUtf8 => Golden.Records[0].Value.TrimEnd()[^1] != '0';

    /// <summary>All cases for which both queue files were kept.</summary>
    public static IReadOnlyList<VectorCase> All()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Repository.Vector("cases.json")));
        var cases = new List<VectorCase>();
        foreach (JsonProperty entry in document.RootElement.EnumerateObject())
        {
            if (entry.Name == "default-sender" && !MailSystem.IsRoot)
                continue; // its sender is whoever submits it, and that was root
            if (!entry.Value.TryGetProperty("stdin_base64", out JsonElement input) || !File.Exists(Repository.Vector(entry.Name + ".incoming")))
                continue;
            cases.Add(new VectorCase(
                entry.Name,
                [.. entry.Value.GetProperty("argv").EnumerateArray().Skip(1).Select(argument => argument.GetString()!)],
                input.GetBytesFromBase64(),
                QueueFileRecords.Read(Repository.Vector(entry.Name + ".incoming"))));
        }
        return cases;
    }

    /// <summary>
    /// The arguments with a sender that names the case, so that its mail is known when it arrives. Cases with a
    /// sender of their own keep it: it is theirs alone.
    /// </summary>
    public string[] ArgumentsWithOwnSender =>
        Array.ConvertAll(Arguments, argument => argument == "alice@origin.test" ? $"{Name}@origin.test" : argument);

    /// <summary>Recipients that are addresses: "carol@" is none for Postfix's resolver either (5.1.3, bad address syntax), and its sender is told.</summary>
    public static IEnumerable<string> Deliverable(QueueFileRecords records) => records.Recipients.Where(static recipient => !recipient.EndsWith('@'));

    /// <summary>The notice about that.</summary>
    public static bool IsNoticeOfBadAddress(string content) => content.Contains("Subject: Undelivered Mail Returned to Sender", StringComparison.Ordinal)
        && content.Contains("Status: 5.1.3", StringComparison.Ordinal);

    /// <summary>Whether mail from this sender is this case's; with VERP the recipient is added to it.</summary>
    public bool IsFrom(string sender)
    {
        int option = Array.IndexOf(Arguments, "-f");
        string own = option < 0 ? Golden.Sender : Arguments[option + 1];
        return own == "alice@origin.test"
            ? Regex.IsMatch(sender, $"^{Name}({(Name == "verp-delims" ? "-" : "\\+")}[^@]*=[^@]*)?@origin\\.test$")
            : sender == Golden.Sender;
    }

    /// <summary>The content with what differs from run to run (ids, dates, the submitting user) made equal.</summary>
    /// <param name="content">a message, with CR LF</param>
    /// <param name="name">name of the case whose sender stands in for alice</param>
    public static string Normal(string content, string name)
    {
        content = content.Replace($"{name}@origin.test", "alice@origin.test", StringComparison.Ordinal);
        int end = content.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string header = end < 0 ? content : content[..end];
        string rest = content[header.Length..];
        header = ReceivedHeader().Replace(header, "Received: by $1 (Postfix, from userid N)\r\n\tid ID; DATE");
        header = MessageIdHeader().Replace(header, "$1<ID@mta.golden.test>");
        header = DateHeader().Replace(header, "$1DATE");
        if (!MailSystem.IsRoot) // the vectors were submitted by root, whose full name is root; ours may have none
            header = FromHeader().Replace(header, "From: $1");
        return header + rest;
    }

    /// <summary>
    /// Undoes what RFC 5321 makes the client do to lines of more than 998 octets: each was broken with CR LF SPACE.
    /// Fails if a line is longer all the same.
    /// </summary>
    public static string Unbroken(string content)
    {
        var text = new StringBuilder();
        string[] lines = content.Split("\r\n");
        for (int i = 0; i < lines.Length; i++)
        {
            Assert.True(lines[i].Length <= 998, $"a line of {lines[i].Length} octets");
            bool goesOn = lines[i].Length == 998 && i + 1 < lines.Length && lines[i + 1].StartsWith(' ');
            bool goneOn = i > 0 && lines[i - 1].Length == 998 && lines[i].StartsWith(' ');
            text.Append(goneOn ? lines[i][1..] : lines[i]);
            if (!goesOn && i + 1 < lines.Length)
                text.Append("\r\n");
        }
        return text.ToString();
    }

    [GeneratedRegex(@"^Received: by (\S+) \(Postfix, from userid \d+\)\r\n\tid \w+; [^\r\n]*", RegexOptions.Multiline)]
    private static partial Regex ReceivedHeader();

    [GeneratedRegex(@"^((?:Resent-)?Message-Id: )<[\w.]+@mta\.golden\.test>", RegexOptions.Multiline)]
    private static partial Regex MessageIdHeader();

    [GeneratedRegex(@"^((?:Resent-)?Date: )\w{3}, [ \d]\d? \w{3} \d{4} [\d:]{8} \+0000 \(UTC\)", RegexOptions.Multiline)]
    private static partial Regex DateHeader();

    [GeneratedRegex(@"^From: (?:[^<\r\n]*<)?([^>\r\n]+)>?", RegexOptions.Multiline)]
    private static partial Regex FromHeader();
}
