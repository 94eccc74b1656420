namespace PostfixNet.UnitTests.Rewriting;

/// <summary>Settings that main.toml and Postfix's main.cf can both have: values, and tables as text files.</summary>
/// <param name="Values">Names and values.</param>
/// <param name="Tables">Names of parameters, and lines "key value" of their tables.</param>
internal sealed record MapScene(IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, string> Tables);

/// <summary>Makes the same messages each time for settings that change addresses: canonical maps, masquerading, virtual aliases, copies.</summary>
internal sealed class MapCases
{
    internal const ulong OwnSeed = 20261127;

    private const string Canonical = """
        ann@x.test Ann.Official@corp.test
        bob bobby@corp.test
        @old.test @new.test
        carl@new.test charles@newer.test
        dora+lists@x.test archive@x.test
        f.g @moved.test
        two@x.test first@x.test, second@x.test
        self@x.test SELF@x.test
        loop1@x.test loop2@x.test
        loop2@x.test loop3@x.test
        loop3@x.test loop1@x.test
        null@x.test <>
        bare@x.test bare
        named@x.test Some Name <somebody@y.test>
        "a,b"@x.test quoted@y.test
        spaced@x.test "c d"@y.test
        up@x.test UP@Upper.Test
        """;

    private const string Virtual = """
        eve@x.test a@x.test, "b c"@x.test
        team@golden.test t1@x.test, t2@x.test, local
        @cat.test c@x.test
        bob@q.test bob+z@y.test
        x@d.test @e.test
        sub+tag@golden.test exact@x.test
        Ann.Official@corp.test box@store.test
        bobby@corp.test bob, copy
        """;

    internal static readonly IReadOnlyDictionary<string, MapScene> Scenes = new Dictionary<string, MapScene>
    {
        ["canonical"] = new(new Dictionary<string, string> { ["recipient_delimiter"] = "+", ["mydestination"] = "here.test" }, new Dictionary<string, string> { ["canonical_maps"] = Canonical }),
        ["classes"] = new(
            new Dictionary<string, string>
            {
                ["recipient_delimiter"] = "+",
                ["canonical_classes"] = "envelope_recipient, header_sender",
                ["sender_canonical_classes"] = "header_sender",
                ["recipient_canonical_classes"] = "envelope_recipient",
            },
            new Dictionary<string, string>
            {
                ["sender_canonical_maps"] = "ann@x.test s1@x.test\nbob s2\n@old.test @senders.test\n",
                ["recipient_canonical_maps"] = "ann@x.test r1@x.test\nbob r2\n@old.test @receivers.test\n",
                ["canonical_maps"] = "s1@x.test all@x.test\nr1@x.test all@x.test\n@senders.test @all.test\n",
            }),
        ["sides"] = new(
            new Dictionary<string, string> { ["recipient_delimiter"] = "-+" },
            new Dictionary<string, string> { ["sender_canonical_maps"] = Canonical, ["recipient_canonical_maps"] = "@x.test @y.test\nbob robert\n" }),
        ["no extension"] = new(
            new Dictionary<string, string> { ["recipient_delimiter"] = "+", ["propagate_unmatched_extensions"] = "" },
            new Dictionary<string, string> { ["canonical_maps"] = Canonical, ["virtual_alias_maps"] = Virtual }),
        ["masquerade"] = new(
            new Dictionary<string, string>
            {
                ["masquerade_domains"] = "!keep.corp.test, corp.test Sub.Golden.test golden.test",
                ["masquerade_exceptions"] = "Ann, a b, x+y",
            },
            new Dictionary<string, string>()),
        ["masquerade all"] = new(
            new Dictionary<string, string>
            {
                ["masquerade_domains"] = "corp.test golden.test",
                ["masquerade_classes"] = "envelope_sender, envelope_recipient, header_sender, header_recipient",
                ["always_bcc"] = "archive@deep.corp.test",
            },
            new Dictionary<string, string> { ["canonical_maps"] = "bob bob@mail.corp.test\n@x.test @host.corp.test\n" }),
        ["copies"] = new(
            new Dictionary<string, string> { ["recipient_delimiter"] = "+", ["always_bcc"] = "archive" },
            new Dictionary<string, string>
            {
                ["sender_bcc_maps"] = "ann@x.test copies+ann@y.test\nbob bobcopy\n@old.test old\n",
                ["recipient_bcc_maps"] = "carl@new.test copy@y.test\nteam team+copy\n@cat.test meow@y.test\n\"a,b\"@x.test qq@y.test\n",
                ["canonical_maps"] = "bobcopy robert@y.test\n@old.test @new.test\n",
                ["virtual_alias_maps"] = Virtual,
            }),
        ["virtual"] = new(new Dictionary<string, string> { ["recipient_delimiter"] = "+" },
            new Dictionary<string, string> { ["virtual_alias_maps"] = Virtual, ["recipient_canonical_maps"] = Canonical }),
        ["elsewhere"] = new(
            new Dictionary<string, string> { ["remote_header_rewrite_domain"] = "remote.invalid", ["append_dot_mydomain"] = "yes", ["masquerade_domains"] = "corp.test" },
            new Dictionary<string, string> { ["canonical_maps"] = Canonical }),
        ["left alone"] = new(new Dictionary<string, string> { ["append_dot_mydomain"] = "yes", ["masquerade_domains"] = "corp.test" },
            new Dictionary<string, string> { ["canonical_maps"] = Canonical }),
        ["removed octets"] = new(new Dictionary<string, string> { ["message_strip_characters"] = @"\0\7\200\377#" }, new Dictionary<string, string>()),
        ["kept headers"] = new(new Dictionary<string, string> { ["message_drop_headers"] = "x-secret, Received-SPF" }, new Dictionary<string, string> { ["canonical_maps"] = Canonical }),
    };

