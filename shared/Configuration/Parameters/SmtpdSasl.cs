namespace PostfixNet.Configuration;

// Read by smtpd, and by master passwd: who may log in.
public static partial class Parameters
{
    /// <summary>Who decides on logins: our file of users, or Dovecot. Postfix's default, cyrus, is refused where logins are on.</summary>
    public static readonly Parameter<string> SmtpdSaslType = Choice("smtpd_sasl_type", "file", "file dovecot cyrus");

    /// <summary>Where Dovecot listens: from the root, or from queue_directory.</summary>
    public static readonly Parameter<string> SmtpdSaslPath = Text("smtpd_sasl_path", "smtpd");

    /// <summary>Users and verifiers of their passwords. Ours beyond Postfix.</summary>
    public static readonly Parameter<string> SmtpdSaslPasswordFile = Checked("smtpd_sasl_password_file", "",
        static text => text.Length == 0 || text.StartsWith('/'), "is not a path from the root; give one that begins with \"/\", or with \"$config_directory/\"");

    /// <summary>What a mechanism must offer without TLS.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdSaslSecurityOptions = List("smtpd_sasl_security_options", "noanonymous", SaslSecurityOptions);

    /// <summary>What a mechanism must offer over TLS.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdSaslTlsSecurityOptions =
        List("smtpd_sasl_tls_security_options", "$smtpd_sasl_security_options", SaslSecurityOptions);

    /// <summary>Domain of users who give a name without one.</summary>
    public static readonly Parameter<string> SmtpdSaslLocalDomain = Text("smtpd_sasl_local_domain", "");

    /// <summary>What Dovecot knows this service by.</summary>
    public static readonly Parameter<string> SmtpdSaslService = Text("smtpd_sasl_service", "smtp");

    /// <summary>Mechanisms that are offered; empty: all.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdSaslMechanismFilter = List("smtpd_sasl_mechanism_filter", "!external, static:rest");
}
