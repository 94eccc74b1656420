using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>The address of MAIL FROM and RCPT TO, with what may follow it.</summary>
/// <param name="Address">Internal form; empty for "&lt;&gt;".</param>
/// <param name="Parameters">The rest of the line.</param>
/// <param name="Given">The address as it was said, without its brackets.</param>
internal sealed record PathSyntax(string Address, string Parameters, string Given)
{
    /// <summary>The address as it was said, in brackets, and each parameter.</summary>
    internal IReadOnlyList<string> Words => [$"<{Given}>", .. Parameters.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Reads one: RFC 5321 section 4.1.2, and, unless strict_rfc821_envelopes is set, what else clients say.</summary>
    /// <returns>null: this is no address, or more than one, or one that programs take for an option (allow_min_user).</returns>
    internal static PathSyntax? Read(string text, SmtpdOptions options)
    {
        bool isStrict = options.IsStrictEnvelope;
        text = text.TrimStart();
        bool isBracketed = text.StartsWith('<');
        if (isStrict && !isBracketed)
            return null;
        // Some clients have brackets to spare.
        while (!isStrict && text.StartsWith("<<", StringComparison.Ordinal))
            text = text[1..];
        int end = End(text, isBracketed);
        if (end < 0)
            return null;
        string path = isBracketed ? text[1..end] : text[..end], rest = text[(isBracketed ? end + 1 : end)..];
        if (!isStrict)
            rest = rest.TrimStart('>');
        if (rest.Length > 0 && rest[0] is not (' ' or '\t'))
            return null;
        if (path.Any(char.IsControl))
            return null;
        // A route says how the mail came or is to go: RFC 5321 appendix F.2 lets it be.
        string address = Mail.Address.StripBrackets(path);
        if (address.Trim().Length == 0)
            return isBracketed ? new PathSyntax("", rest.Trim(), "") : null;
        if (isStrict && address.AsSpan().ContainsAny(' ', '('))
            return null;
        IReadOnlyList<HeaderAddress> found = HeaderAddresses.Parse(address);
        if (found is not [var only] || only.Address.Length == 0)
            return null;
        (string local, string? domain) = Mail.Address.Split(only.Address);
        if (local.StartsWith('-') && !options.AllowsMinus)
            return null;
        return local.Length > 0 && (domain is null || only.IsLocalPart || DomainName.IsMailDomain(domain)) ? new PathSyntax(only.Address, rest.Trim(), path) : null;
    }

    // Where the path ends: at its bracket, or at a blank; not within quotes.
    private static int End(string text, bool isBracketed)
    {
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\')
                i++;
            else if (c == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && (isBracketed ? c == '>' : c is ' ' or '\t'))
                return i;
        }
        return isBracketed || isQuoted ? -1 : text.Length;
    }
}
