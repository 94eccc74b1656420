namespace PostfixNet.Configuration;

/// <summary>Every parameter of main.toml: name, type, range and default. Names, meanings and defaults are Postfix's unless
/// its entry says otherwise.</summary>
/// <remarks>The C# name is the Postfix name in Pascal case. A default that begins with "$" follows another parameter. Times:
/// the unit in the default is also the unit of a bare number.</remarks>
public static class Parameters
{
    // First, so that the factories below find it.
    private static readonly List<Parameter> s_all = new(320);
    private static Dictionary<string, Parameter>? s_byName;

    /// <summary>All parameters, in the order of this file.</summary>
    internal static IReadOnlyList<Parameter> All => s_all;

    /// <summary>The parameter of that name; null when there is none. The index is made at first use: most programs never ask.</summary>
    internal static Parameter? Find(string name)
    {
        if (s_byName is null)
        {
            s_byName = new Dictionary<string, Parameter>(s_all.Count * 2, StringComparer.Ordinal);
            foreach (Parameter parameter in s_all)
                s_byName.Add(parameter.Name, parameter);
        }
        return s_byName.GetValueOrDefault(name);
    }

    private static T Add<T>(T parameter) where T : Parameter
    {
        s_all.Add(parameter);
        return parameter;
    }

    private static Parameter<string> Text(string name, string? defaultText) => Add(new Parameter<string>(ParameterKind.Text, name, defaultText));

    private static Parameter<string> AbsolutePath(string name, string? defaultText) => Add(new Parameter<string>(ParameterKind.AbsolutePath, name, defaultText));

    private static Parameter<string> Choice(string name, string defaultText, string choices) =>
        Add(new Parameter<string>(ParameterKind.Choice, name, defaultText, choices: choices));

    private static Parameter<bool> Flag(string name, string defaultText) => Add(new Parameter<bool>(ParameterKind.Flag, name, defaultText));

    private static Parameter<int> Number(string name, string defaultText, int minimum = 0, int maximum = int.MaxValue) =>
        Add(new Parameter<int>(ParameterKind.Number, name, defaultText, minimum, maximum));

    private static SizeParameter Size(string name, string defaultText) => Add(new SizeParameter(name, defaultText));

    private static Parameter<int> Port(string name, string defaultText) => Add(new Parameter<int>(ParameterKind.Port, name, defaultText, 1, 65535));

    private static TimeParameter Time(string name, string defaultText, int minimum = 0) => Add(new TimeParameter(name, defaultText, minimum));

    private static Parameter<IReadOnlyList<string>> List(string name, string defaultText, string? choices = null) =>
        Add(new Parameter<IReadOnlyList<string>>(ParameterKind.List, name, defaultText, choices: choices));

    private const string SaslSecurityOptions = "noplaintext noactive nodictionary noanonymous mutual_auth forward_secrecy";

    private static Parameter<LookupTable> Table(string name, string defaultText) =>
        Add(new Parameter<LookupTable>(ParameterKind.Table, name, defaultText));

    // ---- Identity, directories, privileges (all programs)

    /// <summary><c>mail_version</c>: version of Postfix.Net, used in logs and banner. Default: 0.1.0.</summary>
    public static readonly Parameter<string> MailVersion = Text("mail_version", "0.1.0");

    /// <summary><c>config_directory</c>: where main.toml and master.toml are: -c, else MAIL_CONFIG, else /etc/postfix.net; cannot be set.</summary>
    public static readonly Parameter<string> ConfigDirectory = Text("config_directory", null);

    /// <summary><c>queue_directory</c>: root of the queue tree; daemons change to it. Default: /var/spool/postfix.net.</summary>
    public static readonly Parameter<string> QueueDirectory = AbsolutePath("queue_directory", "/var/spool/postfix.net");

    /// <summary><c>daemon_directory</c>: where master finds the programs named in master.toml; default: beside the running program.</summary>
    public static readonly Parameter<string> DaemonDirectory = AbsolutePath("daemon_directory", null);

    /// <summary><c>command_directory</c>: where the commands are; default: beside the running program.</summary>
    public static readonly Parameter<string> CommandDirectory = AbsolutePath("command_directory", null);

    /// <summary><c>data_directory</c>: writable state owned by mail_owner (locks, caches). Default: /var/lib/postfix.net.</summary>
    public static readonly Parameter<string> DataDirectory = AbsolutePath("data_directory", "/var/lib/postfix.net");

    /// <summary><c>process_id_directory</c>: below queue_directory; holds pid/master.pid and lock files. Default: pid.</summary>
    public static readonly Parameter<string> ProcessIdDirectory = Text("process_id_directory", "pid");

    /// <summary><c>mail_owner</c>: account that owns the queue and runs daemons; its uid in maildrop marks re-queued mail. Default: postfix.</summary>
    public static readonly Parameter<string> MailOwner = Text("mail_owner", "postfix");

    /// <summary><c>setgid_group</c>: group of maildrop and public, and of postdrop/postqueue. Default: postdrop.</summary>
    public static readonly Parameter<string> SetgidGroup = Text("setgid_group", "postdrop");

    /// <summary><c>default_privs</c>: account for external commands. Default: nobody.</summary>
    public static readonly Parameter<string> DefaultPrivs = Text("default_privs", "nobody");

    /// <summary><c>alternate_config_directories</c>: directories that unprivileged users may name with -c. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> AlternateConfigDirectories = List("alternate_config_directories", "");

    /// <summary><c>multi_instance_name</c>: instance name; becomes the default syslog_name. Default: empty.</summary>
    public static readonly Parameter<string> MultiInstanceName = Text("multi_instance_name", "");

    /// <summary><c>import_environment</c>: environment variables kept when starting services. Default: MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME.</summary>
    public static readonly Parameter<IReadOnlyList<string>> ImportEnvironment = List("import_environment", "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME");

    /// <summary><c>compatibility_level</c>: which level of built-in defaults holds; these are those of 3.6. Default: 3.6.</summary>
    public static readonly Parameter<string> CompatibilityLevel = Text("compatibility_level", "3.6");

    /// <summary><c>myhostname</c>: own host name: HELO, Message-Id, Received, Reporting-MTA; default: from the system, completed by $mydomain.</summary>
    public static readonly Parameter<string> MyHostname = Text("myhostname", null);

    /// <summary><c>mydomain</c>: own domain; default: $myhostname without its first label.</summary>
    public static readonly Parameter<string> MyDomain = Text("mydomain", null);

    /// <summary><c>myorigin</c>: domain appended to bare local parts (e.g. root, postmaster). Default: $myhostname.</summary>
    public static readonly Parameter<string> MyOrigin = Text("myorigin", "$myhostname");

    /// <summary><c>mydestination</c>: domains delivered locally. Default: $myhostname, localhost.$mydomain, localhost.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MyDestination = List("mydestination", "$myhostname, localhost.$mydomain, localhost");

    /// <summary><c>mynetworks</c>: trusted clients (not used by the client side). Default: 127.0.0.0/8 [::1]/128.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MyNetworks = List("mynetworks", "127.0.0.0/8 [::1]/128");

    /// <summary><c>inet_interfaces</c>: own addresses; also used to detect mail loops in MX lists. Default: all.</summary>
    public static readonly Parameter<IReadOnlyList<string>> InetInterfaces = List("inet_interfaces", "all");

    /// <summary><c>proxy_interfaces</c>: extra own addresses behind NAT, same loop check. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> ProxyInterfaces = List("proxy_interfaces", "");

    /// <summary><c>inet_protocols</c>: address families used. Default: all.</summary>
    public static readonly Parameter<IReadOnlyList<string>> InetProtocols = List("inet_protocols", "all", choices: "all ipv4 ipv6");

    /// <summary><c>mail_name</c>: product name in Received: and banner. Default: Postfix.</summary>
    public static readonly Parameter<string> MailName = Text("mail_name", "Postfix");

    /// <summary><c>empty_address_recipient</c>: who gets mail addressed to the null address; also shown as sender of null-sender mail in listings. Default: MAILER-DAEMON.</summary>
    public static readonly Parameter<string> EmptyAddressRecipient = Text("empty_address_recipient", "MAILER-DAEMON");

    /// <summary><c>recipient_delimiter</c>: extension separator. Default: empty.</summary>
    public static readonly Parameter<string> RecipientDelimiter = Text("recipient_delimiter", "");

    /// <summary><c>propagate_unmatched_extensions</c>: lookup tables whose results get the extension of the address. Default: canonical, virtual.</summary>
    public static readonly Parameter<IReadOnlyList<string>> PropagateUnmatchedExtensions =
        List("propagate_unmatched_extensions", "canonical, virtual", choices: "canonical virtual alias forward include generic");

    /// <summary><c>append_dot_mydomain</c>: complete host names without dot. Default: no.</summary>
    public static readonly Parameter<bool> AppendDotMydomain = Flag("append_dot_mydomain", "no");

