using PostfixNet.Mail;

namespace PostfixNet.Configuration;

/// <summary>How names of this host are looked up in alias_maps: the whole local part in small letters, else without its extension.</summary>
/// <param name="aliases">alias_maps.</param>
/// <param name="delimiters">recipient_delimiter.</param>
public sealed class AliasNames(LookupTable aliases, string delimiters)
{
    /// <summary>Knows extensions.</summary>
    public AddressLookup Names { get; } = new(aliases.Find, static _ => false, delimiters);

    /// <summary>A local part has an alias.</summary>
    /// <exception cref="Tables.LookupException">It cannot be said now.</exception>
    public bool Contain(string local)
    {
        ArgumentNullException.ThrowIfNull(local);
        string name = local.ToLowerInvariant(), extension = Names.ExtensionOf(name);
        return ValueOf(name) is not null || (extension.Length > 0 && ValueOf(name[..^extension.Length]) is not null);
    }

    /// <summary>The entry of exactly this name, as headers spell it, or as it is; null: there is none.</summary>
    /// <param name="name">In small letters.</param>
    /// <inheritdoc cref="Contain"/>
    public string? ValueOf(string name) => Address.IsDotAtom(name) ? aliases.Find(name) : aliases.Find(Address.ToExternal(name)) ?? aliases.Find(name);
}
