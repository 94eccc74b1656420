using System.Security.Authentication;
using PostfixNet.Configuration;
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
        RequireWords(config, service);
        if (!IsWanted(config, service))
            return null;
        LookupTable table = config.ForTransport(Parameters.SmtpTlsPolicyMaps, service);
        TlsSettings settings = Read(config, service, LevelOf(config, service), table, config.ForTransport(Parameters.SmtpTlsWrappermode, service));
        TlsPolicies policies = new(settings);
        RequireSense(config, service, settings, policies, table);
        RequireCertificates(config, settings);
        return policies;
    }

    /// <summary>The certificates that tables [destination."NAME"] name, each once.</summary>
    internal static IEnumerable<DestinationCertificate> CertificatesOfDestinations(MainConfig config) =>
        config.Destinations.All.Select(static rule => rule.Certificate).OfType<DestinationCertificate>().Distinct();

    private static void RequireCertificates(MainConfig config, TlsSettings settings)
    {
        foreach (DestinationRule rule in config.Destinations.All)
        {
            if (rule.Certificate is { } shown && settings.PolicyMaps is null && (rule.Tls is { } word ? TlsPolicy.LevelOf(word) : settings.SecurityLevel) == TlsLevel.None)
                shown.Place.Remark("has no meaning: there is no TLS");
        }
        foreach (DestinationCertificate own in CertificatesOfDestinations(config))
        {
            RequireFile(own.Place, own.File);
            RequireFile(own.KeyPlace, own.KeyFile);
        }
    }

    private static void RequireFile(SettingPlace place, string path)
    {
        try
        {
            TlsFiles.Require(path);
        }
        catch (IOException e)
        {
            throw place.Refuse(e.Message);
        }
    }

    // Also when nobody is asked for TLS: a slip would be found on the day somebody is.
    private static void RequireWords(MainConfig config, string service)
    {
        RequireGrade(config, service, Parameters.SmtpTlsCiphers);
        RequireGrade(config, service, Parameters.SmtpTlsMandatoryCiphers);
        _ = ProtocolsOf(config, service, Parameters.SmtpTlsProtocols);
        _ = ProtocolsOf(config, service, Parameters.SmtpTlsMandatoryProtocols);
        _ = Names(config, service, Parameters.SmtpTlsVerifyCertMatch);
        _ = Names(config, service, Parameters.SmtpTlsSecureCertMatch);
        IReadOnlyList<string> excluded = config.ForTransport(Parameters.SmtpTlsExcludeCiphers, service);
        RequireSomeCipher(config, service, Parameters.SmtpTlsExcludeCiphers, excluded);
        RequireSomeCipher(config, service, Parameters.SmtpTlsMandatoryExcludeCiphers, [.. excluded, .. config.ForTransport(Parameters.SmtpTlsMandatoryExcludeCiphers, service)]);
        RemarkOnFingerprints(config, service);
        if (!IsWanted(config, service))
            RemarkOnFiles(config, service);
        if (service == "lmtp" && config.ForTransport(Parameters.SmtpMtaSts, service) && !config.Get(Parameters.SmtpMtaSts))
            config.Remark(Parameters.SmtpMtaSts, "has no meaning: LMTP knows no mail exchangers", service);
        else if (UsesSts(config, service) && (config.ForTransport(Parameters.SmtpDnsSupportLevel, service) is { Length: > 0 } level ? level == "disabled" : config.Get(Parameters.DisableDnsLookups)))
            config.Remark(Parameters.SmtpMtaSts, "has no meaning: mail exchangers are not looked up", service);
    }

    private static void RemarkOnFingerprints(MainConfig config, string service)
    {
        string digest = config.ForTransport(Parameters.SmtpTlsFingerprintDigest, service);
        int digits = digest switch { "md5" => 32, "sha1" => 40, "sha256" => 64, "sha384" => 96, _ => 128 };
        if (Fingerprints(config, service).FirstOrDefault(print => print.Replace(":", "", StringComparison.Ordinal) is var hex && (hex.Length != digits || !hex.All(char.IsAsciiHexDigit))) is { } wrong)
            config.Remark(Parameters.SmtpTlsFingerprintCertMatch, $"\"{wrong}\" is no {digest} fingerprint, of {digits} hexadecimal digits: no certificate has it", service);
    }

    private static void RemarkOnFiles(MainConfig config, string service)
    {
        foreach (Parameter<string> parameter in (Parameter<string>[])[Parameters.SmtpTlsCAfile, Parameters.SmtpTlsCApath, Parameters.SmtpTlsCertFile, Parameters.SmtpTlsKeyFile])
        {
            if (config.ForTransport(parameter, service) is { Length: > 0 } path && !Path.Exists(path))
                config.Remark(parameter, $"there is no {path}", service);
        }
    }

    /// <summary>Looks into the files that are needed only once a server offers TLS.</summary>
    /// <exception cref="ConfigurationException">One does not hold what it should.</exception>
    internal static void Examine(MainConfig config, string service, TlsClient client)
    {
        string authorities = config.ForTransport(Parameters.SmtpTlsCAfile, service);
        try
        {
            if (authorities.Length > 0 && !TrustedCertificates.IsIn(TlsFiles.Read(authorities)))
                throw config.Refuse(Parameters.SmtpTlsCAfile, $"there is no certificate in {authorities}, in PEM format", service);
            _ = client.LoadCertificates();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw config.Refuse(Parameters.SmtpTlsCAfile, e.Message, service);
        }
        catch (ConfigurationException e) when (e.Message.StartsWith(TlsClient.Files, StringComparison.Ordinal))
        {
            string problem = e.Message[(TlsClient.Files.Length + 2)..];
            throw config.ForTransport(Parameters.SmtpTlsChainFiles, service).Count > 0 ? config.Refuse(Parameters.SmtpTlsChainFiles, problem, service)
                : CertificateOf(config, service) is var (certificate, key) && key != certificate ? config.Refuse(Parameters.SmtpTlsKeyFile, problem, service)
                : config.Refuse(Parameters.SmtpTlsCertFile, problem, service);
        }
        ProblemList problems = new();
        foreach (DestinationCertificate own in CertificatesOfDestinations(config))
            problems.Try(() => Examine(own, client));
        problems.ThrowIfAny();
    }

    private static void Examine(DestinationCertificate own, TlsClient client)
    {
        try
        {
            _ = client.Load(new OwnCertificate(own.File, own.KeyFile));
        }
        catch (ConfigurationException e)
        {
            throw own.KeyPlace.Refuse(e.Message);
        }
    }

    // What would put off all mail, or that of one entry.
    private static void RequireSense(MainConfig config, string service, TlsSettings settings, TlsPolicies policies, LookupTable table)
    {
        if (settings.WrapperMode && settings.SecurityLevel < TlsLevel.Encrypt && table.IsEmpty && config.Destinations.All.All(static rule => rule.Tls is null))
            throw config.Refuse(Parameters.SmtpTlsWrappermode, "requires smtp_tls_security_level = \"encrypt\", or stronger", service);
        if (settings.SecurityLevel == TlsLevel.Fingerprint && settings.FingerprintCertMatch.Count == 0)
            config.Remark(Parameters.SmtpTlsSecurityLevel, "\"fingerprint\" without smtp_tls_fingerprint_cert_match: no certificate is good enough", service);
        if (table.FirstKey((_, entry) => policies.WrongEntry(entry) is not null) is { } key)
            config.Remark(Parameters.SmtpTlsPolicyMaps, $"the entry for {key}: {policies.WrongEntry(table.Find(key)!)}; its mail waits", service);
    }

    /// <summary>Some server may be asked for TLS.</summary>
    internal static bool IsWanted(MainConfig config, string service) => LevelOf(config, service) != TlsLevel.None
        || !config.ForTransport(Parameters.SmtpTlsPolicyMaps, service).IsEmpty
        || config.ForTransport(Parameters.SmtpTlsWrappermode, service)
        || UsesSts(config, service)
        || config.Destinations.All.Any(static rule => rule.Tls is { } word && TlsPolicy.LevelOf(word) != TlsLevel.None);

    /// <summary>MTA-STS policies of next hops are heeded. LMTP knows no mail exchangers, so there are none.</summary>
    internal static bool UsesSts(MainConfig config, string service) => service != "lmtp" && config.Get(Parameters.SmtpMtaSts);

    /// <summary>The files of the certificate to show, and of its key; empty: none.</summary>
    internal static (string Certificate, string Key) CertificateOf(MainConfig config, string service)
    {
        IReadOnlyList<string> chains = config.ForTransport(Parameters.SmtpTlsChainFiles, service);
        if (chains.Count > 1)
            throw config.Refuse(Parameters.SmtpTlsChainFiles, "several files are not supported; give one, with one private key and its certificates", service);
        if (chains.Count == 1)
            return (chains[0], chains[0]);
        string certificate = config.ForTransport(Parameters.SmtpTlsCertFile, service), key = config.ForTransport(Parameters.SmtpTlsKeyFile, service);
        return (certificate, key.Length > 0 ? key : certificate);
    }

    /// <summary>A grade of smtp_tls_ciphers that leaves ciphers to use. All have the same ones now: see
    /// <see cref="CipherSuites"/>.</summary>
    internal static bool IsGrade(string word) => word.ToLowerInvariant() is "high" or "medium" or "low" or "export";

    private static TlsSettings Read(MainConfig config, string service, TlsLevel level, LookupTable policies, bool wrapper)
    {
        T Get<T>(Parameter<T> parameter) where T : notnull => config.ForTransport(parameter, service);

        (string certificate, string key) = CertificateOf(config, service);
        TlsSettings settings = new()
        {
            SecurityLevel = level,
            WrapperMode = wrapper,
            PolicyMaps = policies.IsEmpty ? null : policies,
            Protocols = ProtocolsOf(config, service, Parameters.SmtpTlsProtocols),
            MandatoryProtocols = ProtocolsOf(config, service, Parameters.SmtpTlsMandatoryProtocols),
            ExcludeCiphers = Get(Parameters.SmtpTlsExcludeCiphers),
            MandatoryExcludeCiphers = Get(Parameters.SmtpTlsMandatoryExcludeCiphers),
            FingerprintCertMatch = Fingerprints(config, service),
            VerifyCertMatch = Names(config, service, Parameters.SmtpTlsVerifyCertMatch),
            SecureCertMatch = Names(config, service, Parameters.SmtpTlsSecureCertMatch),
            FingerprintDigest = Get(Parameters.SmtpTlsFingerprintDigest),
            ServerName = Get(Parameters.SmtpTlsServername),
            CAFile = Readable(config, service, Parameters.SmtpTlsCAfile, Get(Parameters.SmtpTlsCAfile)),
            StsCAFile = config.Get(Parameters.MtaStsTlsCAfile) is var authorities && UsesSts(config, service) ? Readable(config, service, Parameters.MtaStsTlsCAfile, authorities) : "",
            CAPath = Get(Parameters.SmtpTlsCApath),
            AppendDefaultCA = config.Get(Parameters.TlsAppendDefaultCA),
            CertFile = Readable(config, service, Parameters.SmtpTlsCertFile, certificate),
            KeyFile = Readable(config, service, Parameters.SmtpTlsKeyFile, key),
            VerifyDepth = Get(Parameters.SmtpTlsScertVerifydepth),
            LogLevel = Get(Parameters.SmtpTlsLoglevel),
            ResumesSessions = Get(Parameters.SmtpTlsSessionCacheDatabase).Length > 0,
            DaneInsecureMxPolicy = TlsPolicy.LevelOf(Get(Parameters.SmtpTlsDaneInsecureMxPolicy))!.Value,
            DaneDigests = Digests(config),
            BlockEarlyMailReply = Get(Parameters.SmtpTlsBlockEarlyMailReply),
        };
        return settings.CAPath.Length == 0 || Directory.Exists(settings.CAPath) ? settings
            : throw config.Refuse(Parameters.SmtpTlsCApath, $"there is no such directory: {settings.CAPath}", service);
    }

    private static List<byte> Digests(MainConfig config)
    {
        List<byte> digests = [];
        foreach (string word in config.Get(Parameters.TlsDaneDigests))
        {
            byte type = word.ToLowerInvariant() switch
            {
                "sha256" or "sha256=1" => 1,
                "sha512" or "sha512=2" => 2,
                _ => throw config.Refuse(Parameters.TlsDaneDigests, $"\"{word}\" is not accepted; give \"sha512\", \"sha256\", or both, the better one first"),
            };
            if (digests.Contains(type))
                throw config.Refuse(Parameters.TlsDaneDigests, $"\"{word}\" occurs twice");
            digests.Add(type);
        }
        if (digests.Count == 0)
            throw config.Refuse(Parameters.TlsDaneDigests, "is empty: TLSA records would be of no use; give \"sha512\", \"sha256\", or both");
        return digests;
    }

    /// <summary>Some server may be asked for DANE.</summary>
    internal static bool AsksForDane(MainConfig config, string service)
    {
        return LevelOf(config, service) is TlsLevel.Dane or TlsLevel.DaneOnly
            || config.Destinations.All.Any(static rule => IsDane(rule.Tls))
            || config.ForTransport(Parameters.SmtpTlsPolicyMaps, service).FirstKey(static (_, entry) => IsDane(entry.Split([' ', '\t', ','], 2)[0])) is not null;

        static bool IsDane(string? word) => word is not null && TlsPolicy.LevelOf(word) is TlsLevel.Dane or TlsLevel.DaneOnly;
    }

    // The old parameters count only where no level is given.
    private static TlsLevel LevelOf(MainConfig config, string service)
    {
        string level = config.ForTransport(Parameters.SmtpTlsSecurityLevel, service);
        bool use = config.ForTransport(Parameters.SmtpUseTls, service);
        if (level.Length == 0 || !config.Gives(Parameters.SmtpTlsSecurityLevel, service))
        {
            if (config.ForTransport(Parameters.SmtpEnforceTls, service))
                return config.ForTransport(Parameters.SmtpTlsEnforcePeername, service) ? TlsLevel.Verify : TlsLevel.Encrypt;
            if (level.Length == 0 || config.Gives(Parameters.SmtpUseTls, service))
                return use ? TlsLevel.May : TlsLevel.None;
        }
        return TlsPolicy.LevelOf(level) ?? throw config.Refuse(Parameters.SmtpTlsSecurityLevel, $"\"{level}\" is not supported", service);
    }

    private static SslProtocols ProtocolsOf(MainConfig config, string service, Parameter<string> parameter)
    {
        try
        {
            return TlsProtocols.Parse(config.ForTransport(parameter, service));
        }
        catch (FormatException e)
        {
            throw config.Refuse(parameter, e.Message, service);
        }
    }

    private static void RequireSomeCipher(MainConfig config, string service, Parameter<IReadOnlyList<string>> parameter, IReadOnlyList<string> excluded)
    {
        try
        {
            _ = CipherSuites.Without(excluded);
        }
        catch (FormatException e)
        {
            throw config.Refuse(parameter, e.Message, service);
        }
    }

    private static void RequireGrade(MainConfig config, string service, Parameter<string> parameter)
    {
        string grade = config.ForTransport(parameter, service);
        if (!IsGrade(grade))
            throw config.Refuse(parameter, $"\"{grade}\" is not accepted; give \"high\" or \"medium\"", service);
        if (grade is "low" or "export")
            config.Remark(parameter, $"\"{grade}\": such ciphers exist no more; \"medium\" is used", service);
    }

    private static string[] Fingerprints(MainConfig config, string service) => config.ForTransport(Parameters.SmtpTlsFingerprintCertMatch, service)
        .ToUpperInvariant().Split([' ', '\t', ',', '|', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    // A single word is a slip: no certificate that others vouch for has a name without a dot.
    private static List<string> Names(MainConfig config, string service, Parameter<IReadOnlyList<string>> parameter)
    {
        List<string> names = [];
        foreach (string word in config.ForTransport(parameter, service))
            names.AddRange(word.Split(':', StringSplitOptions.RemoveEmptyEntries));
        if (names.Count == 0)
            throw config.Refuse(parameter, "is empty: no certificate would be good enough", service);
        string? wrong = names.Find(static name => !TlsPolicy.IsCertificateName(name));
        return wrong is null ? names
            : throw config.Refuse(parameter, $"\"{wrong}\" is not accepted; give \"hostname\", \"nexthop\", \"dot-nexthop\", or a name: \"mail.example.com\", \".example.com\"", service);
    }

    // What is in the file is looked at when it is needed first; that it can be read is seen at once.
    private static string Readable(MainConfig config, string service, Parameter<string> parameter, string path)
    {
        if (path.Length == 0)
            return path;
        try
        {
            TlsFiles.Require(path);
            return path;
        }
        catch (IOException e)
        {
            throw config.Refuse(parameter, e.Message, service);
        }
    }
}
