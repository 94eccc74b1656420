using PostfixNet.Log;
using PostfixNet.Qmgr;
using PostfixNet.Queue;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Qmgr;

/// <summary>The operator's list, as the queue manager follows it.</summary>
[Collection("MailLog")]
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
        PausedDeliveries paused = new(directory.Path);
        List<string> lines = [];
        // Other tests log as well.
        MailLog.Capture((_, line) =>
        {
            if (line.Contains("transport relay", StringComparison.Ordinal) || line.Contains(file, StringComparison.Ordinal))
                lines.Add(line);
        });
        try
        {
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
        }
        finally
        {
            MailLog.Capture(null);
        }
        Assert.Equal(["deliveries paused: transport relay", $"{file}:1: not a pause: all deliveries are paused",
            "deliveries paused: transport relay", "deliveries resumed: transport relay"], lines);
    }
}
