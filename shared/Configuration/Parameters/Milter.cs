namespace PostfixNet.Configuration;

// Read by smtpd and cleanup: see shared/Milter.
public static partial class Parameters
{
    /// <summary>Milters of mail that a server takes in.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdMilters = List("smtpd_milters", "");

    /// <summary>Milters by the address of the client, in the place of smtpd_milters; DISABLE: none.</summary>
    public static readonly Parameter<LookupTable> SmtpdMilterMaps = Table("smtpd_milter_maps", "");

    /// <summary>Milters of other mail.</summary>
    public static readonly Parameter<IReadOnlyList<string>> NonSmtpdMilters = List("non_smtpd_milters", "");

    /// <summary>Which mail of the system itself passes filters, too.</summary>
    public static readonly Parameter<IReadOnlyList<string>> InternalMailFilterClasses = List("internal_mail_filter_classes", "", "bounce notify");

    /// <summary>What is done when a milter cannot be asked.</summary>
    public static readonly Parameter<string> MilterDefaultAction = Choice("milter_default_action", "tempfail", "accept reject tempfail quarantine shutdown");

    /// <summary>Version of the protocol: 2, 3, 4 or 6; and no_header_reply: no answer to each header.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterProtocol = List("milter_protocol", "6", "2 3 4 6 no_header_reply");

    /// <summary>For connecting to a milter, and for the negotiation.</summary>
    public static readonly Parameter<TimeSpan> MilterConnectTimeout = Time("milter_connect_timeout", "30s", minimum: 1);

    /// <summary>For the answer to a command of the client.</summary>
    public static readonly Parameter<TimeSpan> MilterCommandTimeout = Time("milter_command_timeout", "30s", minimum: 1);

    /// <summary>For each answer while it is told of the content.</summary>
    public static readonly Parameter<TimeSpan> MilterContentTimeout = Time("milter_content_timeout", "300s", minimum: 1);

    /// <summary>Macros that are told when a client connects.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterConnectMacros = List("milter_connect_macros", "j {daemon_name} {daemon_addr} v _");

    /// <summary>With HELO.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterHeloMacros = List("milter_helo_macros", "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}");

    /// <summary>With MAIL.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterMailMacros = List("milter_mail_macros", "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}");

    /// <summary>With RCPT.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterRcptMacros = List("milter_rcpt_macros", "i {rcpt_addr} {rcpt_host} {rcpt_mailer}");

    /// <summary>With DATA.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterDataMacros = List("milter_data_macros", "i");

    /// <summary>With headers.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterEndOfHeaderMacros = List("milter_end_of_header_macros", "i");

    /// <summary>With the body.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterEndOfDataMacros = List("milter_end_of_data_macros", "i");

    /// <summary>With a command that is not known.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterUnknownCommandMacros = List("milter_unknown_command_macros", "");

    /// <summary>Values of macros that have none: name=value.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MilterMacroDefaults = List("milter_macro_defaults", "");

    /// <summary>Macro {daemon_name}.</summary>
    public static readonly Parameter<string> MilterMacroDaemonName = Text("milter_macro_daemon_name", "$myhostname");

    /// <summary>Macro v.</summary>
    public static readonly Parameter<string> MilterMacroV = Text("milter_macro_v", "$mail_name $mail_version");
}
