using System.Text;
using System.Text.Json;
using PostfixNet.Delivery;
using PostfixNet.Listing;
using PostfixNet.Postqueue;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postqueue;

/// <summary>What is made of a listing: top, qshape; and a message as it is shown.</summary>
public sealed class ViewsTests
{
    private const long Now = 2_000_000_000;

    private static readonly (ListedMessage Message, ListedRecipient[] Recipients)[] s_queue =
    [
        (new ListedMessage("deferred", "A1", Now - 7200, 100, false, "a@x.test") { NextAttempt = Now + 300 },
            [new("bob@q.test", "host said: 450 <bob@q.test> later", "4.2.0", new MailRoute("smtp", "q.test")), new("eve@q.test", "host said: 450 <eve@q.test> later", "4.2.0", new MailRoute("smtp", "q.test"))]),
        (new ListedMessage("deferred", "A2", Now - 600, 100, false, "b@y.test") { NextAttempt = Now + 60 }, [new("carol@q.test", "host said: 450 <carol@q.test> later", "4.2.0", new MailRoute("smtp", "q.test"))]),
        (new ListedMessage("active", "A3", Now - 10, 100, false, "a@x.test"), [new("dan@Other.test", null)]),
        (new ListedMessage("hold", "A4", Now - 90_000, 100, false, "MAILER-DAEMON"), [new("dan@other.test", "old reason")]),
    ];

    // S1-60
    [Fact]
    public void Top_counts_by_destination_and_reason_without_the_address_in_it()
    {
        QueueTally tally = Fill(new QueueTally(Now));
        Assert.Equal((4, 5), (tally.Messages, tally.Recipients));
        TallyGroup first = tally.Groups[0];
        Assert.Equal(("smtp:q.test", "host said: 450 <...> later", "4.2.0", 3, 2, 7200L, 60L), (first.Destination, first.Reason, first.Code, first.Recipients, first.Messages, first.Oldest, first.Next));
        Assert.Equal([("other.test", "active"), ("other.test", "on hold")], tally.Groups.Skip(1).Select(group => (group.Destination, group.Reason)).Order());
        Assert.Equal("4 messages, 5 recipients; active 1; deferred 2; hold 1\n", TopCommand.Head(tally, null));
        string body = TopCommand.Body(tally, null, 10);
        Assert.Matches("\n +3 +2 +2h00m +1m  smtp:q\\.test  host said: 450 <\\.\\.\\.> later\n", body);

        QueueTally later = new(Now + 10);
        Tell(later, s_queue[0]);
        Assert.Equal("1 messages -3, 2 recipients -3; deferred 1 -1\n", TopCommand.Head(later, tally));
        Assert.Contains(" -1 ", TopCommand.Body(later, tally, 10), StringComparison.Ordinal);
    }

    [Fact]
    public void Very_many_destinations_are_counted_together()
    {
        QueueTally tally = new(Now);
        for (int i = 0; i < 10_050; i++)
            Tell(tally, (s_queue[2].Message, [new($"a@d{i}.test", null)]));
        Assert.Equal(10_001, tally.Groups.Count);
        Assert.Equal(("(others)", 50), (tally.Groups[0].Destination, tally.Groups[0].Recipients));
    }

