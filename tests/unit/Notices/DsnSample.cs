using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PostfixNet.Mail;
using PostfixNet.Notices;

namespace PostfixNet.UnitTests.Notices;

/// <summary>One notice as Postfix sent it, and the event behind it as its log tells.</summary>
internal sealed partial class DsnSample
{
    internal static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "dsn-samples");

    private readonly string[] _facts;
    private readonly string _text;

    internal DsnSample(string name)
    {
        _facts = File.ReadAllLines(Path.Combine(Directory, name + ".txt"));
        // As received by SMTP: CR LF, dots doubled.
        _text = ByteText.Decode(File.ReadAllBytes(Path.Combine(Directory, name + ".eml"))).Replace("\r\n", "\n", StringComparison.Ordinal);
        _text = Regex.Replace(_text, "^\\.\\.", ".", RegexOptions.Multiline);
    }

    /// <summary>The sample as it was before cleanup completed it, with dates in this machine's zone and without a known flaw.</summary>
    internal string Expected
    {
        get
        {
            string text = DatePattern().Replace(_text, m => MailTime.HeaderDate(Seconds(m.Value)));
            text = new Regex("^From: Mail Delivery System <MAILER-DAEMON@golden.test>", RegexOptions.Multiline).Replace(text, "From: Mail Delivery System <MAILER-DAEMON>", 1);
            text = new Regex("^To: postmaster@golden.test", RegexOptions.Multiline).Replace(text, IsPostmasterCopy ? "To: postmaster" : "To: postmaster@golden.test", 1);
            text = new Regex("^Message-Id: .*\n\nThis is a MIME", RegexOptions.Multiline).Replace(text, "\nThis is a MIME", 1);
            if (IsExpired)
            {
                // Deliberately other than Postfix, see docs/dsn.md (A0.2).
                text = new Regex("^Status: 4\\.\\d\\.\\d$", RegexOptions.Multiline).Replace(text, "Status: 4.4.7", 1);
                text = new Regex("^(<\\S+>: )(.*(?:\n    .*)*)$", RegexOptions.Multiline).Replace(text,
                    m => NoticeText.Folded($"{m.Groups[1].Value}delivery stopped after less than an hour: {m.Groups[2].Value.Replace("\n    ", " ", StringComparison.Ordinal)}"), 1);
            }
            // Postfix 3.7.11 quotes the bytes of a UTF-8 sender one by one.
            text = Regex.Replace(text, "^X-Postfix-Sender: rfc822; \"j\\\\.\\\\.rg\"", "X-Postfix-Sender: utf-8; j\u00f6rg", RegexOptions.Multiline);
            return Regex.Replace(text, "^Return-Path: <\"j\\\\.\\\\.rg\"", "Return-Path: <j\u00f6rg", RegexOptions.Multiline);
        }
    }

    internal Notice Notice
    {
        get
        {
            string id = Field("X-Postfix-Queue-ID");
            string sender = Match(Facts($"/qmgr: {id}: "), "from=<(.*?)>")!;
            NoticeKind kind = Kind;
            return new Notice
            {
                Kind = kind,
                IsPostmasterCopy = IsPostmasterCopy,
                NoticeId = Match([_text], "^\tid (\\w+);")!,
                QueueId = id,
                MyHostname = "mta.golden.test",
                To = IsPostmasterCopy ? "postmaster" : Field("To"),
                Sender = sender,
                Now = Seconds(Field("Date")),
                Arrival = Seconds(Field("Arrival-Date")),
                EnvelopeId = Match(_facts, "^sendmail arguments: .*-V (\\S+)"),
                SmtpUtf8 = _facts.Any(f => f.StartsWith("  C MAIL FROM:", StringComparison.Ordinal) && f.EndsWith(" SMTPUTF8", StringComparison.Ordinal)),
                ReturnFull = (!IsPostmasterCopy || sender.Length == 0) && !_facts[0].Contains("-R hdrs", StringComparison.Ordinal),
                SizeLimit = 50000,
                Threaded = _text.Contains("\nIn-Reply-To:", StringComparison.Ordinal),
                IsExpired = IsExpired,
                Template = Templates().Of(kind),
                QueueLifetime = TimeSpan.FromDays(5),
                Recipients = Recipients(id, kind).ToList(),
                Original = Original(long.Parse(Match(Facts($"/qmgr: {id}: "), "size=(\\d+)")!, CultureInfo.InvariantCulture)),
            };
        }
    }

    /// <summary>Built-in texts, with a delay_warning_time below one hour as in the samples.</summary>
    internal static NoticeTemplates Templates(string host = "mta.golden.test", int delayHours = 0) => NoticeTemplates.BuiltIn(name => name switch
    {
        "myhostname" => host,
        "delay_warning_time_hours" => $"{delayHours}",
        "maximal_queue_lifetime_days" => "5",
        _ => throw new FormatException(name),
    });

    private bool IsExpired => _facts.Any(f => f.EndsWith("expired, returned to sender", StringComparison.Ordinal));

    private bool IsPostmasterCopy => Field("Subject").StartsWith("Postmaster", StringComparison.Ordinal);

    private NoticeKind Kind => Field("Subject") switch
    {
        "Undelivered Mail Returned to Sender" or "Postmaster Copy: Undelivered Mail" => NoticeKind.Failure,
        "Delayed Mail (still being retried)" or "Postmaster Warning: Delayed Mail" => NoticeKind.Delay,
        "Successful Mail Delivery Report" => NoticeKind.Success,
        _ => NoticeKind.Status,
    };

    /// <summary>What the delivery agents logged of those recipients that the notice names.</summary>
    private IEnumerable<Outcome> Recipients(string id, NoticeKind kind)
    {
        HashSet<string> named = Regex.Matches(_text, "^Final-Recipient: \\S+ (.*)$", RegexOptions.Multiline).Select(m => m.Groups[1].Value).ToHashSet();
        if (Field("Action") == "expanded")
        {
            yield return new(new Recipient("good@al.test", DsnOriginal: "rfc822;good@al.test", Notify: Notify.Success), new Dsn("2.0.0", "alias expanded", DsnAction.Expanded));
            yield break;
        }
        List<Match> lines = Facts($": {id}: to=").Select(f => LogPattern().Match(f)).ToList();
        Assert.All(lines, m => Assert.True(m.Success));
        foreach (Match line in lines.Where((m, i) => named.Contains(m.Groups["to"].Value) && lines.FindIndex(o => o.Groups["to"].Value == m.Groups["to"].Value) == i))
        {
            string to = line.Groups["to"].Value;
            string original = line.Groups["orig"].Success ? line.Groups["orig"].Value : to;
            string relay = line.Groups["relay"].Value;
            string text = line.Groups["text"].Value;
            string action = line.Groups["status"].Value switch
            {
                "bounced" => "failed",
                "deferred" => "delayed",
                "sent" => relay == "virtual" ? "delivered" : "relayed",
                string other => other,
            };
            Match reply = Regex.Match(text, " said: (.*?)( \\(in reply to .*\\))?$");
            string? diagnostic = reply.Success ? reply.Groups[1].Value : action is "relayed" or "deliverable" && relay != "virtual" ? text : null;
            string reason = kind is NoticeKind.Success or NoticeKind.Status ? $"delivery via {relay}: {text}" : text;
            Dsn dsn = new(line.Groups["dsn"].Value, reason, DsnActions.Parse(action), diagnostic is null ? null : "smtp", diagnostic, diagnostic is null ? null : relay.Split('[')[0]);
            string type = ByteText.IsAscii(original) ? "rfc822" : "utf-8";
            yield return new Outcome(new Recipient(to, original == to ? null : original, $"{type};{original}", Offset: 300), dsn);
        }
    }

    private LinesMessage Original(long size)
    {
        int start = _text.IndexOf("\nReturn-Path: <", StringComparison.Ordinal);
        start = _text.IndexOf('\n', start + 1) + 1;
        int end = _text.LastIndexOf("\n\n--", StringComparison.Ordinal) + 1;
        string content = _text[start..end];
        bool headersOnly = !_text.Contains("\nContent-Type: message/rfc822\n", StringComparison.Ordinal) && !_text.Contains("\nContent-Type: message/global\n", StringComparison.Ordinal);
        return new LinesMessage(DatePattern().Replace(content, m => MailTime.HeaderDate(Seconds(m.Value))) + (headersOnly ? "\nNot in the notice: its body\n" : ""), size);
    }

    private string Field(string name) => Match([_text], $"^{name}: (.*)$")!;

    private IEnumerable<string> Facts(string part) => _facts.Where(f => f.Contains(part, StringComparison.Ordinal));

    private static string? Match(IEnumerable<string> texts, string pattern) =>
        texts.Select(t => Regex.Match(t, pattern, RegexOptions.Multiline)).FirstOrDefault(m => m.Success)?.Groups[1].Value;

    private static long Seconds(string date) =>
        DateTimeOffset.ParseExact(date.Replace("+0000 (UTC)", "+00:00", StringComparison.Ordinal), "ddd, d MMM yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture).ToUnixTimeSeconds();

    [GeneratedRegex(@"\w\w\w, \d+ \w\w\w 2026 \d\d:\d\d:\d\d \+0000 \(UTC\)")]
    private static partial Regex DatePattern();

    [GeneratedRegex(@": to=<(?<to>.*?)>(, orig_to=<(?<orig>.*?)>)?, relay=(?<relay>\S+?),.* dsn=(?<dsn>[\d.]+), status=(?<status>\w+) \((?<text>.*)\)$")]
    private static partial Regex LogPattern();
}

/// <summary>A message of lines that end with LF.</summary>
internal sealed class LinesMessage(string text, long? size = null) : IOriginalMessage
{
    public long Size { get; } = size ?? Encoding.UTF8.GetByteCount(text);

    public IEnumerable<ContentPiece> Content()
    {
        string rest = text;
        while (rest.Length > 0)
        {
            int end = rest.IndexOf('\n', StringComparison.Ordinal);
            yield return new ContentPiece(ByteText.Encode(end < 0 ? rest : rest[..end]), end >= 0);
            rest = end < 0 ? "" : rest[(end + 1)..];
        }
    }
}