    /// <summary><c>append_at_myorigin</c>: complete bare local parts. Default: yes.</summary>
    public static readonly Parameter<bool> AppendAtMyorigin = Flag("append_at_myorigin", "yes");

    // ---- Logging

    /// <summary><c>syslog_facility</c>: syslog facility. Default: mail.</summary>
    public static readonly Parameter<string> SyslogFacility = Text("syslog_facility", "mail");

    /// <summary><c>syslog_name</c>: first part of the log tag, "name/daemon[pid]". Default: ${multi_instance_name?{$multi_instance_name}:{postfix}}.</summary>
    public static readonly Parameter<string> SyslogName = Text("syslog_name", "${multi_instance_name?{$multi_instance_name}:{postfix}}");

    /// <summary><c>maillog_file</c>: log to this file (or /dev/stdout) instead of syslog. Default: empty.</summary>
    public static readonly Parameter<string> MaillogFile = Text("maillog_file", "");

    /// <summary><c>maillog_file_prefixes</c>: allowed locations of maillog_file. Default: /var, /dev/stdout.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MaillogFilePrefixes = List("maillog_file_prefixes", "/var, /dev/stdout");

    /// <summary><c>delay_logging_resolution_limit</c>: max. decimals in delay=/delays=. Default: 2.</summary>
    public static readonly Parameter<int> DelayLoggingResolutionLimit = Number("delay_logging_resolution_limit", "2", maximum: 6);

    /// <summary><c>info_log_address_format</c>: how addresses are printed in to=&lt;&gt; from=&lt;&gt;: external (quoted) or internal. Default: external.</summary>
    public static readonly Parameter<string> InfoLogAddressFormat = Choice("info_log_address_format", "external", "external internal");

    /// <summary><c>debug_peer_list</c>: peers with verbose logging. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DebugPeerList = List("debug_peer_list", "");

    /// <summary><c>debug_peer_level</c>: added verbosity for those. Default: 2.</summary>
    public static readonly Parameter<int> DebugPeerLevel = Number("debug_peer_level", "2", minimum: 1);

    /// <summary><c>hash_queue_names</c>: queues that use sub-directories. Default: deferred, defer.</summary>
    public static readonly Parameter<IReadOnlyList<string>> HashQueueNames = List("hash_queue_names", "deferred, defer");

    /// <summary><c>hash_queue_depth</c>: levels of sub-directories. Default: 1.</summary>
    public static readonly Parameter<int> HashQueueDepth = Number("hash_queue_depth", "1", minimum: 1, maximum: 16);

    /// <summary><c>enable_long_queue_ids</c>: queue ids that are never used again. Default: yes.</summary>
    public static readonly Parameter<bool> EnableLongQueueIds = Flag("enable_long_queue_ids", "yes");

    /// <summary><c>mailbox_transport</c>: local delivery override. Default: empty.</summary>
    public static readonly Parameter<string> MailboxTransport = Text("mailbox_transport", "");

    /// <summary><c>maillog_format</c>: form of the lines in maillog_file: Postfix lines, or one JSON object each. Default: postfix.</summary>
    public static readonly Parameter<string> MaillogFormat = Choice("maillog_format", "postfix", "postfix json");

    // ---- master

    /// <summary><c>default_process_limit</c>: process limit of services that name none. Default: 100.</summary>
    public static readonly Parameter<int> DefaultProcessLimit = Number("default_process_limit", "100", minimum: 1);

    /// <summary><c>max_use</c>: requests served by one process before it retires. Default: 100.</summary>
    public static readonly Parameter<int> MaxUse = Number("max_use", "100");

    /// <summary><c>max_idle</c>: idle seconds before a process retires. Default: 100s.</summary>
    public static readonly TimeParameter MaxIdle = Time("max_idle", "100s", minimum: 1);

    /// <summary><c>service_throttle_time</c>: pause before restarting a crashed service. Default: 60s.</summary>
    public static readonly TimeParameter ServiceThrottleTime = Time("service_throttle_time", "60s", minimum: 1);

    /// <summary><c>ipc_timeout</c>: time limit for a message on an internal connection. Default: 3600s.</summary>
    public static readonly TimeParameter IpcTimeout = Time("ipc_timeout", "3600s", minimum: 1);

    /// <summary><c>ipc_idle</c>: idle time before a client closes an internal connection. Default: 5s.</summary>
    public static readonly TimeParameter IpcIdle = Time("ipc_idle", "5s", minimum: 1);

    /// <summary><c>ipc_ttl</c>: maximal life of such a connection. Default: 1000s.</summary>
    public static readonly TimeParameter IpcTtl = Time("ipc_ttl", "1000s", minimum: 1);

    /// <summary><c>daemon_timeout</c>: watchdog: daemon kills itself after this. Default: 18000s.</summary>
    public static readonly TimeParameter DaemonTimeout = Time("daemon_timeout", "18000s", minimum: 1);

    /// <summary><c>trigger_timeout</c>: limit for sending a wake-up trigger. Default: 10s.</summary>
    public static readonly TimeParameter TriggerTimeout = Time("trigger_timeout", "10s", minimum: 1);

    /// <summary><c>application_event_drain_time</c>: wait before forced exit on reload. Default: 100s.</summary>
    public static readonly TimeParameter ApplicationEventDrainTime = Time("application_event_drain_time", "100s");

    /// <summary><c>fork_attempts</c>: tries to fork. Default: 5.</summary>
    public static readonly Parameter<int> ForkAttempts = Number("fork_attempts", "5", minimum: 1);

    /// <summary><c>fork_delay</c>: pause between them. Default: 1s.</summary>
    public static readonly TimeParameter ForkDelay = Time("fork_delay", "1s");

    /// <summary><c>line_length_limit</c>: longest input record; longer lines become L records. Default: 2048.</summary>
    public static readonly Parameter<int> LineLengthLimit = Number("line_length_limit", "2048", minimum: 512);

    /// <summary><c>stale_lock_time</c>: age to break a stale lock. Default: 500s.</summary>
    public static readonly TimeParameter StaleLockTime = Time("stale_lock_time", "500s", minimum: 1);

    /// <summary><c>deliver_lock_attempts</c>: tries to lock a queue or mailbox file. Default: 20.</summary>
    public static readonly Parameter<int> DeliverLockAttempts = Number("deliver_lock_attempts", "20", minimum: 1);

    /// <summary><c>deliver_lock_delay</c>: pause between them. Default: 1s.</summary>
    public static readonly TimeParameter DeliverLockDelay = Time("deliver_lock_delay", "1s");

    /// <summary><c>master_service_disable</c>: services not to start: "NAME.unix", "NAME.inet", or "unix", "inet" for all of a type. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MasterServiceDisable = List("master_service_disable", "");

    /// <summary><c>command_time_limit</c>: time limit of an external command. Default: 1000s.</summary>
    public static readonly TimeParameter CommandTimeLimit = Time("command_time_limit", "1000s");

    // ---- Queue manager

    /// <summary><c>queue_run_delay</c>: interval between deferred-queue scans. Default: 300s.</summary>
    public static readonly TimeParameter QueueRunDelay = Time("queue_run_delay", "300s", minimum: 1);

    /// <summary><c>minimal_backoff_time</c>: minimum time before retry; also dead-destination time. Default: 300s.</summary>
    public static readonly TimeParameter MinimalBackoffTime = Time("minimal_backoff_time", "300s", minimum: 1);

    /// <summary><c>maximal_backoff_time</c>: maximum time before retry. Default: 4000s.</summary>
    public static readonly TimeParameter MaximalBackoffTime = Time("maximal_backoff_time", "4000s", minimum: 1);

    /// <summary><c>maximal_queue_lifetime</c>: age at which deferred mail is returned. Default: 5d.</summary>
    public static readonly TimeParameter MaximalQueueLifetime = Time("maximal_queue_lifetime", "5d");

    /// <summary><c>bounce_queue_lifetime</c>: same, for null-sender mail. Default: 5d.</summary>
    public static readonly TimeParameter BounceQueueLifetime = Time("bounce_queue_lifetime", "5d");

    /// <summary><c>delay_warning_time</c>: age for the delayed-mail warning (0 = none); stored as W record by cleanup. Default: 0h.</summary>
    public static readonly TimeParameter DelayWarningTime = Time("delay_warning_time", "0h");

    /// <summary><c>confirm_delay_cleared</c>: tell the sender when delayed mail got delivered. Default: no.</summary>
    public static readonly Parameter<bool> ConfirmDelayCleared = Flag("confirm_delay_cleared", "no");

    /// <summary><c>qmgr_message_active_limit</c>: messages in the active queue. Default: 20000.</summary>
    public static readonly Parameter<int> QmgrMessageActiveLimit = Number("qmgr_message_active_limit", "20000", minimum: 1);

    /// <summary><c>qmgr_message_recipient_limit</c>: recipients in memory. Default: 20000.</summary>
    public static readonly Parameter<int> QmgrMessageRecipientLimit = Number("qmgr_message_recipient_limit", "20000", minimum: 1);

