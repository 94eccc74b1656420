using System.Globalization;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>How much a server takes at once: the LIMITS of its reply to EHLO, RFC 9422. 0: it does not say.</summary>
/// <param name="Messages">MAILMAX: transactions in a session.</param>
/// <param name="Recipients">RCPTMAX: recipients in a transaction.</param>
/// <param name="Domains">RCPTDOMAINMAX: domains of recipients in a transaction.</param>
internal sealed record ServerLimits(int Messages = 0, int Recipients = 0, int Domains = 0)
{
    // RFC 9422 section 3: up to six digits, the first of which is not 0.
    private const int MostDigits = 6;

    /// <summary>Reads the words behind LIMITS; a limit that is not known, or is none, is passed over (RFC 9422 section 4).</summary>
    internal static ServerLimits Read(IEnumerable<string> words)
    {
        ServerLimits limits = new();
        foreach (string word in words)
        {
            string[] parts = word.Split('=', 2);
            if (parts.Length < 2 || parts[1].Length is 0 or > MostDigits || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int limit))
                continue;
            limits = parts[0].ToUpperInvariant() switch
            {
                "MAILMAX" => limits with { Messages = limit },
                "RCPTMAX" => limits with { Recipients = limit },
                "RCPTDOMAINMAX" => limits with { Domains = limit },
                _ => limits,
            };
        }
        return limits;
    }

    /// <summary>The recipients for the next transaction, in their order; at least one.</summary>
    internal List<AttemptRecipient> Part(List<AttemptRecipient> open)
    {
        if ((Recipients == 0 || open.Count <= Recipients) && Domains == 0)
            return open;
        List<AttemptRecipient> part = [];
        HashSet<string> domains = new(StringComparer.OrdinalIgnoreCase);
        foreach (AttemptRecipient recipient in open)
        {
            string domain = Address.DomainOf(recipient.Address);
            if (Domains > 0 && domains.Count >= Domains && !domains.Contains(domain))
                continue;
            domains.Add(domain);
            part.Add(recipient);
            if (part.Count == Recipients)
                break;
        }
        return part;
    }
}
