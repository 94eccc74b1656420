using PostfixNet.Configuration;
using PostfixNet.Delivery;
using PostfixNet.Queue;
using PostfixNet.ReturnPaths;

namespace PostfixNet.Smtpd;

/// <summary>What main.toml says to this program.</summary>
internal sealed record SmtpdOptions
{
    /// <summary>myhostname: in the greeting, in Received: and in replies.</summary>
    internal required string MyHostname { get; init; }

    /// <summary>mail_name: in Received:.</summary>
    internal required string MailName { get; init; }

    /// <summary>smtpd_banner.</summary>
    internal required string Banner { get; init; }

    /// <summary>message_size_limit: octets of a message; 0: no limit.</summary>
    internal required long MessageSizeLimit { get; init; }

    /// <summary>line_length_limit: octets of one record, and of a command line.</summary>
    internal required int LineLengthLimit { get; init; }

    /// <summary>smtpd_timeout: for each thing that the client is to say.</summary>
    internal required TimeSpan Timeout { get; init; }

    /// <summary>smtpd_min_data_rate: octets per second of content; 0: no least rate.</summary>
    internal required int MinimalDataRate { get; init; }

    /// <summary>smtpd_recipient_limit.</summary>
    internal required int RecipientLimit { get; init; }

    /// <summary>smtpd_recipient_overshoot_limit: so many beyond it are no error of the client.</summary>
    internal required int RecipientOvershoot { get; init; }

    /// <summary>smtpd_soft_error_limit: from so many errors on each reply is late.</summary>
    internal required int SoftErrorLimit { get; init; }

    /// <summary>smtpd_hard_error_limit: with so many errors a session ends.</summary>
    internal required int HardErrorLimit { get; init; }

    /// <summary>smtpd_junk_command_limit: commands that do nothing, before each counts as an error.</summary>
    internal required int JunkCommandLimit { get; init; }

    /// <summary>smtpd_error_sleep_time.</summary>
    internal required TimeSpan ErrorDelay { get; init; }

    /// <summary>smtpd_helo_required.</summary>
    internal required bool IsHeloRequired { get; init; }

    /// <summary>disable_vrfy_command.</summary>
    internal required bool IsVrfyDisabled { get; init; }

    /// <summary>strict_rfc821_envelopes: addresses in angle brackets only, with nothing around the address.</summary>
    internal required bool IsStrictEnvelope { get; init; }

    /// <summary>allow_min_user: addresses that begin with "-" are taken.</summary>
    internal required bool AllowsMinus { get; init; }

    /// <summary>strict_smtputf8: addresses that are not ASCII only with SMTPUTF8.</summary>
    internal required bool IsSmtpUtf8Strict { get; init; }

    /// <summary>smtpd_discard_ehlo_keywords: what is not announced, lower case.</summary>
    internal required IReadOnlyList<string> DiscardedKeywords { get; init; }

    /// <summary>An extension is there, as far as smtpd_discard_ehlo_keywords goes.</summary>
    /// <param name="keyword">As EHLO announces it, upper case.</param>
    internal bool Offers(string keyword) => !DiscardedKeywords.Contains(keyword.ToLowerInvariant());

    /// <summary>smtpd_noop_commands, upper case.</summary>
    internal required IReadOnlyList<string> NoopCommands { get; init; }

    /// <summary>smtpd_forbidden_commands, upper case: who says them speaks another protocol.</summary>
    internal required IReadOnlyList<string> ForbiddenCommands { get; init; }

    /// <summary>A client that speaks before it was answered, where it must wait, is noted.</summary>
    internal bool NotesEarlyTalk { get; private init; } = true;

    /// <summary>smtpd_forbid_unauth_pipelining: and sent away.</summary>
    internal required bool ForbidsEarlyTalk { get; init; }

    /// <summary>smtpd_forbid_bare_newline.</summary>
    internal required BareNewline BareNewline { get; init; }

    /// <summary>smtpd_forbid_bare_newline_exclusions.</summary>
    internal required MatchList BareNewlineExclusions { get; init; }

    /// <summary>smtpd_client_event_limit_exceptions.</summary>
    internal required MatchList WithoutLimits { get; init; }

    /// <summary>smtpd_sasl_exceptions_networks.</summary>
    internal required MatchList WithoutLogin { get; init; }

    /// <summary>local_header_rewrite_clients.</summary>
    internal required LocalHeaderClients LocalHeaders { get; init; }

    /// <summary>smtpd_forbid_bare_newline_reject_code.</summary>
    internal required int BareNewlineCode { get; init; }

