using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Dns;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Smtpd;
using PostfixNet.UnitTests.Queue;
using SmtpdLog = PostfixNet.Smtpd.Log;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>What strangers do, or services that are silent, keeps nobody else from his mail.</summary>
public sealed class StrangersTests
{
    /// <summary>Knows no names, and of addresses only after a while.</summary>
    private sealed class SlowAboutAddresses(ManualResetEventSlim gate) : IResolver
    {
        internal int Asked;

        public DnsReply Query(string name, DnsType type)
        {
            Interlocked.Increment(ref Asked);
            gate.Wait();
            return new DnsReply(DnsStatus.NotFound, [], name, false);
        }

        public IReadOnlyList<DnsReply> Query(string name, ReadOnlySpan<DnsType> types) =>
            [.. types.ToArray().Select(_ => new DnsReply(DnsStatus.NotFound, [], name, false))];
    }

    [Fact]
    public void Their_names_take_no_turn_of_those_who_are_past_the_greeting()
    {
        using ManualResetEventSlim gate = new();
        SlowAboutAddresses names = new(gate);
        using SmtpdRig rig = new("smtpd_sender_restrictions = 'reject_unknown_sender_domain'\nmynetworks = '127.0.0.1/32'\nsmtpd_delay_reject = false\nsmtpd_client_connection_count_limit = 0") { Resolver = names };
        try
        {
            for (int i = 0; i < 40; i++)
                rig.Connect(readsGreeting: false, from: $"127.0.1.{i + 1}");
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref names.Asked) == 10, TimeSpan.FromSeconds(20)));
            Assert.Contains("4.1.8 <a@b.test>: Sender address rejected: Domain not found", rig.Talk("EHLO c.test", "MAIL FROM:<a@b.test>"), StringComparison.Ordinal);
            Assert.Equal(10, Volatile.Read(ref names.Asked));
        }
        finally
        {
            gate.Set();
        }
    }

    [Fact]
    public void Of_one_address_one_lookup_is_under_way()
    {
        using ManualResetEventSlim gate = new();
        SlowAboutAddresses names = new(gate);
        using SmtpdRig rig = new("smtpd_client_connection_count_limit = 0") { Resolver = names };
        SmtpdClient[] clients = [.. Enumerable.Range(0, 20).Select(_ => rig.Connect(readsGreeting: false, from: "127.0.1.1"))];
        // One of this host is served after all that came before it.
        rig.Talk("QUIT");
        gate.Set();
        Assert.All(clients, static client => Assert.StartsWith("220 ", client.Reply(), StringComparison.Ordinal));
        Assert.Equal(1, names.Asked);
    }

    [Fact]
    public async Task Those_who_waited_for_a_silent_anvil_wait_no_more_once_that_is_known()
    {
        using TemporaryDirectory directory = new();
        using EventLoop loop = new();
        string path = $"{directory.Path}/anvil";
        using Descriptor listener = Descriptor.ListenUnix(path, 0x180);
        List<Descriptor> connections = [];
        using EventLoop.Watch watch = loop.Add(listener, Readiness.Readable, _ =>
        {
            if (listener.TryAccept() is { } connection)
                connections.Add(connection);
        });
        LogRecord record = new();
        using ClientEvents events = new(loop, path, new ClientLimits(1, 0, 0, 0, 0, 0, 32, 84), "smtpd", static _ => false, new SmtpdLog(record, false));
        SmtpdOptions options = SmtpdOptions.Read(MainConfig.FromText("myhostname = 'mx.golden.test'"));
        Task all = Task.CompletedTask;
        Thread thread = new(() =>
        {
            loop.Soon(() => all = Run());
            loop.Run();
        });
        thread.Start();
        thread.Join();
        await all;
        Assert.Single(connections);
        connections.ForEach(static connection => connection.Dispose());

        async Task Run()
        {
            Task<Reply?>[] sessions = [.. Enumerable.Range(0, 5).Select(i => events.Connect(new Session(null!, new ClientInfo { Address = IPAddress.Parse($"192.0.2.{i}") }), options).AsTask())];
            foreach (Task<Reply?> session in sessions)
                Assert.Null(await session);
            loop.Stop();
        }
    }
}
