using System.Globalization;
using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Mail;
using PostfixNet.Service;
using PostfixNet.Smtp.Sasl;
using PostfixNet.Tables;

namespace PostfixNet.Smtp;

/// <summary>How servers of a next hop will be talked to, for "master config --for".</summary>
internal static class ServerFacts
{
    /// <param name="config">main.toml.</param>
    /// <param name="general">What holds for all.</param>
    /// <param name="service">The transport.</param>
    /// <param name="question">Next hops, name of the destination's table or "", sender.</param>
    internal static IEnumerable<Fact> Of(MainConfig config, SmtpOptions general, string service, IReadOnlyList<string> question)
    {
        (string hops, string table, string sender) = (question[0], question.ElementAtOrDefault(1) ?? "", question.ElementAtOrDefault(2) ?? "");
        DeliveryRule? rule = table.Length > 0 ? DeliveryRule.Of(config.Destinations.Named(table)) : null;
        SmtpOptions options = general.For(rule);
        string tableName = $"[destination.\"{table}\"]";
        foreach (string written in NextHop.Split(hops))
        {
            if (NextHop.Parse(written, options) is not { } hop)
            {
                yield return new Fact("server", written, "cannot be understood as a next hop");
                continue;
            }
            yield return new Fact("server", hop.IsUnixSocket ? hop.Domain : string.Create(CultureInfo.InvariantCulture, $"{(hop.UsesMx ? "mail exchangers of " : "")}{hop.Domain}, port {hop.Port}"),
                hop.UsesMx ? "its MX records decide" : "no MX lookup: brackets, an address, or the parameters say so");
            yield return Tls(config, options, rule, hop, written, service, tableName);
            if (options is { HeedsMtaSts: true, Tls: { } policies } && hop.UsesMx)
                yield return MtaSts(options, policies, hop, written);
            yield return Login(options, rule, hop, written, sender, tableName);
        }
        if (ShownCertificate(config, options, service, tableName) is { } shown)
            yield return shown;
        foreach ((IPAddress? address, bool byRule) in ((IPAddress?, bool)[])[(options.BindAddress, rule?.SourceIPv4 is not null), (options.BindAddress6, rule?.SourceIPv6 is not null)])
        {
            if (address is not null && !address.Equals(IPAddress.None) && !address.Equals(IPAddress.IPv6None))
                yield return new Fact("from address", address.ToString(), byRule ? tableName : "smtp_bind_address, smtp_bind_address6 or inet_interfaces");
        }
        if (options.Signing?.For(Address.DomainOf(sender)) is { } signs)
            yield return new Fact("DKIM", $"signed as {signs.Domain}, selector {string.Join(", ", signs.Keys.Select(static key => key.Selector))}, where From: is the sender", $"[dkim.\"{signs.Domain}\"]");
        yield return new Fact("called", options.HeloName, "smtp_helo_name");
        foreach (string relay in options.FallbackRelay)
            yield return new Fact("else by", relay, "smtp_fallback_relay");
    }

    private static Fact Tls(MainConfig config, SmtpOptions options, DeliveryRule? rule, NextHop hop, string written, string service, string table)
    {
        const string Name = "TLS";
        if (options.Tls is not { } policies)
            return new Fact(Name, "none", "smtp_tls_security_level");
        try
        {
            TlsPolicy policy = policies.For(written, hop, options.TlsLevel);
            string names = policy.Match.Count > 0 ? $", the certificate must match {string.Join(", ", policy.Match)}" : "";
            if (hop.IsUnixSocket && policy.Level == TlsLevel.None)
                return new Fact(Name, "none", "a Unix-domain socket of this host, and no level that requires TLS");
            string by = policies.HasEntry(written) && policy.Level != options.TlsLevel ? "smtp_tls_policy_maps" : rule?.Tls is not null ? table
                : config.AllSettings().Find($"{(service == "lmtp" ? "lmtp" : "smtp")}_tls_security_level") is { Place: null } ? "smtp_tls_security_level, its default" : "smtp_tls_security_level";
            return new Fact(Name, $"{TlsPolicy.WordFor(policy.Level)}{(policy.IsWrapped ? ", from the first octet" : "")}{names}", by);
        }
        catch (Exception e) when (e is FormatException or LookupException)
        {
            return new Fact(Name, "mail waits", $"smtp_tls_policy_maps: {e.Message}");
        }
    }

    // null: servers get to see none.
    private static Fact? ShownCertificate(MainConfig config, SmtpOptions options, string service, string table)
    {
        if (options.Tls is null)
            return null;
        (string certificate, string key) = options.Certificate is { } own ? (own.File, own.KeyFile) : TlsConfig.CertificateOf(config, service);
        return certificate.Length == 0 ? null
            : new Fact("certificate", key == certificate ? certificate : $"{certificate}, key {key}", options.Certificate is not null ? table : "smtp_tls_cert_file or smtp_tls_chain_files");
    }

    private static Fact MtaSts(SmtpOptions options, TlsPolicies policies, NextHop hop, string written)
    {
        const string Name = "MTA-STS";
        try
        {
            return ServerPolicies.HeedsSts(policies.For(written, hop, options.TlsLevel))
                ? new Fact(Name, $"the policy of {hop.Domain}, if it has one (\"master mta-sts {hop.Domain}\")", "smtp_mta_sts")
                : new Fact(Name, "not asked for", "what is said of TLS, which comes first");
        }
        catch (Exception e) when (e is FormatException or LookupException)
        {
            return new Fact(Name, "mail waits", $"smtp_tls_policy_maps: {e.Message}");
        }
    }

    // The name of the user; what proves it is nobody's business.
    private static Fact Login(SmtpOptions options, DeliveryRule? rule, NextHop hop, string written, string sender, string table)
    {
        const string Name = "login";
        if (options.MissingLogin.Length > 0)
            return new Fact(Name, "mail waits", $"{table} asks for {options.MissingLogin}, but smtp_sasl_auth_enable is off");
        if (options.Login is not { } login)
            return new Fact(Name, "none", "smtp_sasl_auth_enable");
        try
        {
            if (login.OnlyKey.Length > 0)
                return new Fact(Name, Shown(login.Passwords.Named(login.OnlyKey)), $"{table}, smtp_sasl_password_maps");
            return login.Passwords.Find(sender, hop.UsesMx ? "" : hop.Domain, written) is { } found ? new Fact(Name, Shown(found), "smtp_sasl_password_maps")
                : new Fact(Name, "none", $"smtp_sasl_password_maps has no entry for {written}{(hop.UsesMx ? "; it may have one for a server" : "")}");
        }
        catch (Exception e) when (e is SaslException or LookupException)
        {
            return new Fact(Name, "mail waits", e.Message);
        }
    }

    private static string Shown(Credentials credentials) => $"as {PrintableText.Of(credentials.User)}, by {(credentials.Token is null ? "password" : "token")}";
}