    /// <summary><c>qmgr_message_recipient_minimum</c>: recipients in memory per message. Default: 10.</summary>
    public static readonly Parameter<int> QmgrMessageRecipientMinimum = Number("qmgr_message_recipient_minimum", "10", minimum: 1);

    /// <summary><c>qmgr_clog_warn_time</c>: interval of "mail for X is using up N of M active queue entries" warnings. Default: 300s.</summary>
    public static readonly TimeParameter QmgrClogWarnTime = Time("qmgr_clog_warn_time", "300s");

    /// <summary><c>qmgr_daemon_timeout</c>: watchdog. Default: 1000s.</summary>
    public static readonly TimeParameter QmgrDaemonTimeout = Time("qmgr_daemon_timeout", "1000s", minimum: 1);

    /// <summary><c>qmgr_ipc_timeout</c>: internal connection limit. Default: 60s.</summary>
    public static readonly TimeParameter QmgrIpcTimeout = Time("qmgr_ipc_timeout", "60s", minimum: 1);

    /// <summary><c>qmgr_fudge_factor</c>: (obsolete scheduler) share of resources. Default: 100.</summary>
    public static readonly Parameter<int> QmgrFudgeFactor = Number("qmgr_fudge_factor", "100");

    /// <summary><c>default_destination_concurrency_limit</c>: parallel deliveries to one destination. Default: 20.</summary>
    public static readonly Parameter<int> DefaultDestinationConcurrencyLimit = Number("default_destination_concurrency_limit", "20");

    /// <summary><c>default_destination_recipient_limit</c>: recipients per delivery request. Default: 50.</summary>
    public static readonly Parameter<int> DefaultDestinationRecipientLimit = Number("default_destination_recipient_limit", "50");

    /// <summary><c>default_destination_rate_delay</c>: pause between deliveries to one destination. Default: 0s.</summary>
    public static readonly TimeParameter DefaultDestinationRateDelay = Time("default_destination_rate_delay", "0s");

    /// <summary><c>default_transport_rate_delay</c>: pause between deliveries over one transport. Default: 0s.</summary>
    public static readonly TimeParameter DefaultTransportRateDelay = Time("default_transport_rate_delay", "0s");

    /// <summary><c>initial_destination_concurrency</c>: starting window per destination. Default: 5.</summary>
    public static readonly Parameter<int> InitialDestinationConcurrency = Number("initial_destination_concurrency", "5", minimum: 1);

    /// <summary><c>default_destination_concurrency_positive_feedback</c>: window growth per success. Default: 1.</summary>
    public static readonly Parameter<string> DefaultDestinationConcurrencyPositiveFeedback = Text("default_destination_concurrency_positive_feedback", "1");

    /// <summary><c>default_destination_concurrency_negative_feedback</c>: window shrink per failure. Default: 1.</summary>
    public static readonly Parameter<string> DefaultDestinationConcurrencyNegativeFeedback = Text("default_destination_concurrency_negative_feedback", "1");

    /// <summary><c>default_destination_concurrency_failed_cohort_limit</c>: pseudo-cohorts of failures before a destination is dead. Default: 1.</summary>
    public static readonly Parameter<int> DefaultDestinationConcurrencyFailedCohortLimit = Number("default_destination_concurrency_failed_cohort_limit", "1");

    /// <summary><c>destination_concurrency_feedback_debug</c>: log the feedback arithmetic. Default: no.</summary>
    public static readonly Parameter<bool> DestinationConcurrencyFeedbackDebug = Flag("destination_concurrency_feedback_debug", "no");

    /// <summary><c>default_delivery_slot_cost</c>: pre-emption: how many deliveries earn one slot. Default: 5.</summary>
    public static readonly Parameter<int> DefaultDeliverySlotCost = Number("default_delivery_slot_cost", "5");

    /// <summary><c>default_delivery_slot_discount</c>: pre-emption discount %. Default: 50.</summary>
    public static readonly Parameter<int> DefaultDeliverySlotDiscount = Number("default_delivery_slot_discount", "50", maximum: 100);

    /// <summary><c>default_delivery_slot_loan</c>: pre-emption loan. Default: 3.</summary>
    public static readonly Parameter<int> DefaultDeliverySlotLoan = Number("default_delivery_slot_loan", "3");

    /// <summary><c>default_minimum_delivery_slots</c>: pre-emption threshold. Default: 3.</summary>
    public static readonly Parameter<int> DefaultMinimumDeliverySlots = Number("default_minimum_delivery_slots", "3");

    /// <summary><c>default_extra_recipient_limit</c>: extra recipient slots for pre-empting messages. Default: 1000.</summary>
    public static readonly Parameter<int> DefaultExtraRecipientLimit = Number("default_extra_recipient_limit", "1000");

    /// <summary><c>default_recipient_limit</c>: recipient slots per transport. Default: 20000.</summary>
    public static readonly Parameter<int> DefaultRecipientLimit = Number("default_recipient_limit", "20000");

    /// <summary><c>default_recipient_refill_limit</c>: refill step. Default: 100.</summary>
    public static readonly Parameter<int> DefaultRecipientRefillLimit = Number("default_recipient_refill_limit", "100", minimum: 1);

    /// <summary><c>default_recipient_refill_delay</c>: refill time. Default: 5s.</summary>
    public static readonly TimeParameter DefaultRecipientRefillDelay = Time("default_recipient_refill_delay", "5s", minimum: 1);

    /// <summary><c>transport_retry_time</c>: pause after a broken transport. Default: 60s.</summary>
    public static readonly TimeParameter TransportRetryTime = Time("transport_retry_time", "60s", minimum: 1);

    /// <summary><c>default_transport</c>: transport for non-local domains. Default: smtp.</summary>
    public static readonly Parameter<string> DefaultTransport = Text("default_transport", "smtp");

    /// <summary><c>relay_transport</c>: transport for relay_domains. Default: relay.</summary>
    public static readonly Parameter<string> RelayTransport = Text("relay_transport", "relay");

    /// <summary><c>relayhost</c>: next hop for everything non-local (list allowed). Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> Relayhost = List("relayhost", "");

    /// <summary><c>transport_maps</c>: per-domain/user routing. Default: empty.</summary>
    public static readonly Parameter<LookupTable> TransportMaps = Table("transport_maps", "");

    /// <summary><c>sender_dependent_relayhost_maps</c>: per-sender relayhost. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SenderDependentRelayhostMaps = Table("sender_dependent_relayhost_maps", "");

    /// <summary><c>sender_dependent_default_transport_maps</c>: per-sender transport. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SenderDependentDefaultTransportMaps = Table("sender_dependent_default_transport_maps", "");

    /// <summary><c>defer_transports</c>: transports that must not deliver now ("deferred transport", 4.3.2). Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DeferTransports = List("defer_transports", "");

    /// <summary><c>error_delivery_slot_cost</c>: slot cost of the error transport. Default: $default_delivery_slot_cost.</summary>
    public static readonly Parameter<int> ErrorDeliverySlotCost = Number("error_delivery_slot_cost", "$default_delivery_slot_cost");

    /// <summary><c>local_destination_recipient_limit</c>: per-transport override example. Default: 1.</summary>
    public static readonly Parameter<int> LocalDestinationRecipientLimit = Number("local_destination_recipient_limit", "1");

    /// <summary><c>relay_destination_concurrency_limit</c>: per-transport override example. Default: $default_destination_concurrency_limit.</summary>
    public static readonly Parameter<int> RelayDestinationConcurrencyLimit = Number("relay_destination_concurrency_limit", "$default_destination_concurrency_limit");

    /// <summary><c>smtp_destination_concurrency_limit</c>: per-transport override example. Default: $default_destination_concurrency_limit.</summary>
    public static readonly Parameter<int> SmtpDestinationConcurrencyLimit = Number("smtp_destination_concurrency_limit", "$default_destination_concurrency_limit");

    /// <summary><c>smtp_destination_recipient_limit</c>: per-transport override example. Default: $default_destination_recipient_limit.</summary>
    public static readonly Parameter<int> SmtpDestinationRecipientLimit = Number("smtp_destination_recipient_limit", "$default_destination_recipient_limit");

    /// <summary><c>in_flow_delay</c>: how long cleanup waits when mail arrives faster than it leaves. Default: 1s.</summary>
    public static readonly TimeParameter InFlowDelay = Time("in_flow_delay", "1s");

    /// <summary><c>best_mx_transport</c>: what to do when this host is the best MX. Default: empty.</summary>
    public static readonly Parameter<string> BestMxTransport = Text("best_mx_transport", "");

    /// <summary><c>soft_bounce</c>: turn 5xx into 4xx. Default: no.</summary>
    public static readonly Parameter<bool> SoftBounce = Flag("soft_bounce", "no");

    // ---- SMTP client

    /// <summary><c>smtp_connect_timeout</c>: TCP connect. Default: 30s.</summary>
    public static readonly TimeParameter SmtpConnectTimeout = Time("smtp_connect_timeout", "30s");

