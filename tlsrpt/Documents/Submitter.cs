using PostfixNet.Mail;

namespace PostfixNet.Tlsrpt;

/// <summary>Whose reports these are.</summary>
/// <param name="Organization">organization-name.</param>
/// <param name="Contact">contact-info: a mail address with its domain.</param>
/// <param name="Sender">Whom reports by mail come from: likewise.</param>
internal sealed record Submitter(string Organization, string Contact, string Sender)
{
    /// <summary>TLS-Report-Submitter: the domain of contact-info, in ASCII (RFC 8460 section 5.3).</summary>
    internal string Domain => DomainName.ToAscii(Address.DomainOf(Contact))?.ToLowerInvariant() ?? "";
}
