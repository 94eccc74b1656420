namespace PostfixNet.UnitTests.Rewriting;

/// <summary>One call of sendmail.</summary>
/// <param name="Number">Stands in the body: "case N".</param>
/// <param name="Scene">Whose settings hold, see <see cref="RewritingCases.Scenes"/>.</param>
/// <param name="Kind">What it tries.</param>
/// <param name="Arguments">One character per byte.</param>
/// <param name="Input">Likewise.</param>
internal sealed record RewritingCase(int Number, string Scene, string Kind, IReadOnlyList<string> Arguments, string Input);

/// <summary>Makes the same 720 messages each time, twenty and more of each kind in which an address or a header may be changed.</summary>
internal sealed class RewritingCases
{
    /// <summary>Settings besides myhostname and myorigin, in our words; those of main.cf are the same.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Scenes = new Dictionary<string, string>
    {
        ["plain"] = "",
        ["limits"] = "header_address_token_limit = 12\nheader_size_limit = 300\n",
        ["hops"] = "hopcount_limit = 4\n",
        ["copies"] = "always_bcc = 'archive'\n",
        ["aliases"] = """
            recipient_delimiter = "+"
            virtual_alias_recursion_limit = 4
            [virtual_alias_maps]
            "eve" = "a@x.test"
            "team@golden.test" = "t1@x.test, t2@x.test, local"
            "@cat.test" = "c@x.test"
            "bob@q.test" = "bob+z@y.test"
            "x@d.test" = "@e.test"
            "sub+tag@golden.test" = "exact@x.test"
            "l1" = "l2"
            "l2" = "l3"
            "l3" = "l4"
            "l4" = "l5"
            "l5" = "end@x.test"
            "none" = ","
            "nobody" = "()"
            "self" = "self, other"
            "all" = "eve, team, last@z.test"
            "loop1" = "loop2"
            "loop2" = "loop1"

            """,
    };

    internal const ulong OwnSeed = 20261126;

    private readonly List<RewritingCase> _cases = [];
    private ulong _state;

    /// <param name="seed">Those of <see cref="OwnSeed"/> have vectors.</param>
    internal static IReadOnlyList<RewritingCase> All(ulong seed = OwnSeed)
    {
        RewritingCases cases = new() { _state = seed };
        for (int i = 0; i < 24; i++)
            cases.AddRound(i);
        return cases._cases;
    }

    // Knuth's MMIX generator: the same everywhere, for ever.
    private int Next(int limit)
    {
        _state = _state * 6364136223846793005 + 1442695040888963407;
        return (int)((_state >> 33) % (ulong)limit);
    }

    private string Of(params string[] choices) => choices[Next(choices.Length)];

    private string Word => Of("ann", "bob", "carl", "dora", "o'neil", "f.g", "h-i", "j+k", "x1", "l_m", "n=o");

    private string Host => Of("ext.example", "q.test", "mail.corp.test", "h", "[192.0.2.1]");

    private string Name => Of("Ann", "Bob Brown", "\"C, D\"", "E. F.", "\"G \\\"H\\\" I\"", "=?utf-8?q?J=C3=B6rg?=", "K (L) M", "N  O", "P-Q");

    private string Plain => Of(Word, $"{Word}@{Host}", $"{Name} <{Word}@{Host}>", $"{Name} <{Word}>", $"{Word} ({Word})", $"({Word}) {Word}@{Host}", $"\"{Word} {Word}\"@{Host}");

    private string List(string special)
    {
        List<string> elements = [];
        for (int i = Next(3); i > 0; i--)
            elements.Add(Plain);
        elements.Insert(Next(elements.Count + 1), special);
        return string.Join(Of(",", ", ", " ,", ",\n ", ",\n\t"), elements);
    }

    private void Add(string kind, string[] arguments, string header, string scene = "plain", bool ordinary = true)
    {
        int number = _cases.Count + 1;
        string head = ordinary ? $"From: {Plain}\nReply-To: {List(Plain)}\n{header}\nCc: {List(Plain)}\n" : header;
        string[] sender = arguments.Contains("-f") ? [] : ["-f", $"{Word}@origin.test"];
        string[] name = arguments.Contains("-F") ? [] : ["-F", "Full Name"];
        _cases.Add(new RewritingCase(number, scene, kind, [.. sender, .. name, .. arguments], $"{head}\ncase {number}\n"));
    }

    private static readonly string[] s_to = ["to@plain.test"];