    /// <summary>requiretls_enable.</summary>
    internal required bool KnowsRequireTls { get; init; }

    /// <summary>future_release_limit; zero: mail goes out at once.</summary>
    internal required TimeSpan FutureReleaseLimit { get; init; }

    /// <summary>future_release_networks.</summary>
    internal required MatchList FutureReleaseNetworks { get; init; }

    /// <summary>smtputf8_enable.</summary>
    internal required bool IsSmtpUtf8Enabled { get; init; }

    /// <summary>smtpd_client_port_logging.</summary>
    internal required bool LogsPort { get; init; }

    /// <summary>smtpd_peername_lookup.</summary>
    internal required bool LooksNamesUp { get; init; }

    /// <summary>smtpd_tls_received_header.</summary>
    internal required bool TellsTls { get; init; }

    /// <summary>smtpd_sasl_authenticated_header.</summary>
    internal required bool TellsLogin { get; init; }

    /// <summary>smtpd_upstream_proxy_protocol: each connection begins with the word of a proxy.</summary>
    internal required bool HasProxy { get; init; }

    /// <summary>smtpd_upstream_proxy_timeout.</summary>
    internal required TimeSpan ProxyTimeout { get; init; }

    /// <summary>soft_bounce.</summary>
    internal required bool IsSoftBounce { get; init; }

    /// <summary>smtpd_tls_auth_only.</summary>
    internal required bool NeedsTlsForLogin { get; init; }

    /// <summary>broken_sasl_auth_clients.</summary>
    internal required bool AnnouncesOldAuth { get; init; }

    /// <summary>smtpd_sasl_response_limit.</summary>
    internal required int LoginLineLimit { get; init; }

    /// <summary>smtpd_authorized_xclient_hosts.</summary>
    internal required MatchList ClientTellers { get; init; }

    /// <summary>smtpd_authorized_xforward_hosts.</summary>
    internal required MatchList Forwarders { get; init; }

    /// <summary>queue_minfree and its share.</summary>
    internal required SpaceLimit Space { get; init; }

    /// <summary>The directory of new queue files.</summary>
    internal required string Incoming { get; init; }

    /// <summary>cleanup_service_name: its socket.</summary>
    internal required string CleanupSocket { get; init; }

    /// <summary>content_filter and receive_override_options.</summary>
    internal required Reception Reception { get; init; }

    /// <summary>ipc_timeout.</summary>
    internal required TimeSpan IpcTimeout { get; init; }

    /// <summary>What one client may do in a time.</summary>
    internal required ClientLimits Limits { get; init; }

    /// <summary>Verifies addresses of report_domain; null: there is none.</summary>
    internal ReturnPathSource? ReturnPaths { get; init; }

