namespace PostfixNet.Configuration;

// Read by anvil, and by smtpd, which asks it.
public static partial class Parameters
{
    /// <summary>The time in which events of a client are counted together.</summary>
    public static readonly Parameter<TimeSpan> AnvilRateTimeUnit = Time("anvil_rate_time_unit", "60s", minimum: 1);

    /// <summary>How often the log is told the largest numbers.</summary>
    public static readonly Parameter<TimeSpan> AnvilStatusUpdateTime = Time("anvil_status_update_time", "600s", minimum: 1);

    /// <summary>Connections at once of one client; 0: any number.</summary>
    public static readonly Parameter<int> SmtpdClientConnectionCountLimit = Number("smtpd_client_connection_count_limit", "50");

    /// <summary>Connections of one client in anvil_rate_time_unit; 0: any number.</summary>
    public static readonly Parameter<int> SmtpdClientConnectionRateLimit = Number("smtpd_client_connection_rate_limit", "0");

    /// <summary>Messages of one client in anvil_rate_time_unit, whether taken or not; 0: any number.</summary>
    public static readonly Parameter<int> SmtpdClientMessageRateLimit = Number("smtpd_client_message_rate_limit", "0");

    /// <summary>Recipients of one client in anvil_rate_time_unit, whether taken or not; 0: any number.</summary>
    public static readonly Parameter<int> SmtpdClientRecipientRateLimit = Number("smtpd_client_recipient_rate_limit", "0");

    /// <summary>TLS sessions that one client begins in anvil_rate_time_unit; 0: any number.</summary>
    public static readonly Parameter<int> SmtpdClientNewTlsSessionRateLimit = Number("smtpd_client_new_tls_session_rate_limit", "0");

    /// <summary>Attempts of one client to log in, in anvil_rate_time_unit; 0: any number.</summary>
    public static readonly Parameter<int> SmtpdClientAuthRateLimit = Number("smtpd_client_auth_rate_limit", "0");

    /// <summary>Clients that no such limit is for.</summary>
    public static readonly Parameter<MatchList> SmtpdClientEventLimitExceptions = Hosts("smtpd_client_event_limit_exceptions", "$mynetworks");

    /// <summary>Leading bits of an IPv4 address that make one client.</summary>
    public static readonly Parameter<int> SmtpdClientIpv4PrefixLength = Number("smtpd_client_ipv4_prefix_length", "32", minimum: 1, maximum: 32);

    /// <summary>Leading bits of an IPv6 address that make one client: whoever has one address has many.</summary>
    public static readonly Parameter<int> SmtpdClientIpv6PrefixLength = Number("smtpd_client_ipv6_prefix_length", "84", minimum: 1, maximum: 128);
}
