using PostfixNet.Client.Queue;
using PostfixNet.Delivery;
using PostfixNet.Ipc;

namespace PostfixNet.UnitTests.ClientPackage;

/// <summary>What the package says to showq is what showq understands, and the other way round.</summary>
public sealed class StatusTests
{
    [Fact]
    public void A_question_is_understood()
    {
        FrameBuffer buffer = new(1 << 20);
        byte[] frame = Attributes.Frame(("request", "explain"), ("what", "4jWhRP4YSKz1jQ9J"), ("only", "id"));
        frame.CopyTo(buffer.Room());
        buffer.Filled(frame.Length);
        Assert.True(buffer.TryTake(out AttributeList? list));
        Assert.Equal(new ShowqRequest.Explain("4jWhRP4YSKz1jQ9J", IsId: true), ShowqRequest.From(list));
        Assert.Equal(new ShowqRequest.Explain("x"), ShowqRequest.From(new ShowqRequest.Explain("x").ToAttributes()));
    }

    [Fact]
    public void An_answer_is_understood()
    {
        ExplainedMessage told = new("deferred", "4jWhRP4YSKz1jQ9J", 1_700_000_000, 310, "shop@origin.test",
            [new ExplainedRecipient("ann@sink.test", PostfixNet.Delivery.WaitCode.Backoff, 1_700_000_300, "connection refused", null)], 7);
        OutputBuffer output = new(100);
        output.Add(told.ToAttributes().Add("unknown", new byte[] { 1, 2 }));
        Attributes answer = Attributes.Parse(output.Written[4..]);
        Assert.Equal(("deferred", "4jWhRP4YSKz1jQ9J", 310L, 7L), (answer.Text("queue_name"), answer.Text("queue_id"), answer.Number("size"), answer.Number("more")));
        Attributes recipient = Assert.Single(answer.Lists("recipients"));
        Assert.Equal(("ann@sink.test", "backoff", 1_700_000_300L, "connection refused"), (recipient.Text("address"), recipient.Text("why"), recipient.Number("until"), recipient.Text("last_reply")));
    }

    // Every cut and every changed octet is read, or refused in one way.
    [Fact]
    public void What_is_malformed_is_refused()
    {
        OutputBuffer output = new(100);
        output.Add(new AttributeList().Add("a", "text").Add("n", 5).Add("l", [new AttributeList().Add("b", "c")]));
        byte[] frame = output.Written[4..].ToArray();
        for (int i = 0; i < frame.Length; i++)
        {
            foreach (byte[] wrong in (byte[][])[frame[..i], [.. frame[..i], 0xFF, .. frame[(i + 1)..]], [.. frame[..i], (byte)(frame[i] ^ 1), .. frame[(i + 1)..]]])
            {
                try
                {
                    _ = Attributes.Parse(wrong);
                }
                catch (InvalidDataException)
                {
                }
            }
        }
        Assert.Throws<InvalidDataException>(() => Attributes.Parse([9]));
        Assert.Throws<InvalidDataException>(() => Attributes.Parse(frame.AsSpan(..^1)));
    }
}
