using PostfixNet.Delivery;
using PostfixNet.Ipc;
using PostfixNet.Native;
using PostfixNet.Net;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Whether another server, relay or service gets the mail that one did not take.</summary>
public sealed class NextServerTests
{
    // A0.1, S4-06, S4-17, S4-21
    [Theory] // the first server; where the mail ends with legacy_no_failover_after_greeting, and without
    [InlineData("""{"banner": "421 4.3.2 no"}""", "sent", "sent")]
    [InlineData("""{"banner": "554 5.7.1 no"}""", "sent", "sent")]
    [InlineData("""{"banner": "DROP"}""", "sent", "sent")]
    [InlineData("""{"ehlo": "421 4.3.2 no"}""", "deferred", "sent")]
    [InlineData("""{"ehlo": "DROP"}""", "deferred", "sent")]
    [InlineData("""{"mail": "450 4.7.1 later"}""", "deferred", "sent")]
    [InlineData("""{"rcpt": "450 4.2.0 later"}""", "deferred", "sent")]
    [InlineData("""{"data": "450 4.3.0 later"}""", "deferred", "sent")]
    [InlineData("""{"dot": "450 4.3.0 later"}""", "deferred", "sent")]
    [InlineData("""{"dot": "DROP"}""", "deferred", "sent")]
    public void After_the_greeting(string script, string legacy, string current)
    {
        foreach (bool isLegacy in (bool[])[true, false])
        {
            using ScriptedServer first = new("127.0.0.31", 0, script);
            using ScriptedServer second = new("127.0.0.32", first.Port);
            using SmtpRig rig = new();
            rig.Options = rig.Options with { TcpPort = first.Port, NoFailoverAfterGreeting = isLegacy, FallbackRelay = [$"[127.0.0.32]:{first.Port}"] };
            rig.Resolver.Mx("two.test", (10, "a.test"), (20, "b.test"));
            rig.Resolver.A("a.test", "127.0.0.31");
            rig.Resolver.A("b.test", "127.0.0.32");
            rig.Deliver(SmtpRig.Request("two.test", "u@two.test"));
            second.Dispose();
            string want = isLegacy ? legacy : current;
            Assert.Equal(want, rig.Results.Single()[3]);
            Assert.Equal(want == "sent" ? 1 : 0, second.Connections);
        }
    }

    // S4-10, S2-22
    [Theory] // best_mx_transport's next hop; what the other service reports
    [InlineData("", false)]
    [InlineData(":unix:/run/lmtp", true)]
    public void Mail_for_ourselves_is_handed_on(string nextHop, bool defers)
    {
        string socket = Path.Combine(Path.GetTempPath(), $"pfn-{Guid.NewGuid():N}");
        using Descriptor listener = Descriptor.ListenUnix(socket, 0b110_000_000);
        DeliveryRequest? seen = null;
        Thread service = new(() =>
        {
            using Channel channel = new(Accept(listener), "smtp", TimeSpan.FromSeconds(20));
            channel.Send(new AgentReady(1).ToAttributes());
            seen = DeliveryRequest.From(channel.ReceiveReply());
            channel.Send(new DeliveryReport(defers, false, SmtpTrouble.Why("4.4.1", "down"), true, false).ToAttributes());
        });
        service.Start();
        using SmtpRig rig = OwnDomain(socket + nextHop);
        DeliveryRule rule = new("*", Login: "newsletter");
        DeliveryReport report = rig.Deliver(SmtpRig.Request("ours.test", "a@ours.test", "b@ours.test") with { Rule = rule });
        Assert.True(service.Join(TimeSpan.FromSeconds(20)));
        File.Delete(socket);
        Assert.Null(seen!.Rule); // it is for the way to other systems
        Assert.Equal(nextHop.Length > 0 ? nextHop[1..] : "ours.test", seen.NextHop);
        Assert.Equal(["a@ours.test", "b@ours.test"], seen.Recipients.Select(r => r.Address));
        Assert.Equal((defers, null, false), (report.SomeDeferred, report.Trouble, report.SessionOpen));
        Assert.Empty(rig.Lines); // the other service says what became of the recipients
        Assert.Empty(rig.Records_);
    }