    private readonly List<RewritingCase> _cases = [];
    private ulong _state;

    /// <param name="seed">Those of <see cref="OwnSeed"/> have vectors.</param>
    internal static IReadOnlyList<RewritingCase> All(ulong seed = OwnSeed)
    {
        MapCases cases = new() { _state = seed };
        string[] scenes = [.. Scenes.Keys];
        // In turn: each third of a scene's messages is of another kind.
        for (int i = 0; i < 32 * scenes.Length; i++)
            cases.Add(scenes[i % scenes.Length], i / scenes.Length);
        return cases._cases;
    }

    // Knuth's MMIX generator: the same everywhere, for ever.
    private int Next(int limit)
    {
        _state = _state * 6364136223846793005 + 1442695040888963407;
        return (int)((_state >> 33) % (ulong)limit);
    }

    private string Of(params string[] choices) => choices[Next(choices.Length)];

    // Those of the tables above, with and without extension, in both cases, and some that no table has.
    private string Known => Of("ann@x.test", "ANN@X.test", "bob", "bob@golden.test", "bob+x", "Bob@here.test", "bob@here.test", "u@old.test", "u+y@OLD.test", "carl@old.test", "dora+lists@x.test",
        "dora+more@x.test", "f.g@golden.test", "f.g+z", "two@x.test", "self@x.test", "loop1@x.test", "bare@x.test", "bare+e@x.test", "named@x.test", "\"a,b\"@x.test", "\"c;d\"@x.test", "spaced@x.test", "up@x.test",
        "team", "team+9", "x+k@d.test", "someone@cat.test", "eve@x.test", "bob@q.test", "sub+tag", "sub+other",
        "ann@host.corp.test", "carl@a.b.Corp.Test", "carl@keep.corp.test", "carl@deep.keep.corp.test", "carl@corp.test", "carl@notcorp.test", "x+y@host.corp.test", "\"a b\"@host.corp.test", "carl@mail.sub.golden.test",
        "ann+t@h.corp.test", "carl@h", "nobody@nowhere.test");

    private string Mailbox(string address) => Of(address, $"<{address}>", $"Some Name <{address}>", $"\"Q, R\" <{address}> (c)", $"{address} (a comment)");

    private string List
    {
        get
        {
            List<string> elements = [];
            for (int i = 1 + Next(3); i > 0; i--)
                elements.Add(Mailbox(Known));
            return string.Join(Of(",", ", ", ",\n "), elements);
        }
    }

    private static readonly string[] s_headers =
    [
        "Apparently-To", "Bcc", "Cc", "Content-Length", "Delivered-To", "Disposition-Notification-To", "Errors-To", "From", "Mail-Followup-To", "Mail-Reply-To", "Reply-To", "Resent-Bcc", "Resent-Cc", "Resent-From",
        "Resent-Reply-To", "Resent-Sender", "Resent-To", "Return-Path", "Return-Receipt-To", "Sender", "To", "X-To",
    ];

    private void Add(string scene, int round)
    {
        int number = _cases.Count + 1;
        List<string> arguments = ["-f", Of(Known, Known, Known, "null@x.test", "MAILER-DAEMON", "mailer-daemon@golden.test", "<>")];
        if (scene is "elsewhere" or "left alone" && round % 4 != 0)
            arguments.Add("-G");
        if (round % 5 == 1)
            arguments.AddRange(["-N", Of("success", "never", "success,failure,delay")]);
        string head;
        if (scene == "removed octets")
        {
            head = $"From: {Mailbox(Known)}\nSubject: a\a#{Of("\u0080", "\0", "\u00ff", "b")}c#\nX#-{round}: d\nTo: {List}#";
        }
        else if (round % 3 == 0)
        {
            // Two of all headers with addresses.
            string first = s_headers[(round / 3 * 2) % s_headers.Length], second = s_headers[(round / 3 * 2 + 1) % s_headers.Length];
            head = $"From: {Mailbox(Known)}\n{first}: {List}\n{second}: {List}\nX-Secret: s";
        }
        else
        {
            head = $"From: {Mailbox(Known)}\nTo: {List}\nCc: {List}\nReply-To: {Mailbox(Known)}";
        }
        // What sendmail -t makes of a NUL is another matter.
        if (round % 4 == 2 && scene != "removed octets")
            arguments.Add("-t");
        else
            arguments.AddRange(Enumerable.Range(0, 1 + Next(3)).Select(_ => Known));
        if (round % 4 == 2 && !head.Contains("\nTo:", StringComparison.Ordinal))
            head += $"\nTo: {List}";
        _cases.Add(new RewritingCase(number, scene, scene, arguments, $"{head}\n\nbody#\n\ncase {number}\n"));
    }
}
