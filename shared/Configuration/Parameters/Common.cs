namespace PostfixNet.Configuration;

// Read by several programs.
public static partial class Parameters
{
    /// <summary>Where main.toml and master.toml are: -c, else MAIL_CONFIG, else /etc/postfix.net. Only for $config_directory in
    /// other values.</summary>
    public static readonly Parameter<string> ConfigDirectory = Add(new Parameter<string>("config_directory", null, Conversion.ThisDirectory));

    /// <summary>Root of the queue; services change to it.</summary>
    public static readonly Parameter<string> QueueDirectory = AbsolutePath("queue_directory", "/var/spool/postfix.net");

    /// <summary>Queues that have sub-directories.</summary>
    public static readonly Parameter<IReadOnlyList<string>> HashQueueNames = List("hash_queue_names", "deferred, defer");

    /// <summary>Levels of sub-directories.</summary>
    public static readonly Parameter<int> HashQueueDepth = Number("hash_queue_depth", "1", minimum: 1, maximum: 16);

    /// <summary>Queue IDs that are never used again.</summary>
    public static readonly Parameter<bool> EnableLongQueueIds = Flag("enable_long_queue_ids", "yes");

    /// <summary>Account that owns the queue and runs the services; its user number on a file in maildrop marks mail that
    /// postsuper put back.</summary>
    public static readonly Parameter<string> MailOwner = Text("mail_owner", "postfix");

    /// <summary>Group of the directories that every user may submit to.</summary>
    public static readonly Parameter<string> SetgidGroup = Text("setgid_group", "postdrop");

    /// <summary>Name of this instance: the default of syslog_name.</summary>
    public static readonly Parameter<string> MultiInstanceName = Text("multi_instance_name", "");

    /// <summary>Which built-in defaults hold; they are those of level 3.6, and older ones are refused.</summary>
    public static readonly Parameter<string> CompatibilityLevel =
        Checked("compatibility_level", "3.6", IsSupportedLevel, "is not supported: the defaults are those of level 3.6, which older levels have not; leave it out");

    /// <summary>Own host name, in HELO, Message-Id, Received, Reporting-MTA; if not given, that of the system, with
    /// mydomain.</summary>
    public static readonly Parameter<string> MyHostname = HostName("myhostname");

    /// <summary>Own domain; if not given, myhostname without its first label.</summary>
    public static readonly Parameter<string> MyDomain = HostName("mydomain");

    /// <summary>Domain of addresses that have none, or the path of a file that holds it in its first line.</summary>
    public static readonly Parameter<string> MyOrigin = Add(new Parameter<string>("myorigin", "$myhostname", Conversion.Origin));

    /// <summary>Domains of this host: their addresses are found in virtual_alias_maps without domain too.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MyDestination = List("mydestination", "$myhostname, localhost.$mydomain, localhost");

    /// <summary>Separates what a user added to his name: "user+shop". Addresses are also looked up without it.</summary>
    public static readonly Parameter<string> RecipientDelimiter = Checked("recipient_delimiter", "", static text => !text.Any(static c => "@<>(),;:\\\"[] ".Contains(c, StringComparison.Ordinal)), "has a character that means something else in an address; give e.g. \"+\"");

    /// <summary>Who gets mail to the empty address, and what listings show as the sender of notices.</summary>
    public static readonly Parameter<string> EmptyAddressRecipient = MailAddress("empty_address_recipient", "MAILER-DAEMON");

    /// <summary>Addresses without a domain get myorigin.</summary>
    public static readonly Parameter<bool> AppendAtMyorigin = Flag("append_at_myorigin", "yes");

    /// <summary>Host names without a dot get mydomain.</summary>
    public static readonly Parameter<bool> AppendDotMydomain = Flag("append_dot_mydomain", "no");

    /// <summary>"site!user" is user@site.</summary>
    public static readonly Parameter<bool> SwapBangpath = Flag("swap_bangpath", "yes");

    /// <summary>"user%site" is user@site.</summary>
    public static readonly Parameter<bool> AllowPercentHack = Flag("allow_percent_hack", "yes");

    /// <summary>Where syslog sorts the lines in.</summary>
    public static readonly Parameter<string> SyslogFacility = Choice("syslog_facility", "mail", Facilities);

    /// <summary>First part of the tag of each line, "name/program[pid]".</summary>
    public static readonly Parameter<string> SyslogName = Text("syslog_name", "${multi_instance_name?{$multi_instance_name}:{postfix}}");

    /// <summary>Log to this file, or /dev/stdout, instead of syslog.</summary>
    public static readonly Parameter<string> MaillogFile = Text("maillog_file", "");

    /// <summary>What the path of maillog_file may begin with.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MaillogFilePrefixes = List("maillog_file_prefixes", "/");

    /// <summary>Mode of maillog_file when it is made.</summary>
    public static readonly Parameter<string> MaillogFilePermissions = Choice("maillog_file_permissions", "0640", "0600 0640 0644");

