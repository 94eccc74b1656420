using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>What the names of this host stand for: alias_maps, owner- aliases, luser_relay. Addresses are in internal form, complete.</summary>
internal sealed class LocalAliases
{
    private readonly AliasNames _aliases;
    private readonly LocalDomains _domains;
    private readonly AddressCompletion _completion;
    private readonly CatchAll? _catchAll;
    private readonly bool _expandsOwner, _propagatesExtension;

    private LocalAliases(MainConfig config, LookupTable aliases, CatchAll? catchAll, AddressCompletion completion)
    {
        (_catchAll, _completion) = (catchAll, completion);
        _aliases = new AliasNames(aliases, config.Get(Parameters.RecipientDelimiter));
        _domains = LocalDomains.Read(config);
        _expandsOwner = config.Get(Parameters.ExpandOwnerAlias);
        _propagatesExtension = config.Get(Parameters.PropagateUnmatchedExtensions).Contains("alias");
    }

    /// <summary>An alias that was found.</summary>
    /// <param name="Name">Its key.</param>
    /// <param name="Members">Addresses that it stands for.</param>
    /// <param name="Owner">Sender of what its members get; null: the message's.</param>
    internal sealed record Alias(string Name, IReadOnlyList<string> Members, string? Owner);

    /// <summary>An address is one of this host's.</summary>
    internal bool IsLocal(string address) => Address.Split(address).Domain is { } domain && _domains.Contain(domain);

    /// <summary>The alias for an address of this host: of its whole local part, else without the extension; null: it has none.</summary>
    /// <param name="within">Name of the alias that the address is a member of, which means itself by its own name: no alias.</param>
    /// <exception cref="Refusal">What it stands for cannot be used.</exception>
    internal Alias? Find(Message message, string address, string? within)
    {
        string local = Address.Split(address).Local;
        string extension = _aliases.Names.ExtensionOf(local);
        return Find(message, local, "", within)
            ?? (extension.Length > 0 ? Find(message, local[..^extension.Length], _propagatesExtension ? extension : "", within) : null);
    }

    private Alias? Find(Message message, string name, string extension, string? within)
    {
        name = name.ToLowerInvariant();
        if (name == within || _aliases.ValueOf(name) is not { } value)
            return null;
        if (AliasMembers.Problem(value) is { } problem)
            throw message.Log.UnusableAlias(message, name, problem);
        List<string> members = [];
        foreach (HeaderAddress member in AliasMembers.Parse(value))
        {
            if (Address.Complete(member, _completion) is { Length: > 0 } complete)
                members.Add(AddressMapping.WithExtension(complete, extension));
        }
        if (members.Count == 0)
            throw message.Log.UnusableAlias(message, name, "stands for no address");
        return new Alias(name, members, OwnerOf(name));
    }

    // Who is responsible for a list hears of its failures: RFC 5321 section 3.9.2.
    private string? OwnerOf(string name)
    {
        string owner = $"owner-{name}";
        if (_aliases.ValueOf(owner) is not { } value)
            return null;
        return _expandsOwner && AliasMembers.Parse(value) is [var first, ..] ? Address.Complete(first, _completion) : Address.Complete(owner, _completion);
    }

    /// <summary>Where mail goes to an address of this host that has no alias; null: nowhere, it does not exist.</summary>
    internal string? InsteadOf(string address) => _catchAll?.For(address, _aliases.Names) is { } text && HeaderAddresses.Parse(text) is [var only]
        && Address.Complete(only, _completion) is { Length: > 0 } complete && !complete.Equals(address, StringComparison.OrdinalIgnoreCase) ? complete : null;

    /// <returns>null: neither names nor whoever has none are looked for.</returns>
    /// <exception cref="ConfigurationException">The aliases cannot be used.</exception>
    internal static LocalAliases? Read(MainConfig config, AddressCompletion completion)
    {
        LookupTable table = config.Get(Parameters.AliasMaps);
        if (table.FirstKey(static (_, value) => AliasMembers.Problem(value) is not null) is { } wrong)
            throw config.Refuse(Parameters.AliasMaps, $"the alias {wrong} {AliasMembers.Problem(table.Find(wrong) ?? "")}");
        if (table.FirstKey(static (name, value) => AliasMembers.Parse(value).Any(member => member.Address.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } own)
            config.Remark(Parameters.AliasMaps, $"the alias {own} names itself, which means a mailbox here; mail for that goes where {Parameters.LuserRelay.Name} or {Parameters.LocalTransport.Name} say, or is returned");
        CatchAll? catchAll = CatchAll.Read(config);
        LocalAliases aliases = new(config, table, catchAll, completion);
        return table.IsEmpty && catchAll is null ? null : aliases;
    }
}
