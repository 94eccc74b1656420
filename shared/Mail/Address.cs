using System.Text;

namespace PostfixNet.Mail;

/// <summary>How incomplete addresses are completed; from main.toml, per context.</summary>
/// <param name="Origin">myorigin; empty: bare names stay bare.</param>
/// <param name="Domain">mydomain; only used with <paramref name="AppendDotMyDomain"/>.</param>
/// <param name="AppendAtMyOrigin">append_at_myorigin: <c>alice</c> becomes <c>alice@myorigin</c>.</param>
/// <param name="AppendDotMyDomain">append_dot_mydomain: <c>alice@host</c> becomes <c>alice@host.mydomain</c>.</param>
/// <param name="SwapBangPath">swap_bangpath: <c>site!alice</c> becomes <c>alice@site</c>.</param>
/// <param name="PercentHack">allow_percent_hack: <c>alice%host</c> becomes <c>alice@host</c>.</param>
public sealed record AddressCompletion(
    string Origin, string Domain = "", bool AppendAtMyOrigin = true, bool AppendDotMyDomain = false,
    bool SwapBangPath = true, bool PercentHack = true);

/// <summary>Mail addresses in two spellings: internal (<c>a b@q.test</c>, in queue files, no quoting) and external
/// (<c>"a b"@q.test</c>, in headers, SMTP and logs, RFC 5321 section 4.1.2).</summary>
/// <remarks>The internal form is split at its last <c>@</c>. Addresses are <see cref="ByteText"/>.</remarks>
public static class Address
{
    /// <summary>Internal to external: quotes the local part when it is not a dot-atom; 8-bit text is left alone.</summary>
    /// <remarks>The empty address stays empty: the caller decides about <c>&lt;&gt;</c>.</remarks>
    public static string ToExternal(string address)
    {
        int at = address.LastIndexOf('@');
        ReadOnlySpan<char> local = at < 0 ? address : address.AsSpan(0, at);
        if (address.Length == 0 || IsDotAtom(local))
            return address;
        string quoted = Quoted(local);
        return at < 0 ? quoted : string.Concat(quoted, address.AsSpan(at));
    }

    /// <summary>A local part in quotes.</summary>
    internal static string Quoted(ReadOnlySpan<char> local)
    {
        StringBuilder quoted = new(local.Length + 8);
        quoted.Append('"');
        AppendEscaped(quoted, local);
        return quoted.Append('"').ToString();
    }

