using PostfixNet.Delivery;
using PostfixNet.Smtp;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>S3-35: what a server refuses us over IPv4 it may take over IPv6, and the other way round.</summary>
public sealed class OtherFamilyTests
{
    private const string Refuses = """{"rcpt": "550 5.7.25 no name for your address"}""", Sent = "2.0.0 sent";

    // One that is reached without IPv6, which not every machine has that runs tests.
    private const string OfIPv6 = "::ffff:127.0.0.32";

    [Theory] // what the servers at IPv4, and then at IPv6, say; what becomes of the mail; connections there
    [InlineData(Refuses, "{}", Sent, 1, 1)]
    [InlineData("""{"mail": "550 5.7.1 your address is listed"}""", "{}", Sent, 1, 1)]
    [InlineData("""{"dot": "550 5.7.26 not authenticated"}""", "{}", Sent, 1, 1)]
    [InlineData(Refuses, """{"rcpt": "550 5.7.1 nor this one"}""", "5.7.1 bounced", 1, 1)]
    [InlineData(Refuses, """{"rcpt": "450 4.7.1 later"}""", "4.7.1 deferred", 1, 1)]
    [InlineData(Refuses, null, "5.7.25 bounced", 1, 0)] // nobody listens: the refusal counts
    [InlineData("""{"rcpt": "550 5.1.1 unknown"}""", "{}", "5.1.1 bounced", 1, 0)]
    [InlineData("""{"rcpt": "450 4.7.1 later"}""", "{}", Sent, 1, 1)] // the next server, as ever
    public void A_refusal_of_our_address_may_not_be_one_of_the_other(string four, string? six, string result, int connectionsFour, int connectionsSix)
    {
        using ScriptedServer first = new("127.0.0.31", 0, four);
        using ScriptedServer? second = six is null ? null : new ScriptedServer("127.0.0.32", first.Port, six);
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = first.Port, UseIPv6 = true, AddressPreference = AddressPreference.IPv4, RaceAddresses = false };
        rig.Own = static () => [];
        rig.Resolver.A("mx.test", "127.0.0.31", OfIPv6);
        rig.Resolver.Mx("dest.test", (10, "mx.test"));
        DeliveryReport report = rig.Deliver(SmtpRig.Request("dest.test", "u@dest.test"));
        rig.CloseSession();
        first.Dispose();
        second?.Dispose();
        string[] seen = rig.Results.Single();
        Assert.Equal(result, $"{seen[2]} {seen[3]}");
        Assert.Equal((connectionsFour, connectionsSix), (first.Connections, second?.Connections ?? 0));
        Assert.Equal(result.Contains("deferred", StringComparison.Ordinal), report.SomeDeferred);
    }

    // A recipient that only had to wait is not returned with what was said of another, whatever becomes of the other way.
    [Fact]
    public void A_refusal_is_of_its_recipient_alone()
    {
        using ScriptedServer first = new("127.0.0.31", 0, """{"rcpt": [["a", "550 5.7.1 not from there"], ["b", "451 4.3.0 later"]]}""");
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = first.Port, UseIPv6 = true, AddressPreference = AddressPreference.IPv4, RaceAddresses = false };
        rig.Own = static () => [];
        rig.Resolver.A("mx.test", "127.0.0.31", OfIPv6);
        rig.Resolver.Mx("dest.test", (10, "mx.test"));
        DeliveryReport report = rig.Deliver(SmtpRig.Request("dest.test", "a@dest.test", "b@dest.test"));
        rig.CloseSession();
        Assert.Equal(["a@dest.test 5.7.1 bounced", "b@dest.test deferred"], rig.Results.Select(static line => line[3] == "bounced" ? $"{line[0]} {line[2]} bounced" : $"{line[0]} {line[3]}").Order());
        Assert.True(report.SomeDeferred);
    }

    // Those that the first server took are done; only the others go on.
    [Fact]
    public void Only_who_was_refused_goes_the_other_way()
    {
        using ScriptedServer first = new("127.0.0.31", 0, """{"rcpt": [["b", "550 5.7.1 not from there"]]}""");
        using ScriptedServer second = new("127.0.0.32", first.Port);
        using SmtpRig rig = new();
        rig.Options = rig.Options with { TcpPort = first.Port, UseIPv6 = true, AddressPreference = AddressPreference.IPv4, RaceAddresses = false };
        rig.Own = static () => [];
        rig.Resolver.A("mx.test", "127.0.0.31", OfIPv6);
        rig.Resolver.Mx("dest.test", (10, "mx.test"));
        rig.Deliver(SmtpRig.Request("dest.test", "a@dest.test", "b@dest.test"));
        rig.CloseSession();
        first.Dispose();
        second.Dispose();
        Assert.Equal(["sent", "sent"], rig.Results.Select(static line => line[3]));
        Assert.Equal(["RCPT TO:<b@dest.test>"], second.Commands.Where(static command => command.StartsWith("RCPT", StringComparison.Ordinal)).Select(static command => command.Split(' ', 3) is [var verb, var to, ..] ? $"{verb} {to}" : command));
    }
}
