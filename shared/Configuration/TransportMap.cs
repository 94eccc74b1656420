using PostfixNet.Mail;

namespace PostfixNet.Configuration;

/// <summary>transport_maps, as transport(5) describes it: an address, without its extension, its domain, ".domain" of those above it, "*".</summary>
/// <remarks>For one thread.</remarks>
/// <param name="table">Its entries.</param>
/// <param name="delimiters">recipient_delimiter.</param>
public sealed class TransportMap(LookupTable table, string delimiters)
{
    private const int MostDomains = 10_000;

    private readonly AddressLookup? _users = delimiters.Length > 0 ? new AddressLookup(table.Find, static _ => false, delimiters) : null;
    private readonly Dictionary<string, string?> _entryOfDomain = [];

    /// <summary>There are no entries.</summary>
    public bool IsEmpty => table.IsEmpty;

    /// <summary>The entry for an address, "transport:nexthop"; null: there is none.</summary>
    /// <param name="address">Internal form.</param>
    /// <param name="domain">Its domain, in small letters.</param>
    /// <exception cref="Tables.LookupException">It cannot be said now.</exception>
    public string? Find(string address, string domain)
    {
        if (table.Find(address) is { } own)
            return own;
        if (_users is not null && WithoutExtension(_users, address) is { } user && table.Find(user, KeyKind.Part) is { } ofUser)
            return ofUser;
        if (_entryOfDomain.TryGetValue(domain, out string? known))
            return known;
        string? found = FindDomain(domain);
        if (_entryOfDomain.Count >= MostDomains)
            _entryOfDomain.Clear();
        _entryOfDomain.Add(domain, found);
        return found;
    }

    private static string? WithoutExtension(AddressLookup users, string address)
    {
        (string local, string? domain) = Address.Split(address);
        string extension = users.ExtensionOf(local);
        return extension.Length == 0 ? null : domain is null ? local[..^extension.Length] : $"{local[..^extension.Length]}@{domain}";
    }

    private string? FindDomain(string domain)
    {
        if (table.Find(domain, KeyKind.Part) is { } exact)
            return exact;
        for (int dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            // "example.com" matches that domain only; ".example.com" matches all below it (transport(5)).
            if (table.Find(domain[dot..], KeyKind.Part) is { } parent)
                return parent;
        }
        return table.Find("*");
    }
}