    /// <summary><c>smtp_greeting_timeout</c>: greeting; not a parameter of Postfix. Default: $smtp_helo_timeout.</summary>
    public static readonly TimeParameter SmtpGreetingTimeout = Time("smtp_greeting_timeout", "$smtp_helo_timeout", minimum: 1);

    /// <summary><c>smtp_helo_timeout</c>: HELO/EHLO. Default: 300s.</summary>
    public static readonly TimeParameter SmtpHeloTimeout = Time("smtp_helo_timeout", "300s", minimum: 1);

    /// <summary><c>smtp_xforward_timeout</c>: XFORWARD. Default: 300s.</summary>
    public static readonly TimeParameter SmtpXforwardTimeout = Time("smtp_xforward_timeout", "300s", minimum: 1);

    /// <summary><c>smtp_mail_timeout</c>: MAIL. Default: 300s.</summary>
    public static readonly TimeParameter SmtpMailTimeout = Time("smtp_mail_timeout", "300s", minimum: 1);

    /// <summary><c>smtp_rcpt_timeout</c>: RCPT. Default: 300s.</summary>
    public static readonly TimeParameter SmtpRcptTimeout = Time("smtp_rcpt_timeout", "300s", minimum: 1);

    /// <summary><c>smtp_data_init_timeout</c>: DATA. Default: 120s.</summary>
    public static readonly TimeParameter SmtpDataInitTimeout = Time("smtp_data_init_timeout", "120s", minimum: 1);

    /// <summary><c>smtp_data_xfer_timeout</c>: content. Default: 180s.</summary>
    public static readonly TimeParameter SmtpDataXferTimeout = Time("smtp_data_xfer_timeout", "180s", minimum: 1);

    /// <summary><c>smtp_data_done_timeout</c>: final dot. Default: 600s.</summary>
    public static readonly TimeParameter SmtpDataDoneTimeout = Time("smtp_data_done_timeout", "600s", minimum: 1);

    /// <summary><c>smtp_rset_timeout</c>: RSET. Default: 20s.</summary>
    public static readonly TimeParameter SmtpRsetTimeout = Time("smtp_rset_timeout", "20s", minimum: 1);

    /// <summary><c>smtp_quit_timeout</c>: QUIT. Default: 300s.</summary>
    public static readonly TimeParameter SmtpQuitTimeout = Time("smtp_quit_timeout", "300s", minimum: 1);

    /// <summary><c>smtp_per_record_deadline</c>: older name of smtp_per_request_deadline. Default: no.</summary>
    public static readonly Parameter<bool> SmtpPerRecordDeadline = Flag("smtp_per_record_deadline", "no");

    /// <summary><c>smtp_per_request_deadline</c>: time limits are for whole commands and messages, not for each write. Default: $smtp_per_record_deadline.</summary>
    public static readonly Parameter<bool> SmtpPerRequestDeadline = Flag("smtp_per_request_deadline", "$smtp_per_record_deadline");

    /// <summary><c>smtp_min_data_rate</c>: bytes per second of content that smtp_per_request_deadline accepts. Default: 500.</summary>
    public static readonly Parameter<int> SmtpMinDataRate = Number("smtp_min_data_rate", "500", minimum: 1);

    /// <summary><c>smtp_starttls_timeout</c>: STARTTLS. Default: 300s.</summary>
    public static readonly TimeParameter SmtpStarttlsTimeout = Time("smtp_starttls_timeout", "300s", minimum: 1);

    /// <summary><c>smtp_helo_name</c>: name sent in EHLO. Default: $myhostname.</summary>
    public static readonly Parameter<string> SmtpHeloName = Text("smtp_helo_name", "$myhostname");

    /// <summary><c>smtp_always_send_ehlo</c>: try EHLO even if banner lacks "ESMTP". Default: yes.</summary>
    public static readonly Parameter<bool> SmtpAlwaysSendEhlo = Flag("smtp_always_send_ehlo", "yes");

    /// <summary><c>smtp_never_send_ehlo</c>: never EHLO. Default: no.</summary>
    public static readonly Parameter<bool> SmtpNeverSendEhlo = Flag("smtp_never_send_ehlo", "no");

    /// <summary><c>smtp_bind_address</c>: local IPv4 source. Default: empty.</summary>
    public static readonly Parameter<string> SmtpBindAddress = Text("smtp_bind_address", "");

    /// <summary><c>smtp_bind_address6</c>: local IPv6 source. Default: empty.</summary>
    public static readonly Parameter<string> SmtpBindAddress6 = Text("smtp_bind_address6", "");

    /// <summary><c>smtp_bind_address_enforce</c>: no connection at all when the source address cannot be used. Default: no.</summary>
    public static readonly Parameter<bool> SmtpBindAddressEnforce = Flag("smtp_bind_address_enforce", "no");

    /// <summary><c>smtp_host_lookup</c>: dns and/or native lookup of hosts. Default: dns.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpHostLookup = List("smtp_host_lookup", "dns", choices: "dns native");

    /// <summary><c>smtp_dns_support_level</c>: disabled/enabled/dnssec. Default: empty.</summary>
    public static readonly Parameter<string> SmtpDnsSupportLevel = Choice("smtp_dns_support_level", "", "disabled enabled dnssec");

    /// <summary><c>smtp_dns_resolver_options</c>: resolver flags. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpDnsResolverOptions = List("smtp_dns_resolver_options", "");

    /// <summary><c>smtp_dns_reply_filter</c>: change or drop DNS records. Default: empty.</summary>
    public static readonly Parameter<string> SmtpDnsReplyFilter = Text("smtp_dns_reply_filter", "");

    /// <summary><c>disable_dns_lookups</c>: no DNS at all. Default: no.</summary>
    public static readonly Parameter<bool> DisableDnsLookups = Flag("disable_dns_lookups", "no");

    /// <summary><c>ignore_mx_lookup_error</c>: treat MX lookup failure as "no MX". Default: no.</summary>
    public static readonly Parameter<bool> IgnoreMxLookupError = Flag("ignore_mx_lookup_error", "no");

    /// <summary><c>smtp_defer_if_no_mx_address_found</c>: defer instead of bounce if no MX host resolves. Default: no.</summary>
    public static readonly Parameter<bool> SmtpDeferIfNoMxAddressFound = Flag("smtp_defer_if_no_mx_address_found", "no");

    /// <summary><c>smtp_mx_address_limit</c>: addresses tried per delivery. Default: 5.</summary>
    public static readonly Parameter<int> SmtpMxAddressLimit = Number("smtp_mx_address_limit", "5");

    /// <summary><c>smtp_mx_session_limit</c>: sessions per delivery before giving up. Default: 2.</summary>
    public static readonly Parameter<int> SmtpMxSessionLimit = Number("smtp_mx_session_limit", "2");

    /// <summary><c>smtp_randomize_addresses</c>: shuffle equal-preference addresses. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpRandomizeAddresses = Flag("smtp_randomize_addresses", "yes");

    /// <summary><c>smtp_address_preference</c>: any, ipv4 or ipv6 first. Default: any.</summary>
    public static readonly Parameter<string> SmtpAddressPreference = Choice("smtp_address_preference", "any", "any ipv4 ipv6");

    /// <summary><c>smtp_balance_inet_protocols</c>: keep both families in the limited list. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpBalanceInetProtocols = Flag("smtp_balance_inet_protocols", "yes");

    /// <summary><c>smtp_race_addresses</c>: try the next address of equal preference beside one that is slow to answer. Ours. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpRaceAddresses = Flag("smtp_race_addresses", "yes");

    /// <summary><c>legacy_no_failover_after_greeting</c>: a server that has greeted is the last one tried. Ours. Default: no.</summary>
    public static readonly Parameter<bool> LegacyNoFailoverAfterGreeting = Flag("legacy_no_failover_after_greeting", "no");

    /// <summary><c>smtp_skip_5xx_greeting</c>: greeting 5xx: try next server. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpSkip5xxGreeting = Flag("smtp_skip_5xx_greeting", "yes");

    /// <summary><c>smtp_skip_quit_response</c>: do not wait for the QUIT reply. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpSkipQuitResponse = Flag("smtp_skip_quit_response", "yes");

    /// <summary><c>smtp_fallback_relay</c>: last-resort hosts. Default: $fallback_relay.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpFallbackRelay = List("smtp_fallback_relay", "$fallback_relay");

    /// <summary><c>smtp_connection_cache_on_demand</c>: reuse sessions when a backlog exists. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpConnectionCacheOnDemand = Flag("smtp_connection_cache_on_demand", "yes");

    /// <summary><c>smtp_connection_cache_destinations</c>: always reuse for these. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpConnectionCacheDestinations = List("smtp_connection_cache_destinations", "");

    /// <summary><c>smtp_connection_cache_time_limit</c>: idle time of a cached session. Default: 2s.</summary>
    public static readonly TimeParameter SmtpConnectionCacheTimeLimit = Time("smtp_connection_cache_time_limit", "2s");

