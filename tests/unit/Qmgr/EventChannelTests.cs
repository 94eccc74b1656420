using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Qmgr;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>Lines to agents and services.</summary>
public sealed class EventChannelTests
{
    [Fact]
    public void Messages_arrive_however_they_are_split_and_then_the_end()
    {
        (Descriptor a, Descriptor b) = Descriptor.Pair();
        using EventLoop loop = new();
        List<long> got = [];
        string? end = null;
        EventChannel channel = new(loop, b)
        {
            Received = m => got.Add(m.Number("n")),
            Closed = why =>
            {
                end = why;
                loop.Stop();
            },
        };
        OutputBuffer output = new(64);
        output.Add(new AttributeList().Add("n", 7));
        byte[] frame = output.Written.ToArray();
        Thread thread = new(() =>
        {
            foreach (byte one in (byte[])[.. frame, .. frame])
                a.Write([one]);
            a.Dispose();
        });
        thread.Start();
        loop.After(TimeSpan.FromSeconds(20), loop.Stop);
        loop.Run();
        thread.Join();
        Assert.Equal([7, 7], got);
        Assert.Equal("connection closed", end);
    }
}