    /// <summary>smtpd_sessions_per_process.</summary>
    internal required int SessionsPerProcess { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static SmtpdOptions Read(MainConfig config) => Read(config, config.Get, LocalHeaderClients.Read(config)) with
    {
        ReturnPaths = new ReturnPathSettings(config) is { Domain.Length: > 0 } paths ? new ReturnPathSource(paths, config.Get(Parameters.QueueDirectory)) : null,
    };

    /// <summary>For one session on standard input and output: who can start this program may send mail, so nobody is asked who he is. Lists of hosts
    /// are not even read, since he may not be able to.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static SmtpdOptions ReadStandAlone(MainConfig config) => Read(config, static _ => MatchList.Empty, LocalHeaderClients.OfThisHost) with
    {
        HasProxy = false,
        NotesEarlyTalk = false,
        BareNewline = BareNewline.Allow,
    };

    private static SmtpdOptions Read(MainConfig config, Func<Parameter<MatchList>, MatchList> hosts, LocalHeaderClients localHeaders) => new()
    {
        MyHostname = config.Get(Parameters.MyHostname),
        MailName = config.Get(Parameters.MailName),
        Banner = config.Get(Parameters.SmtpdBanner),
        MessageSizeLimit = config.Get(Parameters.MessageSizeLimit),
        LineLengthLimit = config.Get(Parameters.LineLengthLimit),
        Timeout = config.Get(Parameters.SmtpdTimeout),
        MinimalDataRate = config.Get(Parameters.SmtpdMinDataRate),
        RecipientLimit = config.Get(Parameters.SmtpdRecipientLimit),
        RecipientOvershoot = config.Get(Parameters.SmtpdRecipientOvershootLimit),
        SoftErrorLimit = config.Get(Parameters.SmtpdSoftErrorLimit),
        HardErrorLimit = config.Get(Parameters.SmtpdHardErrorLimit),
        JunkCommandLimit = config.Get(Parameters.SmtpdJunkCommandLimit),
        ErrorDelay = config.Get(Parameters.SmtpdErrorSleepTime),
        IsHeloRequired = config.Get(Parameters.SmtpdHeloRequired),
        IsVrfyDisabled = config.Get(Parameters.DisableVrfyCommand),
        IsStrictEnvelope = config.Get(Parameters.StrictRfc821Envelopes),
        AllowsMinus = config.Get(Parameters.AllowMinUser),
        IsSmtpUtf8Strict = config.Get(Parameters.StrictSmtputf8),
        DiscardedKeywords = [.. config.Get(Parameters.SmtpdDiscardEhloKeywords).Select(static word => word.ToLowerInvariant())],
        NoopCommands = [.. config.Get(Parameters.SmtpdNoopCommands).Select(static word => word.ToUpperInvariant())],
        ForbiddenCommands = [.. config.Get(Parameters.SmtpdForbiddenCommands).Select(static word => word.ToUpperInvariant())],
        ForbidsEarlyTalk = config.Get(Parameters.SmtpdForbidUnauthPipelining),
        BareNewline = BareNewlines.Parse(config.Get(Parameters.SmtpdForbidBareNewline)),
        BareNewlineExclusions = hosts(Parameters.SmtpdForbidBareNewlineExclusions),
        WithoutLimits = hosts(Parameters.SmtpdClientEventLimitExceptions),
        LocalHeaders = localHeaders,
        WithoutLogin = hosts(Parameters.SmtpdSaslExceptionsNetworks),
        ClientTellers = hosts(Parameters.SmtpdAuthorizedXclientHosts),
        Forwarders = hosts(Parameters.SmtpdAuthorizedXforwardHosts),
        BareNewlineCode = config.Get(Parameters.SmtpdForbidBareNewlineRejectCode),
        KnowsRequireTls = config.Get(Parameters.RequiretlsEnable),
        FutureReleaseLimit = config.Get(Parameters.FutureReleaseLimit),
        FutureReleaseNetworks = hosts(Parameters.FutureReleaseNetworks),
        IsSmtpUtf8Enabled = config.Get(Parameters.Smtputf8Enable),
        LogsPort = config.Get(Parameters.SmtpdClientPortLogging),
        LooksNamesUp = config.Get(Parameters.SmtpdPeernameLookup),
        HasProxy = config.Get(Parameters.SmtpdUpstreamProxyProtocol).Length > 0,
        ProxyTimeout = config.Get(Parameters.SmtpdUpstreamProxyTimeout),
        IsSoftBounce = config.Get(Parameters.SoftBounce),
        NeedsTlsForLogin = config.Get(Parameters.SmtpdTlsAuthOnly),
        AnnouncesOldAuth = config.Get(Parameters.BrokenSaslAuthClients),
        LoginLineLimit = config.Get(Parameters.SmtpdSaslResponseLimit),
        TellsTls = config.Get(Parameters.SmtpdTlsReceivedHeader),
        TellsLogin = config.Get(Parameters.SmtpdSaslAuthenticatedHeader),
        Space = SpaceLimit.Read(config),
        Incoming = QueueDirectories.FromConfig(config).DirectoryOf(QueueName.Incoming),
        CleanupSocket = $"private/{config.Get(Parameters.CleanupServiceName)}",
        Reception = Reception.Read(config),
        IpcTimeout = config.Get(Parameters.IpcTimeout),
        Limits = ClientLimits.Read(config),
        SessionsPerProcess = config.Get(Parameters.SmtpdSessionsPerProcess),
    };
}

/// <summary>What is done about lines of content that end with LF alone: some server behind this one could take a dot between them for the end
/// of the message, and what follows for another.</summary>
internal enum BareNewline
{
    /// <summary>They are lines; a dot between such line ends does not end the message.</summary>
    Normalize,
    /// <summary>Likewise, and the log tells.</summary>
    Note,
    /// <summary>The message is refused, and the session ends.</summary>
    Reject,
    /// <summary>They are lines, and a dot between them ends the message.</summary>
    Allow,
}

/// <summary>Words of <see cref="BareNewline"/>.</summary>
internal static class BareNewlines
{
    internal static BareNewline Parse(string word) => word switch
    {
        "reject" => BareNewline.Reject,
        "note" => BareNewline.Note,
        "no" => BareNewline.Allow,
        _ => BareNewline.Normalize,
    };
}
