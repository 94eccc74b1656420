using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Dns;

namespace PostfixNet.UnitTests.Dns;

/// <summary>A private nsd (Debian package nsd) on a loopback port.</summary>
public class NsdServer : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nsd-").FullName;
    private readonly Process _process;

    /// <param name="zones">Names and the records of each, in zone file syntax; SOA and NS records are added. A zone without
    /// records is one that the server has no file of: it answers SERVFAIL.</param>
    protected NsdServer(params (string Name, string Records)[] zones)
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
            {string.Join('\n', zones.Select(z => $"zone:\n    name: \"{z.Name}\"\n    zonefile: \"{z.Name}.zone\""))}
            """);
        foreach ((string name, string records) in zones.Where(z => z.Records.Length > 0))
        {
            File.WriteAllText($"{_directory}/{name}.zone", $"""
                $ORIGIN {name}.
                $TTL 120
                @       SOA ns admin 1 3600 600 86400 30
                @       NS  ns
                ns      A   127.0.0.1
                {records}

                """);
        }
        _process = Process.Start(new ProcessStartInfo("/usr/sbin/nsd", ["-d", "-c", $"{_directory}/nsd.conf"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Resolver = new StubResolver(new ResolverOptions
        {
            Servers = [new IPEndPoint(IPAddress.Loopback, port)],
            Timeout = TimeSpan.FromSeconds(10),
            CacheEntries = 0,
        });
        WaitUntilListening(port, $"ns.{zones[0].Name}");
    }

    internal StubResolver Resolver { get; }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // As long as nobody listens the kernel refuses at once; so the queries end quickly, and the pauses are short.
    private void WaitUntilListening(int port, string name)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(20); _process.WaitForExit(20))
        {
            if (_process.HasExited)
                break;
            if (Resolver.Query(name, DnsType.A).Status == DnsStatus.Ok)
                return;
        }
        string log = File.Exists($"{_directory}/log") ? File.ReadAllText($"{_directory}/log") : "";
        throw new InvalidOperationException($"nsd does not answer on port {port}: {log}");
    }
}
