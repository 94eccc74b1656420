using System.Security.Authentication;
using PostfixNet.Configuration;
using PostfixNet.Tls;

namespace PostfixNet.Smtpd;

/// <summary>What main.toml says of TLS with clients.</summary>
internal sealed record TlsServerSettings
{
    /// <summary>Nothing but the handshake goes without TLS.</summary>
    internal required bool IsDemanded { get; init; }

    /// <summary>smtpd_tls_wrappermode.</summary>
    internal required bool IsWrapper { get; init; }

    /// <summary>smtpd_tls_ask_ccert, or more.</summary>
    internal required bool AsksCertificate { get; init; }

    /// <summary>smtpd_tls_req_ccert.</summary>
    internal required bool DemandsCertificate { get; init; }

    /// <summary>smtpd_tls_ccert_verifydepth.</summary>
    internal required int VerifyDepth { get; init; }

    /// <summary>smtpd_tls_fingerprint_digest.</summary>
    internal required string Digest { get; init; }

    /// <summary>smtpd_tls_protocols, or smtpd_tls_mandatory_protocols.</summary>
    internal required SslProtocols Protocols { get; init; }

    /// <summary>smtpd_tls_exclude_ciphers and its like.</summary>
    internal required IReadOnlyList<string> ExcludedCiphers { get; init; }

    /// <summary>smtpd_tls_loglevel.</summary>
    internal required int LogLevel { get; init; }

    /// <summary>smtpd_starttls_timeout.</summary>
    internal required TimeSpan Timeout { get; init; }

    /// <summary>Certificates by name, and who is trusted to vouch for clients.</summary>
    internal required ServerCertificates Certificates { get; init; }

    /// <summary>Whether TLS is offered; before root is given up.</summary>
    /// <returns>null: it is not.</returns>
    /// <exception cref="ConfigurationException">It cannot be done as asked.</exception>
    internal static TlsServerSettings? Read(MainConfig config)
    {
        bool isWrapper = config.Get(Parameters.SmtpdTlsWrappermode);
        string level = config.Get(Parameters.SmtpdTlsSecurityLevel);
        (bool use, bool enforce) = (config.Get(Parameters.SmtpdUseTls), config.Get(Parameters.SmtpdEnforceTls));
        bool isDemanded = isWrapper || level == "encrypt" || (level.Length == 0 && enforce);
        bool isOffered = isDemanded || level == "may" || (level.Length == 0 && use);
        // What is wrong is told on the day it is written, not on the day it is needed.
        SslProtocols optional = VersionsOf(config, Parameters.SmtpdTlsProtocols), mandatory = VersionsOf(config, Parameters.SmtpdTlsMandatoryProtocols);
        IReadOnlyList<string> excluded = config.Get(Parameters.SmtpdTlsExcludeCiphers), alsoExcluded = config.Get(Parameters.SmtpdTlsMandatoryExcludeCiphers);
        if (isDemanded)
            excluded = [.. excluded, .. alsoExcluded];
        try
        {
            _ = CipherSuites.Without(excluded);
        }
        catch (FormatException e)
        {
            throw config.Refuse(Parameters.SmtpdTlsExcludeCiphers, e.Message);
        }
        bool demandsCertificate = config.Get(Parameters.SmtpdTlsReqCcert), asks = config.Get(Parameters.SmtpdTlsAskCcert);
        TimeSpan timeout = config.Get(Parameters.SmtpdStarttlsTimeout);
        (int depth, string digest, int logLevel) = (config.Get(Parameters.SmtpdTlsCcertVerifydepth), config.Get(Parameters.SmtpdTlsFingerprintDigest), config.Get(Parameters.SmtpdTlsLoglevel));
        if (!isOffered)
            return null;
        if (demandsCertificate && !isDemanded)
            config.Remark(Parameters.SmtpdTlsReqCcert, "has no effect unless smtpd_tls_security_level is \"encrypt\"");
        return new TlsServerSettings
        {
            IsDemanded = isDemanded,
            IsWrapper = isWrapper,
            AsksCertificate = asks || demandsCertificate,
            DemandsCertificate = demandsCertificate && isDemanded,
            VerifyDepth = depth,
            Digest = digest,
            Protocols = isDemanded ? mandatory : optional,
            ExcludedCiphers = excluded,
            LogLevel = logLevel,
            Timeout = timeout,
            Certificates = ServerCertificates.Read(config),
        };
    }

    private static SslProtocols VersionsOf(MainConfig config, Parameter<string> parameter)
    {
        try
        {
            return TlsProtocols.Parse(config.Get(parameter));
        }
        catch (FormatException e)
        {
            throw config.Refuse(parameter, e.Message);
        }
    }
}
