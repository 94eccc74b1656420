using System.Globalization;
using System.Text.Json;
using PostfixNet.Delivery;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;
using PostfixNet.Postqueue;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postqueue;

public sealed class ExplainerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly QueueDirectories _queues;

    public ExplainerTests()
    {
        _queues = new QueueDirectories(_directory.Path, ["deferred", "defer"], 1);
        _queues.CreateMissing(owner: null, group: 0);
    }

    public void Dispose() => _directory.Dispose();

    [Theory] // queue, seconds until the file's time, what the queue manager says, code
    [InlineData("maildrop", 0, "", "not_accepted")]
    [InlineData("maildrop", 0, "short", "no_room")]
    [InlineData("incoming", 0, "", "not_seen")]
    [InlineData("incoming", 0, "full", "active_full")]
    [InlineData("incoming", 60, "", "backoff")]
    [InlineData("incoming", 0, "code=paused", "paused")]
    [InlineData("deferred", 600, "", "backoff")]
    [InlineData("deferred", 600, "away", "backoff")]
    [InlineData("deferred", 600, "full", "backoff")]
    [InlineData("deferred", 0, "", "due")]
    [InlineData("deferred", 0, "full", "active_full")]
    [InlineData("deferred", 600, "code=paused", "paused")]
    [InlineData("deferred", 600, "code=dead_destination left=300000", "backoff")]
    [InlineData("deferred", 600, "code=dead_destination left=900000", "dead_destination")]
    [InlineData("hold", 600, "code=paused", "held")]
    [InlineData("corrupt", 0, "", "corrupt")]
    [InlineData("active", 0, "", "not_seen")]
    [InlineData("active", 0, "away", "not_seen")]
    [InlineData("active", 0, "known", "finishing")]
    [InlineData("active", 0, "known code=finishing", "finishing")]
    [InlineData("active", 0, "known code=delivering process=4711", "delivering")]
    [InlineData("active", 0, "known code=no_process", "no_process")]
    [InlineData("active", 0, "known code=in_turn", "in_turn")]
    [InlineData("active", 0, "known code=destination_full", "destination_full")]
    [InlineData("active", 0, "known code=no_free_agent", "no_free_agent")]
    [InlineData("active", 0, "known code=rate_limit left=5000", "rate_limit")]
    [InlineData("active", 0, "known code=transport_suspended left=5000", "transport_suspended")]
    public void Each_state_has_its_code(string queue, int seconds, string says, string code)
    {
        Assert.True(QueueDirectories.TryParse(queue, out QueueName name));
        string id = Put(name, "R|bob@sink.test", seconds);
        ExplainedMessage message = Assert.Single(Explain(id, says));
        Assert.Equal((queue, id), (message.Queue, message.Id));
        ExplainedRecipient recipient = Assert.Single(message.Recipients);
        Assert.Equal(("bob@sink.test", code), (recipient.Address, recipient.Code.Word()));
        Assert.NotEqual(code, recipient.Code.Text());
        Assert.Equal(code is "backoff" or "dead_destination" or "rate_limit" or "transport_suspended", recipient.Until is not null);
        Assert.Equal(code == "delivering" ? 4711 : 0, recipient.State?.Process ?? 0);
    }

    [Fact]
    public void Mail_of_a_domain_is_explained_with_its_last_reply()
    {
        string deferred = Put(QueueName.Deferred, "R|a@other.test;R|bob@Sink.test", 600);
        Put(QueueName.Deferred, "R|a@other.test;D|bob@sink.test", 600);
        string held = Put(QueueName.Hold, "R|carol@sink.test", 0);
        List<ExplainedMessage> messages = Explain("sink.TEST", "");
        Assert.Equal([deferred, held], messages.Select(message => message.Id));
        Assert.Equal("bob@Sink.test", Assert.Single(messages[0].Recipients).Address);
        Assert.Empty(Explain("none.test", ""));
        Assert.Empty(Explain("AAAAA1", ""));
        // A message that is gone costs no look at all the others: whoever has queued one may ask often.
        Assert.Equal(0, new Explainer(_queues, "MAILER-DAEMON", static _ => null, TimeProvider.System) { ByIdAlone = true }.Run("sink.TEST", static _ => { }));

        string logged = Put(QueueName.Deferred, Vectors.Bytes("one-of-two-done.deferred"), 600);
        Assert.True(QueueId.TryParse(logged, out QueueId id));
        _queues.MakeHashDirectories(QueueName.Defer, id);
        File.WriteAllBytes(_queues.PathOf(QueueName.Defer, id), Vectors.Bytes("one-of-two-done.deferlog"));
        ExplainedRecipient recipient = Assert.Single(Assert.Single(Explain(logged, "")).Recipients);
        Assert.NotEmpty(recipient.LastReply!);
    }

    [Fact]
    public void What_the_last_attempt_had_of_TLS_is_told_of_its_next_hop()
    {
        string id = Put(QueueName.Deferred, "R|a@sink.test", 600);
        Assert.True(QueueId.TryParse(id, out QueueId parsed));
        TlsUse use = new("verify", "may", "TLSv1.3", "TLS_AES_256_GCM_SHA384", "nobody");
        new TlsNote("sink.test", use).Write(_queues.PathOf(QueueName.Deferred, parsed));
        ExplainedMessage message = Assert.Single(Explain(id, ""));
        if (message.Recipients[0].Tls is null)
            return; // a file system without extended attributes
        Assert.Equal(use, ExplainedMessage.From(message.ToAttributes()).Recipients[0].Tls);
        Assert.Equal("TLSv1.3 with TLS_AES_256_GCM_SHA384, server verified by nobody (level may, came to verify)", use.Sentence);
    }

    [Fact]
    public void Very_many_messages_and_recipients_are_counted_but_not_all_told()
    {
        for (int i = 0; i < 103; i++)
            Put(QueueName.Deferred, "R|bob@sink.test", 600);
        Put(QueueName.Active, string.Join(';', Enumerable.Range(0, 450).Select(i => $"R|user{i}@many.test")), 0);
        List<ExplainedMessage> told = [];
        Assert.Equal(103, Explainer("").Run("sink.test", told.Add));
        Assert.Equal(100, told.Count);
        ExplainedMessage message = Assert.Single(Explain("many.test", ""));
        Assert.Equal((400, 50), (message.Recipients.Count, message.More));
    }

    [Fact]
    public void All_are_counted_by_reason_those_too_that_are_not_told()
    {
        for (int i = 0; i < 103; i++)
        {
            string text = Put(QueueName.Deferred, $"R|bob{i}@sink.test;R|eve{i}@sink.test", 600);
            Assert.True(QueueId.TryParse(text, out QueueId id));
            _queues.MakeHashDirectories(QueueName.Defer, id);
            using QueueFile file = QueueFile.Open(_queues.PathOf(QueueName.Deferred, id));
            List<Recipient> recipients = [];
            file.ReadEnvelope(recipients, 2, out _);
            RecipientLog.Append(_queues.PathOf(QueueName.Defer, id), new Outcome(recipients[0], new Dsn("4.1.1", $"450 <bob{i}@sink.test> not now")));
        }
        Put(QueueName.Hold, "R|bob@sink.test", 0);
        Explainer explainer = Explainer("away");
        Assert.Equal(104, explainer.Run("sink.test", static _ => { }));
        Assert.Equal([new WaitCount(WaitCode.Backoff, "450 <...> not now", 103, 103), new WaitCount(WaitCode.Backoff, "", 103, 103), new WaitCount(WaitCode.Held, "", 1, 1)],
            explainer.Summary.Reasons.OrderByDescending(reason => (reason.Recipients, reason.Reply.Length)));
        string shown = "";
        ListingText output = new(piece => shown += piece);
        SenderCount sender = Assert.Single(explainer.Summary.Senders);
        Assert.Equal((207, 104), (sender.Recipients, sender.Messages));
        ExplanationEnd end = ExplanationEnd.From(new ExplanationEnd(104, false) { Reasons = explainer.Summary.Reasons, Senders = [sender, new("x@y.test", 3, 2)] }.ToAttributes())!;
        ExplanationText.Write(end, output);
        output.Flush();
        Assert.Contains("\n104 messages; their recipients by reason:\n", shown, StringComparison.Ordinal);
        Assert.EndsWith("      3 in 2 messages: x@y.test\n", shown, StringComparison.Ordinal);
        Assert.Contains("    103 in 103 messages: waits for its next attempt (backoff): 450 <...> not now\n", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Mail_from_an_address_and_to_one_is_explained()
    {
        string sent = Put(QueueName.Deferred, "R|a@other.test;R|bob@sink.test", 600);
        Assert.Equal([sent], Explain("BOB@sink.test", "").Select(message => message.Id));
        Assert.Equal(["bob@sink.test"], Assert.Single(Explain("bob@sink.test", "")).Recipients.Select(recipient => recipient.Address));
        string sender = Assert.Single(Explain(sent, "")).Sender;
        Assert.Equal(["a@other.test", "bob@sink.test"], Assert.Single(Explain(sender, "")).Recipients.Select(recipient => recipient.Address));
        Assert.Empty(Explain("nobody@sink.test", ""));
    }

    [Fact]
    public void Forced_expiry_is_told()
    {
        string text = Put(QueueName.Deferred, "R|bob@sink.test", 600);
        Assert.False(Assert.Single(Explain(text, "")).IsExpired);
        Assert.True(QueueId.TryParse(text, out QueueId id));
        FileSystem.ChangeMode(_queues.PathOf(QueueName.Deferred, id), QueueFileMode.Ready | QueueFileMode.ForceExpired);
        ExplainedMessage message = Assert.Single(Explain(text, ""));
        string shown = "";
        ListingText output = new(piece => shown += piece);
        ExplanationText.Write(message, output);
        ExplanationText.WriteJson(message, output);
        output.Flush();
        Assert.Contains("; expires at its next attempt (postsuper -e)\n", shown, StringComparison.Ordinal);
        Assert.Contains("\"forced_expire\": true", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void People_and_programs_can_read_it()
    {
        string id = Put(QueueName.Active, "R|bob@sink.test", 0);
        ExplainedMessage message = Assert.Single(Explain(id, "known code=delivering process=4711 transport=smtp next_hop=[mx\u0007.test] window=5 busy=2 waiting=3 concurrency_limit=20"));
        string text = "";
        ListingText output = new(piece => text += piece);
        ExplanationText.Write(message, output);
        output.Flush();
        Assert.Contains($"{id}: active, ", text, StringComparison.Ordinal);
        Assert.Contains("  bob@sink.test: being delivered by process 4711 (delivering)\n"
            + "    goes by: smtp, next hop [mx?.test]; 2 of 5 deliveries (limit 20) under way, 3 waiting\n", text, StringComparison.Ordinal);
        text = "";
        ExplanationText.WriteJson(message, output);
        JsonElement recipient = Assert.Single(JsonDocument.Parse(text).RootElement.GetProperty("recipients").EnumerateArray());
        Assert.Equal(["address", "code", "transport", "next_hop", "window", "busy", "waiting", "concurrency_limit", "recipient_limit", "process_limit", "process"],
            recipient.EnumerateObject().Select(property => property.Name));
    }

    private List<ExplainedMessage> Explain(string what, string says)
    {
        List<ExplainedMessage> told = [];
        // Over the line and back, as the command gets it.
        Explainer(says).Run(what, message => told.Add(ExplainedMessage.From(message.ToAttributes())));
        return told;
    }

    // says: "away", "known", "full", and NAME=VALUE of each recipient.
    private Explainer Explainer(string says)
    {
        string[] words = says.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new Explainer(_queues, "MAILER-DAEMON", question =>
        {
            if (words.Contains("away"))
                return null;
            Dictionary<string, string> values = words.Where(word => word.Contains('=', StringComparison.Ordinal)).Select(word => word.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
            long Number(string name) => long.Parse(values.GetValueOrDefault(name, "0"), CultureInfo.InvariantCulture);
            WaitState state = new(values.GetValueOrDefault("transport", ""), values.GetValueOrDefault("next_hop", ""))
            {
                Code = WaitCodes.Parse(values.GetValueOrDefault("code")),
                Left = values.ContainsKey("left") ? Number("left") : null,
                Process = (int)Number("process"),
                Load = values.ContainsKey("window") ? new NextHopLoad(Number("window"), Number("busy"), Number("waiting"), Number("concurrency_limit"), 50, 100) : null,
            };
            WaitAnswer answer = new(words.Contains("known"), words.Contains("full"), [.. question.Addresses.Select(_ => state)]);
            // As it comes through the socket.
            return WaitAnswer.From(answer.ToAttributes());
        }, TimeProvider.System)
        { HasRoom = () => !words.Contains("short") };
    }

    private string Put(QueueName queue, string records, int seconds) => Put(queue, QueueFileTests.Message(records, records.Split(';').Length), seconds);

    private string Put(QueueName queue, byte[] content, int seconds)
    {
        using NewQueueFile file = NewQueueFile.Create(_queues, queue, longId: true);
        FileSystem.WriteAt(file.Handle, content, 0);
        file.Commit(queue == QueueName.Corrupt ? QueueFileMode.Corrupt : QueueFileMode.Ready);
        FileSystem.TrySetTime(_queues.PathOf(queue, file.Id), (DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds) * 1_000_000_000);
        return file.Id.ToString();
    }
}
