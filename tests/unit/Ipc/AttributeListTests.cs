using PostfixNet.Ipc;
using PostfixNet.Native;

namespace PostfixNet.UnitTests.Ipc;

/// <summary>The codec and the connections that carry it.</summary>
public sealed class AttributeListTests
{
    private static AttributeList Sample() => new AttributeList()
        .Add("queue_id", "4jWhRP4YSKz1jQ9J")
        .Add("size", -5)
        .Add("odd", "bytes \udcff\udc80 that are no UTF-8, and \0")
        .Add("raw", (byte[])[0, 1, 255])
        .Add("recipients", [new AttributeList().Add("address", "a@b"), new AttributeList()]);

    private static byte[] Encode(AttributeList list)
    {
        OutputBuffer output = new(4);
        list.Encode(output);
        return output.Written.ToArray();
    }

    [Fact]
    public void Everything_comes_back_as_sent()
    {
        AttributeList back = AttributeList.Decode(Encode(Sample()));
        Assert.Equal("4jWhRP4YSKz1jQ9J", back.Text("queue_id"));
        Assert.Equal(-5, back.Number("size"));
        Assert.Equal("bytes \udcff\udc80 that are no UTF-8, and \0", back.Text("odd"));
        Assert.Equal([0, 1, 255], back.Bytes("raw"));
        Assert.Equal("a@b", back.Lists("recipients")[0].Text("address"));
        Assert.Equal(2, back.Lists("recipients").Count);
    }

    [Fact]
    public void A_missing_or_mistyped_attribute_is_named()
    {
        Assert.Contains("nexthop is missing", Assert.Throws<IpcException>(() => Sample().Text("nexthop")).Message);
        Assert.Contains("size is not a text", Assert.Throws<IpcException>(() => Sample().Text("size")).Message);
    }

    [Fact]
    public void S1_61_Cut_or_altered_messages_are_refused_or_decoded_but_never_read_past()
    {
        byte[] whole = Encode(Sample());
        for (int length = 0; length < whole.Length; length++)
            Try(whole.AsSpan(0, length));
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte flip in (byte[])[0x01, 0x80, 0xff])
            {
                byte[] bad = [.. whole];
                bad[i] ^= flip;
                Try(bad);
            }
        }
        Assert.Throws<IpcException>(() => AttributeList.Decode([.. whole, 1]));

        static void Try(ReadOnlySpan<byte> bytes)
        {
            try
            {
                AttributeList.Decode(bytes);
            }
            catch (IpcException)
            {
                // One of the two allowed ends.
            }
        }
    }

    [Fact]
    public void A_channel_carries_messages_and_data_in_order()
    {
        (Descriptor a, Descriptor b) = Descriptor.Pair();
        using Channel sender = new(a, "a", TimeSpan.FromSeconds(10));
        using Channel receiver = new(b, "b", TimeSpan.FromSeconds(10));
        byte[] large = new byte[300_000];
        new Random(1).NextBytes(large);
        Thread thread = new(() =>
        {
            sender.Send(Sample());
            sender.SendData(large);
            sender.SendData([]);
            sender.Dispose();
        });
        thread.Start();
        Assert.Equal(-5, receiver.Receive()!.Number("size"));
        Assert.Equal(large, receiver.ReceiveData().ToArray());
        Assert.True(receiver.ReceiveData().IsEmpty);
        Assert.Null(receiver.Receive());
        thread.Join();
    }

    [Fact]
    public void S1_61_A_frame_larger_than_the_limit_is_refused_before_it_is_stored()
    {
        (Descriptor a, Descriptor b) = Descriptor.Pair();
        using (a)
        {
            using Channel receiver = new(b, "peer", TimeSpan.FromSeconds(10));
            a.Write([0xff, 0xff, 0xff, 0x7f]);
            Assert.Contains("more than", Assert.Throws<IpcException>(() => receiver.Receive()).Message);
        }
        (a, b) = Descriptor.Pair();
        using (a)
        {
            using Channel receiver = new(b, "a user", TimeSpan.FromSeconds(10), largest: 1000);
            a.Write([0xe9, 3, 0, 0]);
            Assert.Contains("message of 1001 bytes, more than 1000", Assert.Throws<IpcException>(() => receiver.Receive()).Message);
        }
    }

    [Fact]
    public void A_silent_peer_is_a_timeout_and_a_half_message_is_an_error()
    {
        (Descriptor a, Descriptor b) = Descriptor.Pair();
        using Channel receiver = new(b, "private/bounce", TimeSpan.FromMilliseconds(50));
        a.Write([9, 0, 0, 0, 1]);
        Assert.Contains("private/bounce: timeout", Assert.Throws<IpcException>(() => receiver.Receive()).Message);
        a.Dispose();
        Assert.Contains("within a message", Assert.Throws<IpcException>(() => receiver.Receive()).Message);
    }
}
