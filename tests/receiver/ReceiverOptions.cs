using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace PostfixNet.Receiver;

/// <summary>How a receiver behaves.</summary>
public sealed record ReceiverOptions
{
    /// <summary>Where it listens; port 0 takes a free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Where transactions are stored as N.eml and N.env; null keeps them in memory instead.</summary>
    public string? Directory { get; init; }

    /// <summary>Name in the greeting.</summary>
    public string HostName { get; init; } = "receiver.test";

    /// <summary>Lines of the EHLO reply after the first. With one that begins with "AUTH", any login with an initial response
    /// (RFC 4954 section 4) succeeds.</summary>
    public IReadOnlyList<string> Keywords { get; init; } =
        ["PIPELINING", "SIZE 10240000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];

    /// <summary>With its private key: STARTTLS is offered, too (RFC 3207).</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Clients are asked for a certificate, of whomever; one that shows none is served all the same.</summary>
    public bool AsksForCertificate { get; init; }

    /// <summary>Rules in force from the start, tried in order.</summary>
    public IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>File of further rules, read again whenever it changes; null for none.</summary>
    public string? RulesFile { get; init; }

    /// <summary>Wait before the reply to each final dot.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Share of all addresses, 0 to 100, that are refused for good; the same addresses every time.</summary>
    public int RefusePercent { get; init; }
}
