using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PostfixNet.Net;

namespace PostfixNet.Dns;

/// <summary>How to ask.</summary>
public sealed record ResolverOptions
{
    /// <summary>Name servers asked at most; more are passed over.</summary>
    public const int MaxServers = 8;

    /// <summary>The port of the DNS, RFC 1035 section 4.2.</summary>
    public const int DefaultPort = 53;

    /// <summary>Options for configured servers (<c>dns_nameservers</c>), or those of the system when none is configured.</summary>
    /// <param name="nameServers">As <see cref="TryParseServer"/> reads them.</param>
    /// <param name="system">The system's file.</param>
    /// <exception cref="FormatException">One is no address; the message names it and what is accepted.</exception>
    public static ResolverOptions FromNameServers(IReadOnlyList<string> nameServers, string system = ResolvConf.DefaultPath)
    {
        ArgumentNullException.ThrowIfNull(nameServers);
        if (nameServers.Count == 0)
            return ResolvConf.Load(system);
        List<IPEndPoint> servers = [];
        foreach (string text in nameServers)
        {
            if (!TryParseServer(text, out IPEndPoint? server))
                throw new FormatException($"\"{text}\" is no name server; accepted is an address, with or without port: \"127.0.0.1:5353\", \"[::1]:53\"");
            servers.Add(server);
        }
        return new ResolverOptions { Servers = servers, Search = ResolvConf.Load(system).Search };
    }

    /// <summary>Reads <c>127.0.0.1</c>, <c>127.0.0.1:5353</c>, <c>::1</c>, <c>[::1]</c>, <c>[::1]:53</c>. No names: who would
    /// look them up?</summary>
    public static bool TryParseServer(string text, [NotNullWhen(true)] out IPEndPoint? server)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IPEndPoint.TryParse(text, out server))
            return false;
        bool isV6 = server.AddressFamily == AddressFamily.InterNetworkV6;
        // The base library also takes "127.1" and "2130706433"; such a value is a slip of the pen here.
        if (!isV6 && text.AsSpan().Count('.') != 3)
            return false;
        bool hasPort = isV6 ? text.StartsWith('[') && !text.EndsWith(']') : text.Contains(':');
        if (!hasPort)
            server.Port = DefaultPort;
        return server.Port != 0;
    }

    /// <summary>In order of preference, 1..8. They must be recursive servers that share one view of the world.</summary>
    public required IReadOnlyList<IPEndPoint> Servers { get; init; }

    /// <summary>Whose word counts that an answer is authentic (<see cref="DnsReply.IsAuthentic"/>): servers that validate, over a
    /// path on which nobody can answer in their place. By default those of this host.</summary>
    public IReadOnlyList<IPNetwork> TrustedServers { get; init; } = [new(IPAddress.Parse("127.0.0.0"), 8), new(IPAddress.IPv6Loopback, 128)];

    /// <summary>At least one of the servers that are asked is trusted.</summary>
    public bool HasTrustedServer => Servers.Take(MaxServers).Any(server => IsTrusted(server.Address));

    /// <summary>Reads an address or a network: <c>192.0.2.53</c>, <c>192.0.2.0/24</c>, <c>2001:db8::53</c>.</summary>
    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        ArgumentNullException.ThrowIfNull(text);
        network = default;
        bool isV6 = text.Contains(':', StringComparison.Ordinal);
        if (!isV6 && text.AsSpan().Count('.') != 3)
            return false;
        if (!text.Contains('/', StringComparison.Ordinal))
            text += isV6 ? "/128" : "/32";
        return IPNetwork.TryParse(text, out network);
    }

    internal bool IsTrusted(IPAddress server) => TrustedServers.Any(network => network.Contains(server));

    /// <summary>How the system completes names of hosts.</summary>
    public SearchList Search { get; init; } = SearchList.None;

    /// <summary>No server is configured, and this system itself is asked.</summary>
    public bool IsGuess { get; init; }

    /// <summary>How long to wait for one server, once.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often to go through the list of servers, 1 or more.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Each question starts with the next server, instead of the first that answered.</summary>
    public bool Rotate { get; init; }

    /// <summary>The longest a call may take, CNAMEs, repetitions and TCP included.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Ends waiting for name servers: <see cref="StoppingException"/> passes through the call that asked.</summary>
    public StopSignal Stop { get; init; } = StopSignal.None;

    /// <summary>Answers remembered at most; 0: none.</summary>
    public int CacheEntries { get; init; } = 512;

    /// <summary>The clock by which remembered answers age. Network deadlines are real time always.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