    /// <summary>Adds what stands between the quotes of a quoted string, RFC 5322 section 3.2.4.</summary>
    internal static void AppendEscaped(StringBuilder quoted, ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c is '"' or '\\' or '\r')
                quoted.Append('\\');
            quoted.Append(c);
        }
    }

    /// <summary>External to internal: takes quotes and backslashes off the local part.</summary>
    /// <remarks>Tolerant: a missing closing quote ends at the end of the text. Brackets and comments are not looked for;
    /// <see cref="HeaderAddresses"/> does that.</remarks>
    public static string FromExternal(string address)
    {
        if (address.AsSpan().IndexOfAny('"', '\\') < 0)
            return address;
        StringBuilder plain = new(address.Length);
        bool quoted = false;
        for (int i = 0; i < address.Length; i++)
        {
            char c = address[i];
            if (c == '"')
                quoted = !quoted;
            else if (c == '\\' && i + 1 < address.Length)
                plain.Append(address[++i]);
            else if (c == '@' && !quoted)
                return plain.Append(address, i, address.Length - i).ToString();
            else
                plain.Append(c);
        }
        return plain.ToString();
    }

    /// <summary>Splits an internal address at its last <c>@</c>.</summary>
    /// <returns>Domain is null when there is no <c>@</c>.</returns>
    public static (string Local, string? Domain) Split(string address)
    {
        int at = address.LastIndexOf('@');
        return at < 0 ? (address, null) : (address[..at], address[(at + 1)..]);
    }

    /// <summary>The domain of an internal address; empty when there is none.</summary>
    public static string DomainOf(string address) => Split(address).Domain ?? "";

    /// <summary>Takes off blanks around, one pair of angle brackets, and the source route of <c>@a,@b:user@dom</c>
    /// (RFC 5321 appendix C); works on either spelling.</summary>
    public static string StripBrackets(string address)
    {
        ReadOnlySpan<char> text = address.AsSpan().Trim(" \t\r\n");
        if (text.Length >= 2 && text[0] == '<' && text[^1] == '>')
            text = text[1..^1].Trim(" \t\r\n");
        text = WithoutRoute(text);
        return text.Length == address.Length ? address : text.ToString();
    }

    /// <summary>Completes an internal address by the rules of the site; the empty address stays empty.</summary>
    /// <remarks>In order: a lone <c>@</c> is the empty address; the source route goes; a bare name is turned around
    /// (<c>site!user</c>), or its <c>%</c> becomes <c>@</c>, or it gets <c>@myorigin</c>; a host without dot gets
    /// <c>.mydomain</c>; one dot at the end of the domain goes. A name that needs quotes is never taken apart.</remarks>
    public static string Complete(string address, AddressCompletion rules)
    {
        if (address.Length == 0 || address == "@")
            return "";
        address = WithoutRoute(address) is var bare && bare.Length == address.Length ? address : bare.ToString();
        int at = address.LastIndexOf('@');
        if (at < 0)
        {
            bool isDotAtom = IsDotAtom(address[^1] == '.' ? address.AsSpan()[..^1] : address);
            int bang = rules.SwapBangPath && isDotAtom ? address.IndexOf('!', StringComparison.Ordinal) : -1;
            int percent = rules.PercentHack && isDotAtom ? address.LastIndexOf('%') : -1;
            if (bang >= 0 && address.Length > 1)
                address = $"{address[(bang + 1)..]}@{address[..bang]}";
            else if (percent >= 0 && address.Length > 1)
                address = $"{address[..percent]}@{address[(percent + 1)..]}";
            else
                return WithOrigin(address, rules);
            at = address.LastIndexOf('@');
        }
        ReadOnlySpan<char> domain = address.AsSpan(at + 1);
        if (rules.AppendDotMyDomain && rules.Domain.Length > 0 && domain.Length > 0 && !domain.ContainsAny('.', '['))
            return $"{address}.{rules.Domain}";
        if (domain.Length > 1 && domain[^1] == '.' && domain[^2] != '.')
            return address[..^1];
        return address;
    }

    /// <summary>Likewise, for an address that was read from text: what stood in quotes has no other meaning.</summary>
    public static string Complete(HeaderAddress address, AddressCompletion rules) =>
        address.IsLocalPart ? WithOrigin(address.Address, rules) : Complete(address.Address, rules);

    private static string WithOrigin(string local, AddressCompletion rules) =>
        rules.AppendAtMyOrigin && rules.Origin.Length > 0 ? $"{local}@{rules.Origin}" : local;

    /// <summary>The address that a null recipient or, in notices, a null sender stands for.</summary>
    /// <param name="emptyAddressRecipient">empty_address_recipient, completed like any other address.</param>
    public static string OrDefault(string address, string emptyAddressRecipient, AddressCompletion rules) =>
        Complete(address, rules) is { Length: > 0 } complete ? complete : Complete(emptyAddressRecipient, rules);

    /// <summary>Recognises <c>[192.0.2.1]</c> and <c>[IPv6:2001:db8::1]</c>, RFC 5321 section 4.1.3.</summary>
    /// <param name="inside">What stands in the brackets, the tag <c>IPv6:</c> taken off; not checked to be an IP address.</param>
    public static bool IsDomainLiteral(string domain, out string inside)
    {
        inside = "";
        if (domain is not ['[', .., ']'] || domain.Length < 3)
            return false;
        inside = domain[1..^1];
        if (inside.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase))
            inside = inside[5..];
        return inside.Length > 0 && inside.AsSpan().IndexOfAny('[', ']') < 0;
    }

    /// <summary>True when the local part needs no quotes: atoms with single dots between; 8-bit text counts as atom.</summary>
    public static bool IsDotAtom(ReadOnlySpan<char> local)
    {
        char previous = '.';
        foreach (char c in local)
        {
            if (c == '.' && previous == '.')
                return false;
            if (c is <= ' ' or '\x7f' or '(' or ')' or '<' or '>' or '@' or ',' or ';' or ':' or '\\' or '"' or '[' or ']')
                return false;
            previous = c;
        }
        return previous != '.';
    }

    private static ReadOnlySpan<char> WithoutRoute(ReadOnlySpan<char> address)
    {
        if (address.Length == 0 || address[0] != '@')
            return address;
        int colon = address.IndexOf(':');
        return colon < 0 || colon == address.Length - 1 ? address : address[(colon + 1)..];
    }
}