    /// <summary><c>smtp_connection_reuse_time_limit</c>: total time of reuse. Default: 300s.</summary>
    public static readonly TimeParameter SmtpConnectionReuseTimeLimit = Time("smtp_connection_reuse_time_limit", "300s");

    /// <summary><c>smtp_connection_reuse_count_limit</c>: deliveries per session (0 = off). Default: 0.</summary>
    public static readonly Parameter<int> SmtpConnectionReuseCountLimit = Number("smtp_connection_reuse_count_limit", "0");

    /// <summary><c>connection_cache_ttl_limit</c>: cap used by scache. Default: 2s.</summary>
    public static readonly TimeParameter ConnectionCacheTtlLimit = Time("connection_cache_ttl_limit", "2s");

    /// <summary><c>smtp_line_length_limit</c>: fold longer lines (CR LF SPACE). Default: 998.</summary>
    public static readonly Parameter<int> SmtpLineLengthLimit = Number("smtp_line_length_limit", "998");

    /// <summary><c>smtp_quote_rfc821_envelope</c>: quote local parts. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpQuoteRfc821Envelope = Flag("smtp_quote_rfc821_envelope", "yes");

    /// <summary><c>smtp_discard_ehlo_keywords</c>: pretend these EHLO keywords were absent. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpDiscardEhloKeywords = List("smtp_discard_ehlo_keywords", "");

    /// <summary><c>smtp_discard_ehlo_keyword_address_maps</c>: same per server. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SmtpDiscardEhloKeywordAddressMaps = Table("smtp_discard_ehlo_keyword_address_maps", "");

    /// <summary><c>smtp_pix_workarounds</c>: list of work-arounds. Default: disable_esmtp,delay_dotcrlf.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpPixWorkarounds = List("smtp_pix_workarounds", "disable_esmtp,delay_dotcrlf");

    /// <summary><c>smtp_pix_workaround_threshold_time</c>: queue age before delay_dotcrlf. Default: 500s.</summary>
    public static readonly TimeParameter SmtpPixWorkaroundThresholdTime = Time("smtp_pix_workaround_threshold_time", "500s");

    /// <summary><c>smtp_pix_workaround_delay_time</c>: length of that delay. Default: 10s.</summary>
    public static readonly TimeParameter SmtpPixWorkaroundDelayTime = Time("smtp_pix_workaround_delay_time", "10s");

    /// <summary><c>smtp_send_xforward_command</c>: send XFORWARD. Default: no.</summary>
    public static readonly Parameter<bool> SmtpSendXforwardCommand = Flag("smtp_send_xforward_command", "no");

    /// <summary><c>smtp_send_dummy_mail_auth</c>: send AUTH=&lt;&gt;. Default: no.</summary>
    public static readonly Parameter<bool> SmtpSendDummyMailAuth = Flag("smtp_send_dummy_mail_auth", "no");

    /// <summary><c>smtp_generic_maps</c>: rewrite addresses on output. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SmtpGenericMaps = Table("smtp_generic_maps", "");

    /// <summary><c>smtp_header_checks</c>: checks on output. Default: empty.</summary>
    public static readonly Parameter<string> SmtpHeaderChecks = Text("smtp_header_checks", "");

    /// <summary><c>smtp_mime_header_checks</c>: checks on output. Default: empty.</summary>
    public static readonly Parameter<string> SmtpMimeHeaderChecks = Text("smtp_mime_header_checks", "");

    /// <summary><c>smtp_nested_header_checks</c>: checks on output. Default: empty.</summary>
    public static readonly Parameter<string> SmtpNestedHeaderChecks = Text("smtp_nested_header_checks", "");

    /// <summary><c>smtp_body_checks</c>: checks on output. Default: empty.</summary>
    public static readonly Parameter<string> SmtpBodyChecks = Text("smtp_body_checks", "");

    /// <summary><c>smtp_reply_filter</c>: rewrite server replies. Default: empty.</summary>
    public static readonly Parameter<string> SmtpReplyFilter = Text("smtp_reply_filter", "");

    /// <summary><c>smtp_delivery_status_filter</c>: rewrite status/text. Default: $default_delivery_status_filter.</summary>
    public static readonly Parameter<string> SmtpDeliveryStatusFilter = Text("smtp_delivery_status_filter", "$default_delivery_status_filter");

    /// <summary><c>smtp_cname_overrides_servername</c>: use CNAME target as server name. Default: no.</summary>
    public static readonly Parameter<bool> SmtpCnameOverridesServername = Flag("smtp_cname_overrides_servername", "no");

    /// <summary><c>smtp_tls_security_level</c>: none/may/encrypt/dane/verify/secure/fingerprint. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsSecurityLevel = Choice("smtp_tls_security_level", "", "none may encrypt dane dane-only fingerprint verify secure");

    /// <summary><c>smtp_use_tls</c>: obsolete form of may. Default: no.</summary>
    public static readonly Parameter<bool> SmtpUseTls = Flag("smtp_use_tls", "no");

    /// <summary><c>smtp_enforce_tls</c>: obsolete form of encrypt. Default: no.</summary>
    public static readonly Parameter<bool> SmtpEnforceTls = Flag("smtp_enforce_tls", "no");

    /// <summary><c>smtp_tls_policy_maps</c>: per next hop TLS policy. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SmtpTlsPolicyMaps = Table("smtp_tls_policy_maps", "");

    /// <summary><c>smtp_tls_CAfile</c>: trust anchors. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsCAfile = Text("smtp_tls_CAfile", "");

    /// <summary><c>smtp_tls_CApath</c>: trust anchors. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsCApath = Text("smtp_tls_CApath", "");

    /// <summary><c>smtp_tls_cert_file</c>: client certificate. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsCertFile = Text("smtp_tls_cert_file", "");

    /// <summary><c>smtp_tls_mandatory_protocols</c>: allowed protocols when mandatory. Default: &gt;=TLSv1.</summary>
    public static readonly Parameter<string> SmtpTlsMandatoryProtocols = Text("smtp_tls_mandatory_protocols", ">=TLSv1");

    /// <summary><c>smtp_tls_protocols</c>: allowed protocols when opportunistic. Default: &gt;=TLSv1.</summary>
    public static readonly Parameter<string> SmtpTlsProtocols = Text("smtp_tls_protocols", ">=TLSv1");

    /// <summary><c>smtp_tls_mandatory_ciphers</c>: grade when mandatory. Default: medium.</summary>
    public static readonly Parameter<string> SmtpTlsMandatoryCiphers = Text("smtp_tls_mandatory_ciphers", "medium");

    /// <summary><c>smtp_tls_ciphers</c>: grade when opportunistic. Default: medium.</summary>
    public static readonly Parameter<string> SmtpTlsCiphers = Text("smtp_tls_ciphers", "medium");

    /// <summary><c>smtp_tls_loglevel</c>: 0..4; 1 logs one line per handshake. Default: 0.</summary>
    public static readonly Parameter<int> SmtpTlsLoglevel = Number("smtp_tls_loglevel", "0", maximum: 4);

    /// <summary><c>smtp_tls_note_starttls_offer</c>: log that STARTTLS was offered. Default: no.</summary>
    public static readonly Parameter<bool> SmtpTlsNoteStarttlsOffer = Flag("smtp_tls_note_starttls_offer", "no");

    /// <summary><c>smtp_tls_wrappermode</c>: TLS from the start (port 465). Default: no.</summary>
    public static readonly Parameter<bool> SmtpTlsWrappermode = Flag("smtp_tls_wrappermode", "no");

    /// <summary><c>smtp_tls_connection_reuse</c>: reuse TLS sessions via tlsproxy. Default: no.</summary>
    public static readonly Parameter<bool> SmtpTlsConnectionReuse = Flag("smtp_tls_connection_reuse", "no");

    /// <summary><c>smtp_tls_secure_cert_match</c>: name matching for secure. Default: nexthop, dot-nexthop.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsSecureCertMatch = List("smtp_tls_secure_cert_match", "nexthop, dot-nexthop");

    /// <summary><c>smtp_tls_verify_cert_match</c>: name matching for verify. Default: hostname.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsVerifyCertMatch = List("smtp_tls_verify_cert_match", "hostname");

    /// <summary><c>smtp_tls_enforce_peername</c>: obsolete; verify instead of encrypt with smtp_enforce_tls. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpTlsEnforcePeername = Flag("smtp_tls_enforce_peername", "yes");

    /// <summary><c>smtp_tls_per_site</c>: obsolete; not supported. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsPerSite = Text("smtp_tls_per_site", "");

    /// <summary><c>smtp_tls_key_file</c>: private key of the client certificate. Default: $smtp_tls_cert_file.</summary>
    public static readonly Parameter<string> SmtpTlsKeyFile = Text("smtp_tls_key_file", "$smtp_tls_cert_file");

    /// <summary><c>smtp_tls_chain_files</c>: private key and certificates in one file. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsChainFiles = List("smtp_tls_chain_files", "");

