namespace PostfixNet.UnitTests.Checks;

/// <summary>Settings that main.toml and Postfix's main.cf can both have.</summary>
/// <param name="Values">Names and values.</param>
/// <param name="Tables">Names of parameters, and lines of their "regexp:" tables.</param>
internal sealed record CheckScene(IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Tables);

/// <summary>A message that a client sends to one recipient or more.</summary>
/// <param name="Lines">Its content.</param>
internal sealed record CheckCase(int Number, string Scene, string Sender, IReadOnlyList<string> Recipients, IReadOnlyList<string> Lines);

/// <summary>Makes the same messages each time: parts in parts, messages in messages, and what is not quite so, for tables with all actions.</summary>
internal sealed class CheckCases
{
    internal const ulong OwnSeed = 20261128;

    private const string Headers = """
        /^Subject:.*reject me/ REJECT
        /^Subject:.*reject text/ REJECT no such mail
        /^Subject:.*status/ REJECT 5.7.9 other status
        /^Subject:.*later/ REJECT 4.7.2 come back
        /^Subject:.*success/ REJECT 2.0.0 odd
        /^Subject:.*hold/ HOLD look at it
        /^Subject:.*quiet hold/ HOLD
        /^Subject:.*discard/ DISCARD not wanted
        /^Subject:.*warn/ WARN careful
        /^Subject:.*inform/ INFO just so
        /^Subject:.*pass/ PASS trusted
        /^Subject:.*redirect/ REDIRECT other@moved.test
        /^Subject:.*bad direct/ REDIRECT nobody
        /^Subject:.*copy/ BCC copy@x.test
        /^Subject:.*bad blind/ BCC copy
        /^Subject:.*filter/ FILTER smtp:[127.0.0.1]:10025
        /^Subject:.*bad through/ FILTER smtp
        /^Subject:.*no where/ FILTER
        /^Subject:.*strip/ STRIP taken out
        /^Subject:.*dunno/ DUNNO
        /^Subject:.*fine/ OK
        /^Subject:.*what/ MUMBLE this
        /^Subject: *replace (.*)/ REPLACE Subject: [$1]
        /^Subject:.*other name/ REPLACE X-Was-Subject: gone
        /^Subject:.*no header/ REPLACE not one
        /^Subject:.*nothing instead/ REPLACE
        /^Subject:.*prepend/ PREPEND X-Seen: yes
        /^Subject:.*bad before/ PREPEND seen
        /^Subject:.*nothing before/ PREPEND
        /^X-Gone:/ IGNORE
        /^X-Folded: one.*two/ WARN folded
        /^X-Again: (.*)$/ REPLACE X-Once: <$1>
        /^To:.*ann/ PREPEND X-For-Ann: $0
        /^From: rewrite/ REPLACE From: <bare>
        /^Content-Type:.*name="?[^"]*\.exe/ REJECT no programs
        /^Content-Type:.*video/ WARN a film
        /^Content-Disposition:.*\.vbs/ REPLACE Content-Disposition: inline
        /^MIME-Version:/ INFO mime
        /^List-Id:/ hold in small letters
        /^received:.*loop/ REJECT 5.4.6 loop
        """;

    private static readonly string s_plainHeaders = Headers.Replace("$0", "ann", StringComparison.Ordinal);

    private const string Body = """
        /reject this/ REJECT bad words
        /^buy now$/ DISCARD advertisement
        /^secret/ REPLACE (removed)
        /^cut/ IGNORE
        /^strip/ STRIP
        /^look/ WARN looked
        /^note/ INFO
        /^before/ PREPEND (comes before)
        /^hold on/ HOLD
        /^-- ?$/ PREPEND signature follows
        /^to all/ BCC all@x.test
        /^elsewhere/ REDIRECT else@x.test
        /^enough/ PASS
        /^empty with/ REPLACE
        /^--b[0-9]/ INFO a boundary
        /^what/ UNKNOWN
        """;