    // S4-10
    [Fact]
    public void Mail_for_ourselves_waits_when_the_service_is_not_there()
    {
        using SmtpRig rig = OwnDomain("/nowhere/pfn");
        Assert.True(rig.Deliver(SmtpRig.Request("ours.test", "a@ours.test")).SomeDeferred);
        Assert.Equal(["none", "4.3.0", "deferred", "mail transport unavailable"], rig.Results.Single()[1..]);
    }

    // S4-10
    [Fact]
    public void A_stop_ends_the_waiting_for_a_service_of_ours()
    {
        string socket = Path.Combine(Path.GetTempPath(), $"pfn-{Guid.NewGuid():N}");
        using Descriptor listener = Descriptor.ListenUnix(socket, 0b110_000_000);
        (Descriptor word, Descriptor other) = Descriptor.Pair();
        other.Write([1]);
        using SmtpRig rig = OwnDomain(socket);
        rig.Stop = new StopSignal(() => word, () => true);
        rig.Deliver(SmtpRig.Request("ours.test", "a@ours.test"));
        File.Delete(socket);
        Assert.Equal(["4.3.2", "deferred", "mail system is stopping"], rig.Results.Single()[2..]);
        word.Dispose();
        other.Dispose();
    }

    [Fact]
    public void A_stop_ends_the_lookup_of_servers()
    {
        using SmtpRig rig = new();
        rig.Resolver.WhenAsked = static () => throw new StoppingException();
        rig.Deliver(SmtpRig.Request("slow.test", "a@slow.test"));
        Assert.Equal(["none", "4.3.2", "deferred", "mail system is stopping"], rig.Results.Single()[1..]);
    }

    // S4-10, S4-16
    [Fact]
    public void Mail_for_ourselves_is_returned_when_there_is_no_such_service()
    {
        using SmtpRig rig = OwnDomain("");
        rig.Deliver(SmtpRig.Request("ours.test", "a@ours.test"));
        Assert.Equal(["none", "5.4.6", "bounced", "mail for ours.test loops back to myself"], rig.Results.Single()[1..]);
    }

    // S2-22: a relay chosen by the operator that is this system is his mistake
    [Theory]
    [InlineData("ours.test", "")]
    [InlineData("nowhere.test", "ours.test")]
    public void A_relay_that_is_this_system(string relayHost, string fallback)
    {
        using SmtpRig rig = OwnDomain("/nowhere/pfn");
        rig.Options = rig.Options with { RelayHost = relayHost, FallbackRelay = fallback.Length > 0 ? [fallback] : [] };
        rig.Deliver(SmtpRig.Request(relayHost, "a@elsewhere.test"));
        Assert.Equal(["4.3.5", "deferred", "mail for ours.test loops back to myself"], rig.Results.Single()[2..]);
    }

    // S4-14: Postfix keeps a fallback relay out of both cases of a loop, and of what we are a lesser exchanger for
    [Theory]
    [InlineData("ours.test", "5.4.6 bounced")]
    [InlineData("[self.test]", "5.4.6 bounced")]
    [InlineData("backup.test", "4.4.1 deferred")]
    public void The_fallback_relay_gets_nothing_that_it_would_send_back(string nextHop, string want)
    {
        using ScriptedServer fallback = new("127.0.0.33", 0);
        using SmtpRig rig = OwnDomain("");
        rig.Options = rig.Options with { TcpPort = fallback.Port, LoopPort = fallback.Port, FallbackRelay = [$"[127.0.0.33]:{fallback.Port}"] };
        rig.Resolver.Mx("backup.test", (10, "better.test"), (20, "self.test"));
        rig.Resolver.A("better.test", "127.0.0.99");
        rig.Deliver(SmtpRig.Request(nextHop, "a@ours.test"));
        fallback.Dispose();
        Assert.Equal(want, string.Join(' ', rig.Results.Single()[2..4]));
        Assert.Equal(0, fallback.Connections);
    }

