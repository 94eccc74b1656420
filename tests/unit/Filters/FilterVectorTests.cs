using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.Filters;

/// <summary>Mail that goes through filters, and strictness about MIME: replies, log and queue files are those of real Postfix
/// (vectors/filters.txt; tests/load/filters-beside-postfix.py makes it).</summary>
public sealed partial class FilterVectorTests
{
    private sealed record Case(string Name)
    {
        internal List<string> Settings { get; } = [];
        internal List<string> Recipients { get; } = [];
        internal List<string> Lines { get; } = [];
        internal List<string> Seen { get; } = [];
    }

    private static readonly List<Case> s_cases = Read();

    public static TheoryData<int, string> Cases
    {
        get
        {
            TheoryData<int, string> cases = [];
            for (int i = 0; i < s_cases.Count; i++)
                cases.Add(i, s_cases[i].Name);
            return cases;
        }
    }

    [Fact]
    public void There_are_many() => Assert.True(s_cases.Count > 100);

    [Theory]
    [MemberData(nameof(Cases))]
    public void All_is_as_in_Postfix(int number, string name)
    {
        Case test = s_cases[number];
        Assert.Equal(name, test.Name);
        StringBuilder toml = new("mynetworks = '127.0.0.0/8'\nmydomain = 'golden.test'\nsmtpd_peername_lookup = false\nsmtputf8_enable = false\nlocal_recipient_maps = ''\n");
        using SmtpdRig rig = new(ChangedParameters.Row.Merge(toml.ToString(), string.Join('\n', test.Settings.Select(Toml))));
        List<string> talk = ["EHLO client.test", "MAIL FROM:<a@b.test>", .. test.Recipients.Select(static r => $"RCPT TO:<{r}>"), "DATA", string.Join("\r\n", test.Lines.Append("."))];
        string[] answers = rig.Talk([.. talk]).Split('\n');
        List<string> seen = [.. answers.Where(static a => a is not [_, _, _, '-', ..]).Skip(3).Take(test.Recipients.Count).Select(static a => $"P {a}")];
        if (seen.Exists(static answer => answer.StartsWith("P 250", StringComparison.Ordinal)))
            seen.Add($"P {QueuedAs().Replace(answers[^1], "$1")}");
        seen.AddRange(rig.Log.Where(IsOfMessage).Select(static line => $"G {Escaped(Id().Replace(ToLatin(line), "$1"))}"));
        foreach (string path in rig.Paths(QueueName.Incoming).Concat(rig.Paths(QueueName.Hold)))
            seen.AddRange(Summary(MailFlow.Records(path)));
        Assert.Equal(string.Join('\n', Order(test.Seen)), string.Join('\n', Order(seen)));
    }

    // Whether smtpd's lines or cleanup's come first is not said.
    private static IEnumerable<string> Order(List<string> lines) => lines.Where(static line => line[0] != 'G').Concat(lines.Where(static line => line[0] == 'G').Order(StringComparer.Ordinal));

    private static bool IsOfMessage(string line) => Decided().IsMatch(line) || (Id().IsMatch(line) && !line.Contains("message-id=", StringComparison.Ordinal) && !line.Contains(": client=", StringComparison.Ordinal));

    private static string Toml(string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        string value = setting[(equals + 1)..].Trim();
        return $"{setting[..equals].Trim()} = {(value is "yes" or "no" ? value == "yes" ? "true" : "false" : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? value : $"'{value}'")}";
    }

    private static IEnumerable<string> Summary(List<(char Type, string Payload)> records)
    {
        bool isReceived = false;
        foreach ((char type, string payload) in records)
        {
            isReceived = type == 'N' && (payload.StartsWith("Received: ", StringComparison.Ordinal) || isReceived && payload is ['\t', ..]);
            if (type == 'C' || isReceived || type == 'A' && payload.StartsWith("server_", StringComparison.Ordinal))
                continue;
            string text = type == 'T' ? "" : type == 'A' && Varying().IsMatch(payload) || type == 'N' && Made().IsMatch(payload) ? payload.Split(':', '=')[0] : payload;
            yield return $"Q {type} {Escaped(text)}";
        }
    }

    private static List<Case> Read()
    {
        List<Case> cases = [];
        foreach (string line in File.ReadLines(Vectors.PathOf("filters.txt"), Encoding.Latin1))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            string word = line[..blank], rest = line[(blank + 1)..];
            if (word == "case")
                cases.Add(new Case(rest));
            else if (word == "set")
                cases[^1].Settings.Add(Plain(rest));
            else if (word == "rcpt")
                cases[^1].Recipients.Add(rest);
            else if (word == "line")
                cases[^1].Lines.Add(Plain(rest));
            else
                cases[^1].Seen.Add(line);
        }
        return cases;
    }

    private static string ToLatin(string text) => Encoding.Latin1.GetString(ByteText.Encode(text));

    private static string Escaped(string text) => string.Concat(text.Select(static c => c is >= ' ' and <= '~' and not '\\' ? c.ToString() : $"\\x{(int)c:x2}"));

    private static string Plain(string text) => Octet().Replace(text, static match => ((char)int.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());

    [GeneratedRegex(@"\\x([0-9a-f]{2})")]
    private static partial Regex Octet();

    [GeneratedRegex("^((warning: )?)(NOQUEUE|[0-9A-Za-z]{12,20}): ")]
    private static partial Regex Id();

    [GeneratedRegex(": (filter|redirect|hold|reject): ")]
    private static partial Regex Decided();

    [GeneratedRegex("(250 2.0.0 Ok): queued as .*")]
    private static partial Regex QueuedAs();

    [GeneratedRegex("^(create_time|log_ident|log_client_port|client_port)")]
    private static partial Regex Varying();

    [GeneratedRegex("^(Message-Id|Date):")]
    private static partial Regex Made();
}