    private void AddRound(int i)
    {
        Add("plain", s_to, $"To: {List(Plain)}");
        Add("NUL in an address", ["-t"], $"To: {Word}\0{Word}@{Host}, {Word}@{Host}\n", ordinary: false);
        Add("NUL in a header", s_to, $"Subject: {Word}\0{Word}\n", ordinary: false);
        string colon = Of($"{Word}:{Word}@{Host}", $"mailto:{Word}@{Host}", ":include:/etc/list", $"{Word}:{Word}:{Word}@{Host}", $"\"{Word} x\":{Word}@{Host}");
        Add("colon", i % 3 == 0 ? [colon] : i % 3 == 1 ? ["-f", colon, .. s_to] : ["-t"], $"To: {List(colon)}");
        Add("open group", i % 2 == 0 ? ["-t"] : [$"{Word}: {Word}, {Word}"], $"To: {Word}: {Word}@{Host}, {Plain}");
        Add("group", i % 2 == 0 ? ["-t"] : s_to, $"To: {List($"{Name}: {Plain}, {Plain};")}");
        Add("two groups", s_to, $"To: g: {Word}@{Host}; h: {Word};");
        string quoted = Of($"\"{Word}!{Word}\"", $"\"{Word}%{Word}\"", $"\"{Word} {Word}!{Word}\"", $"\"{Word}@{Word}\"", $"{Word}\\@{Word}", $"\"{Word}@{Word}\"@{Host}");
        Add("quoted local part", s_to, $"To: {List(quoted)}");
        Add("quoted local part in the envelope", i % 2 == 0 ? [quoted] : ["-f", quoted, .. s_to], "Subject: x");
        Add("bang and percent", i % 2 == 0 ? ["-t"] : [$"{Word}%{Host}"], $"To: {List(Of($"{Word}!{Word}", $"{Word}%{Host}", $"{Word}!{Word}!{Word}", $"{Word}%{Word}@{Host}"))}");
        Add("half an address", [Of($"{Word}%", $"!{Word}", $"{Word}!", $"%{Word}")], "Subject: x");
        Add("copy", [.. Of("", "-Nnever", "-Nsuccess,failure").Split(' ', StringSplitOptions.RemoveEmptyEntries), Of("archive", Word, $"{Word}@{Host}")], $"To: {Plain}", "copies");
        Add("extension", [Of("eve+", "team+", "x+", "sub+", "bob+", "+", "all+") + Of("x", "tag", "") + Of("", "@golden.test", "@q.test", "@cat.test", "@d.test")], $"To: {Plain}", "aliases");
        Add("alias", [Of("l1", "l2", "l3", "l4", "l5", "none", "nobody", "self", "all", "loop1", "team", "EVE", "u@cat.test")], $"To: {Plain}", "aliases");
        Add("alias and success", ["-N", Of("success", "success,failure", "delay"), Of("eve", "team", "all", "self", "other")], $"To: {Plain}", "aliases");
        Add("hops", s_to, "Received: from a\nReceived: from b\nX-One: 1\nReceived: from c\nSubject: after\n" + Of("", "Received: from d\n"), "hops", ordinary: false);
        string encoding = Of("base64", "quoted-printable", "8bit", "binary", "7bit", "8bit (x)", "BASE64", "x-odd");
        Add("encoding", [.. Of("-B8BITMIME", "-B7BIT", "").Split(' ', StringSplitOptions.RemoveEmptyEntries), .. s_to], $"Content-Transfer-Encoding: {encoding}");
        Add("source route", i % 2 == 0 ? ["-t"] : [$"<@{Host}:{Word}@{Host}>"], $"To: {List(Of($"<@a.test,@b.test:{Word}@{Host}>", $"<@a.test:{Word}>", $"@a.test:{Word}@{Host}"))}");
        Add("missing comma", i % 2 == 0 ? ["-t"] : s_to, $"To: {List(Of($"{Word} {Word}@{Host}", $"{Word}@{Host} {Word}", $"{Word} (c) {Word}", $"{Word} {Word} {Word}"))}");
        Add("unclosed", s_to, $"To: {Plain}, {Of($"\"{Word} {Word}", $"({Word} {Word}", $"{Word}@[192.0.2.1", $"\"{Word}, {Word}", $"[{Word}")}");
        Add("trailing word", i % 2 == 0 ? ["-t"] : [$"<{Word}> {Word}"], $"To: {List($"{Name} <{Word}@{Host}> {Word}")}");
        Add("empty quotes", i % 2 == 0 ? ["-t"] : ["\"\""], $"To: {List("\"\"")}");
        Add("comma in brackets", i % 2 == 0 ? ["-t"] : [$"<{Word},{Word}>"], $"To: {Plain}, <{Word},{Word}>");
        Add("literal alone", i % 2 == 0 ? ["-t"] : [$"[{Word}]"], $"To: {List($"[{Word}]")}");
        Add("token limit", s_to, $"To: {List(Plain)}, {Word}, {Word}, {Word}, {Word}, {Word}", "limits");
        Add("size limit", s_to, $"X-Long: {new string('x', 150 + Next(250))}\n {new string('y', 1 + Next(200))}\nX-After: y", "limits");
        Add("blank before the colon", i % 2 == 0 ? ["-t"] : s_to, $"To{Of(" ", "\t", "  ")}: {List(Plain)}\nX-Odd :{Word}\nBcc : {Word}@{Host}");
        Add("Latin-1 argument", Of("f", "r", "F") switch { "f" => ["-f", $"j\u00f6rg@{Host}", .. s_to], "r" => [$"j\u00f6rg@{Host}"], _ => ["-F", "J\u00f6rg M", .. s_to] }, "Subject: x\n", ordinary: false);
        Add("UTF-8 argument", Of("f", "r") switch { "f" => ["-f", $"j\u00c3\u00b6rg@{Host}", .. s_to], _ => [$"j\u00c3\u00b6rg@{Host}"] }, "Subject: x\n", ordinary: false);
        Add("name outside ASCII", ["-F", Of("J\u00c3\u00b6rg", "J\u00c3\u00b6rg \"M\" x."), .. s_to], "Subject: x\n", ordinary: false);
        Add("header outside ASCII", s_to, $"Subject: {Of("J\u00c3\u00b6", "J\u00f6")}");
        string[][] options = [["-B", "8bitmime"], ["-n"], ["-V", "with space"], ["-V", "a+b=c"], ["-B", "7bit"], ["-R", "hdrs"], ["-m"], ["-V", new string('v', 101)]];
        Add("options", [.. options[i % options.Length], .. s_to], "Subject: x");
    }
}
