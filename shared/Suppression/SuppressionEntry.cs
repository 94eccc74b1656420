using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Suppression;

/// <summary>An address that gets no mail.</summary>
/// <param name="Address">As it was given, internal form.</param>
/// <param name="Sender">For mail of this sender or domain alone; empty: for all mail.</param>
/// <param name="Reason">One line, for people and for the sender of mail that is returned.</param>
/// <param name="Since">Seconds since 1970.</param>
/// <param name="Until">When it ends, likewise; 0: never.</param>
/// <param name="By">Who put it there: one of <see cref="SuppressedBy"/>, or the name of a user.</param>
public sealed record SuppressionEntry(string Address, string Sender, string Reason, long Since, long Until, string By)
{
    private const int LongestAddress = 512, LongestReason = 300, LongestBy = 64;

    /// <summary>It is over.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public bool IsOver(long now) => Until > 0 && Until <= now;

    /// <summary>Puts one together.</summary>
    /// <param name="address">Internal form.</param>
    /// <param name="sender">An address, a domain, or empty.</param>
    /// <param name="reason">Cut to 300 characters; what cannot be shown is replaced.</param>
    /// <exception cref="FormatException">It is no address with a domain, or no sender; one line.</exception>
    public static SuppressionEntry Of(string address, string sender, string reason, long since, long until, string by)
    {
        if (!IsAddress(address))
            throw new FormatException($"\"{PrintableText.Of(Cut(address, LongestAddress))}\" is not a mail address");
        if (!IsSender(sender))
            throw new FormatException($"\"{PrintableText.Of(Cut(sender, LongestAddress))}\" is no sender: an address or a domain");
        if (since < 0 || until < 0)
            throw new FormatException("a time before 1970");
        return new SuppressionEntry(address, sender, Plain(reason, LongestReason), since, until, Plain(by, LongestBy));
    }

    /// <summary>An address that can be on the list: internal form, with a domain.</summary>
    public static bool IsAddress(string address) => address.Length <= LongestAddress && !address.Any(char.IsControl)
        && Mail.Address.Split(address) is (not "", { } domain) && DomainName.IsMailDomain(domain);

    /// <summary>For whose mail an address can be on the list: an address, a domain, or empty for all.</summary>
    public static bool IsSender(string sender) => sender.Length == 0 || IsAddress(sender) || (sender.Length <= LongestAddress && DomainName.IsMailDomain(sender));

    private static string Plain(string text, int limit) => Cut(PrintableText.Of(text), limit).Trim();

    private static string Cut(string text, int limit) => text.Length <= limit ? text : text[..limit];

    /// <summary>One object of JSON; addresses in external form.</summary>
    public string ToJson() => string.Create(CultureInfo.InvariantCulture,
        $"{{\"address\": {JsonText.Quote(Mail.Address.ToExternal(Address))}, \"sender\": {(Sender.Length > 0 ? JsonText.Quote(Mail.Address.ToExternal(Sender)) : "null")}, \"reason\": {JsonText.Quote(Reason)}, "
        + $"\"since\": {Since}, \"until\": {(Until > 0 ? Until.ToString(CultureInfo.InvariantCulture) : "null")}, \"by\": {JsonText.Quote(By)}}}");

    /// <summary>The fields of a line of the file; none of them has a tab or a line end.</summary>
    internal string ToFields() => string.Create(CultureInfo.InvariantCulture, $"{Address}\t{Sender}\t{Since}\t{Until}\t{By}\t{Reason}");

    /// <returns>null: they are none.</returns>
    internal static SuppressionEntry? FromFields(string[] fields)
    {
        try
        {
            return fields is [var address, var sender, var since, var until, var by, var reason]
                && long.TryParse(since, NumberStyles.None, CultureInfo.InvariantCulture, out long from) && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long end)
                ? Of(address, sender, reason, from, end, by) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>Who puts addresses on the list.</summary>
public static class SuppressedBy
{
    /// <summary>An operator, by hand or from a file.</summary>
    public const string Operator = "operator";

    /// <summary>This system, by what servers replied.</summary>
    public const string Failure = "failure";

    /// <summary>This system, by a report that came back of mail.</summary>
    public const string Report = "report";

    /// <summary>This system, since the recipient complained.</summary>
    public const string Complaint = "complaint";
}