    [Theory] // S2-22: the first cannot be reached, or puts the mail off; the other does not exist
    [InlineData("[127.0.0.99]")]
    [InlineData("[127.0.0.31]")]
    public void A_next_hop_that_does_not_exist_returns_no_mail_that_another_may_take_later(string first)
    {
        using ScriptedServer server = new("127.0.0.31", 0, """{"mail": "450 4.7.1 later"}""");
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Deliver(SmtpRig.Request($"{first}, [nowhere.test]", "u@two.test"));
        Assert.Equal(["4.4.4", "deferred"], rig.Results.Single()[2..4]);
    }

    [Fact] // S4-14
    public void No_more_servers_are_tried_when_the_time_of_the_request_is_over()
    {
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = 1, RequestTimeLimit = TimeSpan.FromMilliseconds(50), MxAddressLimit = 0, FallbackRelay = ["[127.0.0.98]"] };
        rig.Resolver.A("many.test", "127.0.0.97", "127.0.0.99");
        rig.Resolver.WhenAsked = static () => Thread.Sleep(60);
        rig.Deliver(SmtpRig.Request("[many.test]", "u@many.test"));
        Assert.Equal(["none", "4.3.0", "deferred"], rig.Results.Single()[1..4]);
        Assert.Single(rig.Lines);
    }

    [Fact] // nothing of a server that had its turn is said of what comes after it
    public void A_stop_while_the_next_servers_are_looked_for_is_no_servers_fault()
    {
        using ScriptedServer server = new("127.0.0.31", 0, """{"rcpt": "450 4.2.0 later"}""");
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = server.Port };
        rig.Resolver.WhenAsked = static () => throw new StoppingException();
        DeliveryReport report = rig.Deliver(SmtpRig.Request("[127.0.0.31], [other.test]", "u@two.test"));
        server.Dispose();
        Assert.Equal(1, server.Connections);
        Assert.Equal(["none", "4.3.2", "deferred", "mail system is stopping"], rig.Results.Single()[1..]);
        Assert.Null(report.Trouble);
    }

    // S4-14: mail returns to its destination as soon as that takes it
    [Fact]
    public void A_session_with_a_fallback_relay_is_not_kept()
    {
        using ScriptedServer server = new("127.0.0.31", 0, """{"banner": ["421 4.3.2 no", "220 mx ESMTP"]}""");
        using ScriptedServer fallback = new("127.0.0.33", server.Port);
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = server.Port, FallbackRelay = ["[127.0.0.33]"] };
        DeliveryRequest request = SmtpRig.Request("[127.0.0.31]", "u@two.test") with { MoreWaits = true };
        Assert.False(rig.Deliver(request).SessionOpen);
        rig.Deliver(request);
        rig.CloseSession();
        fallback.Dispose();
        Assert.StartsWith("127.0.0.33", rig.Results[0][1], StringComparison.Ordinal);
        Assert.StartsWith("127.0.0.31", rig.Results[1][1], StringComparison.Ordinal);
    }

    private static SmtpRig OwnDomain(string transport)
    {
        SmtpRig rig = new();
        rig.Options = rig.Options with { BestMxTransport = transport, IpcTimeout = TimeSpan.FromSeconds(20) };
        rig.Resolver.Mx("ours.test", (10, "self.test"), (20, "backup.test"));
        rig.Resolver.A("self.test", "127.0.0.1");
        rig.Resolver.A("backup.test", "127.0.0.31");
        return rig;
    }

    private static Descriptor Accept(Descriptor listener)
    {
        while (true)
        {
            Assert.NotEqual(Readiness.None, listener.Wait(Readiness.Readable, 20_000).This);
            if (listener.TryAccept() is { } client)
                return client;
        }
    }
}
