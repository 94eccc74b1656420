namespace PostfixNet.Configuration;

// Read by master.
public static partial class Parameters
{
    /// <summary>Version of Postfix.Net, as the log tells it.</summary>
    public static readonly Parameter<string> MailVersion = Text("mail_version", "0.1.0");

    /// <summary>Where master finds the programs that master.toml names; if not given, where it is itself.</summary>
    public static readonly Parameter<string> DaemonDirectory = AbsolutePath("daemon_directory", null);

    /// <summary>Where the commands for people are; likewise.</summary>
    public static readonly Parameter<string> CommandDirectory = AbsolutePath("command_directory", null);

    /// <summary>Variables of the environment that services get: names, or NAME=VALUE.</summary>
    public static readonly Parameter<IReadOnlyList<string>> ImportEnvironment =
        List("import_environment", "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME");

    /// <summary>Services not to start: "NAME.unix", or "unix" for all.</summary>
    public static readonly Parameter<IReadOnlyList<string>> MasterServiceDisable = List("master_service_disable", "");

    /// <summary>Pause before a service is started again that ended before it did anything.</summary>
    public static readonly Parameter<TimeSpan> ServiceThrottleTime = Time("service_throttle_time", "60s", minimum: 1);

    /// <summary>Time for services to end at a stop or reload, before they are killed; at a stop 10s at most.</summary>
    public static readonly Parameter<TimeSpan> ApplicationEventDrainTime = Time("application_event_drain_time", "100s");

    /// <summary>Attempts to start a process while the system has no room for one.</summary>
    public static readonly Parameter<int> ForkAttempts = Number("fork_attempts", "5", minimum: 1);

    /// <summary>Pause between them.</summary>
    public static readonly Parameter<TimeSpan> ForkDelay = Time("fork_delay", "1s");
}
