using System.Diagnostics;
using System.Net;
using PostfixNet.Dns;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.UnitTests.Dns;

/// <summary>The resolver against name servers that misbehave.</summary>
public class StubResolverTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(150);

    private static StubResolver Resolver(TimeSpan timeout, params FakeNameServer[] servers) =>
        new(new ResolverOptions { Servers = [.. servers.Select(s => s.Address)], Timeout = timeout });

    private static StubResolver Resolver(params FakeNameServer[] servers) => Resolver(TimeSpan.FromSeconds(20), servers);

    private static PacketWriter Answer(SeenQuery q, int answers = 0, int authorities = 0, int code = 0, bool authentic = false) =>
        PacketWriter.Response(q.Id, code, authentic: authentic, answers: answers, authorities: authorities).Question(q.Name, q.Type);

    private static byte[] GoodA(SeenQuery q) => Answer(q, answers: 1).A(q.Name, "192.0.2.1").ToArray();

    private static byte[] Code(SeenQuery q, int code) => Answer(q, code: code).ToArray();

    private static string Text(DnsReply r) =>
        string.Join(" ", [r.Status.ToString(), .. r.Records.Select(x => x is AddressRecord a ? a.Address.ToString() : x is MxRecord m ? $"{m.Preference}:{m.Host}" : x.ToString())]);

    [Theory] // code on the wire, want
    [InlineData(0, "NoData")]
    [InlineData(1, "Refused")]
    [InlineData(2, "TryAgain")]
    [InlineData(3, "NotFound")]
    [InlineData(4, "Refused")]
    [InlineData(5, "Refused")]
    [InlineData(9, "Refused")]
    public void Response_codes(int code, string want)
    {
        using FakeNameServer server = new(q => [Code(q, code)]);
        Assert.Equal(want, Text(Resolver(server).Query("example.com", DnsType.Mx)));
    }

    [Fact]
    public void A_name_that_cannot_be_one_is_never_asked()
    {
        using FakeNameServer server = new(q => [GoodA(q)]);
        DnsReply reply = Resolver(server).Query("exa mple.com", DnsType.A);
        Assert.Equal("InvalidName", Text(reply));
        Assert.Empty(server.Seen);
        Assert.Equal("Name service error for exa mple.com: invalid host or domain name", reply.Explain("exa mple.com", DnsType.A));
    }

    [Theory]
    [InlineData(DnsStatus.NotFound, "Name service error for name=d.test type=MX: Host not found")]
    [InlineData(DnsStatus.TryAgain, "Name service error for name=d.test type=MX: Host not found, try again")]
    [InlineData(DnsStatus.NoData, "Name service error for name=d.test type=MX: Host found but no data record of requested type")]
    [InlineData(DnsStatus.Refused, "Name service error for name=d.test type=MX: Host not found, try again")]
    public void Failures_in_Postfix_words(DnsStatus status, string want) =>
        Assert.Equal(want, new DnsReply(status, [], "d.test", false).Explain("d.test", DnsType.Mx));

    [Fact]
    public void Strays_before_the_response_are_passed_over()
    {
        using FakeNameServer server = new(q =>
        [
            [],
            [1, 2, 3],
            Answer(q with { Id = (ushort)(q.Id + 1) }, answers: 1).A(q.Name, "203.0.113.66").ToArray(), // wrong id
            Answer(q with { Name = "evil.example" }, answers: 1).A(q.Name, "203.0.113.66").ToArray(), // wrong question
            Answer(q with { Type = DnsType.Mx }, answers: 1).A(q.Name, "203.0.113.66").ToArray(),
            GoodA(q),
        ]);
        Assert.Equal("Ok 192.0.2.1", Text(Resolver(server).Query("example.com", DnsType.A)));
    }

    [Fact]
    public void Nothing_but_strays_is_try_again_within_the_deadline()
    {
        using FakeNameServer server = new(q => Enumerable.Repeat(Answer(q with { Id = (ushort)(q.Id ^ 1) }).ToArray(), 40));
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal("TryAgain", Text(Resolver(s_short, server).Query("example.com", DnsType.A)));
        Assert.InRange(watch.ElapsedMilliseconds, 250, 5000);
    }

    [Fact]
    public void Records_of_other_owners_are_not_believed()
    {
        using FakeNameServer server = new(q =>
            [Answer(q, answers: 3).A("evil.example", "203.0.113.66").A(q.Name, "192.0.2.1").A(q.Name, "192.0.2.1").ToArray()]);
        Assert.Equal("Ok 192.0.2.1", Text(Resolver(server).Query("example.com", DnsType.A)));
    }

    [Fact]
    public void A_lost_datagram_is_repeated_with_new_id_and_port()
    {
        int asked = 0;
        using FakeNameServer server = new(q => asked++ == 0 ? [] : [GoodA(q)]);
        Assert.Equal("Ok 192.0.2.1", Text(Resolver(s_short, server).Query("example.com", DnsType.A)));
        Assert.Equal(2, server.Seen.Count);
        Assert.NotEqual((server.Seen[0].Id, server.Seen[0].Port), (server.Seen[1].Id, server.Seen[1].Port));
    }

    [Fact]
    public void Ids_and_ports_do_not_repeat()
    {
        using FakeNameServer server = new(q => [GoodA(q)]);
        StubResolver resolver = Resolver(server);
        for (int i = 0; i < 50; i++)
            Assert.Equal(DnsStatus.Ok, resolver.Query($"h{i}.example.com", DnsType.A).Status);
        Assert.InRange(server.Seen.Select(q => q.Id).Distinct().Count(), 48, 50);
        Assert.InRange(server.Seen.Select(q => q.Port).Distinct().Count(), 40, 50);
    }

    [Fact]
    public void Silence_is_try_again_after_attempts_times_timeout()
    {
        using FakeNameServer server = new(_ => []);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal("TryAgain", Text(Resolver(s_short, server).Query("example.com", DnsType.A)));
        Assert.InRange(watch.ElapsedMilliseconds, 290, 5000);
        Assert.Equal(2, server.Seen.Count);
    }

    [Fact]
    public void The_deadline_bounds_everything()
    {
        using FakeNameServer server = new(q => q.Name == "c5.test" ? [] : [Answer(q, answers: 1)
            .Cname(q.Name, $"c{int.Parse(q.Name[1..^5], System.Globalization.CultureInfo.InvariantCulture) + 1}.test").ToArray()]);
        StubResolver resolver = new(new ResolverOptions
        {
            Servers = [server.Address],
            Timeout = TimeSpan.FromSeconds(30),
            Attempts = 5,
            Deadline = TimeSpan.FromMilliseconds(200),
        });
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal("TryAgain", Text(resolver.Query("c1.test", DnsType.A)));
        Assert.InRange(watch.ElapsedMilliseconds, 150, 5000);
    }

    [Fact]
    public void Nobody_listens()
    {
        IPEndPoint address;
        using (FakeNameServer gone = new(_ => []))
            address = gone.Address;
        Stopwatch watch = Stopwatch.StartNew();
        StubResolver resolver = new(new ResolverOptions { Servers = [address], Timeout = TimeSpan.FromSeconds(20) });
        Assert.Equal("TryAgain", Text(resolver.Query("example.com", DnsType.A)));
        Assert.InRange(watch.ElapsedMilliseconds, 0, 5000); // refused, not timed out
    }

    [Theory] // what the first server says
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(-1)] // nothing
    [InlineData(-2)] // damaged: one answer promised, none there
    [InlineData(-3)] // a referral instead of recursion
    public void The_second_server_is_asked_when_the_first_is_of_no_use(int first)
    {
        using FakeNameServer bad = new(q => first switch
        {
            -1 => [],
            -2 => [Answer(q, answers: 1).ToArray()],
            -3 => [PacketWriter.Response(q.Id, recursion: false).Question(q.Name, q.Type).ToArray()],
            _ => [Code(q, first)],
        });
        using FakeNameServer good = new(q => [GoodA(q)]);
        StubResolver resolver = Resolver(s_short, bad, good);
        Assert.Equal("Ok 192.0.2.1", Text(resolver.Query("example.com", DnsType.A)));
        Assert.Single(bad.Seen);
        Assert.Equal("Ok 192.0.2.1", Text(resolver.Query("other.example", DnsType.A)));
        Assert.Single(bad.Seen); // the server that answers is asked first from now on
    }

    [Theory] // what two servers say, want
    [InlineData(5, 5, "Refused")]
    [InlineData(5, 2, "TryAgain")]
    [InlineData(2, 5, "TryAgain")]
    [InlineData(5, -1, "TryAgain")]
    public void Of_two_failures_the_passing_one_counts(int first, int second, string want)
    {
        using FakeNameServer a = new(q => [Code(q, first)]);
        using FakeNameServer b = new(q => second < 0 ? [] : [Code(q, second)]);
        Assert.Equal(want, Text(Resolver(s_short, a, b).Query("example.com", DnsType.A)));
        Assert.Single(a.Seen);
    }

    [Fact]
    public void Rotate_spreads_the_questions()
    {
        using FakeNameServer a = new(q => [GoodA(q)]);
        using FakeNameServer b = new(q => [GoodA(q)]);
        StubResolver resolver = new(new ResolverOptions { Servers = [a.Address, b.Address], Rotate = true });
        for (int i = 0; i < 6; i++)
            Assert.Equal(DnsStatus.Ok, resolver.Query($"h{i}.test", DnsType.A).Status);
        Assert.Equal((3, 3), (a.Seen.Count, b.Seen.Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_server_without_EDNS_is_asked_without(int code)
    {
        using FakeNameServer server = new(q => [q.WithEdns ? PacketWriter.Response(q.Id, code, questions: 0).ToArray() : GoodA(q)]);
        Assert.Equal("Ok 192.0.2.1", Text(Resolver(server).Query("example.com", DnsType.A)));
        Assert.Equal([true, false], server.Seen.Select(q => q.WithEdns));
    }

    [Fact]
    public void Truncated_means_TCP()
    {
        using FakeNameServer server = new(q => q.ByTcp
            ? [Enumerable.Range(0, 90).Aggregate(Answer(q, answers: 90), (w, i) => w.Mx(q.Name, i, new string('m', 60) + i + ".example.com")).ToArray()]
            : [PacketWriter.Response(q.Id, truncated: true, answers: 90).Question(q.Name, q.Type).ToArray()]);
        DnsReply reply = Resolver(server).Query("example.com", DnsType.Mx);
        Assert.Equal(DnsStatus.Ok, reply.Status);
        Assert.Equal(90, reply.Records.Count);
    }

    [Fact]
    public void A_datagram_larger_than_asked_for_means_TCP()
    {
        using FakeNameServer server = new(q => [q.ByTcp ? GoodA(q) : [.. GoodA(q), .. new byte[6000]]]);
        Assert.Equal("Ok 192.0.2.1", Text(Resolver(server).Query("example.com", DnsType.A)));
        Assert.Equal([false, true], server.Seen.Select(q => q.ByTcp));
    }

    public static TheoryData<string, string> TcpTrouble() => new()
    {
        { "refused", "TryAgain" },
        { "silent", "TryAgain" },
        { "closes", "TryAgain" },
        { "short", "Refused" },
        { "wrong id", "Refused" },
        { "truncated again", "Refused" },
        { "damaged", "Refused" },
    };

    [Theory, MemberData(nameof(TcpTrouble))]
    public void Trouble_with_TCP(string what, string want)
    {
        using ManualResetEventSlim over = new();
        using FakeNameServer server = new(q =>
        {
            PacketWriter cut = PacketWriter.Response(q.Id, truncated: true).Question(q.Name, q.Type);
            if (!q.ByTcp || what == "truncated again")
                return [cut.ToArray()];
            if (what == "silent")
                over.Wait(TimeSpan.FromSeconds(20));
            return what switch
            {
                "short" => [[1, 2]],
                "wrong id" => [GoodA(q with { Id = (ushort)(q.Id ^ 1) })],
                "damaged" => [Answer(q, answers: 1).ToArray()],
                _ => [],
            };
        }, noTcp: what == "refused");
        Assert.Equal(want, Text(Resolver(s_short, server).Query("example.com", DnsType.A)));
        over.Set();
    }

    [Fact]
    public void Aliases_within_the_answer_in_any_order()
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 4, authentic: true)
            .A("c.test", "192.0.2.3").Cname("B.test", "c.test").Cname("a.test", "b.test").A("a.test.evil", "203.0.113.66").ToArray()]);
        DnsReply reply = Resolver(server).Query("A.test.", DnsType.A);
        Assert.Equal("Ok 192.0.2.3", Text(reply));
        Assert.Equal("c.test", reply.CanonicalName);
        Assert.True(reply.IsAuthentic);
        Assert.Single(server.Seen);
    }

    [Theory] // of a server that is trusted, or not
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.2", false)]
    public void Only_a_trusted_server_is_believed_that_an_answer_is_authentic(string trusted, bool want)
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 1, authentic: true).A(q.Name, "192.0.2.3").ToArray()]);
        StubResolver resolver = new(new ResolverOptions { Servers = [server.Address], TrustedServers = [IPNetwork.Parse($"{trusted}/32")] });
        // Asked twice: what is remembered is no better.
        Assert.Equal((want, want), (resolver.Query("a.test", DnsType.A).IsAuthentic, resolver.Query("a.test", DnsType.A).IsAuthentic));
    }

    [Theory] // is the last answer authentic?
    [InlineData(true)]
    [InlineData(false)]
    public void Aliases_by_further_queries(bool authentic)
    {
        using FakeNameServer server = new(q => [q.Name switch
        {
            "a.test" => Answer(q, answers: 1, authentic: true).Cname("a.test", "b.test").ToArray(),
            "b.test" => Answer(q, answers: 1, authentic: true).Cname("b.test", "c.test").ToArray(),
            _ => Answer(q, answers: 1, authentic: authentic).A(q.Name, "192.0.2.3").ToArray(),
        }]);
        DnsReply reply = Resolver(server).Query("a.test", DnsType.A);
        Assert.Equal("Ok 192.0.2.3", Text(reply));
        Assert.Equal("c.test", reply.CanonicalName);
        Assert.Equal(authentic, reply.IsAuthentic);
        Assert.Equal(3, server.Seen.Count);
    }

    // S3-30
    [Theory] // aliases, want
    [InlineData(10, "Ok 192.0.2.3")]
    [InlineData(11, "Loop")]
    public void Ten_aliases_at_most(int aliases, string want)
    {
        foreach (bool inOneAnswer in new[] { true, false })
        {
            using FakeNameServer server = new(q =>
            {
                int from = int.Parse(q.Name[1..^5], System.Globalization.CultureInfo.InvariantCulture);
                int count = inOneAnswer ? aliases - from : Math.Min(1, aliases - from);
                bool atEnd = from + count == aliases;
                PacketWriter w = Answer(q, answers: count + (atEnd ? 1 : 0));
                for (int i = from; i < from + count; i++)
                    w.Cname($"n{i}.test", $"n{i + 1}.test");
                return [(atEnd ? w.A($"n{aliases}.test", "192.0.2.3") : w).ToArray()];
            });
            Assert.Equal(want, Text(Resolver(server).Query("n0.test", DnsType.A)));
        }
    }

    [Fact]
    public void An_alias_loop_ends()
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 2).Cname("a.test", "b.test").Cname("b.test", "a.test").ToArray()]);
        Assert.Equal("Loop", Text(Resolver(server).Query("a.test", DnsType.A)));
        Assert.Single(server.Seen);
    }

    [Fact]
    public void An_alias_to_nowhere_is_not_found_under_its_last_name()
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 1, code: 3).Cname("a.test", "b.test").ToArray()]);
        DnsReply reply = Resolver(server).Query("a.test", DnsType.A);
        Assert.Equal("NotFound b.test", $"{Text(reply)} {reply.CanonicalName}");
    }

    [Fact]
    public void An_alias_to_a_name_without_data_needs_no_second_query_when_SOA_says_so()
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 1, authorities: 1).Cname("a.test", "b.test").Soa("test", 60, 60).ToArray()]);
        Assert.Equal("NoData", Text(Resolver(server).Query("a.test", DnsType.A)));
        Assert.Single(server.Seen);
    }

    [Fact]
    public void An_alias_to_an_impossible_name_is_refused()
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 1).Cname("a.test", "b b.test").ToArray()]);
        Assert.Equal("Refused", Text(Resolver(server).Query("a.test", DnsType.A)));
    }

    [Fact]
    public void Asked_for_the_alias_itself_it_is_not_followed()
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 1).Cname("a.test", "b.test").ToArray()]);
        DnsReply reply = Resolver(server).Query("a.test", DnsType.Cname);
        Assert.Equal("b.test", Assert.IsType<CnameRecord>(Assert.Single(reply.Records)).Target);
        Assert.Equal("a.test", reply.CanonicalName);
    }

    [Fact]
    public void Reverse_names_may_hold_slashes()
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 2).Cname(q.Name, "1.0/25.2.0.192.in-addr.arpa")
            .Record("1.0/25.2.0.192.in-addr.arpa", 12, 60, w => w.Name("mx.test")).ToArray()]);
        DnsReply reply = Resolver(server).Query("1.2.0.192.in-addr.arpa", DnsType.Ptr);
        Assert.Equal("mx.test", Assert.IsType<PtrRecord>(Assert.Single(reply.Records)).Host);
    }

    [Theory] // hosts of the MX records, want
    [InlineData("mx.test", "bad host.test", "Ok 5:mx.test")]
    [InlineData("bad host.test", "-x.test", "Refused")]
    public void Mail_exchangers_with_impossible_names(string first, string second, string want)
    {
        using FakeNameServer server = new(q => [Answer(q, answers: 2).Mx(q.Name, 5, first).Mx(q.Name, 5, second).ToArray()]);
        Assert.Equal(want, Text(Resolver(server).Query("a.test", DnsType.Mx)));
    }

    [Fact]
    public void A_hundred_records_are_enough()
    {
        using FakeNameServer server = new(q => [q.ByTcp
            ? Enumerable.Range(0, 200).Aggregate(Answer(q, answers: 200), (w, i) => w.A(q.Name, $"192.0.2.{i}")).ToArray()
            : PacketWriter.Response(q.Id, truncated: true).Question(q.Name, q.Type).ToArray()]);
        Assert.Equal(StubResolver.MaxRecords, Resolver(server).Query("a.test", DnsType.A).Records.Count);
    }

    [Fact]
    public void Several_types_are_asked_at_the_same_time()
    {
        // The first server says nothing: its timeout passes once for all three.
        List<SeenQuery> held = [];
        using FakeNameServer server = new(q =>
        {
            held.Add(q);
            return [];
        });
        using FakeNameServer other = new(q => [GoodA(q)]);
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyList<DnsReply> replies = Resolver(TimeSpan.FromSeconds(1), server, other).Query("a.test", [DnsType.A, DnsType.Aaaa, DnsType.Mx]);
        Assert.Equal(["Ok 192.0.2.1", "NoData", "NoData"], replies.Select(Text));
        Assert.Equal(3, held.Count);
        Assert.InRange(watch.ElapsedMilliseconds, 900, 1900); // one timeout, not three
    }

    private sealed class Clock : TimeProvider
    {
        internal long Seconds { get; set; } = 1000;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }

    [Theory] // answer, seconds that it is remembered
    [InlineData("A 60", 60)]
    [InlineData("A 0", 0)]
    [InlineData("A 9999", 300)]
    [InlineData("CNAME 30 A 60", 30)]
    [InlineData("NoData 900/20", 20)]
    [InlineData("NoData 15/900", 15)]
    [InlineData("NotFound 40/40", 40)]
    [InlineData("NoData", 0)]
    [InlineData("foreign SOA", 0)]
    [InlineData("SERVFAIL", 0)]
    [InlineData("REFUSED", 0)]
    public void Answers_are_remembered(string answer, long seconds)
    {
        using FakeNameServer server = new(q => [(answer switch
        {
            "A 60" => Answer(q, answers: 1).A(q.Name, "192.0.2.1", 60),
            "A 0" => Answer(q, answers: 1).A(q.Name, "192.0.2.1", 0),
            "A 9999" => Answer(q, answers: 1).A(q.Name, "192.0.2.1", 9999),
            "CNAME 30 A 60" => Answer(q, answers: 2).Cname(q.Name, "x.test", 30).A("x.test", "192.0.2.1", 60),
            "NoData 900/20" => Answer(q, authorities: 1).Soa("test", 900, 20),
            "NoData 15/900" => Answer(q, authorities: 1).Soa("test", 15, 900),
            "NotFound 40/40" => Answer(q, authorities: 1, code: 3).Soa("test", 40, 40),
            "foreign SOA" => Answer(q, authorities: 1, code: 3).Soa("example.com", 40, 40),
            "SERVFAIL" => Answer(q, authorities: 1, code: 2).Soa("test", 40, 40),
            "REFUSED" => Answer(q, authorities: 1, code: 5).Soa("test", 40, 40),
            _ => Answer(q),
        }).ToArray()]);
        Clock clock = new();
        StubResolver resolver = new(new ResolverOptions { Servers = [server.Address], Clock = clock });
        string want = Text(resolver.Query("a.test", DnsType.A));
        int asked = 1;
        if (seconds > 0)
        {
            clock.Seconds += seconds - 1;
            Assert.Equal(want, Text(resolver.Query("A.TEST.", DnsType.A)));
            Assert.Equal(asked, server.Seen.Count);
            clock.Seconds++;
        }
        Assert.Equal(want, Text(resolver.Query("a.test", DnsType.A)));
        Assert.Equal(asked + 1, server.Seen.Count);
    }

    [Fact]
    public void Memory_of_answers_is_bounded()
    {
        using FakeNameServer server = new(q => [GoodA(q)]);
        StubResolver resolver = new(new ResolverOptions { Servers = [server.Address], CacheEntries = 2 });
        foreach (string name in new[] { "a.test", "b.test", "c.test", "c.test", "a.test" })
            Assert.Equal(DnsStatus.Ok, resolver.Query(name, DnsType.A).Status);
        Assert.Equal(4, server.Seen.Count); // c was remembered, a forgotten
    }

    [Theory] // the answer that does not come
    [InlineData(false)]
    [InlineData(true)]
    public void Waiting_ends_when_no_answer_is_wanted_any_more(bool byTcp)
    {
        (Descriptor line, Descriptor other) = Descriptor.Pair();
        using ManualResetEventSlim over = new();
        using FakeNameServer server = new(q =>
        {
            if (q.ByTcp != byTcp)
                return [PacketWriter.Response(q.Id, truncated: true).Question(q.Name, q.Type).ToArray()];
            other.Write([1]);
            over.Wait(TimeSpan.FromSeconds(20));
            return [];
        });
        StubResolver resolver = new(new ResolverOptions
        {
            Servers = [server.Address],
            Timeout = TimeSpan.FromMinutes(2),
            Deadline = TimeSpan.FromMinutes(2),
            Stop = new StopSignal(() => line, static () => true),
        });
        Assert.Throws<StoppingException>(() => resolver.Query("a.test", DnsType.Mx));
        over.Set();
        line.Dispose();
        other.Dispose();
    }

    [Fact]
    public void Options_without_server_or_time_are_a_mistake()
    {
        IPEndPoint server = new(IPAddress.Loopback, 53);
        Assert.ThrowsAny<ArgumentException>(() => new StubResolver(new ResolverOptions { Servers = [] }));
        Assert.ThrowsAny<ArgumentException>(() => new StubResolver(new ResolverOptions { Servers = [server], Attempts = 0 }));
        Assert.ThrowsAny<ArgumentException>(() => new StubResolver(new ResolverOptions { Servers = [server], Timeout = TimeSpan.Zero }));
    }
}
