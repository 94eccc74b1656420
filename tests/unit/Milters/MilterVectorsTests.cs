using System.Text.RegularExpressions;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtpd;

namespace PostfixNet.UnitTests.Milters;

/// <summary>Replies, what milters hear, log lines and queue files are those of real Postfix 3.7 (tests/load/milters-beside-postfix.py).</summary>
public sealed partial class MilterVectorsTests
{
    /// <summary>What a milter says, and to whom.</summary>
    private sealed record Case(string Name)
    {
        internal List<string> Script { get; } = [];
        internal List<string> Settings { get; } = [];
        internal List<string> Talk { get; } = [];
        internal string[]? Sendmail { get; set; }
    }

    private static readonly Dictionary<string, Case> s_cases = Read();
    private static readonly Dictionary<string, string> s_vectors = File.ReadAllText($"{Vectors.Directory}/milters.txt").Split("case ", StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(static text => text.Split('\n')[0], static text => text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..].TrimEnd());

    public static TheoryData<string> Names => [.. s_cases.Keys];

    // What is otherwise on purpose, docs/differences.md 14: in a case, the text of Postfix and ours.
    private static readonly (string Case, string Postfix, string Ours)[] s_differences =
    [
        // Newer versions tell the reason, too.
        ("eom-quarantine", "milter triggers HOLD action", "odd"),
        ("sendmail-quarantine", "milter triggers HOLD action", "odd"),
        // Once for a message.
        ("default-quarantine", "l ID: milter-hold: DATA from localhost[127.0.0.1]: milter triggers HOLD action; from=<a@b.test> to=<c@d.test> proto=ESMTP helo=<c>\n", ""),
        ("default-quarantine", "milter triggers HOLD action", "default_action"),
        ("everything", "milter triggers HOLD action", "why"),
        // Newer versions tell the whole command, as Sendmail does.
        ("unknown-tempfail", "m U ZORK\n", "m U ZORK x\n"),
        ("unknown-reject", "m U ZORK\n", "m U ZORK x\n"),
        // What recipients of milters want to be told is noted with what all others want.
        ("add-recipient-parameters", "C 2 0 0\n", "C 2 12 0\n"),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_milter_has_the_effect_that_it_has_in_Postfix(string name)
    {
        string expected = s_vectors[name];
        foreach ((string Case, string Postfix, string Ours) difference in s_differences.Where(difference => difference.Case == name))
        {
            Assert.Contains(difference.Postfix, expected, StringComparison.Ordinal);
            expected = expected.Replace(difference.Postfix, difference.Ours, StringComparison.Ordinal);
        }
        // The words of a library for that nothing came.
        Assert.Equal(expected.Replace("reply packet header: Application error", "reply packet header: connection closed", StringComparison.Ordinal), Play(s_cases[name]));
    }

    private static Dictionary<string, Case> Read()
    {
        List<Case> cases = [];
        foreach (string line in File.ReadAllLines($"{Vectors.Directory}/milter-cases.txt").Where(static line => line.Length > 0 && line[0] != '#'))
        {
            string word = line.Split(' ')[0], rest = line.Length > word.Length ? line[(word.Length + 1)..] : "";
            switch (word)
            {
                case "case":
                    cases.Add(new Case(rest));
                    break;
                case "script":
                    cases[^1].Script.Add(rest);
                    break;
                case "set":
                    cases[^1].Settings.Add(rest);
                    break;
                case "talk":
                    cases[^1].Talk.Add(rest);
                    break;
                case "sendmail":
                    cases[^1].Sendmail = rest.Split(' ');
                    break;
            }
        }
        foreach (Case item in cases.Where(static item => item.Talk.Count == 0))
            item.Talk.AddRange(cases[0].Talk);
        return cases.ToDictionary(static item => item.Name);
    }

    private static string Play(Case item)
    {
        using ScriptedMilter milter = new(string.Join('\n', item.Script));
        string toml = string.Join('\n', item.Settings.Select(static line => Regex.Replace(line, "^([a-z_]+) = (.*)$", "$1 = '$2'")).Append("milter_macro_v = 'V'").Append("enable_long_queue_ids = false"));
        List<string> lines = [];
        IReadOnlyList<string> log;
        Dictionary<string, IReadOnlyList<string>> files = [];
        if (item.Sendmail is { } arguments)
        {
            using MailFlow flow = new() { Options = PostfixNet.Cleanup.CleanupOptions.From(PostfixNet.Configuration.MainConfig.FromText($"myhostname = 'mx.golden.test'\nmyorigin = 'golden.test'\nmydestination = ''\nnon_smtpd_milters = '{milter.Name}'\n{toml}")) };
            string sender = arguments[0] == "-f" ? arguments[1] : "a@b.test";
            string recipients = string.Concat(arguments.Where(argument => argument != "-f" && argument != sender).Select(static address => $"|R{address}"));
            flow.Drop("ABC", MailFlow.Encode($"T1700000000 0|Arewrite_context=local|S{sender}{recipients}|M|NFrom: a@b.test|NSubject: s|N|Nbody|X|E"));
            flow.RunPickup();
            foreach (QueueName queue in new[] { QueueName.Incoming, QueueName.Hold, QueueName.Maildrop })
                files.Add(queue.ToString().ToLowerInvariant(), [.. flow.Names(queue).Select(name => $"{flow.Queues.DirectoryOf(queue)}/{name}")]);
            AddFiles(lines, files);
            log = flow.Log;
        }
        else
        {
            using SmtpdRig rig = new($"smtpd_milters = '{milter.Name}'\nsmtpd_error_sleep_time = 0\nmydestination = ''\n{toml}");
            SmtpdClient client = rig.Connect();
            List<string> replies = [client.Greeting.StartsWith("220", StringComparison.Ordinal) ? "220 ..." : client.Greeting];
            foreach (string line in item.Talk)
            {
                if (replies[^1].StartsWith("421", StringComparison.Ordinal) || replies[^1].StartsWith("521", StringComparison.Ordinal) || (!replies[^1].StartsWith("354", StringComparison.Ordinal) && line.Contains("\\r", StringComparison.Ordinal)))
                    break;
                string reply = client.Say(line.Replace("\\r", "\r", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal));
                replies.AddRange(line.StartsWith("EHLO", StringComparison.Ordinal) && reply.StartsWith("250", StringComparison.Ordinal) ? ["250 ..."] : reply.Split('\n'));
            }
            lines.AddRange(replies.Select(static reply => $"> {Plain(reply)}"));
            log = rig.Log;
            foreach (QueueName queue in new[] { QueueName.Incoming, QueueName.Hold })
                files.Add(queue.ToString().ToLowerInvariant(), rig.Paths(queue));
            AddFiles(lines, files);
        }
        int at = lines.FindIndex(static line => !line.StartsWith("> ", StringComparison.Ordinal));
        bool isPutOff = lines.Contains("q maildrop");
        lines.InsertRange(at < 0 ? lines.Count : at,
        [
            .. milter.Heard.Where(line => line is not ("A" or "Q") && !isPutOff).Select(static line => $"m {QueueIdMacro().Replace(Made().Replace(Plain(line), "$1"), "")}".TrimEnd()),
            .. log.Where(static line => line.Contains("milter", StringComparison.OrdinalIgnoreCase)).Select(static line => $"l {Regex.Replace(Plain(line), "^(ID|NOQUEUE):", "ID:")}"),
        ]);
        return string.Join('\n', lines).TrimEnd();
    }

    private static void AddFiles(List<string> lines, Dictionary<string, IReadOnlyList<string>> files)
    {
        foreach ((string place, IReadOnlyList<string> paths) in files)
        {
            foreach (string path in paths)
            {
                lines.Add($"q {place}");
                if (place != "maildrop")
                    lines.AddRange(Records(path));
            }
        }
    }

    private static IEnumerable<string> Records(string path)
    {
        bool isReceived = false;
        foreach ((char type, string payload) in MailFlow.Records(path))
        {
            isReceived = type == 'N' && (payload.StartsWith("Received:", StringComparison.Ordinal) || (isReceived && payload.StartsWith('\t')));
            if (isReceived || type is 'T' or 'F' or 'w' or 'p' || (type == 'A' && payload.Split('=')[0] is not ("dsn_orig_rcpt" or "notify_flags" or "envelope_id" or "ret_flags" or "encoding")))
                continue;
            string[] fields = payload.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string text = payload.StartsWith("Message-Id:", StringComparison.Ordinal) || payload.StartsWith("Date:", StringComparison.Ordinal) ? payload.Split(':')[0]
                : type == 'C' ? $"{fields[2]} {fields[3]} {fields[5]}" : payload;
            yield return $"{type} {Plain(text)}".TrimEnd();
        }
    }

    private static string Plain(string text) =>
        Port().Replace(Regex.Replace(Regex.Replace(text, @"inet:127\.0\.0\.1:\d+", "inet:MILTER"), @"\b[0-9A-F]{8,12}\b|(?<=queued as )\w+", "ID"), "[127.0.0.1]:PORT");

    [GeneratedRegex(@"\[127\.0\.0\.1\]:\d+")]
    private static partial Regex Port();

    [GeneratedRegex(@"^(L Message-Id|L Date) .*")]
    private static partial Regex Made();

    [GeneratedRegex("(?<=D [LNBEMRT])i ID ?|(?<= )i ID ?")]
    private static partial Regex QueueIdMacro();
}
