namespace PostfixNet.Mail;

/// <summary>What a table has for an address.</summary>
/// <param name="Value">Of the entry.</param>
/// <param name="Extension">With its delimiter, what the entry's key leaves out of the local part; empty: nothing.</param>
public sealed record AddressMatch(string Value, string Extension);

/// <summary>Looks addresses up in a table that may have them whole, or only their user, or only their domain.</summary>
/// <remarks>A local part that needs quotes is looked up with them first, then without.</remarks>
/// <param name="find">The value of exactly one key; null when there is none. Only the whole address is a whole key.</param>
/// <param name="isLocal">Domains whose users are also looked up without the domain.</param>
/// <param name="delimiters">Characters that set an extension off from the user (recipient_delimiter); empty: there are no extensions.</param>
public sealed class AddressLookup(Func<string, KeyKind, string?> find, Func<string, bool> isLocal, string delimiters = "")
{
    /// <summary>The first of: user+extension@domain, user@domain, user+extension, user, @domain; null when there is none.</summary>
    /// <param name="address">Internal form.</param>
    public AddressMatch? Find(string address)
    {
        (string local, string? domain) = Address.Split(address);
        string extension = ExtensionOf(local);
        if (domain is null)
            return Find(local, extension, "", KeyKind.Whole);
        AddressMatch? match = Find(local, extension, $"@{domain}", KeyKind.Whole);
        if (match is null && isLocal(domain))
            match = Find(local, extension, "", KeyKind.Part);
        return match ?? (find($"@{domain}", KeyKind.Part) is { } value ? new AddressMatch(value, "") : null);
    }

    private AddressMatch? Find(string local, string extension, string atDomain, KeyKind kind)
    {
        if (ValueOf(local, atDomain, kind) is { } value)
            return new AddressMatch(value, "");
        if (extension.Length > 0 && ValueOf(local[..^extension.Length], atDomain, KeyKind.Part) is { } valueOfUser)
            return new AddressMatch(valueOfUser, extension);
        return null;
    }

    // A table may have an address as headers spell it, or as the queue does: "a b"@domain, a b@domain.
    private string? ValueOf(string local, string atDomain, KeyKind kind) =>
        local.Length > 0 && !Address.IsDotAtom(local) && find(Address.Quoted(local) + atDomain, kind) is { } value ? value : find(local + atDomain, kind);

    /// <summary>What a local part has beyond the user, with its delimiter; empty: nothing.</summary>
    public string ExtensionOf(string local)
    {
        int start = delimiters.Length == 0 ? -1 : local.AsSpan().IndexOfAny(delimiters);
        return start <= 0 || IsUndivided(local) ? "" : local[start..];
    }

    // With "-" as delimiter, these would be users "mailer", "double", "owner" and the list itself.
    private bool IsUndivided(string local) => delimiters.Contains('-', StringComparison.Ordinal)
        && (local.Equals("MAILER-DAEMON", StringComparison.OrdinalIgnoreCase) || local.Equals("double-bounce", StringComparison.OrdinalIgnoreCase)
            || local.StartsWith("owner-", StringComparison.OrdinalIgnoreCase) || local.EndsWith("-request", StringComparison.OrdinalIgnoreCase));
}