    internal static readonly IReadOnlyDictionary<string, CheckScene> Scenes = new Dictionary<string, CheckScene>
    {
        ["all"] = new(new Dictionary<string, string>(), Tables(("header_checks", s_plainHeaders), ("body_checks", Body))),
        ["apart"] = new(new Dictionary<string, string>(), Tables(
            ("header_checks", "/./ INFO primary\n"), ("mime_header_checks", "/^Content-Type:.*multipart/ INFO several\n/^X-Gone/ IGNORE\n/./ INFO mime\n"),
            ("nested_header_checks", "/^X-Gone/ IGNORE\n/^Subject: (.*)/ REPLACE Subject: nested $1\n/./ INFO nested\n"), ("body_checks", "/./ INFO text\n"))),
        ["no mime"] = new(new Dictionary<string, string> { ["disable_mime_input_processing"] = "yes" }, Tables(("header_checks", "/./ INFO seen\n"), ("body_checks", "/./ INFO text\n"))),
        ["limits"] = new(
            new Dictionary<string, string>
            {
                ["mime_nesting_limit"] = "2",
                ["mime_boundary_length_limit"] = "3",
                ["body_checks_size_limit"] = "40",
                ["header_size_limit"] = "200",
                ["line_length_limit"] = "512",
            },
            Tables(("header_checks", "/./ INFO seen\n"), ("body_checks", "/./ INFO text\n"))),
        ["body only"] = new(new Dictionary<string, string> { ["mime_nesting_limit"] = "1", ["body_checks_size_limit"] = "0" }, Tables(("body_checks", Body))),
        ["nested only"] = new(new Dictionary<string, string>(), Tables(("nested_header_checks", s_plainHeaders))),
    };

    private static readonly string[] s_subjects =
    [
        "hello", "reject me", "reject text", "status", "later", "success", "hold", "quiet hold", "discard", "warn", "inform", "pass", "redirect", "bad direct", "copy", "bad blind", "filter",
        "bad through", "no where", "strip", "dunno", "fine", "what", "replace that", "other name", "no header", "nothing instead", "prepend", "bad before", "nothing before", "warn\n folded",
        "replace a\n\tb  c",
    ];

    private static readonly string[] s_texts =
    [
        "hello", "", "reject this now", "buy now", "secret things", "cut out", "strip it", "look here", "note it", "before this", "hold on", "-- ", "--", "to all", "elsewhere", "enough", "empty with",
        "what", "From: rewrite", "Subject: warn", "X-Gone: no header here", "a line that is somewhat longer than others, and goes on for a while so that it must be cut in pieces by whoever has short lines",
        new string('z', 700) + " secret", "caf\u00c3\u00a9", ".", "..", "--b", "--b1", "--b2--", "--b1 trailing", "  indented",
    ];

    private readonly CsRandom _random;

    private CheckCases(ulong seed) => _random = new CsRandom(seed);

    internal static IReadOnlyList<CheckCase> All(ulong seed)
    {
        CheckCases made = new(seed);
        List<CheckCase> cases = [];
        foreach ((string scene, int count) in new[] { ("all", 170), ("apart", 70), ("no mime", 20), ("limits", 50), ("body only", 40), ("nested only", 30) })
        {
            for (int i = 0; i < count; i++)
                cases.Add(made.Next(cases.Count + 1, scene, i));
        }
        return cases;
    }

    private static Dictionary<string, string> Tables(params (string Name, string Lines)[] tables) => tables.ToDictionary(static t => t.Name, static t => t.Lines.TrimEnd() + "\n");

    private bool One(int of) => _random.Below(of) == 0;

    private string Any(string[] list) => list[_random.Below(list.Length)];

    private CheckCase Next(int number, string scene, int index)
    {
        List<string> lines = [$"Message-Id: <case{number}@x.test>", "Date: Fri, 27 Nov 2026 00:00:00 +0000"];
        lines.Add(One(8) ? "From: rewrite me" : "From: <ann@x.test>");
        lines.Add(One(5) ? "To: <ann@x.test>" : "To: <bob@x.test>");
        // Each subject once; then what comes.
        string subject = scene == "all" && index < s_subjects.Length ? s_subjects[index] : One(2) ? Any(s_subjects) : "hello";
        lines.AddRange($"Subject: {subject}".Split('\n'));
        SomeHeaders(lines);
        Entity(lines, 0, mayLackHeaders: false);
        return new CheckCase(number, scene, One(10) ? "" : "ann@x.test", One(4) ? ["bob@x.test", "carl@x.test"] : ["bob@x.test"], lines);
    }