    /// <summary><c>smtp_tls_eccert_file</c>: a second certificate; not supported. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsEccertFile = Text("smtp_tls_eccert_file", "");

    /// <summary><c>smtp_tls_dcert_file</c>: a second certificate; not supported. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsDcertFile = Text("smtp_tls_dcert_file", "");

    /// <summary><c>smtp_tls_exclude_ciphers</c>: ciphers never used. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsExcludeCiphers = List("smtp_tls_exclude_ciphers", "");

    /// <summary><c>smtp_tls_mandatory_exclude_ciphers</c>: further ones not used when TLS is mandatory. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpTlsMandatoryExcludeCiphers = List("smtp_tls_mandatory_exclude_ciphers", "");

    /// <summary><c>smtp_tls_fingerprint_digest</c>: md5, sha1, sha256, sha384 or sha512. Default: sha256.</summary>
    public static readonly Parameter<string> SmtpTlsFingerprintDigest = Choice("smtp_tls_fingerprint_digest", "sha256", "md5 sha1 sha256 sha384 sha512");

    /// <summary><c>smtp_tls_fingerprint_cert_match</c>: certificates or public keys accepted at the level fingerprint. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsFingerprintCertMatch = Text("smtp_tls_fingerprint_cert_match", "");

    /// <summary><c>smtp_tls_servername</c>: name sent with SNI: a name, hostname or nexthop. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsServername = Text("smtp_tls_servername", "");

    /// <summary><c>smtp_tls_scert_verifydepth</c>: certificates above that of the server. Default: 9.</summary>
    public static readonly Parameter<int> SmtpTlsScertVerifydepth = Number("smtp_tls_scert_verifydepth", "9");

    /// <summary><c>smtp_tls_session_cache_database</c>: not empty: sessions are resumed, within one process. Default: empty.</summary>
    public static readonly Parameter<string> SmtpTlsSessionCacheDatabase = Text("smtp_tls_session_cache_database", "");

    /// <summary><c>smtp_tls_session_cache_timeout</c>: the TLS library decides; read for compatibility. Default: 3600s.</summary>
    public static readonly TimeParameter SmtpTlsSessionCacheTimeout = Time("smtp_tls_session_cache_timeout", "3600s");

    /// <summary><c>smtp_tls_block_early_mail_reply</c>: end the session when a reply to MAIL FROM comes too early. Default: no.</summary>
    public static readonly Parameter<bool> SmtpTlsBlockEarlyMailReply = Flag("smtp_tls_block_early_mail_reply", "no");

    /// <summary><c>smtp_log_tls_feature_status</c>: result lines show tls=LEVEL. Default: no.</summary>
    public static readonly Parameter<bool> SmtpLogTlsFeatureStatus = Flag("smtp_log_tls_feature_status", "no");

    /// <summary><c>tls_append_default_CA</c>: trust the system's certificates besides those configured. Default: no.</summary>
    public static readonly Parameter<bool> TlsAppendDefaultCA = Flag("tls_append_default_CA", "no");

    /// <summary><c>smtp_sasl_auth_enable</c>: AUTH. Default: no.</summary>
    public static readonly Parameter<bool> SmtpSaslAuthEnable = Flag("smtp_sasl_auth_enable", "no");

    /// <summary><c>smtp_sasl_password_maps</c>: credentials. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SmtpSaslPasswordMaps = Table("smtp_sasl_password_maps", "");

    /// <summary><c>smtp_sasl_security_options</c>: forbidden mechanisms. Default: noplaintext, noanonymous.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslSecurityOptions = List("smtp_sasl_security_options", "noplaintext, noanonymous", SaslSecurityOptions);

    /// <summary><c>smtp_sasl_tls_security_options</c>: the same over TLS. Default: $smtp_sasl_security_options.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslTlsSecurityOptions = List("smtp_sasl_tls_security_options", "$smtp_sasl_security_options", SaslSecurityOptions);

    /// <summary><c>smtp_sasl_tls_verified_security_options</c>: the same over TLS with a verified server. Default: $smtp_sasl_tls_security_options.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslTlsVerifiedSecurityOptions = List("smtp_sasl_tls_verified_security_options", "$smtp_sasl_tls_security_options", SaslSecurityOptions);

    /// <summary><c>smtp_sasl_mechanism_filter</c>: mechanisms that may be used, in any order. Default: empty, all.</summary>
    public static readonly Parameter<IReadOnlyList<string>> SmtpSaslMechanismFilter = List("smtp_sasl_mechanism_filter", "");

    /// <summary><c>smtp_sasl_type</c>: accepted for Postfix's sake; mechanisms are built in. Default: cyrus.</summary>
    public static readonly Parameter<string> SmtpSaslType = Text("smtp_sasl_type", "cyrus");

    /// <summary><c>smtp_sasl_path</c>: without effect. Default: empty.</summary>
    public static readonly Parameter<string> SmtpSaslPath = Text("smtp_sasl_path", "");

    /// <summary><c>smtp_sasl_auth_enforce</c>: no mail without login to a server for which there is one. Default: no.</summary>
    public static readonly Parameter<bool> SmtpSaslAuthEnforce = Flag("smtp_sasl_auth_enforce", "no");

    /// <summary><c>smtp_sasl_auth_soft_bounce</c>: a refused login defers. Default: yes.</summary>
    public static readonly Parameter<bool> SmtpSaslAuthSoftBounce = Flag("smtp_sasl_auth_soft_bounce", "yes");

    /// <summary><c>smtp_sasl_auth_cache_name</c>: without effect. Default: empty.</summary>
    public static readonly Parameter<string> SmtpSaslAuthCacheName = Text("smtp_sasl_auth_cache_name", "");

    /// <summary><c>smtp_sasl_auth_cache_time</c>: without effect. Default: 90d.</summary>
    public static readonly TimeParameter SmtpSaslAuthCacheTime = Time("smtp_sasl_auth_cache_time", "90d");

    /// <summary><c>smtp_sasl_token_timeout</c>: time for a token-command of smtp_sasl_password_maps; not in Postfix. Default: 30s.</summary>
    public static readonly TimeParameter SmtpSaslTokenTimeout = Time("smtp_sasl_token_timeout", "30s", minimum: 1);

    /// <summary><c>smtp_sender_dependent_authentication</c>: credentials per sender. Default: no.</summary>
    public static readonly Parameter<bool> SmtpSenderDependentAuthentication = Flag("smtp_sender_dependent_authentication", "no");

    /// <summary><c>smtp_tcp_port</c>: default TCP port: a number, or smtp (25), lmtp (24), smtps (465), submission (587). Default: smtp.</summary>
    public static readonly Parameter<int> SmtpTcpPort = Port("smtp_tcp_port", "smtp");

    /// <summary><c>disable_mime_output_conversion</c>: no 8bit to quoted-printable conversion. Default: no.</summary>
    public static readonly Parameter<bool> DisableMimeOutputConversion = Flag("disable_mime_output_conversion", "no");

    /// <summary><c>smtputf8_enable</c>: SMTPUTF8 support. Default: yes.</summary>
    public static readonly Parameter<bool> Smtputf8Enable = Flag("smtputf8_enable", "yes");

    /// <summary><c>smtputf8_autodetect_classes</c>: sources for which UTF8 need is detected. Default: sendmail, verify.</summary>
    public static readonly Parameter<IReadOnlyList<string>> Smtputf8AutodetectClasses = List("smtputf8_autodetect_classes", "sendmail, verify");

    /// <summary><c>strict_smtputf8</c>: stricter server checks. Default: no.</summary>
    public static readonly Parameter<bool> StrictSmtputf8 = Flag("strict_smtputf8", "no");

    /// <summary><c>enable_idna2003_compatibility</c>: IDNA flavour. Default: no.</summary>
    public static readonly Parameter<bool> EnableIdna2003Compatibility = Flag("enable_idna2003_compatibility", "no");

    /// <summary><c>lmtp_assume_final</c>: LMTP server is final. Default: no.</summary>
    public static readonly Parameter<bool> LmtpAssumeFinal = Flag("lmtp_assume_final", "no");

    /// <summary><c>notify_classes</c>: which problem classes are reported to postmaster. Default: resource, software.</summary>
    public static readonly Parameter<IReadOnlyList<string>> NotifyClasses = List("notify_classes", "resource, software", choices: "2bounce bounce data delay policy protocol resource software");

    /// <summary><c>error_notice_recipient</c>: receiver of protocol/resource/software notices. Default: postmaster.</summary>
    public static readonly Parameter<string> ErrorNoticeRecipient = Text("error_notice_recipient", "postmaster");

    /// <summary><c>smtp_address_verify_target</c>: where to stop an address probe. Default: rcpt.</summary>
    public static readonly Parameter<string> SmtpAddressVerifyTarget = Choice("smtp_address_verify_target", "rcpt", "rcpt data");

