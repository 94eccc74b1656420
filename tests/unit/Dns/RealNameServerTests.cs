using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

/// <summary>A private nsd (Debian package nsd) on a loopback port, with a zone of its own.</summary>
public sealed class NsdServer : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nsd-").FullName;
    private readonly Process _process;

    public NsdServer()
    {
        int port = FreePort();
        File.WriteAllText($"{_directory}/nsd.conf", $"""
            server:
                server-count: 1
                ip-address: 127.0.0.1@{port}
                username: "{Environment.UserName}"
                chroot: ""
                zonesdir: "{_directory}"
                pidfile: ""
                zonelistfile: "{_directory}/zone.list"
                xfrdfile: "{_directory}/xfrd.state"
                xfrdir: "{_directory}"
                database: ""
                logfile: "{_directory}/log"
            remote-control:
                control-enable: no
            zone:
                name: "example.test"
                zonefile: "example.test.zone"
            """);
        File.WriteAllText($"{_directory}/example.test.zone", $"""
            $ORIGIN example.test.
            $TTL 120
            @       SOA ns admin 1 3600 600 86400 30
            @       NS  ns
            ns      A   127.0.0.1
            @       MX  20 mx2
            @       MX  10 mx1
            @       MX  10 mx3.example.test.
            mx1     A   192.0.2.1
            mx1     A   192.0.2.2
            mx1     AAAA 2001:db8::1
            mx2     A   192.0.2.3
            null    MX  0 .
            alias   CNAME alias2
            alias2  CNAME alias3
            alias3  CNAME mx1
            loop    CNAME loop2
            loop2   CNAME loop
            astray  CNAME nowhere
            away    CNAME other.invalid.
            _25._tcp.mx1 TLSA 3 1 1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
            short   TXT "v=spf1 " "-all"
            {string.Join("\n", Enumerable.Range(0, 40).Select(i => $"large TXT \"{i} {new string('x', 200)}\""))}
            ptr     PTR mx1

            """);
        _process = Process.Start(new ProcessStartInfo("/usr/sbin/nsd", ["-d", "-c", $"{_directory}/nsd.conf"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Resolver = new StubResolver(new ResolverOptions
        {
            Servers = [new NameServer(IPAddress.Loopback, port)],
            Timeout = TimeSpan.FromSeconds(10),
            CacheEntries = 0,
        });
        WaitUntilListening(port);
    }

    internal StubResolver Resolver { get; }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // As long as nobody listens the kernel refuses at once; so the queries end quickly, and the pauses are short.
    private void WaitUntilListening(int port)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(20); _process.WaitForExit(20))
        {
            if (_process.HasExited)
                break;
            if (Resolver.Query("ns.example.test", DnsType.A).Status == DnsStatus.Ok)
                return;
        }
        string log = File.Exists($"{_directory}/log") ? File.ReadAllText($"{_directory}/log") : "";
        throw new InvalidOperationException($"nsd does not answer on port {port}: {log}");
    }
}

/// <summary>The resolver against a real name server.</summary>
public class RealNameServerTests(NsdServer server) : IClassFixture<NsdServer>
{
    [Theory]
    [InlineData("example.test", DnsType.Mx, "Ok", "10 mx1.example.test,10 mx3.example.test,20 mx2.example.test")]
    [InlineData("MX2.example.TEST.", DnsType.A, "Ok", "192.0.2.3")]
    [InlineData("mx1.example.test", DnsType.A, "Ok", "192.0.2.1,192.0.2.2")]
    [InlineData("mx1.example.test", DnsType.Aaaa, "Ok", "2001:db8::1")]
    [InlineData("mx2.example.test", DnsType.Aaaa, "NoData", "")]
    [InlineData("mx1.example.test", DnsType.Mx, "NoData", "")]
    [InlineData("mx3.example.test", DnsType.A, "NotFound", "")]
    [InlineData("null.example.test", DnsType.Mx, "Ok", "0 . null")]
    [InlineData("alias.example.test", DnsType.A, "Ok", "192.0.2.1,192.0.2.2")]
    [InlineData("alias.example.test", DnsType.Mx, "NoData", "")]
    [InlineData("alias.example.test", DnsType.Cname, "Ok", "alias2.example.test")]
    [InlineData("loop.example.test", DnsType.A, "Refused", "")]
    [InlineData("astray.example.test", DnsType.A, "NotFound", "")]
    [InlineData("away.example.test", DnsType.A, "Refused", "")] // not a zone of this server: REFUSED
    [InlineData("_25._tcp.mx1.example.test", DnsType.Tlsa, "Ok", "3 1 1 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")]
    [InlineData("short.example.test", DnsType.Txt, "Ok", "v=spf1 -all")]
    [InlineData("ptr.example.test", DnsType.Ptr, "Ok", "mx1.example.test")]
    [InlineData("other.invalid", DnsType.A, "Refused", "")]
    public void Answers(string name, DnsType type, string status, string records)
    {
        DnsReply reply = server.Resolver.Query(name, type);
        Assert.Equal(status, reply.Status.ToString());
        Assert.Equal(records, string.Join(",", reply.Records.Select(Text).Order(StringComparer.Ordinal)));
        Assert.False(reply.IsAuthentic);
    }

    [Fact]
    public void An_answer_too_large_for_UDP_comes_by_TCP()
    {
        DnsReply reply = server.Resolver.Query("large.example.test", DnsType.Txt);
        Assert.Equal(DnsStatus.Ok, reply.Status);
        Assert.Equal(40, reply.Records.Count);
    }

    [Fact]
    public void Several_types_at_once()
    {
        IReadOnlyList<DnsReply> replies = server.Resolver.Query("alias.example.test", [DnsType.A, DnsType.Aaaa, DnsType.Mx]);
        Assert.Equal(["Ok", "Ok", "NoData"], replies.Select(r => r.Status.ToString()));
        Assert.Equal(["mx1.example.test", "mx1.example.test", "mx1.example.test"], replies.Select(r => r.CanonicalName));
    }

    private static string Text(DnsRecord record) => record switch
    {
        AddressRecord a => a.Address.ToString(),
        MxRecord m => $"{m.Preference} {m.Host}{(m.IsNullMx ? " null" : "")}",
        CnameRecord c => c.Target,
        PtrRecord p => p.Host,
        TxtRecord t => t.Text,
        TlsaRecord t => $"{t.Usage} {t.Selector} {t.MatchingType} {Convert.ToHexString(t.Data.Span)}",
        _ => "?",
    };
}