    // The layout of Postfix's qshape, which scripts read.
    [Fact]
    public void Qshape_tells_ages_by_domain()
    {
        QueueShape shape = Fill(new QueueShape(Now, bySender: false, ["deferred"]));
        Assert.Equal("""
                                                T    5   10   20   40   80  160  320  640 1280 1280+
                                         TOTAL    3    0    0    1    0    0    2    0    0    0     0
                                        q.test    3    0    0    1    0    0    2    0    0    0     0

            """.Replace("            ", "", StringComparison.Ordinal).Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))),
            shape.ToString().Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.All(shape.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.InRange(line.Length, 60, 80));
        QueueShape senders = Fill(new QueueShape(Now, bySender: true, ["deferred", "active", "hold"]));
        Assert.Equal(["MAILER-DAEMON 1", "x.test 2", "y.test 1"], senders.ToJson().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)
            .Select(static row => $"{row.GetProperty("domain").GetString()} {row.GetProperty("total").GetInt32()}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_message_is_shown_in_parts()
    {
        Assert.StartsWith("Received: ", Show("five-rcpts.deferred", new MessageParts(false, true, true, false)), StringComparison.Ordinal);
        string all = Show("five-rcpts.deferred", new MessageParts(false, true, true, false));
        string headers = Show("five-rcpts.deferred", new MessageParts(false, true, false, false)), body = Show("five-rcpts.deferred", new MessageParts(false, false, true, false));
        Assert.Equal(all, $"{headers}\n{body}");
        string envelope = Show("one-of-two-done.deferred", new MessageParts(true, false, false, false));
        Assert.Contains("\nsender: ", envelope, StringComparison.Ordinal);
        Assert.Single(envelope.Split('\n'), line => line.StartsWith("done_recipient: ", StringComparison.Ordinal));
        Assert.Single(envelope.Split('\n'), line => line.StartsWith("recipient: ", StringComparison.Ordinal));
        Assert.StartsWith("queue_id: A1\nqueue_name: deferred\n", envelope, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_sender_wrote_does_not_drive_the_terminal()
    {
        byte[] file = QueueFileTests.Message("R|a@b", 1);
        List<byte> shown = [];
        MessageOutput output = new(shown.AddRange, isTerminal: true);
        output.Piece("a\u001b]0;x\u0007\tb\r"u8);
        output.EndLine();
        output.Flush();
        Assert.Equal("a?]0;x?        b?\n", Encoding.UTF8.GetString([.. shown]));
        shown.Clear();
        output = new(shown.AddRange, isTerminal: false);
        output.Line("a\u001b]\xe9"u8);
        output.Flush();
        Assert.Equal("a\u001b]\xe9\n"u8.ToArray(), shown);
        _ = file;
    }

    [Fact]
    public void A_message_is_decoded()
    {
        const string Mail = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + "SMOkbGxvCg==\r\n--x\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n";
        string shown = ShowContent(Mail, new MessageParts(false, true, true, true));
        Assert.StartsWith("Subject: Gr\u00fc\u00dfe\n", shown, StringComparison.Ordinal);
        Assert.Contains("\nH\u00e4llo\n", shown, StringComparison.Ordinal);
        Assert.Contains("[application/pdf \"a.pdf\", 3 octets]\n", shown, StringComparison.Ordinal);
        Assert.Contains("hello", ShowContent("\r\nhello\r\n", new MessageParts(false, true, true, true)), StringComparison.Ordinal);
    }

    private static string ShowContent(string mail, MessageParts parts)
    {
        using TemporaryDirectory directory = new();
        using MemoryStream stream = new();
        RecordWriter records = new(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new byte[SizeRecord.PayloadLength]);
        records.Write(RecordType.From, "a@b");
        records.Write(RecordType.Recipient, "c@d");
        records.Write(RecordType.Message);
        long data = records.Position;
        foreach (string line in mail.Split("\r\n"))
            records.Write(RecordType.Text, line);
        long extracted = records.Write(RecordType.Extracted);
        records.Write(RecordType.End);
        records.Flush();
        stream.Position = 0;
        records = new RecordWriter(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new SizeRecord(extracted - data, data, 1, 0, extracted - data, SmtpUtf8: 0).ToPayload());
        records.Flush();
        return Show(directory.File("x", stream.ToArray()), parts, isPath: true);
    }

    private static string Show(string name, MessageParts parts, bool isPath = false)
    {
        List<byte> shown = [];
        using QueueFile file = QueueFile.Open(isPath ? name : Vectors.PathOf(name));
        Assert.True(QueueId.TryParse("A1", out QueueId id));
        MessageOutput output = new(shown.AddRange, isTerminal: false);
        CatCommand.Show(QueueName.Deferred, id, file, parts, output);
        output.Flush();
        return Encoding.UTF8.GetString([.. shown]);
    }

    [Fact]
    public void A_message_is_one_json_object()
    {
        using TemporaryDirectory directory = new();
        using MemoryStream stream = new();
        RecordWriter records = new(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new byte[SizeRecord.PayloadLength]);
        records.Write(RecordType.From, "a@b");
        records.Write(RecordType.Recipient, "c@d");
        records.Write(RecordType.Message);
        long data = records.Position;
        foreach (string line in (string[])["Subject: one", " two", "X-Quote: \"ä\"", "", "body \u0001", "", "end"])
            records.Write(RecordType.Text, line);
        long extracted = records.Write(RecordType.Extracted);
        records.Write(RecordType.End);
        records.Flush();
        stream.Position = 0;
        records = new RecordWriter(bytes => stream.Write(bytes));
        records.Write(RecordType.Size, new SizeRecord(extracted - data, data, 1, 0, extracted - data, SmtpUtf8: 0).ToPayload());
        records.Flush();
        List<byte> shown = [];
        using QueueFile file = QueueFile.Open(directory.File("x", stream.ToArray()));
        Assert.True(QueueId.TryParse("A1", out QueueId id));
        JsonMessage.Show(QueueName.Hold, id, file, new MessageParts(true, true, true, false), shown.AddRange);
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(Encoding.UTF8.GetString([.. shown]));
        Assert.Equal(("A1", "hold"), (json.RootElement.GetProperty("queue_id").GetString(), json.RootElement.GetProperty("queue_name").GetString()));
        Assert.Equal([("sender", "a@b"), ("recipient", "c@d")], Pairs("envelope").Where(static pair => pair.Name != "message_size"));
        Assert.Equal([("Subject", "one\n two"), ("X-Quote", "\"ä\"")], Pairs("headers"));
        Assert.Equal("body \u0001\n\nend\n", json.RootElement.GetProperty("body").GetString());

        IEnumerable<(string Name, string Value)> Pairs(string name) =>
            json.RootElement.GetProperty(name).EnumerateArray().Select(static pair => (pair.GetProperty("name").GetString()!, pair.GetProperty("value").GetString()!));
    }

    private static T Fill<T>(T output)
        where T : IListingOutput
    {
        foreach ((ListedMessage, ListedRecipient[]) one in s_queue)
            Tell(output, one);
        return output;
    }

    private static void Tell(IListingOutput output, (ListedMessage Message, ListedRecipient[] Recipients) one)
    {
        output.Begin(one.Message);
        foreach (ListedRecipient recipient in one.Recipients)
            output.Recipient(recipient);
        output.EndMessage();
    }
}
