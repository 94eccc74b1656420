using System.Text;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Smtpd;

namespace PostfixNet.UnitTests.Smtpd;

/// <summary>The conversation itself, with who is slow.</summary>
public sealed class ChatTests
{
    [Fact]
    public async Task A_last_word_is_said_after_what_is_just_being_sent()
    {
        using EventLoop loop = new();
        (Descriptor ours, Descriptor theirs) = Descriptor.Pair();
        using Chat chat = new(new LoopStream(loop, ours, TimeSpan.FromSeconds(20)));
        ClientLine? line = new ClientLine([], false, false);
        byte[] much = new byte[8 << 20];
        chat.Say(much);
        Task session = Task.CompletedTask, parting = Task.CompletedTask;
        StringBuilder end = new();
        Thread reader = new(() =>
        {
            byte[] buffer = new byte[65536];
            long left = much.Length;
            while (theirs.Wait(Readiness.Readable, 20_000).This != Readiness.None && theirs.Read(buffer) is > 0 and var n)
            {
                int skipped = (int)Math.Min(left, n);
                left -= skipped;
                end.Append(Encoding.ASCII.GetString(buffer, skipped, n - skipped));
            }
        });
        loop.Soon(() =>
        {
            session = Read();
            // It does not fit into what a socket holds.
            Assert.False(session.IsCompleted);
            parting = chat.SayAndClose(new Reply(421, "4.3.2", "Service shutting down"));
            reader.Start();
        });
        Thread thread = new(loop.Run);
        thread.Start();
        thread.Join();
        reader.Join();
        theirs.Dispose();
        await session;
        await parting;
        Assert.Null(line);
        Assert.Equal("421 4.3.2 Service shutting down\r\n", end.ToString());

        async Task Read()
        {
            line = await chat.ReadLine(100);
            loop.Stop();
        }
    }
}
