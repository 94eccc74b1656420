namespace PostfixNet.Configuration;

// Read by smtpd.
public static partial class Parameters
{
    /// <summary>Clients whose headers are completed and changed by tables.</summary>
    public static readonly Parameter<IReadOnlyList<string>> LocalHeaderRewriteClients = List("local_header_rewrite_clients", "permit_inet_interfaces");

    /// <summary>What clients are greeted with.</summary>
    public static readonly Parameter<string> SmtpdBanner = Text("smtpd_banner", "$myhostname ESMTP $mail_name");

    /// <summary>Sessions at once in one process; more processes are started for more.</summary>
    public static readonly Parameter<int> SmtpdSessionsPerProcess = Number("smtpd_sessions_per_process", "50", minimum: 1, maximum: 10_000);

    /// <summary>How long a client may take for each thing that it is to say.</summary>
    public static readonly Parameter<TimeSpan> SmtpdTimeout = Time("smtpd_timeout", "300s", minimum: 1);

    /// <summary>Octets per second that a client must send of content, on average; 0: no least rate.</summary>
    public static readonly Parameter<int> SmtpdMinDataRate = Number("smtpd_min_data_rate", "500");

    /// <summary>Recipients of one message.</summary>
    public static readonly Parameter<int> SmtpdRecipientLimit = Number("smtpd_recipient_limit", "1000", minimum: 1);

    /// <summary>Recipients beyond smtpd_recipient_limit that are refused without being counted as errors.</summary>
    public static readonly Parameter<int> SmtpdRecipientOvershootLimit = Number("smtpd_recipient_overshoot_limit", "1000", minimum: 1);

    /// <summary>From so many errors on each further one is answered late.</summary>
    public static readonly Parameter<int> SmtpdSoftErrorLimit = Number("smtpd_soft_error_limit", "10", minimum: 1);

    /// <summary>With so many errors a session ends.</summary>
    public static readonly Parameter<int> SmtpdHardErrorLimit = Number("smtpd_hard_error_limit", "20", minimum: 1);

    /// <summary>Commands that lead to no mail (NOOP, VRFY, RSET ...); each further one is an error.</summary>
    public static readonly Parameter<int> SmtpdJunkCommandLimit = Number("smtpd_junk_command_limit", "100", minimum: 1);

    /// <summary>How late the answer to an error is.</summary>
    public static readonly Parameter<TimeSpan> SmtpdErrorSleepTime = Time("smtpd_error_sleep_time", "1s");

    /// <summary>No mail without HELO or EHLO.</summary>
    public static readonly Parameter<bool> SmtpdHeloRequired = Flag("smtpd_helo_required", "no");

    /// <summary>VRFY is refused.</summary>
    public static readonly Parameter<bool> DisableVrfyCommand = Flag("disable_vrfy_command", "no");

    /// <summary>Addresses of the envelope stand in angle brackets, with nothing else.</summary>
    public static readonly Parameter<bool> StrictRfc821Envelopes = Flag("strict_rfc821_envelopes", "no");

    /// <summary>Addresses that are not ASCII are taken only from clients that say SMTPUTF8.</summary>
    public static readonly Parameter<bool> StrictSmtputf8 = Flag("strict_smtputf8", "no");

    /// <summary>Keywords that are not announced in the reply to EHLO; nor are BDAT, STARTTLS, AUTH, SMTPUTF8 and the parameters of DSN taken without theirs.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdDiscardEhloKeywords = List("smtpd_discard_ehlo_keywords", "");

    /// <summary>Further commands that do nothing.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdNoopCommands = List("smtpd_noop_commands", "");

    /// <summary>Commands of other protocols: who says one is let go at once.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpdForbiddenCommands = List("smtpd_forbidden_commands", "CONNECT, GET, POST");

    /// <summary>A client that speaks before it may is let go. Postfix: since 3.9.</summary>
    public static readonly Parameter<bool> SmtpdForbidUnauthPipelining = Flag("smtpd_forbid_unauth_pipelining", "yes");

    /// <summary>What is done about content whose lines end with LF alone. Postfix: since 3.9 with this default.</summary>
    public static readonly Parameter<string> SmtpdForbidBareNewline = Choice("smtpd_forbid_bare_newline", "normalize", "normalize yes note reject no");

    /// <summary>Clients of which such content is taken as it comes, a dot between bare line ends too.</summary>
    public static readonly Parameter<MatchList> SmtpdForbidBareNewlineExclusions = Hosts("smtpd_forbid_bare_newline_exclusions", "$mynetworks");

    /// <summary>Code of that refusal.</summary>
    public static readonly Parameter<int> SmtpdForbidBareNewlineRejectCode = Number("smtpd_forbid_bare_newline_reject_code", "550", minimum: 500, maximum: 599);

    /// <summary>The log names the port of a client, too.</summary>
    public static readonly Parameter<bool> SmtpdClientPortLogging = Flag("smtpd_client_port_logging", "no");

    /// <summary>Received: tells of TLS.</summary>
    public static readonly Parameter<bool> SmtpdTlsReceivedHeader = Flag("smtpd_tls_received_header", "no");

    /// <summary>Received: tells who has logged in.</summary>
    public static readonly Parameter<bool> SmtpdSaslAuthenticatedHeader = Flag("smtpd_sasl_authenticated_header", "no");

    /// <summary>Connections come through a proxy that says who the client is: "haproxy", its PROXY protocol, version 1 or 2.</summary>
    public static readonly Parameter<string> SmtpdUpstreamProxyProtocol = Choice("smtpd_upstream_proxy_protocol", "", "haproxy");

    /// <summary>How long the proxy may take for that.</summary>
    public static readonly Parameter<TimeSpan> SmtpdUpstreamProxyTimeout = Time("smtpd_upstream_proxy_timeout", "5s", minimum: 1);

    /// <summary>The name of a client is looked up by its address.</summary>
    public static readonly Parameter<bool> SmtpdPeernameLookup = Flag("smtpd_peername_lookup", "yes");
}
