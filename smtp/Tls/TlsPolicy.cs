using System.Security.Authentication;
using PostfixNet.Mail;
using PostfixNet.MtaSts;
using PostfixNet.Smtp.Dane;

namespace PostfixNet.Smtp;

/// <summary>What the conversation with the servers of one next hop needs.</summary>
internal sealed record TlsPolicy
{
    /// <summary>Plain text.</summary>
    internal static readonly TlsPolicy None = new();

    internal TlsLevel Level { get; init; }

    /// <summary>TLS comes before the greeting (RFC 8314 section 3.3): smtp_tls_wrappermode.</summary>
    internal bool IsWrapped { get; init; }

    /// <summary>Fingerprints in capitals, or names: what a certificate must have, any of them.</summary>
    internal IReadOnlyList<string> Match { get; init; } = [];

    /// <summary>The versions of the protocol that may be spoken, without gaps.</summary>
    internal SslProtocols Protocols { get; init; }

    /// <summary>Ciphers that are not used, in OpenSSL's words.</summary>
    internal IReadOnlyList<string> ExcludedCiphers { get; init; } = [];

    /// <summary>The name sent with SNI: empty (none), a name, or <c>hostname</c> or <c>nexthop</c>.</summary>
    internal string ServerName { get; init; } = "";

    /// <summary>Domain or host of the next hop, without brackets and port.</summary>
    internal string NextHop { get; init; } = "";

    /// <summary>The records by which a server has to show who it is; null: it does so otherwise, or need not.</summary>
    internal TlsaSet? Tlsa { get; init; }

    /// <summary>The operator said it of this next hop: smtp_tls_policy_maps, or the table of the destination.</summary>
    internal bool IsOfDestination { get; init; }

    /// <summary>The authorities that main.toml names, and not those of the system, are trusted.</summary>
    internal bool HasOwnAuthorities { get; init; }

    /// <summary>The name that the certificate must have is one that anybody on the way to a name server could have said: RFC 8689 section 4.2.1 does not take it.</summary>
    internal bool IsNameInsecure { get; init; }

    /// <summary>The MTA-STS policy of the next hop, which enforces or tests; null: it has none.</summary>
    internal KnownPolicy? Sts { get; init; }

    /// <summary><see cref="Sts"/> is what the server has to satisfy: a certificate that is trusted, and has its name as a DNS name.</summary>
    internal bool IsBySts { get; init; }

    /// <summary>Whether there is an MTA-STS policy could not be found out: what it would have brought may come later.</summary>
    internal bool IsStsUnknown { get; init; }

    /// <summary>The next hop announces an MTA-STS policy, which cannot be had: what reports tell of it; null: it does not, or one holds.</summary>
    internal TlsFinding? StsLack { get; init; }

    /// <summary>The name that the certificate of the server must have for <see cref="Sts"/>: that of the MX record.</summary>
    internal string StsName { get; init; } = "";

    /// <summary>What words about a failure end with: whose demand it is.</summary>
    internal string Whose => IsBySts ? " (MTA-STS enforce)" : "";

    /// <summary>The policy of the next hop, of which this is what it came to with one server; null: this one.</summary>
    internal TlsPolicy? Asked { get; init; }

    /// <summary>What the entry of smtp_tls_policy_maps itself says, in the place of parameters; null: nothing.</summary>
    internal SslProtocols? OwnProtocols { get; init; }

    /// <inheritdoc cref="OwnProtocols"/>
    internal IReadOnlyList<string>? OwnExclusions { get; init; }

    /// <inheritdoc cref="OwnProtocols"/>
    internal string? OwnServerName { get; init; }

    /// <summary>Plain text is not good enough.</summary>
    internal bool IsRequired => Level >= TlsLevel.Encrypt || Tlsa is not null;

    /// <summary>The server has to show who it is.</summary>
    internal bool IsAuthenticated => Level >= TlsLevel.DaneOnly || Tlsa is not null;

