using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Dns;

namespace PostfixNet.UnitTests.Smtp;

/// <summary>Lies do not lead mail astray: they are as if they had not come, and the truth behind them counts; without
/// truth the mail waits.</summary>
public sealed class LyingNameServerTests
{
    private const string True = "192.0.2.1", False = "6.6.6.6";

    public static TheoryData<string> Lies() =>
    [
        "wrong id", "wrong question", "wrong type", "wrong class", "two questions", "a query", "other opcode", "wrong port",
        "empty", "header only", "garbage",
    ];

    // Lies that end the matter with this server: it talks nonsense itself.
    public static TheoryData<string> Nonsense() =>
        ["compression loop", "pointer ahead", "promised answers", "long record", "long name", "refused", "referral", "truncated, no TCP"];

    [Theory]
    [MemberData(nameof(Lies))]
    public void Before_the_truth(string lie)
    {
        using Socket elsewhere = Elsewhere();
        using FakeNameServer server = new(query => [.. Tell(lie, query, elsewhere), Truth(query)], noTcp: true);
        Assert.Equal(True, Assert.Single(Find(server, TimeSpan.FromSeconds(10)).Hosts).Address.ToString());
    }

    [Theory]
    [MemberData(nameof(Lies))]
    [MemberData(nameof(Nonsense))]
    [InlineData("nothing")]
    public void Without_the_truth(string lie)
    {
        using Socket elsewhere = Elsewhere();
        using FakeNameServer server = new(query => Tell(lie, query, elsewhere), noTcp: true);
        Assert.Equal("4.4.3", Find(server, TimeSpan.FromMilliseconds(50)).Why!.Status);
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void The_next_server_tells_the_truth(string lie)
    {
        using Socket elsewhere = Elsewhere();
        using FakeNameServer liar = new(query => Tell(lie, query, elsewhere), noTcp: true);
        using FakeNameServer server = new(query => [Truth(query)], noTcp: true);
        StubResolver resolver = new(new ResolverOptions { Servers = [liar.Address, server.Address], Timeout = TimeSpan.FromSeconds(10) });
        Assert.Equal(True, Assert.Single(Find(resolver).Hosts).Address.ToString());
    }

    [Fact]
    public void An_answer_that_comes_too_late_is_for_a_question_that_is_no_longer_asked()
    {
        // Each answer is for the question before: by then the client has another id and another port.
        SeenQuery? before = null;
        using FakeNameServer server = new(query =>
        {
            SeenQuery? late = before;
            before = query;
            return late is null ? [] : [Tell("late", late, null!).Single()];
        }, noTcp: true);
        Assert.Equal("4.4.3", Find(server, TimeSpan.FromMilliseconds(50)).Why!.Status);
        Assert.Equal(2, server.Seen.Count);
    }

    [Fact]
    public void Records_that_nobody_asked_for_are_not_believed()
    {
        using FakeNameServer server = new(query => query.Type switch
        {
            // The answer brings addresses along, of its own exchanger and of others.
            DnsType.Mx => [PacketWriter.Response(query.Id, answers: 3, additionals: 2).Question(query.Name, query.Type)
                .Mx("d.test", 10, "mx.d.test").Mx("other.test", 1, "evil.test").A("mx.d.test", False)
                .A("mx.d.test", False).A("bank.test", False).ToArray()],
            _ => [Truth(query)],
        }, noTcp: true);
        StubResolver resolver = Resolver(server, TimeSpan.FromSeconds(10));
        HostAddress found = Assert.Single(Find(resolver).Hosts);
        Assert.Equal(("mx.d.test", True), (found.Host, found.Address.ToString()));
        Assert.Equal(True, Assert.IsType<AddressRecord>(Assert.Single(resolver.Query("bank.test", DnsType.A).Records)).Address.ToString());
    }

    // A lie says that the host is at the wrong address.
    private static IEnumerable<byte[]> Tell(string lie, SeenQuery query, Socket elsewhere)
    {
        PacketWriter Answer(ushort id, string name, DnsType type) =>
            PacketWriter.Response(id, answers: 1).Question(name, type).A(query.Name, False);
        byte[] message = Answer(query.Id, query.Name, query.Type).ToArray();
        switch (lie)
        {
            case "nothing":
                return [];
            case "late":
                return [message];
            case "wrong id":
                return [Answer((ushort)(query.Id + 1), query.Name, query.Type).ToArray()];
            case "wrong question":
                return [Answer(query.Id, "x" + query.Name, query.Type).ToArray()];
            case "wrong type":
                return [Answer(query.Id, query.Name, DnsType.Txt).ToArray()];
            case "wrong class":
                message[12 + query.Name.Length + 2 + 3] = 3;
                return [message];
            case "two questions":
                message[5] = 2;
                return [message];
            case "a query":
                message[2] &= 0x7F;
                return [message];
            case "other opcode":
                message[2] |= 0x28;
                return [message];
            case "wrong port":
                elsewhere.SendTo(message, new IPEndPoint(IPAddress.Loopback, query.Port));
                return [];
            case "empty":
                return [[]];
            case "header only":
                return [message[..12]];
            case "garbage":
                return [[.. Enumerable.Repeat((byte)0xFF, 600)]];
            case "compression loop":
                return [PacketWriter.Response(query.Id, answers: 1).Question(query.Name, query.Type).Pointer(12 + query.Name.Length + 6).U16(1).U16(1).U32(60).U16(4).U32(0x06060606).ToArray()];
            case "pointer ahead":
                return [PacketWriter.Response(query.Id, answers: 1).Question(query.Name, query.Type).Pointer(0x3FFF).U16(1).U16(1).U32(60).U16(4).U32(0x06060606).ToArray()];
            case "promised answers":
                message[7] = 200;
                return [message];
            case "long record":
                message[^5] = 200;
                return [message];
            case "long name":
                return [PacketWriter.Response(query.Id, answers: 1).Question(query.Name, query.Type)
                    .A(string.Join('.', Enumerable.Repeat(new string('n', 63), 5)), False).ToArray()];
            case "refused":
                message[3] |= 5;
                return [message];
            case "referral":
                return [PacketWriter.Response(query.Id, recursion: false, authorities: 1).Question(query.Name, query.Type)
                    .Record("test", 2, 60, w => w.Name("ns.evil.test")).ToArray()];
            case "truncated, no TCP":
                message[2] |= 2;
                return [message];
            default:
                throw new ArgumentException(lie);
        }
    }

    private static byte[] Truth(SeenQuery query) => query.Type == DnsType.A
        ? PacketWriter.Response(query.Id, answers: 1).Question(query.Name, query.Type).A(query.Name, True).ToArray()
        : PacketWriter.Response(query.Id).Question(query.Name, query.Type).ToArray();

    private static Socket Elsewhere()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static StubResolver Resolver(FakeNameServer server, TimeSpan timeout) =>
        new(new ResolverOptions { Servers = [server.Address], Timeout = timeout });

    private static HostList Find(FakeNameServer server, TimeSpan timeout) => Find(Resolver(server, timeout));

    private static HostList Find(StubResolver resolver)
    {
        SmtpOptions options = SmtpRig.Usual with { UseIPv6 = false };
        return SmtpRig.Lookup(resolver, options).Find(NextHop.Parse("d.test", options)!);
    }
}
