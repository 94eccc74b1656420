using PostfixNet.Mail;
using PostfixNet.Smtp.Dane;
using PostfixNet.Tables;
using PostfixNet.Tls;

namespace PostfixNet.Smtp;

/// <summary>Finds what the conversation with a next hop needs: smtp_tls_policy_maps, and what holds for all others.</summary>
internal sealed class TlsPolicies(TlsSettings settings)
{
    private TlsClient? _client;

    internal TlsSettings Settings => settings;

    /// <summary>Does the handshakes. Made when the first server offers TLS.</summary>
    internal TlsClient Client => _client ??= new TlsClient(settings);

    /// <summary>Those whose TLS does not work.</summary>
    internal BrokenTls Broken { get; } = new();

    /// <summary>The policy for one next hop.</summary>
    /// <param name="written">As it stands in the transport table, with brackets and port: the first key. A plain domain is
    /// also looked for by the domains above it, each with a dot in front.</param>
    /// <param name="domain">Without brackets and port: what certificates show.</param>
    /// <param name="level">Of the destination's table, in the place of smtp_tls_security_level; null: not said. An entry that asks
    /// for less does not count.</param>
    /// <exception cref="FormatException">The entry is wrong; the message says how.</exception>
    internal TlsPolicy For(string written, string domain, TlsLevel? level = null)
    {
        TlsPolicy? own = Find(written) is { } text ? Parse(text) : null;
        TlsPolicy policy = own is not null && own.Level >= (level ?? TlsLevel.None)
            ? own
            : Complete(new TlsPolicy { Level = level ?? settings.SecurityLevel });
        if (settings.WrapperMode && !policy.IsRequired)
            throw new FormatException("smtp_tls_wrappermode requires \"smtp_tls_security_level = encrypt\" (or stronger)");
        // Certificates have names in ASCII (RFC 6125 section 6.4.2).
        return policy with { NextHop = DomainName.ToAscii(domain) ?? domain, IsWrapped = settings.WrapperMode, HasOwnAuthorities = settings.CAFile.Length + settings.CAPath.Length > 0 && !settings.AppendDefaultCA, IsOfDestination = own is not null || level is not null };
    }

    /// <inheritdoc cref="For(string, string, TlsLevel?)"/>
    /// <param name="hop">The same, understood. On the way to a socket of this host there is nobody: TLS that is not required is not asked for.</param>
    internal TlsPolicy For(string written, NextHop hop, TlsLevel? level) =>
        For(written, hop.Domain, level) is var policy && hop.IsUnixSocket && policy.Level == TlsLevel.May ? TlsPolicy.None : policy;

    /// <summary>The policy for one server, with which the level is another one in the end, or TLSA records were found.</summary>
    /// <param name="asked">That of the next hop.</param>
    internal TlsPolicy At(TlsPolicy asked, TlsLevel level, TlsaSet? tlsa = null) => Complete(asked with { Level = level, Tlsa = tlsa, Asked = asked });

    /// <summary>smtp_tls_policy_maps says something of a next hop.</summary>
    /// <exception cref="LookupException">It cannot be said now.</exception>
    internal bool HasEntry(string written) => Find(written) is not null;

    /// <summary>What is wrong with an entry of smtp_tls_policy_maps; null: nothing.</summary>
    internal string? WrongEntry(string text)
    {
        try
        {
            _ = Parse(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private string? Find(string written)
    {
        if (settings.PolicyMaps is not { } table)
            return null;
        if (table.Find(written) is { } own)
            return own;
        if (written.AsSpan().ContainsAny('[', ':'))
            return null;
        for (int dot = written.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = written.IndexOf('.', dot + 1))
        {
            // A leading dot would be the key that was tried already.
            if (dot > 0 && table.Find(written[dot..], KeyKind.Part) is { } parent)
                return parent;
        }
        return null;
    }

    // level name=value name=value ...
    private TlsPolicy Parse(string text)
    {
        string[] words = text.Split([' ', '\t', ',', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || TlsPolicy.LevelOf(words[0]) is not { } level)
            throw new FormatException($"invalid security level \"{(words.Length == 0 ? "" : words[0])}\"; known are none, may, dane, encrypt, dane-only, fingerprint, verify, secure");
        TlsPolicy policy = new() { Level = level };
        if (level == TlsLevel.None)
            return Complete(policy);
        List<string> match = [];
        for (int i = 1; i < words.Length; i++)
        {
            int equals = words[i].IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == words[i].Length - 1)
                throw new FormatException($"malformed attribute \"{words[i]}\"; want name=value");
            string value = words[i][(equals + 1)..];
            policy = words[i][..equals].ToLowerInvariant() switch
            {
                "protocols" => policy with { OwnProtocols = TlsProtocols.Parse(value) },
                "ciphers" => TlsConfig.IsGrade(value) ? policy : throw new FormatException($"invalid cipher grade \"{value}\""),
                "exclude" => policy with { OwnExclusions = Split(value, ':') },
                "servername" => policy with { OwnServerName = value },
                // Sessions are kept open under the rules of smtp_connection_cache_*, with TLS as without.
                "connection_reuse" => policy,
                "match" when level >= TlsLevel.Fingerprint => Add(match, value, policy),
                "match" => throw new FormatException($"attribute \"match\" is of no use at the security level \"{words[0]}\""),
                string name => throw new FormatException($"invalid attribute name \"{name}\""),
            };
        }
        policy = Complete(policy);
        if (match.Count > 0)
            policy = policy with { Match = match };
        _ = CipherSuites.Without(policy.ExcludedCiphers);
        return policy;
    }

    private static TlsPolicy Add(List<string> match, string value, TlsPolicy policy)
    {
        match.AddRange(policy.Level == TlsLevel.Fingerprint ? Split(value.ToUpperInvariant(), '|') : Split(value, ':'));
        return policy;
    }

    // What the other parameters give for a level.
    private TlsPolicy Complete(TlsPolicy policy) => policy with
    {
        Protocols = policy.OwnProtocols ?? (policy.IsRequired ? settings.MandatoryProtocols : settings.Protocols),
        ExcludedCiphers = policy.OwnExclusions ?? (policy.IsRequired ? [.. settings.ExcludeCiphers, .. settings.MandatoryExcludeCiphers] : settings.ExcludeCiphers),
        ServerName = policy.OwnServerName ?? settings.ServerName,
        Match = policy.Level switch
        {
            TlsLevel.Fingerprint => settings.FingerprintCertMatch,
            TlsLevel.Verify => settings.VerifyCertMatch,
            TlsLevel.Secure => settings.SecureCertMatch,
            _ => [],
        },
    };

    private static string[] Split(string list, char separator) => list.Split(separator, StringSplitOptions.RemoveEmptyEntries);
}
