using System.Net;
using PostfixNet.Delivery;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Which address is connected to when several are known, some of them silent.</summary>
public sealed class ConnectRaceTests
{
    [Fact]
    public void A_silent_address_does_not_hold_up_its_equals()
    {
        using DeafServer deaf = new("127.0.0.35");
        using ScriptedServer server = new("127.0.0.31", deaf.Port);
        using SmtpRig rig = Rig(deaf.Port);
        rig.Resolver.A("two.test", "127.0.0.35", "127.0.0.31");
        rig.Deliver(SmtpRig.Request("[two.test]", "u@two.test"));
        Assert.Equal([$"two.test[127.0.0.31]:{deaf.Port}", "2.0.0", "sent"], rig.Results.Single()[1..4]);
        Assert.Single(rig.Lines); // it lost, and did not fail
    }

    [Fact]
    public void A_silent_address_of_the_other_protocol_does_not_hold_up_either()
    {
        if (!HasIPv6Loopback)
            return;
        using DeafServer deaf = new("::1");
        using ScriptedServer server = new("127.0.0.31", deaf.Port);
        using SmtpRig rig = Rig(deaf.Port);
        rig.Options = rig.Options with { UseIPv6 = true, AddressPreference = AddressPreference.IPv6 };
        rig.Resolver.A("two.test", "::1", "127.0.0.31");
        rig.Deliver(SmtpRig.Request("[two.test]", "u@two.test"));
        Assert.Equal("sent", rig.Results.Single()[3]);
        Assert.Single(rig.Lines);
    }

    [Theory] // S4-05, S4-21
    [InlineData(20, true)] // of a worse preference: only after the better one failed
    [InlineData(10, false)] // smtp_race_addresses = false
    public void Otherwise_one_after_the_other(int second, bool race)
    {
        using DeafServer deaf = new("127.0.0.35");
        using ScriptedServer server = new("127.0.0.31", deaf.Port);
        using SmtpRig rig = Rig(deaf.Port);
        rig.Options = rig.Options with { RaceAddresses = race, ConnectTimeout = TimeSpan.FromMilliseconds(600) };
        rig.Resolver.Mx("two.test", (10, "a.test"), (second, "b.test"));
        rig.Resolver.A("a.test", "127.0.0.35");
        rig.Resolver.A("b.test", "127.0.0.31");
        rig.Deliver(SmtpRig.Request("two.test", "u@two.test"));
        Assert.Equal($"connect to a.test[127.0.0.35]:{deaf.Port}: Connection timed out", rig.Lines[0]);
        Assert.Equal("sent", rig.Results.Single()[3]);
    }

    [Fact]
    public void One_that_lost_still_counts_as_not_tried()
    {
        using DeafServer deaf = new("127.0.0.35");
        using ScriptedServer server = new("127.0.0.31", deaf.Port, """{"rcpt": "450 4.2.0 later"}""");
        using SmtpRig rig = Rig(deaf.Port);
        rig.Options = rig.Options with { ConnectTimeout = TimeSpan.FromSeconds(3) };
        rig.Resolver.A("two.test", "127.0.0.35", "127.0.0.31");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("[two.test]", "u@two.test"));
        server.Dispose();
        Assert.Equal(
        [
            $"3F2A81C0D5: host two.test[127.0.0.31] said: 450 4.2.0 later (in reply to RCPT TO command)",
            $"connect to two.test[127.0.0.35]:{deaf.Port}: Connection timed out",
        ], rig.Lines[..2]);
        Assert.Equal(["none", "4.4.1", "deferred"], rig.Results.Single()[1..4]);
        Assert.Null(report.Trouble); // the other one is alive
        Assert.Equal(1, server.Connections);
    }

    [Theory] // first family; order
    [InlineData("IPv4", "127.0.0.41 ::1 127.0.0.42 ::ffff:127.0.0.44 127.0.0.43")]
    [InlineData("IPv6", "::1 127.0.0.41 ::ffff:127.0.0.44 127.0.0.42 127.0.0.43")]
    public void The_protocols_take_turns(string first, string order)
    {
        using ScriptedServer elsewhere = new("127.0.0.31", 0);
        using SmtpRig rig = Rig(elsewhere.Port);
        rig.Options = rig.Options with { UseIPv6 = true, AddressPreference = Enum.Parse<AddressPreference>(first) };
        rig.Resolver.A("many.test", "127.0.0.41", "127.0.0.42", "127.0.0.43", "::1", "::ffff:127.0.0.44");
        rig.Deliver(SmtpRig.Request("[many.test]", "u@many.test"));
        Assert.Equal(order, string.Join(' ', rig.Lines[..^1].Select(l => l.Split('[', ']')[1])));
    }

    [Fact]
    public void Addresses_are_tried_once_each_and_the_last_reason_counts()
    {
        using ScriptedServer elsewhere = new("127.0.0.31", 0);
        using SmtpRig rig = Rig(elsewhere.Port);
        rig.Resolver.A("down.test", "127.0.0.41", "127.0.0.42");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("[down.test]", "u@down.test"));
        string Refused(string address) => $"connect to down.test[{address}]:{elsewhere.Port}: Connection refused";
        Assert.Equal([Refused("127.0.0.41"), Refused("127.0.0.42")], rig.Lines[..^1]);
        Assert.Equal(["none", "4.4.1", "deferred", Refused("127.0.0.42")], rig.Results.Single()[1..]);
        Assert.Equal("4.4.1", report.Trouble!.Status);
    }

    [Theory]
    [InlineData(false, "2.0.0 sent")]
    [InlineData(true, "4.4.0 deferred")]
    public void A_source_address_that_is_not_ours(bool enforce, string want)
    {
        using ScriptedServer server = new("127.0.0.31", 0);
        using SmtpRig rig = Rig(server.Port);
        rig.Options = rig.Options with { BindAddress = IPAddress.Parse("192.0.2.1"), BindAddressEnforce = enforce };
        rig.Deliver(SmtpRig.Request("[127.0.0.31]", "u@one.test"));
        Assert.Equal("warning: bind 192.0.2.1: Cannot assign requested address", rig.Lines[0]);
        Assert.Equal(want, string.Join(' ', rig.Results.Single()[2..4]));
    }

    [Fact]
    public void A_stop_does_not_wait_for_servers()
    {
        using DeafServer deaf = new("127.0.0.35");
        using SmtpRig rig = Rig(deaf.Port);
        (Descriptor line, Descriptor plug) = Descriptor.Pair();
        using (line)
        {
            plug.Dispose();
            rig.Stop = new StopSignal(() => line, static () => true);
            rig.Deliver(SmtpRig.Request("[127.0.0.35]", "u@one.test"));
            Assert.Equal(["none", "4.3.2", "deferred", "mail system is stopping"], rig.Results.Single()[1..]);
        }
    }

    private static SmtpRig Rig(int port)
    {
        SmtpRig rig = new();
        rig.Options = rig.Options with
        {
            TcpPort = port,
            LoopPort = 1,
            RandomizeAddresses = false,
            ConnectTimeout = TimeSpan.FromSeconds(20),
        };
        return rig;
    }

    private static bool HasIPv6Loopback
    {
        get
        {
            try
            {
                using System.Net.Sockets.Socket socket = new(System.Net.Sockets.AddressFamily.InterNetworkV6, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }
    }
}
