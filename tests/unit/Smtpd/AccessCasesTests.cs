using System.Text.RegularExpressions;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>What real Postfix 3.7 answered and logged, recorded by record-access-cases.py, and what this server says to the same.</summary>
public sealed partial class AccessCasesTests
{
    private const string Usual = """
        mynetworks = '127.0.0.1/32 [::1]/128'
        inet_interfaces = '127.0.0.1'
        local_recipient_maps = ''
        smtpd_error_sleep_time = 0
        smtpd_peername_lookup = false
        smtputf8_enable = false
        smtpd_authorized_xclient_hosts = '127.0.0.0/8'
        """;

    private static readonly Case[] s_cases = Read(Path.Combine(AppContext.BaseDirectory, "Smtpd", "access-cases.txt"));

    private sealed record Case(string Name)
    {
        internal List<string> Settings { get; } = [];
        internal string From { get; set; } = "127.0.0.1";

        // Lines of the client, and what each was answered; an empty one for the greeting.
        internal List<(string Line, List<string> Answer)> Says { get; } = [];
        internal List<string> Log { get; } = [];
    }

    public static TheoryData<int, string> Cases
    {
        get
        {
            TheoryData<int, string> cases = [];
            for (int i = 0; i < s_cases.Length; i++)
                cases.Add(i, s_cases[i].Name);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answers_and_logs_as_Postfix_does(int number, string name)
    {
        Case @case = s_cases[number];
        Assert.Equal(name, @case.Name);
        using PolicyServer policy = new();
        using SmtpdRig rig = new(ChangedParameters.Row.Merge(Usual, string.Join('\n', @case.Settings).Replace("POLICY", $"{policy.Port}", StringComparison.Ordinal)));
        SmtpdClient client = rig.Connect(from: @case.From);
        List<string> expected = [], said = [];
        foreach ((string line, List<string> answer) in @case.Says)
        {
            string reply = line.Length == 0 ? client.Greeting : client.Say(line.Replace("\\r\\n", "\r\n", StringComparison.Ordinal));
            expected.Add($"{line}: {Shown(string.Join('\n', answer))}");
            said.Add($"{line}: {Shown(reply.Length == 0 ? "(closed)" : reply)}");
        }
        Assert.Equal(string.Join('\n', expected), string.Join('\n', said));
        client.FinishSending();
        rig.WaitForLog("disconnect from");
        Assert.Equal(string.Join('\n', @case.Log), string.Join('\n', rig.Log.Where(static line => Decision().IsMatch(line)).Select(static line => Login().Replace(QueueId().Replace(line, "NOQUEUE: "), ""))));
    }

    [Fact]
    public void Nothing_that_was_refused_is_queued()
    {
        Case @case = s_cases.Single(static one => one.Name == "open relay forms");
        using SmtpdRig rig = new(ChangedParameters.Row.Merge(Usual, string.Join('\n', @case.Settings)));
        SmtpdClient client = rig.Connect(from: @case.From);
        string[] refused = ["454", "554", "501"];
        foreach ((string line, _) in @case.Says)
        {
            string reply = client.Say(line);
            Assert.True(!line.StartsWith("RCPT", StringComparison.Ordinal) || refused.Contains(reply[..3]), $"{line}: {reply}");
        }
        Assert.Empty(rig.Queued);
    }

    // Which extensions there are is another matter.
    private static string Shown(string reply) => reply.StartsWith("250-", StringComparison.Ordinal) ? "250" : QueuedAs().Replace(reply, "queued as ID");

    private static Case[] Read(string path)
    {
        List<Case> cases = [];
        foreach (string line in File.ReadAllLines(path))
        {
            string rest = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            switch (line.Split(' ')[0])
            {
                case "case":
                    cases.Add(new Case(rest));
                    break;
                case "set":
                    int equals = rest.IndexOf('=', StringComparison.Ordinal);
                    // Who logs in how is another matter: XCLIENT says it here.
                    if (!rest.StartsWith("smtpd_sasl", StringComparison.Ordinal))
                        cases[^1].Settings.Add($"{rest[..equals].Trim()} = '{rest[(equals + 1)..].Trim()}'");
                    break;
                case "from":
                    cases[^1].From = rest;
                    break;
                case "C:":
                    cases[^1].Says.Add((rest, []));
                    break;
                case "S:":
                    if (cases[^1].Says.Count == 0)
                        cases[^1].Says.Add(("", []));
                    cases[^1].Says[^1].Answer.Add(rest);
                    break;
                case "L:" when !rest.StartsWith("warning:", StringComparison.Ordinal):
                    cases[^1].Log.Add(QueueId().Replace(rest, "NOQUEUE: "));
                    break;
            }
        }
        return [.. cases];
    }

    [GeneratedRegex(": (reject|reject_warning|warn|info|hold|discard|redirect|bcc|prepend|filter): ")]
    private static partial Regex Decision();

    // Postfix has one from the first recipient on.
    [GeneratedRegex("^(ID|[0-9A-Za-z]{8,}): (?=reject|warn|info|hold|discard|redirect|bcc|prepend|filter)")]
    private static partial Regex QueueId();

    // Later versions of Postfix tell it, too.
    [GeneratedRegex(" sasl_username=<[^>]*>$")]
    private static partial Regex Login();

    [GeneratedRegex("queued as [0-9A-Za-z]+")]
    private static partial Regex QueuedAs();
}
