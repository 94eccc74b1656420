using System.Security.Authentication;
using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Tls;

namespace PostfixNet.Smtp;

/// <summary>Reads the settings for TLS from main.toml.</summary>
internal static class TlsConfig
{
    /// <param name="service">Name of the service: lmtp has parameters of its own.</param>
    /// <returns>null: no server is ever asked for TLS.</returns>
    /// <exception cref="ConfigurationException">Something is wrong, or asks for what this program cannot do.</exception>
    internal static TlsPolicies? Read(MainConfig config, string service)
    {
        TlsLevel level = LevelOf(config, service);
        LookupTable policies = config.ForTransport(Parameters.SmtpTlsPolicyMaps, service);
        bool wrapper = config.ForTransport(Parameters.SmtpTlsWrappermode, service);
        if (config.ForTransport(Parameters.SmtpTlsPerSite, service).Length > 0)
            throw new ConfigurationException("smtp_tls_per_site: not supported; use smtp_tls_policy_maps");
        bool wanted = level != TlsLevel.None || !policies.IsEmpty || wrapper;
        foreach (DestinationRule rule in config.Destinations.All)
            wanted |= rule.Tls is { } word && TlsPolicy.LevelOf(word) != TlsLevel.None;
        if (!wanted)
            return null;
        return new TlsPolicies(Read(config, service, level, policies, wrapper));
    }

    /// <summary>A grade of smtp_tls_ciphers that leaves ciphers to use. All have the same ones now: see
    /// <see cref="CipherSuites"/>.</summary>
    internal static bool IsGrade(string word) => word.ToLowerInvariant() is "high" or "medium" or "low" or "export";

    private static TlsSettings Read(MainConfig config, string service, TlsLevel level, LookupTable policies, bool wrapper)
    {
        T Get<T>(Parameter<T> parameter) => config.ForTransport(parameter, service);

        RequireGrade("smtp_tls_ciphers", Get(Parameters.SmtpTlsCiphers));
        RequireGrade("smtp_tls_mandatory_ciphers", Get(Parameters.SmtpTlsMandatoryCiphers));
        foreach (Parameter<string> other in (Parameter<string>[])[Parameters.SmtpTlsEccertFile, Parameters.SmtpTlsDcertFile])
        {
            if (Get(other) is { Length: > 0 } file && file != Get(Parameters.SmtpTlsCertFile))
                throw new ConfigurationException($"{other.Name}: not supported; one certificate of any kind can be given with smtp_tls_cert_file");
        }
        (string certificate, string key) = CertificateOf(Get(Parameters.SmtpTlsChainFiles), Get(Parameters.SmtpTlsCertFile), Get(Parameters.SmtpTlsKeyFile));
        TlsSettings settings = new()
        {
            SecurityLevel = level,
            WrapperMode = wrapper,
            PolicyMaps = policies.IsEmpty ? null : policies,
            Protocols = ProtocolsOf(Parameters.SmtpTlsProtocols.Name, Get(Parameters.SmtpTlsProtocols)),
            MandatoryProtocols = ProtocolsOf(Parameters.SmtpTlsMandatoryProtocols.Name, Get(Parameters.SmtpTlsMandatoryProtocols)),
            ExcludeCiphers = Get(Parameters.SmtpTlsExcludeCiphers),
            MandatoryExcludeCiphers = Get(Parameters.SmtpTlsMandatoryExcludeCiphers),
            FingerprintCertMatch = Get(Parameters.SmtpTlsFingerprintCertMatch).ToUpperInvariant()
                .Split([' ', '\t', ',', '|', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries),
            VerifyCertMatch = Names(Get(Parameters.SmtpTlsVerifyCertMatch)),
            SecureCertMatch = Names(Get(Parameters.SmtpTlsSecureCertMatch)),
            FingerprintDigest = Get(Parameters.SmtpTlsFingerprintDigest),
            ServerName = Get(Parameters.SmtpTlsServername),
            CAFile = Readable(Parameters.SmtpTlsCAfile.Name, Get(Parameters.SmtpTlsCAfile)),
            CAPath = Get(Parameters.SmtpTlsCApath),
            AppendDefaultCA = config.Get(Parameters.TlsAppendDefaultCA),
            CertFile = Readable(Parameters.SmtpTlsCertFile.Name, certificate),
            KeyFile = Readable(Parameters.SmtpTlsKeyFile.Name, key),
            VerifyDepth = Get(Parameters.SmtpTlsScertVerifydepth),
            LogLevel = Get(Parameters.SmtpTlsLoglevel),
            ResumesSessions = Get(Parameters.SmtpTlsSessionCacheDatabase).Length > 0,
            BlockEarlyMailReply = Get(Parameters.SmtpTlsBlockEarlyMailReply),
        };
        try
        {
            _ = CipherSuites.Without([.. settings.ExcludeCiphers, .. settings.MandatoryExcludeCiphers]);
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"smtp_tls_exclude_ciphers, smtp_tls_mandatory_exclude_ciphers: {e.Message}");
        }
        if (settings.CAPath.Length > 0 && !Directory.Exists(settings.CAPath))
            throw new ConfigurationException($"smtp_tls_CApath = \"{settings.CAPath}\": there is no such directory");
        return settings;
    }

    // The old parameters count only when there is no level.
    private static TlsLevel LevelOf(MainConfig config, string service)
    {
        string level = config.ForTransport(Parameters.SmtpTlsSecurityLevel, service);
        if (level.Length == 0)
        {
            if (config.ForTransport(Parameters.SmtpEnforceTls, service))
                return config.ForTransport(Parameters.SmtpTlsEnforcePeername, service) ? TlsLevel.Verify : TlsLevel.Encrypt;
            return config.ForTransport(Parameters.SmtpUseTls, service) ? TlsLevel.May : TlsLevel.None;
        }
        return TlsPolicy.LevelOf(level)
            ?? throw new ConfigurationException($"smtp_tls_security_level = \"{level}\": not supported; accepted is none, may, encrypt, fingerprint, verify, secure");
    }

    private static (string Certificate, string Key) CertificateOf(IReadOnlyList<string> chains, string certificate, string key)
    {
        if (chains.Count > 1)
            throw new ConfigurationException("smtp_tls_chain_files: not supported with several files; one file with one private key and its certificates can be given");
        if (chains.Count == 1)
            return (chains[0], chains[0]);
        return (certificate, key.Length > 0 ? key : certificate);
    }

    private static SslProtocols ProtocolsOf(string name, string text)
    {
        try
        {
            return TlsProtocols.Parse(text);
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"{name}: {e.Message}");
        }
    }

    private static void RequireGrade(string name, string grade)
    {
        if (!IsGrade(grade))
            throw new ConfigurationException($"{name} = \"{grade}\": accepted is high or medium");
        if (grade is "low" or "export")
            MailLog.Warning($"{name} = \"{grade}\": such ciphers exist no more; \"medium\" is used");
    }

    private static List<string> Names(IReadOnlyList<string> words)
    {
        List<string> names = [];
        foreach (string word in words)
            names.AddRange(word.Split(':', StringSplitOptions.RemoveEmptyEntries));
        return names;
    }

    // What is in the file is looked at when it is needed first; that it can be read is seen at once.
    private static string Readable(string name, string path)
    {
        if (path.Length == 0)
            return path;
        try
        {
            File.OpenHandle(path).Dispose();
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{name}: {e.Message}");
        }
    }
}
