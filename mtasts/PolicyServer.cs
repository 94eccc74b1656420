using PostfixNet.Ipc;
using PostfixNet.MtaSts;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Mtasts;

/// <summary>Answers those who ask for policies.</summary>
internal sealed class PolicyServer(EventLoop loop, PolicyBook book, Log log) : SessionServer.IHandler
{
    // Whoever connects has a question.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public async Task Serve(Descriptor client)
    {
        LoopStream stream = new(loop, client, s_patience);
        using LoopChannel channel = new(stream, "client", s_patience);
        try
        {
            while (true)
                await channel.Send((await book.Ask(PolicyQuestion.From(await channel.Receive()))).ToAttributes());
        }
        catch (IpcException e)
        {
            // A client leaves when it knows what it wants to know, or does not want to wait; master says a byte to wake us, and leaves.
            if (!e.Message.Contains("closed", StringComparison.Ordinal) && !e.Message.Contains("timeout", StringComparison.Ordinal))
                log.Warning(e.Message);
        }
    }

    // Those who wait for an answer get it.
    public void MustEnd(bool hurry) => book.Close();
}
