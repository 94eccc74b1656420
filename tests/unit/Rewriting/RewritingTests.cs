using System.Globalization;
using System.Text;
using System.Text.Json;
using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Sendmail;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Rewriting;

/// <summary>What sendmail, pickup and cleanup make of many odd messages is what Postfix's made of them (vectors/rewriting.txt), but for
/// some of the kinds that docs/differences.md has (vectors/rewriting-ours.txt). With tables that change addresses it is all the same
/// (vectors/rewriting-maps.txt).</summary>
public sealed class RewritingTests
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static readonly HashSet<string> s_different =
    [
        "NUL in an address", "NUL in a header", "quoted local part in the envelope",
        "token limit", "size limit", "Latin-1 argument", "name outside ASCII", "header outside ASCII", "hops",
    ];

    [Fact]
    public void Messages_become_what_they_become_in_Postfix()
    {
        IReadOnlyList<RewritingCase> cases = RewritingCases.All(Seed(RewritingCases.OwnSeed));
        WriteCases("REWRITING_CASES", JsonSerializer.Serialize(cases, s_json));
        Compare("rewriting.txt", "rewriting-ours.txt", cases, "REWRITING_OUTPUT", static (scene, _) => RewritingCases.Scenes[scene], "mydestination = ''\n");
    }

    // The same for tables that change addresses.
    [Fact]
    public void Tables_change_addresses_as_in_Postfix()
    {
        IReadOnlyList<RewritingCase> cases = MapCases.All(Seed(MapCases.OwnSeed));
        WriteCases("MAPS_CASES", JsonSerializer.Serialize(new { MapCases.Scenes, Cases = cases }, s_json));
        Compare("rewriting-maps.txt", null, cases, "MAPS_OUTPUT", Settings, "");
    }

    private static string Settings(string scene, string directory)
    {
        MapScene settings = MapCases.Scenes[scene];
        StringBuilder toml = new();
        foreach ((string name, string value) in settings.Values)
            toml.Append(CultureInfo.InvariantCulture, $"{name} = '{value}'\n");
        foreach ((string name, string lines) in settings.Tables)
        {
            File.WriteAllText($"{directory}/{name}", lines + "\n");
            toml.Append(CultureInfo.InvariantCulture, $"{name} = 'texthash:{directory}/{name}'\n");
        }
        return settings.Values.ContainsKey("mydestination") ? toml.ToString() : $"mydestination = ''\n{toml}";
    }

    // Another seed is for tests/load/rewriting-beside-postfix.py, and fails here.
    private static ulong Seed(ulong own) => Environment.GetEnvironmentVariable("REWRITING_SEED") is { } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : own;

    private static void WriteCases(string variable, string json)
    {
        if (Environment.GetEnvironmentVariable(variable) is { } file)
            File.WriteAllText(file, json);
    }

    private static void Compare(string ofPostfix, string? ofOurs, IReadOnlyList<RewritingCase> cases, string output, Func<string, string, string> settings, string before)
    {
        Dictionary<int, List<string>> actual = [];
        foreach (IGrouping<string, RewritingCase> scene in cases.GroupBy(c => c.Scene))
            Play(directory => before + settings(scene.Key, directory), scene, actual);
        if (Environment.GetEnvironmentVariable(output) is { } path)
            File.WriteAllLines(path, cases.SelectMany(c => actual[c.Number].Prepend($"case {c.Number}")), Encoding.Latin1);
        Dictionary<int, List<string>> postfix = Read(ofPostfix), ours = ofOurs is null ? [] : Read(ofOurs);
        Assert.Equal(cases.Count, postfix.Count);
        Assert.All(ours.Keys, number => Assert.Contains(cases[number - 1].Kind, s_different));
        StringBuilder report = new();
        foreach (RewritingCase test in cases)
        {
            List<string> expected = ours.GetValueOrDefault(test.Number) ?? postfix[test.Number], found = actual[test.Number];
            if (expected.SequenceEqual(found))
                continue;
            report.Append(CultureInfo.InvariantCulture, $"case {test.Number}, {test.Kind}: {string.Join(' ', test.Arguments)}\n");
            foreach (string line in expected.Except(found))
                report.Append(CultureInfo.InvariantCulture, $"  expected {line}\n");
            foreach (string line in found.Except(expected))
                report.Append(CultureInfo.InvariantCulture, $"  found    {line}\n");
        }
        Assert.Equal("", report.ToString());
    }

    private static Dictionary<int, List<string>> Read(string name)
    {
        Dictionary<int, List<string>> cases = [];
        List<string> lines = [];
        foreach (string line in File.ReadLines(Vectors.PathOf(name)))
        {
            if (line.StartsWith("case ", StringComparison.Ordinal))
                cases.Add(int.Parse(line[5..], CultureInfo.InvariantCulture), lines = []);
            else
                lines.Add(line);
        }
        return cases;
    }

    private static void Play(Func<string, string> scene, IEnumerable<RewritingCase> cases, Dictionary<int, List<string>> results)
    {
        using MailFlow flow = new();
        // What is read last may be a table of its own.
        string settings = $"myhostname = 'mta.golden.test'\nmydomain = 'golden.test'\nmyorigin = 'golden.test'\nenable_long_queue_ids = false\nqueue_directory = '{flow.Queues.Root}'\n{scene(flow.Queues.Root)}";
        MainConfig config = MainConfig.FromText(settings);
        flow.Options = CleanupOptions.From(config);
        foreach (RewritingCase test in cases)
        {
            using MemoryStream file = new();
            try
            {
                Options options = Options.Parse("sendmail", [.. test.Arguments.Select(static a => ByteText.Decode(Encoding.Latin1.GetBytes(a)))], "A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:r:q:tvx", 0, static _ => { });
                using MemoryStream input = new(Encoding.Latin1.GetBytes(test.Input));
                RecordWriter writer = new(file.Write);
                new Submission(SubmissionSettings.Read(config), options, static _ => { }).Write(writer, input.Read);
                writer.Flush();
                flow.Drop($"{test.Number:D8}", file.ToArray());
                results[test.Number] = ["X 0"];
            }
            catch (SubmissionException)
            {
                // Of Postfix 3.7 whatever the error is; what it is here, SendmailTests tell.
                results[test.Number] = ["X 75"];
            }
        }
        flow.RunPickup();
        foreach (string name in flow.Names(QueueName.Maildrop))
            results[int.Parse(name, CultureInfo.InvariantCulture)].Add("K");
        foreach (string name in flow.Names(QueueName.Incoming))
        {
            List<(char Type, string Payload)> records = MailFlow.Records($"{flow.Queues.DirectoryOf(QueueName.Incoming)}/{name}");
            string number = records.Last(r => r.Type == 'N' && r.Payload.StartsWith("case ", StringComparison.Ordinal)).Payload[5..];
            results[int.Parse(number, CultureInfo.InvariantCulture)].AddRange(Summary(records));
        }
    }

    /// <summary>S sender; R address, original, DSN original, NOTIFY; Q flags, SMTPUTF8, encoding; H each header that was not made here.</summary>
    private static List<string> Summary(List<(char Type, string Payload)> records)
    {
        List<string> lines = [];
        List<string> headers = [];
        string original = "", dsnOriginal = "", notify = "0", encoding = "";
        bool inHeaders = false, startsLine = true;
        foreach ((char type, string payload) in records)
        {
            switch (type)
            {
                case 'S':
                    lines.Add($"S {Escaped(payload)}");
                    break;
                case 'O':
                    original = payload;
                    break;
                case 'A' when payload.StartsWith("notify_flags=", StringComparison.Ordinal):
                    notify = payload[13..];
                    break;
                case 'A' when payload.StartsWith("dsn_orig_rcpt=", StringComparison.Ordinal):
                    dsnOriginal = payload[14..];
                    break;
                case 'A' when payload.StartsWith("encoding=", StringComparison.Ordinal):
                    encoding = payload[9..];
                    break;
                case 'A' when payload.StartsWith("envelope_id=", StringComparison.Ordinal):
                    lines.Add($"V {Escaped(payload[12..])}");
                    break;
                case 'R':
                    lines.Add($"R {Escaped(payload)} | {Escaped(original)} | {Escaped(dsnOriginal)} | {notify}");
                    (original, dsnOriginal, notify) = ("", "", "0");
                    break;
                case 'M':
                    inHeaders = true;
                    break;
                case 'L' or 'N' when inHeaders:
                    if (startsLine && payload.Length == 0)
                        inHeaders = false;
                    else if (!startsLine)
                        headers[^1] += payload;
                    else if (payload[0] is ' ' or '\t' && headers.Count > 0)
                        headers[^1] += "\n" + payload;
                    else
                        headers.Add(payload);
                    startsLine = type == 'N';
                    break;
            }
        }
        _ = SizeRecord.TryParse(Encoding.Latin1.GetBytes(records[0].Payload), out SizeRecord size);
        lines.Add($"Q {size.QueueFlags} {(long)size.SmtpUtf8} {encoding}");
        lines.AddRange(headers.Where(static h => !s_made.Any(made => h.StartsWith(made, StringComparison.OrdinalIgnoreCase))).Select(static h => $"H {Escaped(h)}"));
        return lines;
    }

    private static readonly string[] s_made = ["Received: by mta.golden.test", "Message-Id:", "Date:", "Resent-Message-Id:", "Resent-Date:"];

    private static string Escaped(string text)
    {
        StringBuilder escaped = new();
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => escaped.Append("\\n"),
                '\t' => escaped.Append("\\t"),
                '\\' => escaped.Append("\\\\"),
                < ' ' or > '~' => escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => escaped.Append(c),
            };
        }
        return escaped.ToString();
    }
}
