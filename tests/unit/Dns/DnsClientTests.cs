using DnsClient;

namespace PostfixNet.UnitTests.Dns;

/// <summary>What DnsClient's own client makes of lies, and why only its reader is used (docs/libraries.md). When one of these
/// fails, a newer version does better: see then if PendingQuestion or DnsName.TryRead can go.</summary>
public sealed class DnsClientTests
{
    private const string True = "192.0.2.1", False = "6.6.6.6";

    private static byte[] Answer(SeenQuery query, string address) =>
        PacketWriter.Response(query.Id, answers: 1).Question(query.Name, query.Type).A(query.Name, address).ToArray();

    private static async Task<IDnsQueryResponse> Ask(FakeNameServer server) =>
        await new LookupClient(new LookupClientOptions(server.Address) { UseCache = false, Retries = 0, Timeout = TimeSpan.FromSeconds(20) })
            .QueryAsync("d.test", QueryType.A);

    [Fact]
    public async Task Anybody_may_answer()
    {
        using FakeNameServer stranger = new(_ => []);
        using FakeNameServer server = new(query =>
        {
            stranger.Tell(query, Answer(query, False));
            return [];
        });
        Assert.Equal(False, Assert.Single((await Ask(server)).Answers.ARecords()).Address.ToString());
    }

    [Fact]
    public async Task An_answer_to_another_question_will_do()
    {
        using FakeNameServer server = new(query => [Answer(query with { Name = "evil.test" }, False)]);
        Assert.Equal(False, Assert.Single((await Ask(server)).Answers.ARecords()).Address.ToString());
    }

    [Fact]
    public async Task The_first_stray_ends_the_wait_for_the_truth()
    {
        using FakeNameServer server = new(query => [Answer(query with { Id = (ushort)(query.Id ^ 1) }, False), Answer(query, True)]);
        await Assert.ThrowsAsync<DnsXidMismatchException>(() => Ask(server));
    }

    [Fact]
    public async Task A_name_may_be_of_any_length_and_be_repeated_for_two_octets()
    {
        // 2 KB name once, and 80 pointers to it: 6 KB that become 320 KB of text, and 60 KB would become 100 times as much.
        string name = string.Join('.', Enumerable.Repeat("x", 1000));
        using FakeNameServer server = new(query =>
        {
            if (!query.ByTcp)
                return [PacketWriter.Response(query.Id, truncated: true).Question(query.Name, query.Type).ToArray()];
            PacketWriter answer = PacketWriter.Response(query.Id, answers: 81).Question(query.Name, query.Type);
            int at = answer.Length;
            answer.A(name, False);
            for (int i = 0; i < 80; i++)
                answer.Pointer(at).U16(1).U16(1).U32(60).U16(4).U32(0x06060606);
            return [answer.ToArray()];
        });
        IDnsQueryResponse response = await Ask(server);
        Assert.Equal(81, response.Answers.Count(record => record.DomainName.Value.Length == 2000));
    }
}
