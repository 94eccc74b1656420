using System.Globalization;
using System.Text.RegularExpressions;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Cleanup;

/// <summary>What pickup and cleanup make of a maildrop file is what Postfix's made of it.</summary>
public sealed partial class VectorTests
{
    public static TheoryData<string> Pairs
    {
        get
        {
            TheoryData<string> names = [];
            foreach (string path in Directory.EnumerateFiles(Vectors.Directory, "*.maildrop").Order(StringComparer.Ordinal))
            {
                if (File.Exists(Path.ChangeExtension(path, ".incoming")))
                    names.Add(Path.GetFileNameWithoutExtension(path));
            }
            return names;
        }
    }

    [Fact]
    public void There_are_pairs() => Assert.True(Pairs.Count > 30);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Queue_file_equals_that_of_Postfix(string name)
    {
        List<(char Type, string Payload)> expected = MailFlow.Records(Vectors.PathOf($"{name}.incoming"));
        long arrival = long.Parse(expected[1].Payload.Split(' ')[0], CultureInfo.InvariantCulture);
        long created = long.Parse(expected[2].Payload["create_time=".Length..], CultureInfo.InvariantCulture);
        using MailFlow flow = new() { Clock = new StillClock(created) };
        flow.Drop("A1B2C3", Vectors.Bytes($"{name}.maildrop"), modified: arrival);

        flow.RunPickup();

        List<(char Type, string Payload)> actual = flow.Incoming(out string id);
        string theirId = expected.Select(r => ReceivedId().Match(r.Payload)).First(m => m.Success).Groups[1].Value;
        string date = MailTime.HeaderDate(arrival);
        int longer = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            (char type, string payload) = expected[i];
            string ours = payload.Replace(theirId, id, StringComparison.Ordinal).Replace("from userid 0", $"from userid {Native.Users.EffectiveUid}", StringComparison.Ordinal);
            ours = HeaderDate().Replace(ours, m => m.Value.Contains("(UTC)", StringComparison.Ordinal) ? date : m.Value);
            if (type is 'N')
                longer += ours.Length - payload.Length;
            expected[i] = (type, ours);
        }
        Assert.True(SizeRecord.TryParse(System.Text.Encoding.Latin1.GetBytes(expected[0].Payload), out SizeRecord size));
        expected[0] = ('C', (size with { ContentSize = size.ContentSize + longer, MessageSize = size.MessageSize + longer }).ToString());
        Assert.Equal(expected, actual);
        Assert.Empty(flow.Names(QueueName.Maildrop));
    }

    [GeneratedRegex(@"^\tid ([0-9A-F]+); ")]
    private static partial Regex ReceivedId();

    [GeneratedRegex(@"\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000( \(UTC\))?")]
    private static partial Regex HeaderDate();
}
