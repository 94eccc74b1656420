namespace PostfixNet.Configuration;

// Read by smtp: logins.
public static partial class Parameters
{
    /// <summary>Logins (SMTP AUTH).</summary>
    public static readonly Parameter<bool> SmtpSaslAuthEnable = Flag("smtp_sasl_auth_enable", "no");

    /// <summary>Users and passwords, by server, next hop, or sender.</summary>
    public static readonly Parameter<LookupTable> SmtpSaslPasswordMaps = Secrets("smtp_sasl_password_maps");

    /// <summary>Logins are looked up by sender first.</summary>
    public static readonly Parameter<bool> SmtpSenderDependentAuthentication = Flag("smtp_sender_dependent_authentication", "no");

    /// <summary>What a mechanism of login must offer without TLS.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslSecurityOptions = List("smtp_sasl_security_options", "noplaintext, noanonymous", SaslSecurityOptions);

    /// <summary>What a mechanism of login must offer over TLS.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslTlsSecurityOptions =
        List("smtp_sasl_tls_security_options", "$smtp_sasl_security_options", SaslSecurityOptions);

    /// <summary>What a mechanism of login must offer over TLS with a server that proved its name.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslTlsVerifiedSecurityOptions =
        List("smtp_sasl_tls_verified_security_options", "$smtp_sasl_tls_security_options", SaslSecurityOptions);

    /// <summary>Mechanisms that may be used; empty: all.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslMechanismFilter = List("smtp_sasl_mechanism_filter", "");

    /// <summary>No mail goes without login to a server for which there is one.</summary>
    public static readonly Parameter<bool> SmtpSaslAuthEnforce = Flag("smtp_sasl_auth_enforce", "no");

    /// <summary>A refused login puts mail off; else it is returned.</summary>
    public static readonly Parameter<bool> SmtpSaslAuthSoftBounce = Flag("smtp_sasl_auth_soft_bounce", "yes");

    /// <summary>For a token-command of smtp_sasl_password_maps. Ours beyond Postfix.</summary>
    public static readonly Parameter<TimeSpan> SmtpSaslTokenTimeout = Time("smtp_sasl_token_timeout", "30s", minimum: 1);

    /// <summary>MAIL FROM has AUTH=&lt;&gt; after a login.</summary>
    public static readonly Parameter<bool> SmtpSendDummyMailAuth = Flag("smtp_send_dummy_mail_auth", "no");
}