    /// <summary><c>dns_nameservers</c>: name servers to ask, "address" or "address:port"; empty: those of /etc/resolv.conf. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DnsNameservers = List("dns_nameservers", "");

    // ---- bounce, defer, trace

    /// <summary><c>bounce_service_name</c>: service name. Default: bounce.</summary>
    public static readonly Parameter<string> BounceServiceName = Text("bounce_service_name", "bounce");

    /// <summary><c>defer_service_name</c>: service name. Default: defer.</summary>
    public static readonly Parameter<string> DeferServiceName = Text("defer_service_name", "defer");

    /// <summary><c>trace_service_name</c>: service name. Default: trace.</summary>
    public static readonly Parameter<string> TraceServiceName = Text("trace_service_name", "trace");

    /// <summary><c>bounce_size_limit</c>: larger originals are returned as headers only. Default: 50000.</summary>
    public static readonly Parameter<int> BounceSizeLimit = Number("bounce_size_limit", "50000", minimum: 1);

    /// <summary><c>bounce_template_file</c>: alternative texts. Default: empty.</summary>
    public static readonly Parameter<string> BounceTemplateFile = Text("bounce_template_file", "");

    /// <summary><c>bounce_notice_recipient</c>: postmaster copy of bounces. Default: postmaster.</summary>
    public static readonly Parameter<string> BounceNoticeRecipient = Text("bounce_notice_recipient", "postmaster");

    /// <summary><c>2bounce_notice_recipient</c>: receiver of undeliverable bounces. Default: postmaster.</summary>
    public static readonly Parameter<string> DoubleBounceNoticeRecipient = Text("2bounce_notice_recipient", "postmaster");

    /// <summary><c>delay_notice_recipient</c>: postmaster copy of delay warnings. Default: postmaster.</summary>
    public static readonly Parameter<string> DelayNoticeRecipient = Text("delay_notice_recipient", "postmaster");

    /// <summary><c>double_bounce_sender</c>: local part of the envelope sender of postmaster notices. Default: double-bounce.</summary>
    public static readonly Parameter<string> DoubleBounceSender = Text("double_bounce_sender", "double-bounce");

    /// <summary><c>backwards_bounce_logfile_compatibility</c>: also write the old "&lt;addr&gt;: text" line into bounce/defer/trace logs. Default: yes.</summary>
    public static readonly Parameter<bool> BackwardsBounceLogfileCompatibility = Flag("backwards_bounce_logfile_compatibility", "yes");

    /// <summary><c>enable_threaded_bounces</c>: references/In-Reply-To in notices. Default: no.</summary>
    public static readonly Parameter<bool> EnableThreadedBounces = Flag("enable_threaded_bounces", "no");

    /// <summary><c>bounce_digest_limit</c>: failure notices that one sender gets within bounce_digest_window; more are joined
    /// into one report. Ours beyond Postfix. Default: 0, never joined.</summary>
    public static readonly Parameter<int> BounceDigestLimit = Number("bounce_digest_limit", "0");

    /// <summary><c>bounce_digest_window</c>: see bounce_digest_limit. Ours beyond Postfix. Default: 1h.</summary>
    public static readonly TimeParameter BounceDigestWindow = Time("bounce_digest_window", "1h", minimum: 1);

    /// <summary><c>default_delivery_status_filter</c>: rewrite status/text. Default: empty.</summary>
    public static readonly Parameter<string> DefaultDeliveryStatusFilter = Text("default_delivery_status_filter", "");

    /// <summary><c>internal_mail_filter_classes</c>: which internal mail gets content checks. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> InternalMailFilterClasses = List("internal_mail_filter_classes", "");

    /// <summary><c>default_verp_delimiters</c>: VERP characters. Default: +=.</summary>
    public static readonly Parameter<string> DefaultVerpDelimiters = Text("default_verp_delimiters", "+=");

    /// <summary><c>verp_delimiter_filter</c>: allowed VERP characters. Default: -=+.</summary>
    public static readonly Parameter<string> VerpDelimiterFilter = Text("verp_delimiter_filter", "-=+");

    /// <summary><c>disable_verp_bounces</c>: no VERP bounces. Default: no.</summary>
    public static readonly Parameter<bool> DisableVerpBounces = Flag("disable_verp_bounces", "no");

    // ---- cleanup, pickup, sendmail, postdrop

    /// <summary><c>cleanup_replace_stray_cr_lf</c>: CR and LF within a line of content become a blank, so that they cannot end the
    /// message or begin an SMTP command at a careless receiver. Default: yes.</summary>
    public static readonly Parameter<bool> CleanupReplaceStrayCrLf = Flag("cleanup_replace_stray_cr_lf", "yes");

    /// <summary><c>message_size_limit</c>: max. message size; postdrop limits the file itself. Default: 10240000.</summary>
    public static readonly SizeParameter MessageSizeLimit = Size("message_size_limit", "10240000");

    /// <summary><c>header_size_limit</c>: max. stored header length, rest is cut. Default: 102400.</summary>
    public static readonly Parameter<int> HeaderSizeLimit = Number("header_size_limit", "102400", minimum: 1);

    /// <summary><c>header_address_token_limit</c>: max. tokens in an address header. Default: 10240.</summary>
    public static readonly Parameter<int> HeaderAddressTokenLimit = Number("header_address_token_limit", "10240", minimum: 1);

    /// <summary><c>queue_minfree</c>: free space needed. Default: 0.</summary>
    public static readonly SizeParameter QueueMinfree = Size("queue_minfree", "0");

    /// <summary><c>hopcount_limit</c>: max. Received: headers. Default: 50.</summary>
    public static readonly Parameter<int> HopcountLimit = Number("hopcount_limit", "50", minimum: 1);

    /// <summary><c>always_bcc</c>: copy of everything. Default: empty.</summary>
    public static readonly Parameter<string> AlwaysBcc = Text("always_bcc", "");

    /// <summary><c>sender_bcc_maps</c>: copy per sender. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SenderBccMaps = Table("sender_bcc_maps", "");

    /// <summary><c>recipient_bcc_maps</c>: copy per recipient. Default: empty.</summary>
    public static readonly Parameter<LookupTable> RecipientBccMaps = Table("recipient_bcc_maps", "");

    /// <summary><c>canonical_maps</c>: address rewriting. Default: empty.</summary>
    public static readonly Parameter<LookupTable> CanonicalMaps = Table("canonical_maps", "");

    /// <summary><c>sender_canonical_maps</c>: address rewriting. Default: empty.</summary>
    public static readonly Parameter<LookupTable> SenderCanonicalMaps = Table("sender_canonical_maps", "");

    /// <summary><c>recipient_canonical_maps</c>: address rewriting. Default: empty.</summary>
    public static readonly Parameter<LookupTable> RecipientCanonicalMaps = Table("recipient_canonical_maps", "");

    /// <summary><c>canonical_classes</c>: what is rewritten. Default: envelope_sender, envelope_recipient, header_sender, header_recipient.</summary>
    public static readonly Parameter<IReadOnlyList<string>> CanonicalClasses = List("canonical_classes", "envelope_sender, envelope_recipient, header_sender, header_recipient");

    /// <summary><c>masquerade_domains</c>: strip sub-domains. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MasqueradeDomains = List("masquerade_domains", "");

    /// <summary><c>masquerade_exceptions</c>: except these users. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MasqueradeExceptions = List("masquerade_exceptions", "");

    /// <summary><c>masquerade_classes</c>: where. Default: envelope_sender, header_sender, header_recipient.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MasqueradeClasses = List("masquerade_classes", "envelope_sender, header_sender, header_recipient");

    /// <summary><c>virtual_alias_maps</c>: recipient expansion. Default: $virtual_maps.</summary>
    public static readonly Parameter<LookupTable> VirtualAliasMaps = Table("virtual_alias_maps", "$virtual_maps");

    /// <summary><c>virtual_alias_expansion_limit</c>: max. results. Default: 1000.</summary>
    public static readonly Parameter<int> VirtualAliasExpansionLimit = Number("virtual_alias_expansion_limit", "1000", minimum: 1);

    /// <summary><c>virtual_alias_recursion_limit</c>: max. depth. Default: 1000.</summary>
    public static readonly Parameter<int> VirtualAliasRecursionLimit = Number("virtual_alias_recursion_limit", "1000", minimum: 1);

    /// <summary><c>virtual_alias_address_length_limit</c>: max. length. Default: 1000.</summary>
    public static readonly Parameter<int> VirtualAliasAddressLengthLimit = Number("virtual_alias_address_length_limit", "1000", minimum: 1);

    /// <summary><c>duplicate_filter_limit</c>: remembered recipients for duplicate removal. Default: 1000.</summary>
    public static readonly Parameter<int> DuplicateFilterLimit = Number("duplicate_filter_limit", "1000");

    /// <summary><c>enable_original_recipient</c>: keep O records (else duplicates are merged by final address). Default: yes.</summary>
    public static readonly Parameter<bool> EnableOriginalRecipient = Flag("enable_original_recipient", "yes");

