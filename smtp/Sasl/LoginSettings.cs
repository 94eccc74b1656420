using PostfixNet.Configuration;
using PostfixNet.Login;
using PostfixNet.Logins;
using PostfixNet.Mail;
using PostfixNet.Net;
using PostfixNet.Tables;

namespace PostfixNet.Smtp.Sasl;

/// <summary>The smtp_sasl_... parameters, read. Only made when smtp_sasl_auth_enable is on.</summary>
internal sealed record LoginSettings
{
    private const int MostProblems = 10;

    internal required PasswordTable Passwords { get; init; }

    /// <summary>smtp_sasl_mechanism_filter.</summary>
    internal required IReadOnlyList<string> MechanismFilter { get; init; }

    /// <summary>smtp_sasl_security_options: without TLS.</summary>
    internal required SecurityOptions Demands { get; init; }

    /// <summary>smtp_sasl_tls_security_options.</summary>
    internal required SecurityOptions TlsDemands { get; init; }

    /// <summary>smtp_sasl_tls_verified_security_options: the server has proved its name.</summary>
    internal required SecurityOptions VerifiedTlsDemands { get; init; }

    /// <summary>smtp_sasl_auth_soft_bounce: a refused login puts mail off, whatever the server's code.</summary>
    internal required bool AuthSoftBounce { get; init; }

    /// <summary>smtp_sasl_auth_enforce: where there is a login, no mail goes without.</summary>
    internal required bool AuthEnforce { get; init; }

    /// <summary>Key of the one login for this destination, whatever sender and server; empty: there is none.</summary>
    internal string OnlyKey { get; init; } = "";

    /// <summary>When logins may be tried; null: always.</summary>
    internal LoginTurns? Turns { get; init; }

    /// <summary>smtp_send_dummy_mail_auth.</summary>
    internal required bool SendDummyMailAuth { get; init; }

    /// <summary>What a mechanism must offer on this connection.</summary>
    internal SecurityOptions DemandsOn(IChannelSecurity? security) =>
        security is null ? Demands : security.IsPeerVerified ? VerifiedTlsDemands : TlsDemands;

    /// <summary>The login password table is read once, while its file can be: it should be root's alone (S4-24).</summary>
    internal static void OpenTables(MainConfig config, string service)
    {
        if (config.ForTransport(Parameters.SmtpSaslAuthEnable, service))
            PasswordTable.OpenPlaces(config.ForTransport(Parameters.SmtpSaslPasswordMaps, service));
    }

    /// <summary>Some tokens come from programs.</summary>
    internal static bool CallPrograms(MainConfig config, string service) => config.ForTransport(Parameters.SmtpSaslAuthEnable, service)
        && config.ForTransport(Parameters.SmtpSaslPasswordMaps, service).FirstValue(PasswordTable.HasCommand) is not null;

    /// <exception cref="ConfigurationException">A parameter asks for what cannot be.</exception>
    internal static LoginSettings Read(MainConfig config, string service)
    {
        LookupTable table = config.ForTransport(Parameters.SmtpSaslPasswordMaps, service);
        if (table.IsEmpty)
            config.Remark(Parameters.SmtpSaslAuthEnable, "on, but smtp_sasl_password_maps is empty: there is no login", service);
        else
            LookAt(table, config, service);
        bool isLmtp = service == "lmtp";
        return new LoginSettings
        {
            Passwords = new PasswordTable(table, !isLmtp && config.Get(Parameters.SmtpSenderDependentAuthentication),
                config.Get(Parameters.RecipientDelimiter), config.ForTransport(Parameters.SmtpSaslTokenTimeout, service), TimeProvider.System),
            MechanismFilter = Login.MechanismFilter.Read(config, Parameters.SmtpSaslMechanismFilter, service),
            Demands = SecurityOptionWords.Read(config.ForTransport(Parameters.SmtpSaslSecurityOptions, service)),
            TlsDemands = SecurityOptionWords.Read(config.ForTransport(Parameters.SmtpSaslTlsSecurityOptions, service)),
            VerifiedTlsDemands = SecurityOptionWords.Read(config.ForTransport(Parameters.SmtpSaslTlsVerifiedSecurityOptions, service)),
            AuthSoftBounce = config.ForTransport(Parameters.SmtpSaslAuthSoftBounce, service),
            AuthEnforce = config.ForTransport(Parameters.SmtpSaslAuthEnforce, service),
            Turns = new LoginTurns(static question => LoginTurn.Take(".", question), TimeProvider.System),
            SendDummyMailAuth = config.ForTransport(Parameters.SmtpSendDummyMailAuth, service),
        };
    }

    /// <summary>Looks at what is needed only once a server wants a login: entries that [destination] tables name, and secrets that are elsewhere.</summary>
    internal static void Examine(MainConfig config, string service)
    {
        LookupTable table = config.ForTransport(Parameters.SmtpSaslPasswordMaps, service);
        foreach (DestinationRule rule in config.Destinations.All)
        {
            if (rule is { Login: { } key, LoginPlace: { } place } && Has(table, key) == false)
                place.Remark($"smtp_sasl_password_maps has no entry for \"{key}\": mail waits");
        }
        foreach (string problem in PasswordTable.LostSecrets(table).Take(MostProblems))
            config.Remark(Parameters.SmtpSaslPasswordMaps, $"{problem}: mail that needs it waits", service);
    }

    // null: the table cannot say.
    private static bool? Has(LookupTable table, string key)
    {
        try
        {
            return table.Find(key) is not null;
        }
        catch (LookupException)
        {
            return null;
        }
    }

    // What is easily written otherwise than it is looked up; without it mail would go without login, or not at all.
    private static void LookAt(LookupTable table, MainConfig config, string service)
    {
        if (table.FirstKey(static (_, value) => value.IndexOf(':', StringComparison.Ordinal) <= 0) is { } odd)
            config.Remark(Parameters.SmtpSaslPasswordMaps, $"the entry for {odd} is not \"user:password\": no mail goes where it counts", service);
        if (table.FirstValue(value => PasswordTable.ServiceIn(value) is { } name && !config.OAuth.ContainsKey(name)) is { } lost)
            config.Remark(Parameters.SmtpSaslPasswordMaps, $"there is no table [oauth.\"{PasswordTable.ServiceIn(lost)}\"]: no mail goes where such an entry counts", service);
        foreach ((string parameter, string hop) in config.Get(Parameters.Relayhost).Select(static hop => ("relayhost", hop)).Concat(config.Get(Parameters.SmtpFallbackRelay).Select(static hop => ("smtp_fallback_relay", hop))))
        {
            if (HostAndPort.Parse(hop)?.Host is not { } host || table.Find(hop) is not null || table.Find(host) is not null)
                continue;
            if (PasswordTable.Near(table, hop) is { } near)
                config.Remark(Parameters.SmtpSaslPasswordMaps, $"has an entry for {near}, which is not that of {parameter}, {hop}: there is no login for it; the two must be written alike", service);
        }
    }
}
