namespace PostfixNet.Configuration;

// Read by qmgr, smtpd and reports. Not Postfix's.
public static partial class Parameters
{
    /// <summary>Domain of return paths: mail of report_senders leaves with an address of this domain as its envelope sender, so that what comes back is known to be real, and read. Empty: none.</summary>
    public static readonly Parameter<string> ReportDomain = Checked("report_domain", "", static text => text.Length == 0 || Mail.DomainName.IsMailDomain(text) && !text.StartsWith('['),
        "is not a domain; give e.g. \"bounces.example.com\"");

    /// <summary>Whose mail has such return paths: addresses, domains, ".domain" for all below one, or "*".</summary>
    public static readonly Parameter<IReadOnlyList<string>> ReportSenders = List("report_senders", "$mydomain");

    /// <summary>How long a return path is good.</summary>
    public static readonly Parameter<TimeSpan> ReportLifetime = Time("report_lifetime", "30d", minimum: 86_400);
}
