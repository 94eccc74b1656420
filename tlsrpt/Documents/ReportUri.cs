using System.Diagnostics.CodeAnalysis;
using PostfixNet.Mail;

namespace PostfixNet.Tlsrpt;

/// <summary>Where a domain wants its reports: a URI of rua, RFC 8460 section 3.</summary>
/// <param name="Text">As the record has it.</param>
/// <param name="Address">The mail address of a mailto URI; null: it is an https URI.</param>
internal sealed record ReportUri(string Text, string? Address)
{
    private const string MailTo = "mailto:", Https = "https://";
    private const int Longest = 1000, LongestAddress = 320;

    /// <summary>Reads one URI.</summary>
    /// <returns>False: it is malformed, or of a kind that no report is sent to.</returns>
    internal static bool TryParse(string text, [NotNullWhen(true)] out ReportUri? uri)
    {
        uri = null;
        // '!' would be a limit of size in DMARC; here it must be encoded, and so must what is no URI.
        if (text.Length > Longest || !text.All(static c => c is > ' ' and < '\x7f' and not ('!' or '"' or '<' or '>' or '\\' or '^' or '`' or '{' or '|' or '}')))
            return false;
        if (text.StartsWith(MailTo, StringComparison.OrdinalIgnoreCase))
            uri = AddressOf(text[MailTo.Length..]) is { } address ? new ReportUri(text, address) : null;
        else if (text.StartsWith(Https, StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(text, UriKind.Absolute, out Uri? parsed)
            && parsed.UserInfo.Length == 0 && parsed.HostNameType == UriHostNameType.Dns)
            uri = new ReportUri(text, null);
        return uri is not null;
    }

    // RFC 6068: one address here, since commas separate URIs; headers that it would like are not ours to send.
    private static string? AddressOf(string rest)
    {
        string address = Uri.UnescapeDataString(rest.Split('?', 2)[0]);
        (string local, string? domain) = Mail.Address.Split(address);
        return address.Length <= LongestAddress && Mail.Address.IsDotAtom(local) && ByteText.IsAscii(local) && domain is not null && DomainName.IsMailDomain(domain) ? address : null;
    }
}