    /// <summary>What remains when the recipient's domain has no say, since the sender said "TLS-Required: No" (RFC 8689 section 4.2.2): what the operator wants.</summary>
    internal TlsPolicy WithoutRecipientsSay() => Level == TlsLevel.Dane ? this with { Level = TlsLevel.May } : this;

    /// <summary>By what a server proves who it is, if it has to.</summary>
    internal Verification Verifier => Level switch
    {
        TlsLevel.Dane or TlsLevel.DaneOnly when Tlsa is not null => Verification.Dane,
        TlsLevel.Fingerprint => Verification.Fingerprint,
        _ when IsBySts => Verification.Sts,
        TlsLevel.Verify or TlsLevel.Secure => Verification.Certificate,
        _ => Verification.None,
    };

    /// <summary>Two sessions with the same text were made under the same demands: what the one was good for, the other is, too.</summary>
    internal string Key => Asked is not null ? Asked.Key : Level == TlsLevel.None && Sts is null
        ? ""
        : $"{(Sts is null ? "" : $"{Sts.Policy.Mode} {Sts.Id} ")}{Level} {IsWrapped} {Protocols} {ServerName} {NextHop} {string.Join('|', Match)} {string.Join(':', ExcludedCiphers)}";

    /// <summary>The name to send with SNI to one server (RFC 6066 section 3); empty: none.</summary>
    internal string ServerNameFor(SmtpPeer peer)
    {
        // RFC 7672 section 8.1.
        if (Tlsa is not null)
            return Tlsa.BaseDomain;
        string name = ServerName.ToLowerInvariant() switch
        {
            "hostname" => peer.Host,
            "nexthop" => NextHop,
            _ => ServerName,
        };
        // "Literal IPv4 and IPv6 addresses are not permitted", and names stand there without a dot at the end.
        return System.Net.IPAddress.TryParse(name.Trim('[', ']'), out _) ? "" : DomainName.ToAscii(name) ?? "";
    }

    /// <summary>The names of which the certificate of a server must have one; those that begin with a dot stand for all
    /// names below them.</summary>
    internal List<string> NamesFor(SmtpPeer peer) =>
    [
        .. Match.Select(word => word.ToLowerInvariant() switch
        {
            "hostname" => peer.Host,
            "nexthop" => NextHop,
            "dot-nexthop" => "." + NextHop,
            _ when word.StartsWith('.') => "." + (DomainName.ToAscii(word[1..]) ?? word[1..]),
            _ => DomainName.ToAscii(word) ?? word,
        }),
    ];

    /// <summary>What may be given to be matched: one of the three words, or a name with a dot.</summary>
    internal static bool IsCertificateName(string word) => word.ToLowerInvariant() is "hostname" or "nexthop" or "dot-nexthop"
        || (word.StartsWith('.') ? word[1..] : word) is var name && name.Contains('.', StringComparison.Ordinal) && DomainName.IsMailDomain(name);

    /// <summary>The level that a word of the configuration stands for; null: none of ours.</summary>
    internal static TlsLevel? LevelOf(string word) => word.ToLowerInvariant() switch
    {
        "none" => TlsLevel.None,
        "may" => TlsLevel.May,
        "dane" => TlsLevel.Dane,
        "encrypt" => TlsLevel.Encrypt,
        "dane-only" => TlsLevel.DaneOnly,
        "fingerprint" => TlsLevel.Fingerprint,
        "verify" => TlsLevel.Verify,
        "secure" => TlsLevel.Secure,
        _ => null,
    };

    /// <summary>The word for a level.</summary>
    internal static string WordFor(TlsLevel level) => level switch
    {
        TlsLevel.None => "none",
        TlsLevel.May => "may",
        TlsLevel.Dane => "dane",
        TlsLevel.HalfDane => "half-dane",
        TlsLevel.Encrypt => "encrypt",
        TlsLevel.DaneOnly => "dane-only",
        TlsLevel.Fingerprint => "fingerprint",
        TlsLevel.Verify => "verify",
        TlsLevel.Secure => "secure",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, null),
    };
}