    private void SomeHeaders(List<string> lines)
    {
        if (One(6))
            lines.Add("X-Gone: away");
        if (One(6))
            lines.AddRange(["X-Folded: one", "\ttwo", "  three"]);
        if (One(6))
            lines.Add("X-Again : again");
        if (One(6))
            lines.Add("MIME-Version: 1.0");
        if (One(20))
            lines.Add("List-Id: x");
        if (One(15))
            lines.Add("X-Long: " + string.Join(' ', Enumerable.Repeat("word", 60)));
        if (One(20))
            lines.AddRange(["X-Wide: " + new string('w', 70), " " + new string('v', 150)]);
    }

    // Its headers go on, and its body follows.
    private void Entity(List<string> lines, int depth, bool mayLackHeaders)
    {
        if (mayLackHeaders && One(8))
        {
            Text(lines);
            return;
        }
        int kind = depth > 4 ? 0 : _random.Below(depth == 0 ? 4 : 7);
        string boundary = $"b{depth + 1}";
        switch (kind)
        {
            case 1 or 2:
                lines.AddRange(Any(
                [
                    $"Content-Type: multipart/mixed; boundary={boundary}", $"Content-Type: multipart/mixed;\n\tboundary=\"{boundary}\"",
                    $"content-type: MULTIPART/Digest; charset=x; Boundary = {boundary}", $"Content-Type: multipart/digest; boundary=\"{boundary}\" (comment)",
                    $"Content-Type: multipart; boundary={boundary}", $"Content-Type: (a; comment) multipart/x; boundary=\"\\{boundary[0]}{boundary[1..]}\"; boundary=second",
                    $"Content-Type: multipart/mixed; boundary=\"{boundary} long name\"", $"Content-Type : multipart/mixed ; boundary={boundary} ; x=y",
                    $"Content-Type: multipart/mixed; boundary*={boundary}", "Content-Type: multipart/mixed", $"Content-Type: multipart/mixed;; boundary={boundary};",
                ]).Split('\n'));
                if (One(4))
                    lines.Add("Content-Transfer-Encoding: base64");
                Separator(lines);
                Text(lines);
                for (int parts = _random.Below(3) + 1; parts > 0; parts--)
                {
                    lines.Add($"--{boundary}{(lines.Exists(line => line.Contains($"{boundary} long", StringComparison.Ordinal)) ? " long name" : "")}");
                    PartHeaders(lines);
                    Entity(lines, depth + 1, mayLackHeaders: true);
                }
                if (!One(5))
                    lines.Add($"--{boundary}{(One(2) ? "--" : " long name--")}");
                if (One(2))
                    Text(lines);
                return;
            case 3:
                lines.Add(Any(["Content-Type: message/rfc822", "Content-Type: message/RFC822; x=y", "Content-Type: message/global", "Content-Type: message/partial", "Content-Type: message/external-body; access-type=x",
                    "Content-Type: message", "Content-Type: text/plain; x=message/rfc822"]));
                if (One(3))
                    lines.Add("Content-Description: a message");
                Separator(lines);
                lines.Add($"Subject: {Any(["warn", "inform", "hello", "reject me", "replace x", "strip"])}");
                SomeHeaders(lines);
                Entity(lines, depth + 1, mayLackHeaders: false);
                return;
            default:
                if (One(3))
                    lines.Add(Any(["Content-Type: text/plain", "Content-Type: video/x; name=\"a\\\"b\"", "Content-Type: application/x; name=a.exe", "Content-Disposition: attachment; filename=x.vbs", "Content-Type:"]));
                Separator(lines);
                Text(lines);
                return;
        }
    }

    private void PartHeaders(List<string> lines)
    {
        if (One(4))
            lines.Add("X-Gone: part");
        if (One(4))
            lines.Add("Subject: warn in a part");
        if (One(6))
            lines.AddRange(["Content-ID:", "\t<folded>"]);
    }

    private void Separator(List<string> lines)
    {
        if (!One(12))
            lines.Add("");
    }

    private void Text(List<string> lines)
    {
        for (int count = _random.Below(4); count > 0; count--)
            lines.Add(Any(s_texts));
    }

    /// <summary>The same numbers on every machine: xorshift.</summary>
    private sealed class CsRandom(ulong seed)
    {
        private ulong _state = seed * 2 + 1;

        internal int Below(int limit)
        {
            _state ^= _state << 13;
            _state ^= _state >> 7;
            _state ^= _state << 17;
            return (int)(_state % (ulong)limit);
        }
    }
}
