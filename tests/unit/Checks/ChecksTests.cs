using System.Globalization;
using System.Text;
using System.Text.Json;
using PostfixNet.Cleanup;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Cleanup;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Checks;

/// <summary>What the tables of checks make of many odd messages is what Postfix made of them: reply, log and queue file
/// (vectors/checks.txt; tests/load/checks-beside-postfix.py makes it).</summary>
public sealed class ChecksTests
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [Fact]
    public void Tables_do_as_in_Postfix()
    {
        ulong seed = Environment.GetEnvironmentVariable("CHECKS_SEED") is { } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : CheckCases.OwnSeed;
        IReadOnlyList<CheckCase> cases = CheckCases.All(seed);
        if (Environment.GetEnvironmentVariable("CHECKS_CASES") is { } file)
            File.WriteAllText(file, JsonSerializer.Serialize(new { CheckCases.Scenes, Cases = cases }, s_json));
        Dictionary<int, List<string>> found = [];
        foreach (IGrouping<string, CheckCase> scene in cases.GroupBy(static c => c.Scene))
            Play(CheckCases.Scenes[scene.Key], scene, found);
        if (Environment.GetEnvironmentVariable("CHECKS_OUTPUT") is { } path)
            File.WriteAllLines(path, cases.SelectMany(c => found[c.Number].Prepend($"case {c.Number}")), Encoding.Latin1);
        Dictionary<int, List<string>> expected = Read(Vectors.PathOf("checks.txt"));
        Assert.Equal(cases.Count, expected.Count);
        StringBuilder report = new();
        foreach (CheckCase test in cases)
        {
            if (expected[test.Number].SequenceEqual(found[test.Number]))
                continue;
            report.Append(CultureInfo.InvariantCulture, $"case {test.Number}, {test.Scene}\n");
            report.AppendJoin("", expected[test.Number].Except(found[test.Number]).Select(static line => $"  expected {line}\n"));
            report.AppendJoin("", found[test.Number].Except(expected[test.Number]).Select(static line => $"  found    {line}\n"));
        }
        Assert.Equal("", report.ToString());
    }

    private static Dictionary<int, List<string>> Read(string path)
    {
        Dictionary<int, List<string>> cases = [];
        List<string> lines = [];
        foreach (string line in File.ReadLines(path, Encoding.Latin1))
        {
            if (line.StartsWith("case ", StringComparison.Ordinal))
                cases.Add(int.Parse(line[5..], CultureInfo.InvariantCulture), lines = []);
            else
                lines.Add(line);
        }
        return cases;
    }

    private static void Play(CheckScene scene, IEnumerable<CheckCase> cases, Dictionary<int, List<string>> results)
    {
        using MailFlow flow = new();
        StringBuilder toml = new("myhostname = 'mta.golden.test'\nmydomain = 'golden.test'\nmyorigin = 'golden.test'\nmydestination = ''\n");
        foreach ((string name, string value) in scene.Values)
            toml.Append(CultureInfo.InvariantCulture, $"{name} = {(value == "yes" ? "true" : value)}\n");
        foreach ((string name, string lines) in scene.Tables)
        {
            File.WriteAllText($"{flow.Queues.Root}/{name}", lines);
            toml.Append(CultureInfo.InvariantCulture, $"{name} = 'regexp:{flow.Queues.Root}/{name}'\n");
        }
        MainConfig config = MainConfig.FromText(toml.ToString());
        flow.Options = CleanupOptions.From(config);
        foreach (CheckCase test in cases)
        {
            int logged = flow.Log.Count;
            using CleanupClient client = CleanupClient.Begin(flow.Connect(), new CleanupRequest(IsFromServer: true));
            client.Send(Records(test, config.Get(Parameters.LineLengthLimit)));
            CleanupReply.Ended end = client.Finish();
            List<string> lines = results[test.Number] = [Reply(end)];
            foreach (string line in flow.Log.Skip(logged).Select(line => line.Replace($"{client.Id}: ", "", StringComparison.Ordinal)))
            {
                if (!line.Contains("message-id=", StringComparison.Ordinal) && !line.Contains("header Received: from client", StringComparison.Ordinal))
                    lines.Add($"G {Escaped(Encoding.Latin1.GetString(ByteText.Encode(line)))}");
            }
            foreach (QueueName queue in new[] { QueueName.Incoming, QueueName.Hold })
            {
                foreach (string name in flow.Names(queue))
                {
                    string path = $"{flow.Queues.DirectoryOf(queue)}/{name}";
                    lines.Add($"Z {(queue == QueueName.Hold ? "hold" : "incoming")}");
                    lines.AddRange(Summary(MailFlow.Records(path)));
                    File.Delete(path);
                }
            }
        }
    }

    // As smtpd hands it over.
    private static byte[] Records(CheckCase test, int lineLimit)
    {
        using MemoryStream stream = new();
        RecordWriter writer = new(stream.Write);
        writer.Write(RecordType.Time, "1795737600 0");
        writer.WriteAttribute(AttributeName.RewriteContext, AttributeName.Local);
        writer.Write(RecordType.From, test.Sender);
        writer.WriteAttribute(AttributeName.LogMessageOrigin, "localhost[127.0.0.1]");
        writer.WriteAttribute(AttributeName.LogHeloName, "client.test");
        writer.WriteAttribute(AttributeName.LogProtocolName, "ESMTP");
        foreach (string recipient in test.Recipients)
            writer.Write(RecordType.Recipient, recipient);
        writer.Write(RecordType.Message);
        foreach (string line in test.Lines.Prepend("Received: from client.test (localhost [127.0.0.1])"))
        {
            ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(line);
            for (; rest.Length > lineLimit; rest = rest[lineLimit..])
                writer.Write(RecordType.TextPart, rest[..lineLimit]);
            writer.Write(RecordType.Text, rest);
        }
        writer.Write(RecordType.Extracted);
        writer.Write(RecordType.End);
        writer.Flush();
        return stream.ToArray();
    }

    private static string Reply(CleanupReply.Ended end) => end switch
    {
        { Reply.Length: > 0 } => $"P {end.Reply}",
        { Verdict: CleanupVerdict.Accepted } => "P 250 2.0.0 Ok",
        _ => $"P {end.Verdict} {end.Status} {end.Reason}",
    };

    /// <summary>R recipient; F where it is to go; T who gets it; then the content, but what this host wrote.</summary>
    private static List<string> Summary(List<(char Type, string Payload)> records)
    {
        List<string> lines = [];
        bool isContent = false, isExtracted = false, isReceived = false;
        foreach ((char type, string payload) in records)
        {
            isContent = type == 'M' || isContent && type != 'X';
            isExtracted |= type == 'X';
            if (type is 'R' or '>')
                lines.Add($"{(type == 'R' ? 'R' : 'T')} {payload}");
            else if (isExtracted && type == 'L')
                lines.Add($"F {payload}");
            else if (isContent && type is 'N' or 'L')
            {
                isReceived = payload.StartsWith("Received: from client.test", StringComparison.Ordinal) || isReceived && payload is [' ' or '\t', ..];
                if (!isReceived)
                    lines.Add($"{type} {Escaped(payload)}");
            }
        }
        return lines;
    }

    private static string Escaped(string text)
    {
        StringBuilder escaped = new();
        foreach (char c in text)
            escaped.Append(c is >= ' ' and <= '~' and not '\\' ? c.ToString() : $"\\x{(int)c:x2}");
        return escaped.ToString();
    }
}
