using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Service;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Service;

/// <summary>The socket by which anybody may wake a service.</summary>
public sealed class TriggerListenerTests
{
    [Fact]
    public void Clients_that_say_nothing_do_not_keep_others_waiting()
    {
        using TemporaryDirectory directory = new();
        string path = Path.Join(directory.Path, "socket");
        using EventLoop loop = new();
        using Descriptor socket = Descriptor.ListenUnix(path, 0x180);
        Handler handler = new(loop);
        using TriggerListener listener = new(socket, loop, handler);
        List<Descriptor> silent = [];
        for (int i = 0; i < TriggerListener.OpenLimit + 10; i++)
            silent.Add(Descriptor.ConnectUnix(path, TimeSpan.Zero));
        using Descriptor speaking = Descriptor.ConnectUnix(path, TimeSpan.Zero);
        speaking.Write("DI"u8);
        // Before the time that a silent client has.
        loop.After(TimeSpan.FromSeconds(5), loop.Stop);
        loop.Run();
        Assert.Equal("DI", handler.Requests);
        Assert.True(handler.IsTrusted);
        // The oldest were let go, the others may still speak.
        Assert.Equal(0, silent[0].Read(new byte[1]));
        Assert.Equal(-1, silent[^1].Read(new byte[1]));
        silent.ForEach(static client => client.Dispose());
    }

    [Fact]
    public void A_line_wakes_the_service_again_and_again_and_nothing_is_lost_when_the_service_closes_it()
    {
        using TemporaryDirectory directory = new();
        string path = Path.Join(directory.Path, "socket");
        using EventLoop loop = new();
        using Descriptor socket = Descriptor.ListenUnix(path, 0x180);
        TriggerLine line = new(path);
        List<Descriptor> others = [];
        Conversation heard = new(new Queue<Action>(
        [
            () => line.Send("I"u8),
            () =>
            {
                for (int i = 0; i < TriggerListener.OpenLimit - 1; i++)
                    others.Add(Descriptor.ConnectUnix(path, TimeSpan.Zero));
                others[^1].Write("W"u8);
            },
            () =>
            {
                // It is the oldest, and let go for one more; what it said before that counts.
                line.Send("F"u8);
                others.Add(Descriptor.ConnectUnix(path, TimeSpan.Zero));
            },
            () => line.Send("P"u8),
            loop.Stop,
        ]));
        using TriggerListener listener = new(socket, loop, heard);
        loop.After(TimeSpan.FromSeconds(10), loop.Stop);
        line.Send("D"u8);
        loop.Run();
        Assert.Equal(["D", "I", "W", "F", "P"], heard.Requests);
        others.ForEach(static client => client.Dispose());
    }

    /// <summary>What is said next when something was heard.</summary>
    private sealed class Conversation(Queue<Action> next) : EventServer.IHandler
    {
        internal List<string> Requests { get; } = [];

        public void Trigger(ReadOnlySpan<byte> requests, bool isTrusted)
        {
            Requests.Add(System.Text.Encoding.ASCII.GetString(requests));
            next.Dequeue()();
        }

        public void MustEnd()
        {
        }
    }

    private sealed class Handler(EventLoop loop) : EventServer.IHandler
    {
        internal string Requests { get; private set; } = "";

        internal bool IsTrusted { get; private set; }

        public void Trigger(ReadOnlySpan<byte> requests, bool isTrusted)
        {
            (Requests, IsTrusted) = (System.Text.Encoding.ASCII.GetString(requests), isTrusted);
            loop.Stop();
        }

        public void MustEnd()
        {
        }
    }
}
