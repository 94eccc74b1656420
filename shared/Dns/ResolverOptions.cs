using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using PostfixNet.Native;
using PostfixNet.Net;

namespace PostfixNet.Dns;

/// <summary>Where one name server listens.</summary>
/// <param name="Address">IPv4 or IPv6 address.</param>
/// <param name="Port">1..65535, by UDP and TCP.</param>
/// <remarks>A class: collections of it need no code compiled at start-up.</remarks>
public sealed record NameServer(IPAddress Address, int Port)
{
    /// <summary>The port of the DNS, RFC 1035 section 4.2.</summary>
    public const int DefaultPort = 53;

    /// <summary>Reads <c>127.0.0.1</c>, <c>127.0.0.1:5353</c>, <c>::1</c>, <c>[::1]</c>, <c>[::1]:53</c>. No names: who would
    /// look them up?</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out NameServer? server)
    {
        server = null;
        ReadOnlySpan<char> address = text, port = default;
        bool hasPort = false;
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']');
            if (end < 0)
                return false;
            address = text[1..end];
            ReadOnlySpan<char> rest = text[(end + 1)..];
            hasPort = !rest.IsEmpty;
            if (hasPort && rest[0] != ':')
                return false;
            port = hasPort ? rest[1..] : default;
            if (!address.Contains(':'))
                return false;
        }
        else if (text.Count(':') == 1)
        {
            int colon = text.IndexOf(':');
            address = text[..colon];
            port = text[(colon + 1)..];
            hasPort = true;
        }
        int number = DefaultPort;
        if (hasPort && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is 0 or > 65535))
            return false;
        // The base library also takes "127.1" and "2130706433"; such a value is a slip of the pen here.
        if (!address.Contains(':') && address.Count('.') != 3)
            return false;
        if (!AddressText.TryParse(address, out IPAddress? parsed))
            return false;
        server = new NameServer(parsed, number);
        return true;
    }
}

/// <summary>How to ask.</summary>
public sealed record ResolverOptions
{
    /// <summary>Name servers asked at most; more are passed over.</summary>
    public const int MaxServers = 8;

    /// <summary>Options for configured servers (<c>dns_nameservers</c>), or those of the system when none is configured.</summary>
    /// <param name="nameServers">As <see cref="NameServer.TryParse"/> reads them.</param>
    /// <exception cref="FormatException">One is no address; the message names it and what is accepted.</exception>
    public static ResolverOptions FromNameServers(IReadOnlyList<string> nameServers)
    {
        ArgumentNullException.ThrowIfNull(nameServers);
        if (nameServers.Count == 0)
            return ResolvConf.Load();
        List<NameServer> servers = [];
        foreach (string text in nameServers)
        {
            if (!NameServer.TryParse(text, out NameServer? server))
                throw new FormatException($"\"{text}\" is no name server; accepted is an address, with or without port: \"127.0.0.1:5353\", \"[::1]:53\"");
            servers.Add(server);
        }
        return new ResolverOptions { Servers = servers };
    }

    /// <summary>In order of preference, 1..8. They must be recursive servers that share one view of the world.</summary>
    public required IReadOnlyList<NameServer> Servers { get; init; }

    /// <summary>How long to wait for one server, once.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often to go through the list of servers, 1 or more.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Each question starts with the next server, instead of the first that answered.</summary>
    public bool Rotate { get; init; }

    /// <summary>The longest a call may take, CNAMEs, repetitions and TCP included.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What else to watch while waiting for name servers; null: nothing. When it is readable or broken,
    /// <see cref="ThrowIfInterrupted"/> is called.</summary>
    public Func<Descriptor?> InterruptLine { get; init; } = static () => null;

    /// <summary>Throws when no answer is wanted any more; the exception passes through the call that asked.</summary>
    public Action ThrowIfInterrupted { get; init; } = static () => { };

    /// <summary>Answers remembered at most; 0: none.</summary>
    public int CacheEntries { get; init; } = 512;

    /// <summary>The clock by which remembered answers age. Network deadlines are real time always.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
