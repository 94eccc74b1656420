namespace PostfixNet.Configuration;

// Read by smtpd, sendmail, cleanup, smtp and bounce: what senders want of TLS on the whole way (RFC 8689).
public static partial class Parameters
{
    private const string RequireTlsActions = "enforce opportunistic+starttls opportunistic disable error";

    /// <summary>REQUIRETLS is announced to clients over TLS, taken from users, and held to.</summary>
    public static readonly Parameter<bool> RequiretlsEnable = Flag("requiretls_enable", "yes");

    /// <summary>Require-TLS-ESMTP: in the header says it, too, so that it gets through filters that do not know it.</summary>
    public static readonly Parameter<bool> RequiretlsEsmtpHeader = Flag("requiretls_esmtp_header", "yes");

    /// <summary>Notices of such mail go without REQUIRETLS. They never return more than its headers.</summary>
    public static readonly Parameter<bool> RequiretlsRedactDsn = Flag("requiretls_redact_dsn", "no");

    /// <summary>"TLS-Required: No" in the header lets mail go where TLS that the recipient's domain wants does not work.</summary>
    public static readonly Parameter<bool> TlsRequiredEnable = Flag("tls_required_enable", "yes");

    /// <summary>How the SMTP client holds to REQUIRETLS, by next hop.</summary>
    public static readonly Parameter<ActionList> SmtpRequiretlsPolicy = Actions("smtp_requiretls_policy", "enforce", RequireTlsActions);

    /// <summary>How the LMTP client does.</summary>
    public static readonly Parameter<ActionList> LmtpRequiretlsPolicy = Actions("lmtp_requiretls_policy", "opportunistic", RequireTlsActions);
}
