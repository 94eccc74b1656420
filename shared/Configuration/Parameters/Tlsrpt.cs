namespace PostfixNet.Configuration;

// The first two are read by smtp, the others, which are not Postfix's, by tlsrpt; tlsrpt_sender by both.
public static partial class Parameters
{
    /// <summary>Results of TLS are gathered, and reported to domains that want to know (RFC 8460).</summary>
    public static readonly Parameter<bool> SmtpTlsrptEnable = Flag("smtp_tlsrpt_enable", "no");

    /// <summary>Results of handshakes that resume a session are left out.</summary>
    public static readonly Parameter<bool> SmtpTlsrptSkipReusedHandshakes = Flag("smtp_tlsrpt_skip_reused_handshakes", "no");

    /// <summary>Who sends the reports, for people.</summary>
    public static readonly Parameter<string> TlsrptOrganizationName = Text("tlsrpt_organization_name", "$mydomain");

    /// <summary>Mail address of somebody to ask about the reports; its domain is the submitter.</summary>
    public static readonly Parameter<string> TlsrptContact = MailAddress("tlsrpt_contact", "postmaster@$mydomain");

    /// <summary>Whom reports by mail come from. TLS of mail from this address is not reported.</summary>
    public static readonly Parameter<string> TlsrptSender = MailAddress("tlsrpt_sender", "tlsrpt@$mydomain");

    /// <summary>Reports go by HTTPS to addresses of this host and of private networks, too, which whoever names a domain can choose.</summary>
    public static readonly Parameter<bool> TlsrptAllowPrivateAddresses = Flag("tlsrpt_allow_private_addresses", "no");

    /// <summary>Certificates to trust where reports are sent by HTTPS, in one file; empty: those that the system trusts.</summary>
    public static readonly Parameter<string> TlsrptTlsCAfile = Text("tlsrpt_tls_CAfile", "");
}
