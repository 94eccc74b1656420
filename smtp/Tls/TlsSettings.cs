using System.Security.Authentication;
using PostfixNet.Configuration;
using PostfixNet.Tls;

namespace PostfixNet.Smtp;

/// <summary>The settings for TLS, each named as its parameter (smtp_tls_ left out).</summary>
internal sealed record TlsSettings
{
    internal TlsLevel SecurityLevel { get; init; }
    internal bool WrapperMode { get; init; }

    /// <summary>Policies of next hops; null: all have the same.</summary>
    internal LookupTable? PolicyMaps { get; init; }

    internal SslProtocols Protocols { get; init; } = TlsProtocols.Parse("");
    internal SslProtocols MandatoryProtocols { get; init; } = TlsProtocols.Parse("");
    internal IReadOnlyList<string> ExcludeCiphers { get; init; } = [];

    /// <summary>In addition to <see cref="ExcludeCiphers"/>, where TLS is required.</summary>
    internal IReadOnlyList<string> MandatoryExcludeCiphers { get; init; } = [];

    internal IReadOnlyList<string> FingerprintCertMatch { get; init; } = [];
    internal IReadOnlyList<string> VerifyCertMatch { get; init; } = ["hostname"];
    internal IReadOnlyList<string> SecureCertMatch { get; init; } = ["nexthop", "dot-nexthop"];

    /// <summary>Of certificates and public keys: md5, sha1, sha256, sha384 or sha512.</summary>
    internal string FingerprintDigest { get; init; } = "sha256";

    /// <inheritdoc cref="TlsPolicy.ServerName"/>
    internal string ServerName { get; init; } = "";

    /// <summary>Trusted certificates in PEM; empty here and in <see cref="CAPath"/>: those of the system.</summary>
    internal string CAFile { get; init; } = "";

    /// <summary>Directory of files with trusted certificates in PEM.</summary>
    internal string CAPath { get; init; } = "";

    /// <summary>The system's certificates are trusted besides those of <see cref="CAFile"/> and <see cref="CAPath"/>.</summary>
    internal bool AppendDefaultCA { get; init; }

    /// <summary>Certificate of this system, and those that lead to its root, in PEM; empty: none is shown.</summary>
    internal string CertFile { get; init; } = "";

    /// <summary>Private key to it, in PEM.</summary>
    internal string KeyFile { get; init; } = "";

    /// <summary>How many certificates there may be above the server's own: scert_verifydepth.</summary>
    internal int VerifyDepth { get; init; } = 9;

    /// <summary>0: nothing; 1: a line for each handshake; 2 and more: also what the certificate was.</summary>
    internal int LogLevel { get; init; }

    /// <summary>Sessions are resumed with servers that have a server name: session_cache_database.</summary>
    internal bool ResumesSessions { get; init; }

    internal bool BlockEarlyMailReply { get; init; }
}
