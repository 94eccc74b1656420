using System.Security.Authentication;
using PostfixNet.Configuration;

namespace PostfixNet.Smtp;

/// <summary>The settings for TLS, each named as its parameter (smtp_tls_ left out).</summary>
internal sealed record TlsSettings
{
    internal required TlsLevel SecurityLevel { get; init; }
    internal required bool WrapperMode { get; init; }

    /// <summary>Policies of next hops; null: all have the same.</summary>
    internal required LookupTable? PolicyMaps { get; init; }

    internal required SslProtocols Protocols { get; init; }
    internal required SslProtocols MandatoryProtocols { get; init; }
    internal required IReadOnlyList<string> ExcludeCiphers { get; init; }

    /// <summary>In addition to <see cref="ExcludeCiphers"/>, where TLS is required.</summary>
    internal required IReadOnlyList<string> MandatoryExcludeCiphers { get; init; }

    internal required IReadOnlyList<string> FingerprintCertMatch { get; init; }
    internal required IReadOnlyList<string> VerifyCertMatch { get; init; }
    internal required IReadOnlyList<string> SecureCertMatch { get; init; }

    /// <summary>Of certificates and public keys: md5, sha1, sha256, sha384 or sha512.</summary>
    internal required string FingerprintDigest { get; init; }

    /// <inheritdoc cref="TlsPolicy.ServerName"/>
    internal required string ServerName { get; init; }

    /// <summary>Trusted certificates in PEM; empty here and in <see cref="CAPath"/>: those of the system.</summary>
    internal required string CAFile { get; init; }

    /// <summary>Directory of files with trusted certificates in PEM.</summary>
    internal required string CAPath { get; init; }

    /// <summary>The system's certificates are trusted besides those of <see cref="CAFile"/> and <see cref="CAPath"/>.</summary>
    internal required bool AppendDefaultCA { get; init; }

    /// <summary>Trusted certificates in PEM, where an MTA-STS policy asks for them; empty: those of the system.</summary>
    internal string StsCAFile { get; init; } = "";

    /// <summary>Certificate of this system, and those that lead to its root, in PEM; empty: none is shown.</summary>
    internal required string CertFile { get; init; }

    /// <summary>Private key to it, in PEM.</summary>
    internal required string KeyFile { get; init; }

    /// <summary>How many certificates there may be above the server's own: scert_verifydepth.</summary>
    internal required int VerifyDepth { get; init; }

    /// <summary>0: nothing; 1: a line for each handshake; 2 and more: also what the certificate was.</summary>
    internal required int LogLevel { get; init; }

    /// <summary>Sessions are resumed with servers that have a server name: session_cache_database.</summary>
    internal required bool ResumesSessions { get; init; }

    /// <summary>What the level dane comes to where TLSA records are authentic, but the MX records are not: May, Encrypt or Dane.</summary>
    internal required TlsLevel DaneInsecureMxPolicy { get; init; }

    /// <summary>Matching types of TLSA records whose hash functions are used, the best first: tls_dane_digests.</summary>
    internal required IReadOnlyList<byte> DaneDigests { get; init; }

    internal required bool BlockEarlyMailReply { get; init; }
}