    /// <summary>Form of the lines: Postfix's, or one JSON object each.</summary>
    public static readonly Parameter<string> MaillogFormat = Choice("maillog_format", "postfix", "postfix json");

    /// <summary>Decimals of delay= and delays= at most.</summary>
    public static readonly Parameter<int> DelayLoggingResolutionLimit = Number("delay_logging_resolution_limit", "2", maximum: 6);

    /// <summary>Processes at once of services whose table names no process_limit.</summary>
    public static readonly Parameter<int> DefaultProcessLimit = Number("default_process_limit", "100", minimum: 1);

    /// <summary>Clients served by one process before another takes its place.</summary>
    public static readonly Parameter<int> MaxUse = Number("max_use", "100");

    /// <summary>Time without a client after which a process ends.</summary>
    public static readonly Parameter<TimeSpan> MaxIdle = Time("max_idle", "100s", minimum: 1);

    /// <summary>For one message of another process, or to it.</summary>
    public static readonly Parameter<TimeSpan> IpcTimeout = Time("ipc_timeout", "3600s", minimum: 1);

    /// <summary>Time after which an unused connection to another process is closed.</summary>
    public static readonly Parameter<TimeSpan> IpcIdle = Time("ipc_idle", "5s", minimum: 1);

    /// <summary>Bytes of a record of content, and of a reply of a server; longer lines are several records.</summary>
    public static readonly Parameter<int> LineLengthLimit = Number("line_length_limit", "2048", minimum: 512);

    /// <summary>Bytes of a header that are kept.</summary>
    public static readonly Parameter<int> HeaderSizeLimit = Number("header_size_limit", "102400", minimum: 1);

    /// <summary>Words of a header with addresses that are read.</summary>
    public static readonly Parameter<int> HeaderAddressTokenLimit = Number("header_address_token_limit", "10240", minimum: 1);

    /// <summary>Bytes of header and body of a message; 0: no limit. Its recipients have a limit of their own, which is far larger.</summary>
    public static readonly Parameter<long> MessageSizeLimit = Size("message_size_limit", "10240000");

    /// <summary>What would be returned is tried again.</summary>
    public static readonly Parameter<bool> SoftBounce = Flag("soft_bounce", "no");

    /// <summary>Next hop of mail that transport_maps says nothing of; several are tried in turn. Empty: the domain of the
    /// recipient.</summary>
    public static readonly Parameter<IReadOnlyList<string>> Relayhost = NextHops("relayhost", "");

    /// <summary>Least time between attempts; also the time for which a dead destination is left alone.</summary>
    public static readonly Parameter<TimeSpan> MinimalBackoffTime = Time("minimal_backoff_time", "300s", minimum: 1);

    /// <summary>Age at which mail is returned.</summary>
    public static readonly Parameter<TimeSpan> MaximalQueueLifetime = Time("maximal_queue_lifetime", "5d");

    /// <summary>Age at which a sender is warned that his mail is still here; 0: never.</summary>
    public static readonly Parameter<TimeSpan> DelayWarningTime = Time("delay_warning_time", "0h");

    /// <summary>A sender who was warned hears of the delivery.</summary>
    public static readonly Parameter<bool> ConfirmDelayCleared = Flag("confirm_delay_cleared", "no");

    /// <summary>What the postmaster hears of.</summary>
    public static readonly Parameter<IReadOnlyList<string>> NotifyClasses =
        List("notify_classes", "resource, software", "2bounce bounce data delay policy protocol resource software");

    /// <summary>Local part of the sender of notices to the postmaster.</summary>
    public static readonly Parameter<string> DoubleBounceSender = Checked("double_bounce_sender", "double-bounce",
        static text => text.Length > 0 && Mail.Address.IsDotAtom(text), "is not the local part of an address; give e.g. \"double-bounce\"");

    /// <summary>Socket of the queue manager.</summary>
    public static readonly Parameter<string> QueueServiceName = Text("queue_service_name", "qmgr");

    /// <summary>Socket of pickup.</summary>
    public static readonly Parameter<string> PickupServiceName = Text("pickup_service_name", "pickup");

    /// <summary>Socket of cleanup.</summary>
    public static readonly Parameter<string> CleanupServiceName = Text("cleanup_service_name", "cleanup");

    /// <summary>Service that lists the queue.</summary>
    public static readonly Parameter<string> ShowqServiceName = Text("showq_service_name", "showq");

    /// <summary>Service that keeps records of failed recipients.</summary>
    public static readonly Parameter<string> BounceServiceName = Text("bounce_service_name", "bounce");

    /// <summary>Service that keeps records of recipients that are tried again.</summary>
    public static readonly Parameter<string> DeferServiceName = Text("defer_service_name", "defer");

    /// <summary>Service that keeps records of successes to report.</summary>
    public static readonly Parameter<string> TraceServiceName = Text("trace_service_name", "trace");
}
