using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Listing;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Notices;
using PostfixNet.Postqueue;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postqueue;

public sealed class ListingTests : QueueListingTest
{
    private const long Arrival = 1_795_240_255;
    private static readonly string s_date = PostfixNet.Mail.MailTime.ListingDate(Arrival);

    [Fact]
    public void The_table_has_the_columns_of_mailq()
    {
        const string Same = "host mx.q.test[127.0.0.41] said: 451 4.3.0 same reason for all (in reply to RCPT TO command)";
        string text = Table(false, output =>
        {
            Message(output, new ListedMessage("active", "74A84B304A9", Arrival, 255, false, "a@origin.test"), ("h@hang.test", null), ("h2@hang.test", null));
            Message(output, new ListedMessage("deferred", "56125B30414", Arrival, 255, false, "a@origin.test"),
                ("ml@q.test", "host mx.q.test[127.0.0.41] said: 450-4.2.0 first line 450-4.2.0 second line 450 4.2.0 third line (in reply to RCPT TO command)"),
                ("same1@q.test", Same), ("same2@q.test", Same));
            Message(output, new ListedMessage("hold", "6F5C1B304A8", Arrival, 255, true, "MAILER-DAEMON"),
                ("\"a b\"@refused.test", "connect to mx.refused.test[127.0.0.99]:25: Connection refused"), ("c@refused.test", null));
            Message(output, new ListedMessage("deferred", "AAB18B304AC", Arrival, 9490260, true, "big\u0007\udc80@origin.test"), ("same9@q.test", null));
        });
        Assert.Equal($"""
            -Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
            74A84B304A9*     255 {s_date}  a@origin.test
                                                     h@hang.test
                                                     h2@hang.test

            56125B30414     255 {s_date}  a@origin.test
            (host mx.q.test[127.0.0.41] said: 450-4.2.0 first line 450-4.2.0 second line 450 4.2.0 third line (in reply to RCPT TO command))
                                                     ml@q.test
            ({Same})
                                                     same1@q.test
                                                     same2@q.test

            6F5C1B304A8!#     255 {s_date}  MAILER-DAEMON
                           (connect to mx.refused.test[127.0.0.99]:25: Connection refused)
                                                     "a b"@refused.test
                                                                      (reason unavailable)
                                                     c@refused.test

            AAB18B304AC# 9490260 {s_date}  big??@origin.test
                                                     same9@q.test

            -- 9268 Kbytes in 4 Requests.

            """, text);
    }

    [Fact]
    public void Long_ids_have_wider_columns()
    {
        string text = Table(true, output =>
            Message(output, new ListedMessage("deferred", "4jWhRP4YSKz1jQ9J", Arrival, 256, false, "alice@dsnorig.test"), ("lq@q.test", "deferred transport")));
        Assert.Equal($"""
            ----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------
            4jWhRP4YSKz1jQ9J       256 {s_date} alice@dsnorig.test
                                                                      (deferred transport)
                                                           lq@q.test

            -- 0 Kbytes in 1 Request.

            """, text);
    }

    [Fact]
    public void An_empty_queue_says_so()
    {
        Assert.Equal("Mail queue is empty\n", Table(true, _ => { }));
        Assert.Equal("", Json(_ => { }));
    }