    /// <summary><c>always_add_missing_headers</c>: add Date/From/Message-Id also for remote mail. Default: no.</summary>
    public static readonly Parameter<bool> AlwaysAddMissingHeaders = Flag("always_add_missing_headers", "no");

    /// <summary><c>undisclosed_recipients_header</c>: added if no recipient header. Default: empty.</summary>
    public static readonly Parameter<string> UndisclosedRecipientsHeader = Text("undisclosed_recipients_header", "");

    /// <summary><c>message_strip_characters</c>: bytes deleted from content. Default: empty.</summary>
    public static readonly Parameter<string> MessageStripCharacters = Text("message_strip_characters", "");

    /// <summary><c>message_reject_characters</c>: bytes that cause rejection. Default: empty.</summary>
    public static readonly Parameter<string> MessageRejectCharacters = Text("message_reject_characters", "");

    /// <summary><c>message_drop_headers</c>: headers removed on arrival. Default: bcc, content-length, resent-bcc, return-path.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MessageDropHeaders = List("message_drop_headers", "bcc, content-length, resent-bcc, return-path");

    /// <summary><c>header_checks</c>: content checks. Default: empty.</summary>
    public static readonly Parameter<string> HeaderChecks = Text("header_checks", "");

    /// <summary><c>mime_header_checks</c>: content checks. Default: $header_checks.</summary>
    public static readonly Parameter<string> MimeHeaderChecks = Text("mime_header_checks", "$header_checks");

    /// <summary><c>nested_header_checks</c>: content checks. Default: $header_checks.</summary>
    public static readonly Parameter<string> NestedHeaderChecks = Text("nested_header_checks", "$header_checks");

    /// <summary><c>body_checks</c>: content checks. Default: empty.</summary>
    public static readonly Parameter<string> BodyChecks = Text("body_checks", "");

    /// <summary><c>body_checks_size_limit</c>: bytes checked per part. Default: 51200.</summary>
    public static readonly Parameter<int> BodyChecksSizeLimit = Number("body_checks_size_limit", "51200");

    /// <summary><c>mime_nesting_limit</c>: MIME depth. Default: 100.</summary>
    public static readonly Parameter<int> MimeNestingLimit = Number("mime_nesting_limit", "100", minimum: 1);

    /// <summary><c>mime_boundary_length_limit</c>: MIME boundary length. Default: 2048.</summary>
    public static readonly Parameter<int> MimeBoundaryLengthLimit = Number("mime_boundary_length_limit", "2048", minimum: 1);

    /// <summary><c>disable_mime_input_processing</c>: no MIME parsing. Default: no.</summary>
    public static readonly Parameter<bool> DisableMimeInputProcessing = Flag("disable_mime_input_processing", "no");

    /// <summary><c>strict_mime_encoding_domain</c>: reject wrong encodings. Default: no.</summary>
    public static readonly Parameter<bool> StrictMimeEncodingDomain = Flag("strict_mime_encoding_domain", "no");

    /// <summary><c>strict_8bitmime</c>: reject 8-bit headers/bodies. Default: no.</summary>
    public static readonly Parameter<bool> Strict8bitmime = Flag("strict_8bitmime", "no");

    /// <summary><c>strict_7bit_headers</c>: reject 8-bit headers. Default: no.</summary>
    public static readonly Parameter<bool> Strict7bitHeaders = Flag("strict_7bit_headers", "no");

    /// <summary><c>strict_8bitmime_body</c>: reject undeclared 8-bit bodies. Default: no.</summary>
    public static readonly Parameter<bool> Strict8bitmimeBody = Flag("strict_8bitmime_body", "no");

    /// <summary><c>detect_8bit_encoding_header</c>: use Content-Transfer-Encoding: for encoding=. Default: yes.</summary>
    public static readonly Parameter<bool> Detect8bitEncodingHeader = Flag("detect_8bit_encoding_header", "yes");

    /// <summary><c>non_smtpd_milters</c>: milters for local mail. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> NonSmtpdMilters = List("non_smtpd_milters", "");

    /// <summary><c>milter_default_action</c>: what if a milter fails. Default: tempfail.</summary>
    public static readonly Parameter<string> MilterDefaultAction = Choice("milter_default_action", "tempfail", "accept reject tempfail quarantine shutdown");

    /// <summary><c>content_filter</c>: L record transport. Default: empty.</summary>
    public static readonly Parameter<string> ContentFilter = Text("content_filter", "");

    /// <summary><c>receive_override_options</c>: switch off parts of cleanup. Default: empty.</summary>
    public static readonly Parameter<IReadOnlyList<string>> ReceiveOverrideOptions = List("receive_override_options", "");

    /// <summary><c>local_header_rewrite_clients</c>: who gets local rewriting. Default: permit_inet_interfaces.</summary>
    public static readonly Parameter<IReadOnlyList<string>> LocalHeaderRewriteClients = List("local_header_rewrite_clients", "permit_inet_interfaces");

    /// <summary><c>remote_header_rewrite_domain</c>: domain for remote mail. Default: empty.</summary>
    public static readonly Parameter<string> RemoteHeaderRewriteDomain = Text("remote_header_rewrite_domain", "");

    /// <summary><c>sun_mailtool_compatibility</c>: old mail tool. Default: no.</summary>
    public static readonly Parameter<bool> SunMailtoolCompatibility = Flag("sun_mailtool_compatibility", "no");

    /// <summary><c>authorized_submit_users</c>: who may submit. Default: static:anyone.</summary>
    public static readonly Parameter<IReadOnlyList<string>> AuthorizedSubmitUsers = List("authorized_submit_users", "static:anyone");

    /// <summary><c>authorized_mailq_users</c>: who may list. Default: static:anyone.</summary>
    public static readonly Parameter<IReadOnlyList<string>> AuthorizedMailqUsers = List("authorized_mailq_users", "static:anyone");

    /// <summary><c>authorized_flush_users</c>: who may flush. Default: static:anyone.</summary>
    public static readonly Parameter<IReadOnlyList<string>> AuthorizedFlushUsers = List("authorized_flush_users", "static:anyone");

    /// <summary><c>sendmail_path</c>: path. Default: $command_directory/sendmail.</summary>
    public static readonly Parameter<string> SendmailPath = Text("sendmail_path", "$command_directory/sendmail");

    /// <summary><c>mailq_path</c>: path. Default: $command_directory/mailq.</summary>
    public static readonly Parameter<string> MailqPath = Text("mailq_path", "$command_directory/mailq");

    /// <summary><c>newaliases_path</c>: path. Default: $command_directory/newaliases.</summary>
    public static readonly Parameter<string> NewaliasesPath = Text("newaliases_path", "$command_directory/newaliases");

    /// <summary><c>sendmail_fix_line_endings</c>: when input CR LF is turned into LF. Default: always.</summary>
    public static readonly Parameter<string> SendmailFixLineEndings = Choice("sendmail_fix_line_endings", "always", "always strict never");

    /// <summary><c>fast_flush_domains</c>: domains with per-site flush logs (postqueue -s). Default: $relay_domains.</summary>
    public static readonly Parameter<IReadOnlyList<string>> FastFlushDomains = List("fast_flush_domains", "$relay_domains");

    /// <summary><c>fast_flush_refresh_time</c>: flush log refresh. Default: 12h.</summary>
    public static readonly TimeParameter FastFlushRefreshTime = Time("fast_flush_refresh_time", "12h", minimum: 1);

    /// <summary><c>fast_flush_purge_time</c>: flush log purge. Default: 7d.</summary>
    public static readonly TimeParameter FastFlushPurgeTime = Time("fast_flush_purge_time", "7d", minimum: 1);

    // ---- Service names

    /// <summary><c>queue_service_name</c>: socket name. Default: qmgr.</summary>
    public static readonly Parameter<string> QueueServiceName = Text("queue_service_name", "qmgr");

    /// <summary><c>pickup_service_name</c>: socket name. Default: pickup.</summary>
    public static readonly Parameter<string> PickupServiceName = Text("pickup_service_name", "pickup");

    /// <summary><c>cleanup_service_name</c>: socket name. Default: cleanup.</summary>
    public static readonly Parameter<string> CleanupServiceName = Text("cleanup_service_name", "cleanup");

    /// <summary><c>rewrite_service_name</c>: socket name. Default: rewrite.</summary>
    public static readonly Parameter<string> RewriteServiceName = Text("rewrite_service_name", "rewrite");

    /// <summary><c>showq_service_name</c>: socket name. Default: showq.</summary>
    public static readonly Parameter<string> ShowqServiceName = Text("showq_service_name", "showq");

    /// <summary><c>flush_service_name</c>: socket name. Default: flush.</summary>
    public static readonly Parameter<string> FlushServiceName = Text("flush_service_name", "flush");

    /// <summary><c>error_service_name</c>: socket name. Default: error.</summary>
    public static readonly Parameter<string> ErrorServiceName = Text("error_service_name", "error");
}
