using PostfixNet.Anvil;
using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.UnitTests.Anvil;

/// <summary>What is counted of clients.</summary>
public sealed class AnvilTests
{
    private sealed class Clock : TimeProvider
    {
        internal TimeSpan Passed { get; set; }

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 11, 26, 10, 0, 0, TimeSpan.Zero) + Passed;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override long GetTimestamp() => Passed.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    }

    private static ClientEvent Event(ClientEventKind kind, string client = "192.0.2.1") => new(kind, "smtpd", client);

    [Fact]
    public void Events_of_one_client_in_one_time_are_counted_together()
    {
        Clock clock = new();
        Counters counters = new(TimeSpan.FromSeconds(60), clock);
        Assert.Equal(new ClientCounts(1, 1), counters.Take(Event(ClientEventKind.Connect)));
        Assert.Equal(new ClientCounts(2, 2), counters.Take(Event(ClientEventKind.Connect)));
        Assert.Equal(new ClientCounts(1, 1), counters.Take(Event(ClientEventKind.Connect, "192.0.2.2")));
        Assert.Equal(new ClientCounts(2, 1), counters.Take(Event(ClientEventKind.Message)));
        Assert.Equal(new ClientCounts(1, 0), counters.Take(Event(ClientEventKind.Disconnect)));
        clock.Passed = TimeSpan.FromSeconds(61);
        // The rate begins anew; what is open is open.
        Assert.Equal(new ClientCounts(2, 1), counters.Take(Event(ClientEventKind.Connect)));
        Assert.Equal(["statistics: max connection count 2 for (smtpd:192.0.2.1) at Nov 26 10:00:00",
            "statistics: max connection rate 2/60s for (smtpd:192.0.2.1) at Nov 26 10:00:00",
            "statistics: max message rate 1/60s for (smtpd:192.0.2.1) at Nov 26 10:00:00",
            "statistics: max cache size 2 at Nov 26 10:00:00"], counters.Statistics());
        Assert.Empty(counters.Statistics());
    }

    [Fact]
    public void Who_has_left_is_forgotten()
    {
        Clock clock = new();
        Counters counters = new(TimeSpan.FromSeconds(60), clock);
        for (int i = 0; i < 1000; i++)
        {
            counters.Take(Event(ClientEventKind.Connect, $"2001:db8::{i:x}"));
            if (i != 7)
                counters.Take(Event(ClientEventKind.Disconnect, $"2001:db8::{i:x}"));
        }
        Assert.Equal(1000, counters.Size);
        clock.Passed = TimeSpan.FromSeconds(61);
        Assert.Equal(new ClientCounts(0, 0), counters.Take(Event(ClientEventKind.Disconnect, "192.0.2.9")));
        Assert.Equal(1, counters.Size);
    }

    // A server that dies, or lies, changes nothing for others.
    [Fact]
    public void What_a_server_had_open_is_closed_with_it()
    {
        Counters counters = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        LogRecord lines = new();
        (Descriptor first, Descriptor firstServer) = Descriptor.Pair();
        (Descriptor second, Descriptor secondServer) = Descriptor.Pair();
        Thread loop = new(() =>
        {
            using EventLoop events = new();
            AnvilServer server = new(events, counters, new PostfixNet.Anvil.Log(lines));
            Task done = Task.WhenAll(server.Serve(firstServer), server.Serve(secondServer));
            done.ContinueWith(_ => events.Stop(), TaskContinuationOptions.ExecuteSynchronously);
            events.Run();
        });
        loop.Start();
        using (Channel one = new(first, "anvil", TimeSpan.FromSeconds(20)), two = new(second, "anvil", TimeSpan.FromSeconds(20)))
        {
            Assert.Equal(new ClientCounts(1, 1), Ask(one, ClientEventKind.Connect));
            Assert.Equal(new ClientCounts(2, 2), Ask(two, ClientEventKind.Connect));
            one.Dispose();
            Assert.True(SpinWait.SpinUntil(() => Ask(two, ClientEventKind.Message).Count == 1, TimeSpan.FromSeconds(20)));
            // It goes on being answered: without, nothing would be counted for a while.
            two.Send(new ClientEvent(ClientEventKind.Disconnect, "smtpd", "192.0.2.77").ToAttributes());
            Assert.Equal(new ClientCounts(0, 0), ClientCounts.From(two.ReceiveReply()));
            Assert.Equal(new ClientCounts(1, 2), Ask(two, ClientEventKind.Message) with { Rate = 2 });
        }
        loop.Join();
        Assert.Equal(["warning: server: the end of a connection that did not begin"], lines.Lines);
    }

    private static ClientCounts Ask(Channel channel, ClientEventKind kind)
    {
        channel.Send(Event(kind).ToAttributes());
        return ClientCounts.From(channel.ReceiveReply());
    }
}
