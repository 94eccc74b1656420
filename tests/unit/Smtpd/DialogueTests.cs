using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>Whole sessions with odd and broken commands: what real Postfix 3.7 answered and logged, recorded by record-dialogues.py, and what this server
/// does. Where it means to differ stands here, and in docs/differences.md.</summary>
public sealed partial class DialogueTests(DialogueTests.Server server) : IClassFixture<DialogueTests.Server>
{
    private static readonly Session[] s_sessions = JsonSerializer.Deserialize<Session[]>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Smtpd", "dialogues.json")), JsonSerializerOptions.Web)!;

    private sealed record Said(string Send, string[] Replies);

    private sealed record Session(Said[] Says, string[] Log)
    {
        // Addresses with an empty local part are no addresses here; there is a word about lines that are too long; LF alone ends no message.
        internal bool IsOther => Says.Any(static said => EmptyLocalPart().IsMatch(said.Send) || BareNewline().IsMatch(said.Send) || (said.Send.Length > 2048 && !said.Send.Contains("\r\n.", StringComparison.Ordinal)
                && !said.Send.StartsWith("BDAT", StringComparison.Ordinal)));

        // HELP and ETRN; Postfix counts a recipient too many as a good one.
        internal bool HasOwnLog => Says.Any(static said => said.Send.StartsWith("HELP", StringComparison.Ordinal) || said.Send.StartsWith("ETRN", StringComparison.Ordinal)
            || said.Replies is [['4', '5', '2', ..], ..]);
    }

    /// <summary>One server for all sessions, one after the other.</summary>
    public sealed class Server : IDisposable
    {
        internal SmtpdRig Rig { get; } = new("""
            mynetworks = "127.0.0.0/8"
            inet_interfaces = "127.0.0.1"
            smtpd_error_sleep_time = 0
            smtpd_hard_error_limit = 500
            smtpd_forbid_unauth_pipelining = false
            message_size_limit = 10000
            smtpd_recipient_limit = 5
            """);

        public void Dispose() => Rig.Dispose();
    }

    public static TheoryData<int, string> Sessions
    {
        get
        {
            TheoryData<int, string> sessions = [];
            for (int i = 0; i < s_sessions.Length; i++)
            {
                string last = s_sessions[i].Says[^1].Send;
                if (!s_sessions[i].IsOther)
                    sessions.Add(i, last[..Math.Min(last.Length, 60)]);
            }
            return sessions;
        }
    }

    [Theory]
    [MemberData(nameof(Sessions))]
    public void Answers_and_logs_as_Postfix_does(int number, string last)
    {
        Session session = s_sessions[number];
        Assert.StartsWith(last, session.Says[^1].Send, StringComparison.Ordinal);
        int mark = server.Rig.Log.Count;
        SmtpdClient client = server.Rig.Connect();
        foreach (Said said in session.Says)
        {
            client.Send(said.Send);
            foreach (string reply in said.Replies)
                Assert.Equal(Wanted(said.Send, reply), Shown(client.Reply()));
        }
        client.FinishSending();
        string[] Ours() => [.. server.Rig.Log.Skip(mark).Where(static line => Telling().IsMatch(line))];
        Assert.True(SpinWait.SpinUntil(() => Ours().Any(static line => line.StartsWith("disconnect", StringComparison.Ordinal)), TimeSpan.FromSeconds(20)));
        if (!session.HasOwnLog)
            Assert.Equal(session.Log.Where(static line => Telling().IsMatch(line)).Select(static line => QueueId().Replace(AsText(line), "NOQUEUE: ")), Ours());
    }

    [Fact]
    public void Most_are_as_in_Postfix() => Assert.InRange(Sessions.Count, s_sessions.Length - 45, s_sessions.Length);

    private static string Wanted(string send, string reply) => Shown(reply) switch
    {
        "500 5.5.2 Error: command not recognized" when send.StartsWith("HELP", StringComparison.Ordinal) => "214 2.0.0 See RFC 5321; the postmaster of this system knows more",
        _ when send.StartsWith("ETRN", StringComparison.Ordinal) => "502 5.5.1 ETRN command is not supported",
        "554 5.4.0 Error: too many hops" => "554 5.4.6 Error: too many hops",
        var same => same,
    };

    // Of EHLO, which extensions: ETRN is not announced, LIMITS is not known to Postfix 3.7.
    private static string Shown(string reply) => reply.Length == 0 ? "(closed)" : !reply.Contains('\n', StringComparison.Ordinal) ? Octets().Replace(QueuedAs().Replace(reply, "queued as ID"), "bytes queued")
        : string.Join('\n', reply.Split('\n').Select(static line => line[4..]).Where(static line => line != "ETRN" && !line.StartsWith("LIMITS", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    // The recording has a character for each octet.
    private static string AsText(string octets) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(octets));

    [GeneratedRegex("(FROM|TO):<(@[by]\\.test|\"\"|\"\"@b\\.test)>")]
    private static partial Regex EmptyLocalPart();

    [GeneratedRegex("[^\\r]\\n")]
    private static partial Regex BareNewline();

    [GeneratedRegex("^(lost connection|disconnect|too many errors|improper command)|non-SMTP|reject:")]
    private static partial Regex Telling();

    // Postfix has one from the first recipient on.
    [GeneratedRegex("^(ID|[0-9A-Za-z]{8,}): ")]
    private static partial Regex QueueId();

    [GeneratedRegex("queued as [0-9A-Za-z]+")]
    private static partial Regex QueuedAs();

    // It counts line ends that it made as two octets.
    [GeneratedRegex("[0-9]+ bytes queued")]
    private static partial Regex Octets();
}
