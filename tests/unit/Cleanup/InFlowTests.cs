using PostfixNet.Cleanup;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Cleanup;

/// <summary>New mail waits a little while the queue manager is behind.</summary>
public sealed class InFlowTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(1);

    [Fact]
    public void Mail_is_held_back_while_incoming_is_full_and_no_longer()
    {
        using TemporaryDirectory directory = new();
        QueueDirectories queues = new(directory.Path, [], 1);
        string incoming = queues.DirectoryOf(QueueName.Incoming);
        Directory.CreateDirectory(incoming);
        for (int i = 0; i < InFlow.BehindFrom - 1; i++)
            File.WriteAllBytes($"{incoming}/{0xA0000 + i:X}", []);
        InFlow flow = new(queues, s_delay), off = new(queues, TimeSpan.Zero);
        Assert.All(Pauses(flow), pause => Assert.Equal(TimeSpan.Zero, pause));
        string last = $"{incoming}/B0000";
        File.WriteAllBytes(last, []);
        Assert.Equal(s_delay, Pauses(flow)[^1]);
        Assert.Equal(s_delay, flow.Pause());
        Assert.All(Pauses(off), pause => Assert.Equal(TimeSpan.Zero, pause));
        File.Delete(last);
        Assert.Equal(TimeSpan.Zero, flow.Pause());
    }

    private static List<TimeSpan> Pauses(InFlow flow)
    {
        List<TimeSpan> pauses = [];
        for (int i = 0; i < InFlow.LookEvery; i++)
            pauses.Add(flow.Pause());
        return pauses;
    }
}