    [Fact]
    public void Json_has_the_spelling_of_Postfix()
    {
        string text = Json(output =>
        {
            Message(output, new ListedMessage("deferred", "90906B2A712", 1795239259, 285, false, "alice@origin.test"),
                ("bob@dead.test", "connect to mx.dead.test[127.0.0.99]:25: Connection refused"), ("\"a b\"@sink.test", null));
            Message(output, new ListedMessage("active", "74A84B304A9", 1795240255, 255, true, "MAILER-DAEMON"), ("é\"\\\b\f\n\r\t\u0001\u007f\udcff@x", null));
        });
        Assert.Equal("""
            {"queue_name": "deferred", "queue_id": "90906B2A712", "arrival_time": 1795239259, "message_size": 285, "forced_expire": false, "sender": "alice@origin.test", "recipients": [{"address": "bob@dead.test", "delay_reason": "connect to mx.dead.test[127.0.0.99]:25: Connection refused"}, {"address": "\"a b\"@sink.test"}]}
            {"queue_name": "active", "queue_id": "74A84B304A9", "arrival_time": 1795240255, "message_size": 255, "forced_expire": true, "sender": "MAILER-DAEMON", "recipients": [{"address": "é\"\\\b\f\n\r\t\u0001\u007F?@x"}]}

            """, text);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonDocument.Parse(line).Dispose());
    }

    [Fact]
    public void The_queue_is_listed_in_Postfix_order_with_the_reasons_of_the_logs()
    {
        string dropped = Put(QueueName.Maildrop, Vectors.Bytes("one-rcpt.maildrop"), QueueFileMode.Submitted);
        string held = Put(QueueName.Hold, Vectors.Bytes("null-sender-deferred.deferred"));
        string deferred = Put(QueueName.Deferred, Vectors.Bytes("one-of-two-done.deferred"), QueueFileMode.Ready | QueueFileMode.ForceExpired);
        PutLog(QueueName.Defer, deferred, "one-of-two-done.deferlog");
        string active = Put(QueueName.Active, Vectors.Bytes("partly-done.active"));
        PutLog(QueueName.Bounce, active, "partly-done.bouncelog");
        string incoming = Put(QueueName.Incoming, Vectors.Bytes("milter-edited.deferred"));
        Put(QueueName.Incoming, Vectors.Bytes("one-rcpt.incoming"), QueueFileMode.Building);
        Put(QueueName.Incoming, []);
        Put(QueueName.Incoming, "garbage"u8.ToArray());

        JsonElement[] json = List();
        Assert.Equal([("maildrop", dropped), ("active", active), ("incoming", incoming), ("deferred", deferred), ("hold", held)],
            json.Select(m => (m.GetProperty("queue_name").GetString()!, m.GetProperty("queue_id").GetString()!)));
        Assert.Equal([false, false, false, true, false], json.Select(m => m.GetProperty("forced_expire").GetBoolean()));
        Assert.Equal("MAILER-DAEMON", json[4].GetProperty("sender").GetString());
        Assert.Equal(new FileInfo(Vectors.PathOf("one-rcpt.maildrop")).Length, json[0].GetProperty("message_size").GetInt64());
        Assert.Equal(295, json[2].GetProperty("message_size").GetInt64());
        Assert.Equal(["keep@q.test", "extra@q.test"], Addresses(json[2])); // not the cancelled one

        // The recipient that is done is not listed; the other one once, with its reason.
        JsonElement only = Assert.Single(json[3].GetProperty("recipients").EnumerateArray());
        Outcome logged = Assert.Single(RecipientLog.ReadUnlocked(Vectors.PathOf("one-of-two-done.deferlog"), DsnClass.Transient));
        Assert.Equal((logged.Recipient.Address, logged.Dsn.Reason), (only.GetProperty("address").GetString(), only.GetProperty("delay_reason").GetString()));
        Assert.Equal(["h@hang.test"], Addresses(json[1])); // those that failed are done too
    }

    [Fact]
    public void A_log_that_cannot_be_opened_hides_nothing()
    {
        string one = Put(QueueName.Deferred, QueueFileTests.Message("R|a@x", 1)), other = Put(QueueName.Deferred, QueueFileTests.Message("R|b@x", 1));
        Assert.True(QueueId.TryParse(one, out QueueId id));
        Queues.MakeHashDirectories(QueueName.Defer, id);
        File.CreateSymbolicLink(Queues.PathOf(QueueName.Defer, id), "/nowhere");
        Assert.Equal([one, other], List().Select(static message => message.GetProperty("queue_id").GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void All_samples_are_listed_as_Postfix_lists_them()
    {
        int number = 0x10000;
        foreach (string name in Vectors.QueueFileNames())
        {
            Assert.True(QueueDirectories.TryParse(Path.GetExtension(name)[1..], out QueueName queue));
            Assert.True(QueueId.TryParse($"{++number:X}B2A7B8", out QueueId id));
            Queues.MakeHashDirectories(queue, id);
            File.WriteAllBytes(Queues.PathOf(queue, id), Vectors.Bytes(name));
            FileSystem.ChangeMode(Queues.PathOf(queue, id), QueueFileMode.Ready);
            string log = Path.ChangeExtension(name, ".deferlog");
            if (File.Exists(Vectors.PathOf(log)))
                PutLog(QueueName.Defer, id.ToString(), log);
        }
        string[] want = File.ReadAllLines(Vectors.PathOf("../listing/postqueue-j.txt")); // by postqueue -j of Postfix 3.7.11
        string[] got = Json(output => new QueueListing(Queues, "MAILER-DAEMON").Run(output)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(got.Where(line => line.Contains("\"deferred\"", StringComparison.Ordinal)), line => Assert.Matches("], \"next_attempt\": [0-9]+}$", line));
        Assert.All(got.Where(line => line.Contains("delay_reason", StringComparison.Ordinal)), line => Assert.Matches("\"reason_code\": \"4[.0-9]+\"}", line));
        // What Postfix does not tell stands behind all that it tells.
        got = [.. got.Select(line => Regex.Replace(line, "(, \"reason_code\": \"[.0-9]+\")(?=})|(?<=]), \"next_attempt\": [0-9]+(?=}$)", ""))];
        Assert.Equal(want.Order(StringComparer.Ordinal), got.Order(StringComparer.Ordinal)); // the order within a queue is the directory's
        string[] queues = [.. got.Select(line => line.Split('"')[3])];
        Assert.Equal(["maildrop", "active", "incoming", "deferred", "hold"], queues.Distinct());
        Assert.Equal(queues.Length, queues.Zip(queues.Skip(1)).Count(pair => pair.First == pair.Second) + 5);
    }

    [Fact]
    public void A_log_of_another_message_is_not_believed()
    {
        string id = Put(QueueName.Deferred, Vectors.Bytes("one-rcpt.incoming"));
        PutLog(QueueName.Defer, id, "null-sender-deferred.deferlog"); // its offset holds no recipient here
        Assert.Equal(["bob@sink.test"], Addresses(Assert.Single(List())));
    }

    [Fact]
    public void Many_recipients_are_all_listed_once()
    {
        string records = string.Join(';', Enumerable.Range(0, 1500).Select(i => $"R|user{i}@x"));
        Put(QueueName.Deferred, QueueFileTests.Message(records, 1500));
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => $"user{i}@x"), Addresses(Assert.Single(List())));
        // and over the channel, in pieces
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => $"user{i}@x"), Addresses(Assert.Single(ListByChannel())));
    }

    [Fact]
    public void The_service_says_the_same_as_the_files()
    {
        Assert.Empty(ListByChannel());
        string deferred = Put(QueueName.Deferred, Vectors.Bytes("five-rcpts.deferred"));
        PutLog(QueueName.Defer, deferred, "five-rcpts.deferlog");
        Put(QueueName.Active, Vectors.Bytes("quoted-utf8.deferred"));
        JsonElement[] files = List();
        Assert.Equal(files.Select(m => m.ToString()), ListByChannel().Select(m => m.ToString()));
        Assert.Equal(5, Addresses(files[1]).Length);
        Assert.All(files[1].GetProperty("recipients").EnumerateArray(), r => Assert.True(r.TryGetProperty("delay_reason", out _)));
    }

    // S1-40
    [Fact]
    public void A_message_that_moves_during_the_listing_is_listed_once()
    {
        string id = Put(QueueName.Active, Vectors.Bytes("one-rcpt.incoming"));
        Assert.True(QueueId.TryParse(id, out QueueId parsed));
        List<string> queues = [];
        new QueueListing(Queues, "MAILER-DAEMON").Run(new Observer(message =>
        {
            queues.Add(message.Queue);
            Queues.Move(parsed, QueueName.Active, QueueName.Deferred);
        }));
        Assert.Equal(["active"], queues);
    }

    // S1-40
    [Fact]
    public void A_listing_that_breaks_off_is_an_error()
    {
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        using Channel client = new(ours, "showq", TimeSpan.FromSeconds(5));
        using (Channel server = new(theirs, "client", TimeSpan.FromSeconds(5)))
            Message(new ListingSender(server), new ListedMessage("active", "A", 1, 1, false, "s"), ("r", null));
        Assert.Throws<IpcException>(() => ListingReceiver.Run(client, new JsonListing(new ListingText(_ => { }))));
    }

    // S3-10, S5-07
    // B26: chmod -R has made it invisible in Postfix, and the queue "empty".
    [Theory]
    [InlineData(QueueName.Deferred, 0x1A4, true)] // 0644
    [InlineData(QueueName.Hold, 0x180, true)] // 0600
    [InlineData(QueueName.Incoming, 0x180, false)] // being written
    [InlineData(QueueName.Deferred, QueueFileMode.Corrupt, false)]
    public void Mail_whose_mode_was_changed_is_listed_with_what_is_to_do(QueueName queue, int mode, bool isListed)
    {
        Put(queue, Vectors.Bytes("one-rcpt.incoming"), mode);
        string[] reasons = [.. List().Select(message => message.GetProperty("recipients")[0].GetProperty("delay_reason").GetString()!)];
        Assert.Equal(isListed ? [$"not delivered: mode {Convert.ToString(mode, 8)} of its file, not 700; \"postsuper -s\" repairs it"] : [], reasons);
    }

    // Review 6: each would become two texts and a pair, in a service that reads what users write.
    [Fact]
    public void Attributes_that_nobody_asks_for_take_no_memory_in_a_listing()
    {
        using QueueFile file = new(FileSystem.Open(Folder.File("users", QueueFileTests.Message(string.Concat(Enumerable.Repeat("A|a=b;", 100_000)) + "R|a@b.test", 1))), 1000, followPointers: false);
        Assert.Empty(file.ReadWhatIsThere([], 10, out _).Attributes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        file.ReadWhatIsThere([], 10, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Users_files_that_are_very_large_are_neither_listed_nor_explained(bool isLarge)
    {
        string id = Put(QueueName.Maildrop, Vectors.Bytes("one-rcpt.incoming"));
        Assert.True(QueueId.TryParse(id, out QueueId parsed));
        using (FileStream file = File.OpenWrite(Queues.PathOf(QueueName.Maildrop, parsed)))
            file.SetLength(isLarge ? (64L << 20) + 1 : file.Length);
        Assert.Equal(isLarge ? 0 : 1, List().Length);
        Assert.Equal(isLarge ? 0 : 1, new Explainer(Queues, "", static _ => null, TimeProvider.System).Run(id, static _ => { }));
    }

    [Theory]
    [InlineData("q.test", true)]
    [InlineData("b\u00fccher.test", true)]
    [InlineData("b\ufffdcher.test", false)]
    [InlineData("b\u0085.test", false)]
    [InlineData("[192.0.2.1]", true)]
    [InlineData("[q.test]", true)]
    [InlineData("bad_domain..x", false)]
    [InlineData("", false)]
    [InlineData("-x.test", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    public void Sites_are_host_names(string site, bool want) => Assert.Equal(want, SiteName.IsValid(site));

    [Fact]
    public void A_reader_who_has_seen_enough_ends_the_listing()
    {
        Put(QueueName.Active, Vectors.Bytes("many-rcpts.incoming"));
        TableListing table = new(new ListingText(_ => throw new ListingClosedException(new SystemCallException("write", 32))), true);
        ListingClosedException e = Assert.Throws<ListingClosedException>(() =>
        {
            for (int i = 0; i < 1000; i++)
                new QueueListing(Queues, "MAILER-DAEMON").Run(table);
        });
        Assert.True(e.IsReaderGone);
    }

    private static void Message(IListingOutput output, ListedMessage message, params (string Address, string? Reason)[] recipients)
    {
        output.Begin(message);
        foreach ((string address, string? reason) in recipients)
            output.Recipient(new ListedRecipient(address, reason));
        output.EndMessage();
    }

    // S3-07
    [Fact]
    public void The_earliest_next_attempt_goes_first_when_that_is_asked_for()
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string held = Put(QueueName.Hold, QueueFileTests.Message("R|a@x", 1)), late = At(now + 900), early = At(now + 300), same = At(now + 300), incoming = Put(QueueName.Incoming, QueueFileTests.Message("R|a@x", 1));
        PutLog(QueueName.Defer, early, "one-of-two-done.deferlog"); // was tried; the other of that time was not
        string strange = Put(QueueName.Deferred, QueueFileTests.Message("R|a@x", 1));
        List<string> order = [];
        new QueueListing(Queues, "MAILER-DAEMON") { ByNextAttempt = true }.Run(new Observer(message => order.Add(message.Id)));
        Assert.Equal([same, early, late], order.Where(id => id == same || id == early || id == late));
        Assert.Equal(held, order[^1]);
        Assert.Contains(incoming, order[..2]);
        Assert.Equal(6, order.Count);
        _ = strange;

        string At(long seconds)
        {
            string id = Put(QueueName.Deferred, QueueFileTests.Message("R|a@x", 1));
            Assert.True(QueueId.TryParse(id, out QueueId parsed));
            FileSystem.TrySetTime(Queues.PathOf(QueueName.Deferred, parsed), seconds * 1_000_000_000);
            return id;
        }
    }

    [Fact]
    public void An_ordered_listing_needs_little_memory()
    {
        AttemptOrder order = new(100_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AttemptOrder measured = new(100_000);
        long used = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(used, 1, 64 * 100_000);
        Random random = new(1);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(QueueId.TryParse($"4jWhRP4YSKz{i:00000}", out QueueId id));
            measured.Add(i % 2 == 0 ? QueueName.Deferred : QueueName.Hold, id, random.Next(50), random.Next(3));
        }
        (QueueName Queue, QueueId Id)[] sorted = [.. measured.Sorted()];
        Assert.Equal(1000, sorted.Distinct().Count());
        Assert.All(sorted, found => Assert.Equal(int.Parse(found.Id.ToString()[11..], CultureInfo.InvariantCulture) % 2 == 0 ? QueueName.Deferred : QueueName.Hold, found.Queue));
        _ = order;
    }

    [Fact]
    public void Attempts_routes_and_codes_are_told_behind_the_rest()
    {
        string id = Put(QueueName.Deferred, Vectors.Bytes("five-rcpts.deferred"));
        PutLog(QueueName.Defer, id, "five-rcpts.deferlog");
        Assert.True(QueueId.TryParse(id, out QueueId parsed));
        string path = Queues.PathOf(QueueName.Deferred, parsed);
        FileSystem.TrySetTime(path, 2_000_000_000_000_000_000);
        AttemptCount.Note(path, 7);
        string text = Json(output => new QueueListing(Queues, "MAILER-DAEMON") { Routes = new Routes() }.Run(output));
        Assert.Matches(", \"delay_reason\": \"[^\"]+\", \"reason_code\": \"4[.0-9]+\", \"transport\": \"relay\", \"next_hop\": \"of [^\"]+\"}", text);
        JsonElement message = Assert.Single(Parse(text));
        Assert.Equal(2_000_000_000, message.GetProperty("next_attempt").GetInt64());
        // A file system that keeps no attributes keeps no count.
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = FileSystem.Open(path);
        Assert.Equal(AttemptCount.Of(file) == 7, message.TryGetProperty("attempts", out JsonElement attempts) && attempts.GetInt32() == 7);
    }

    private sealed class Routes : PostfixNet.Selection.IRoutes
    {
        public void Prepare(IReadOnlyList<(string Sender, string Address)> pairs)
        {
        }

        public PostfixNet.Delivery.MailRoute? RouteOf(string sender, string address) => new("relay", $"of {address}");
    }

    [Fact]
    public void Only_what_a_filter_means_is_listed()
    {
        Put(QueueName.Deferred, QueueFileTests.Message("R|bob@sink.test", 1));
        string two = Put(QueueName.Hold, QueueFileTests.Message("R|bob@sink.test;R|eve@other.test", 2));
        foreach ((string filter, int count) in ((string, int)[])[("recipient=bob@*", 2), ("domain=other.test", 1), ("state=hold and recipients=2", 1), ("not domain=sink.test", 0)])
        {
            List<string> ids = [];
            new QueueListing(Queues, "MAILER-DAEMON") { Filter = PostfixNet.Selection.Filter.Parse(filter) }.Run(new Observer(message => ids.Add(message.Id)));
            Assert.Equal(count, ids.Count);
            Assert.All(ids.Where(_ => count == 1), id => Assert.Equal(two, id));
        }
    }

    [Theory]
    [InlineData("-p", "--match", "age>1h", null)]
    [InlineData("-f", "--match", "age>1h", null)]
    [InlineData("-j", "--by-next-attempt", "--match=age>1h", null)]
    [InlineData("-iA", "--match", "age>1h", "--match goes with -p, -j and -f")]
    [InlineData("-xA", "--match", "age>1h", "--match goes with -p, -j and -f")]
    [InlineData("-f", "--by-next-attempt", "", "--by-next-attempt goes with -p and -j")]
    public void The_letters_take_a_filter(string letter, string one, string two, string? problem)
    {
        PostqueueVerb? verb = Letters.Parse([letter, .. two.Length > 0 ? (string[])[one, two] : [one]], out string? found);
        Assert.Equal(problem, found);
        if (problem is null)
            Assert.Equal("age>1h", Assert.Single(verb!.Filter!));
    }

    private static string Table(bool longIds, Action<IListingOutput> fill)
    {
        string result = "";
        TableListing table = new(new ListingText(text => result += text), longIds);
        fill(table);
        table.End();
        return result;
    }

    private JsonElement[] ListByChannel()
    {
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        using Channel client = new(ours, "showq", TimeSpan.FromSeconds(20));
        Thread service = new(() =>
        {
            using Channel server = new(theirs, "client", TimeSpan.FromSeconds(20));
            new ShowqService(Queues, "MAILER-DAEMON", Anybody, _ => { }, new PostfixNet.Postqueue.Log(new LogRecord())).Serve(server);
        });
        service.Start();
        client.Send(new ShowqRequest.List().ToAttributes());
        string text = Json(output => ListingReceiver.Run(client, output));
        client.Socket.FinishWriting();
        service.Join();
        return Parse(text);
    }

    private static string[] Addresses(JsonElement message) =>
        [.. message.GetProperty("recipients").EnumerateArray().Select(r => r.GetProperty("address").GetString()!)];

    private sealed class Observer(Action<ListedMessage> see) : IListingOutput
    {
        public void Begin(ListedMessage message) => see(message);

        public void Recipient(in ListedRecipient recipient)
        {
        }

        public void EndMessage()
        {
        }
    }
}
