using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;
using QmgrLog = PostfixNet.Qmgr.Log;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The processes of a transport.</summary>
public sealed class AgentPoolTests
{
    [Fact]
    public void No_more_start_at_once_than_the_processors_are_good_for()
    {
        int most = AgentPool.StartsAtOnce;
        using Machine machine = new();
        machine.Feed(QueueName.Incoming, machine.Put(QueueName.Incoming, [.. Enumerable.Range(0, most + 1).Select(static i => $"bob@d{i}.test")]));
        machine.Clock.RunFor(1);
        Assert.True(machine.Started.Count > most);
        Transport transport = Assert.Single(machine.Manager.Transports.All);
        using TemporaryDirectory directory = new();
        using EventLoop loop = new();
        using Descriptor socket = Descriptor.ListenUnix(Path.Join(directory.Path, transport.Name), 0x180);
        AgentPool pool = new(transport, limit: 1000, new Settings(machine.Configuration("")), loop, new QmgrLog(new LogRecord())) { Directory = directory.Path };

        int started = 0;
        while (pool.MayStart)
            Assert.Null(pool.Start(machine.Started[started++], moreWaits: false));
        Assert.Equal(most, started);

        Channel process = new(socket.TryAccept()!, "qmgr", TimeSpan.FromSeconds(10));
        process.Send(new AgentReady(1).ToAttributes());
        Assert.True(Run(loop, (() => pool.MayStart, StartOneMore), (() => pool.Busy == most, EndOneThatStarts), (() => pool.Busy == most - 1, () => Assert.True(pool.MayStart))));

        // A process that is there lets another start, and its end lets no more.
        void StartOneMore()
        {
            Assert.Null(pool.Start(machine.Started[started], moreWaits: false));
            Assert.False(pool.MayStart);
            Assert.Equal(most + 1, pool.Busy);
            process.Dispose();
        }

        void EndOneThatStarts()
        {
            Assert.False(pool.MayStart);
            socket.TryAccept()!.Dispose();
        }
    }

    // Does one thing after the other, each once its time has come; false: it did not come.
    private static bool Run(EventLoop loop, params (Func<bool> When, Action Then)[] steps)
    {
        int next = 0;
        void Look()
        {
            while (next < steps.Length && steps[next].When())
                steps[next++].Then();
            if (next < steps.Length)
                loop.After(TimeSpan.FromMilliseconds(2), Look);
            else
                loop.Stop();
        }
        loop.After(TimeSpan.FromSeconds(10), loop.Stop);
        loop.Soon(Look);
        loop.Run();
        return next == steps.Length;
    }
}
