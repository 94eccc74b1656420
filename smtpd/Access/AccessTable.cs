using System.Net;
using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Smtpd;

/// <summary>A lookup table of a restriction, and the keys that are tried in it: access(5) of Postfix.</summary>
/// <param name="Name">As main.toml has it.</param>
/// <param name="Table">Its entries.</param>
/// <param name="IsForSubdomains">A domain stands for all below it (parent_domain_matches_subdomains has "smtpd_access_maps"); else ".domain" does.</param>
/// <param name="Delimiters">recipient_delimiter.</param>
internal sealed record AccessTable(string Name, LookupTable Table, bool IsForSubdomains, string Delimiters)
{
    /// <summary>What it has for exactly this key.</summary>
    internal string? Find(string key, KeyKind kind = KeyKind.Whole) => key.Length == 0 ? null : Table.Find(key, kind);

    /// <summary>For a host: its name, the domains that it is in, its address, the networks that it is in.</summary>
    internal string? OfHost(string name, IPAddress address) => OfDomain(name) ?? OfAddress(address);

    /// <summary>For a name, or the domains that it is in.</summary>
    internal string? OfDomain(string name, KeyKind kind = KeyKind.Whole)
    {
        if (Find(name, kind) is { } found)
            return found;
        // Parts of an address in words are no domains.
        if (IPAddress.TryParse(name, out _))
            return null;
        for (int dot = name.IndexOf('.', Math.Min(1, name.Length)); dot >= 0 && dot < name.Length - 1; dot = name.IndexOf('.', dot + 1))
        {
            if (Find(name[(IsForSubdomains ? dot + 1 : dot)..], KeyKind.Part) is { } parent)
                return parent;
        }
        return null;
    }

    /// <summary>For a mail address: user+extension@domain, user@domain, the domain and those that it is in, user+extension@, user@.</summary>
    /// <param name="address">Internal form, with a domain.</param>
    internal string? OfMailAddress(string address)
    {
        (string local, string? domain) = Address.Split(address);
        string extension = new AddressLookup(Table.Find, static _ => false, Delimiters).ExtensionOf(local), user = local[..^extension.Length];
        return Find(address) ?? (extension.Length > 0 ? Find($"{user}@{domain}", KeyKind.Part) : null) ?? OfDomain(domain ?? "", KeyKind.Part)
            ?? Find($"{local}@", KeyKind.Part) ?? (extension.Length > 0 ? Find($"{user}@", KeyKind.Part) : null);
    }

    // "192.0.2.1", "192.0.2", "192.0", "192"; "2001:db8::1", "2001:db8:", "2001:db8", "2001".
    private string? OfAddress(IPAddress address)
    {
        string text = address.ToString();
        char delimiter = text.Contains(':', StringComparison.Ordinal) ? ':' : '.';
        for (KeyKind kind = KeyKind.Whole; ; kind = KeyKind.Part)
        {
            if (Find(text, kind) is { } found)
                return found;
            int end = text.LastIndexOf(delimiter);
            if (end < 0)
                return null;
            text = text[..end];
        }
    }
}
