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
        Handler handler = new(loop);
        using TriggerListener listener = new(socket, loop, handler);
        TriggerLine line = new(path);
        loop.After(TimeSpan.FromSeconds(5), loop.Stop);
        foreach (string request in (string[])["D", "I", "A"])
        {
            line.Send(System.Text.Encoding.ASCII.GetBytes(request));
            loop.Run();
            Assert.Equal(request, handler.Requests);
        }
        // Others come, for whom it is let go; what it said before that counts.
        List<Descriptor> others = [];
        for (int i = 0; i < TriggerListener.OpenLimit - 1; i++)
            others.Add(Descriptor.ConnectUnix(path, TimeSpan.Zero));
        others[^1].Write("W"u8);
        loop.Run();
        line.Send("F"u8);
        others.Add(Descriptor.ConnectUnix(path, TimeSpan.Zero));
        loop.Run();
        Assert.Equal("F", handler.Requests);
        line.Send("P"u8);
        loop.Run();
        Assert.Equal("P", handler.Requests);
        others.ForEach(static client => client.Dispose());
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
