using System.Text;
using System.Text.Json;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Postqueue;
using PostfixNet.Queue;
using PostfixNet.Service;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Postqueue;

/// <summary>What the service showq does for whom.</summary>
public sealed class ShowqServiceTests : QueueListingTest
{
    [Theory] // queue, where it is then
    [InlineData("deferred", "incoming")]
    [InlineData("hold", "hold")]
    [InlineData("none", "")]
    public void One_message_is_flushed_as_Postfix_does(string queue, string where)
    {
        string id = "AAAAA1";
        if (QueueDirectories.TryParse(queue, out QueueName name))
            id = Put(name, Vectors.Bytes("one-rcpt.incoming"), QueueFileMode.Ready | QueueFileMode.ForceExpired);
        Assert.True(QueueId.TryParse(id, out QueueId parsed));
        if (queue != "none")
            FileSystem.TrySetTime(Queues.PathOf(name, parsed), 4_000_000_000_000_000_000);
        int wakes = 0;
        Assert.NotNull(Flush(new ShowqRequest.FlushOne(id), _ => wakes++).Count);
        Assert.Equal(where, Queues.Locate(parsed) is { } now ? QueueDirectories.NameOf(now) : "");
        if (where == "incoming")
        {
            FileStatus file = FileSystem.Status(Queues.PathOf(QueueName.Incoming, parsed))!.Value;
            Assert.Equal("1750", Convert.ToString(file.Mode, 8));
            Assert.InRange(file.ModifiedSeconds, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        }
        Assert.Equal(where == "incoming" ? 1 : 0, wakes);
    }

    // S3-10
    [Fact]
    public void The_mail_of_one_site_is_flushed()
    {
        string[] wanted = [Put(QueueName.Deferred, QueueFileTests.Message("R|a@one.test", 1)), Put(QueueName.Deferred, QueueFileTests.Message("R|b@two.test;R|a@One.Test", 2))];
        string records = string.Join(';', Enumerable.Range(0, 500).Select(i => $"R|user{i}@many.test"));
        string many = Put(QueueName.Deferred, QueueFileTests.Message(records + ";R|last@one.test", 501));
        Put(QueueName.Deferred, QueueFileTests.Message("R|a@sub.one.test", 1));
        Put(QueueName.Deferred, QueueFileTests.Message("R|b@two.test;D|a@one.test", 2)); // has it already
        Put(QueueName.Deferred, "garbage"u8.ToArray());
        Put(QueueName.Hold, QueueFileTests.Message("R|a@one.test", 1));
        List<string> triggers = [];
        Assert.Equal(3, Flush(new ShowqRequest.FlushSite("one.TEST"), triggers.Add).Count);
        Assert.Equal([.. wanted.Append(many).Order()], Queues.Scan(QueueName.Incoming).Select(id => id.ToString()).Order());
        Assert.All(Queues.ScanEntries(QueueName.Incoming), entry => Assert.Equal("740", Convert.ToString(FileSystem.Status(entry.Path)!.Value.Mode, 8)));
        Assert.Equal(3, Queues.Scan(QueueName.Deferred).Count());
        Assert.Equal(["I"], triggers);
    }

    [Fact]
    public void Everything_is_flushed()
    {
        List<string> triggers = [];
        Assert.NotNull(Flush(new ShowqRequest.FlushAll(), triggers.Add).Count);
        Assert.Equal(["FADI"], triggers);
    }

    [Theory] // authorized_..._users, user number, allowed
    [InlineData("static:anyone", 54321, true)]
    [InlineData("", 54321, false)]
    [InlineData("!unknown static:anyone", 54321, false)]
    [InlineData("", 0, true)]
    [InlineData("root", 54321, false)]
    public void Users_may_do_what_the_configuration_says(string list, uint uid, bool allowed)
    {
        string? Refusal(string lists, Func<QueueRights, string?> asked) => asked(QueueRights.Of(MainConfig.FromText(lists)));
        string? listing = Refusal($"authorized_mailq_users = '{list}'\nauthorized_flush_users = []", rights => rights.RefuseListing(uid));
        string? flush = Refusal($"authorized_flush_users = '{list}'\nauthorized_mailq_users = []", rights => rights.RefuseFlush(uid));
        Assert.Equal(allowed ? null : $"User unknown({uid}) is not allowed to view the mail queue", listing);
        Assert.Equal(allowed ? null : $"User unknown({uid}) is not allowed to flush the mail queue", flush);
    }

    [Theory]
    [InlineData("../active/X")]
    [InlineData("")]
    public void A_bad_id_is_refused_by_the_service_too(string id) =>
        Assert.Null(Flush(new ShowqRequest.FlushOne(id), _ => { }).Count);

    [Fact]
    public void Unknown_requests_end_the_conversation()
    {
        Assert.Throws<IpcException>(() => Ask(new AttributeList().Add("request", "delete"), _ => { }));
        Assert.Throws<IpcException>(() => Ask(new AttributeList(), _ => { }));
    }

    // Newcomer 10: Postfix's own postqueue, and prometheus-postfix-exporter, connect and wait for the service to speak.
    [Fact]
    public void Who_says_nothing_is_told_the_queue_as_by_Postfix()
    {
        string id = Put(QueueName.Deferred, Vectors.Bytes("one-of-two-done.deferred"), QueueFileMode.Ready | QueueFileMode.ForceExpired);
        PutLog(QueueName.Defer, id, "one-of-two-done.deferlog");
        JsonElement listed = Assert.Single(List());
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        using (ours)
        {
            using (Channel server = new(theirs, "client", TimeSpan.FromSeconds(5)))
                new ShowqService(Queues, "MAILER-DAEMON", Anybody, static _ => { }, new PostfixNet.Postqueue.Log(new LogRecord())).Serve(server);
            byte[] said = new byte[100_000];
            int length = 0;
            for (int n = 1; n > 0; length += n)
                n = Math.Max(0, ours.Read(said.AsSpan(length)));
            JsonElement recipient = listed.GetProperty("recipients")[0];
            Assert.Equal(["protocol", "mail_queue_list_protocol", "", "queue_name", "deferred", "queue_id", id, "time", listed.GetProperty("arrival_time").ToString(),
                "size", listed.GetProperty("message_size").ToString(), "forced_expire", "1", "sender", listed.GetProperty("sender").GetString()!,
                "recipient", recipient.GetProperty("address").GetString()!, "reason", recipient.GetProperty("delay_reason").GetString()!, "", "", ""],
                Encoding.UTF8.GetString(said, 0, length).Split('\0'));
        }
    }

    [Fact]
    public void Who_may_list_the_queue_may_have_it_counted()
    {
        Put(QueueName.Deferred, Vectors.Bytes("one-rcpt.incoming"));
        Put(QueueName.Corrupt, "garbage"u8.ToArray());
        QueueCounts counts = QueueCountsAnswer.From(Ask(new ShowqRequest.Counts().ToAttributes(), static _ => { })!);
        Assert.Equal(QueueCounts.Of(Queues).All, counts.All);
        Assert.Equal((1, 1, 0), (counts.Of(QueueName.Deferred).Messages, counts.Of(QueueName.Corrupt).Messages, counts.Of(QueueName.Hold).Messages));
        // No queue manager, no answer; and never a wrong one.
        Assert.Null(Ask(new ShowqRequest.Destinations().ToAttributes(), static _ => { }));
    }

    // What others wrote is not for everybody.
    [Theory]
    [InlineData("header:Subject~x", true)]
    [InlineData("message-id=x", true)]
    [InlineData("sender=x", false)]
    public void Headers_are_for_the_owner_of_the_queue(string filter, bool isForOwner)
    {
        Assert.Null(ShowqService.RefuseFilter(new ShowqRequest.List(filter), Users.EffectiveUid));
        Assert.Null(ShowqService.RefuseFilter(new ShowqRequest.FlushMatch(filter), 0));
        Assert.Equal(isForOwner, ShowqService.RefuseFilter(new ShowqRequest.List(filter), Users.EffectiveUid + 4711) is not null);
        Assert.Equal(isForOwner, ShowqService.RefuseFilter(new ShowqRequest.FlushMatch(filter), Users.EffectiveUid + 4711) is not null);
        Assert.NotNull(ShowqService.RefuseFilter(new ShowqRequest.List("sender"), 0));
    }

    private FlushReply Flush(ShowqRequest request, Action<string> trigger) => FlushReply.From(Ask(request.ToAttributes(), trigger)!);

    private AttributeList? Ask(AttributeList request, Action<string> trigger)
    {
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        using Channel client = new(ours, "showq", TimeSpan.FromSeconds(5));
        client.Send(request);
        client.Socket.FinishWriting();
        using (Channel server = new(theirs, "client", TimeSpan.FromSeconds(5)))
            new ShowqService(Queues, "MAILER-DAEMON", Anybody, requests => trigger(Encoding.ASCII.GetString(requests)), new PostfixNet.Postqueue.Log(new LogRecord())).Serve(server);
        return client.Receive();
    }
}
