using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;
using QmgrLog = PostfixNet.Qmgr.Log;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The operator's list, as the queue manager follows it.</summary>
public sealed class PausedDeliveriesTests
{
    // S1-38
    [Fact]
    public void A_list_that_cannot_be_read_pauses_everything_until_it_can()
    {
        using TemporaryDirectory directory = new();
        PauseList.None.With(Pause.Parse(["transport", "relay"], 1)!)!.Write(directory.Path);
        string file = Path.Join(directory.Path, PauseList.FileName);
        byte[] good = File.ReadAllBytes(file);
        LogRecord log = new();
        PausedDeliveries paused = new(directory.Path, new QmgrLog(log));
        Assert.True(paused.Read());
        Assert.False(paused.Read());
        Assert.Equal((1, false), (paused.Version, paused.IsEverything));
        File.WriteAllText(file, "what?\n");
        Assert.True(paused.Read());
        Assert.False(paused.Read());
        Assert.Equal((2, true), (paused.Version, paused.IsEverything));
        File.WriteAllBytes(file, good);
        Assert.True(paused.Read());
        Assert.Equal((3, false), (paused.Version, paused.IsEverything));
        File.Delete(file);
        Assert.True(paused.Read());
        Assert.Equal(["deliveries paused: transport relay", $"error: {file}:1: not a pause: all deliveries are paused",
            "deliveries paused: transport relay", "deliveries resumed: all deliveries", "deliveries resumed: transport relay"], log.Lines);
    }
}
