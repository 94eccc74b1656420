namespace PostfixNet.Cleanup;

/// <summary>What became of an address of this host: those who get the mail in its place, by whose orders.</summary>
/// <param name="Address">One of them.</param>
/// <param name="Owner">Sender of what he gets; null: the message's.</param>
internal readonly record struct LocalMember(string Address, string? Owner);

/// <summary>Replaces names of this host by what they stand for, as deep as that goes: local(8)'s way, without local delivery.</summary>
/// <remarks>A member elsewhere is treated like a recipient that was given: canonical and virtual tables change it. Within one expansion everybody
/// gets the mail once.</remarks>
internal sealed class LocalExpansion(CleanupOptions options, LocalAliases aliases, AliasExpansion virtualAliases)
{
    private const int Deepest = 100; // as in Postfix

    /// <summary>Expands one address.</summary>
    /// <param name="address">Of this host or not, complete.</param>
    /// <returns>Itself alone, when it stands for itself.</returns>
    /// <exception cref="Refusal">Aliases run in a circle, or cannot be used.</exception>
    internal IReadOnlyList<LocalMember> Expand(Message message, string address)
    {
        if (!aliases.IsLocal(address))
            return [new LocalMember(address, null)];
        Walk walk = new(message, address);
        Visit(walk, address, owner: null, within: null);
        return walk.Found;
    }

    private sealed class Walk(Message message, string start)
    {
        internal Message Message => message;

        internal string Start => start;

        internal List<LocalMember> Found { get; } = [];

        internal HashSet<LocalMember> Seen { get; } = [];

        internal Stack<string> Names { get; } = [];
    }

    private void Visit(Walk walk, string address, string? owner, string? within)
    {
        if (!aliases.IsLocal(address))
            Take(walk, address, owner);
        else if (aliases.Find(walk.Message, address, within) is { } alias)
            Enter(walk, alias.Name, alias.Members, alias.Owner ?? owner, alias.Name);
        else if (aliases.InsteadOf(address) is { } other)
            Enter(walk, address, [other], owner, within);
        else
            Take(walk, address, owner);
    }

    private void Enter(Walk walk, string name, IReadOnlyList<string> members, string? owner, string? within)
    {
        if (walk.Names.Contains(name) || walk.Names.Count >= Deepest)
            throw walk.Message.Log.AliasLoop(walk.Message, name, walk.Start);
        // What was found on another way is found.
        if (!walk.Seen.Add(new LocalMember($"{name}:", owner)))
            return;
        walk.Names.Push(name);
        foreach (string member in members)
        {
            if (aliases.IsLocal(member))
            {
                Visit(walk, member, owner, within);
                continue;
            }
            foreach (string mapped in virtualAliases.Expand(walk.Message, options.Rewriting.Rewrite(walk.Message, AddressPlace.EnvelopeRecipient, member)))
                Visit(walk, mapped, owner, within: null);
        }
        walk.Names.Pop();
    }

    private static void Take(Walk walk, string address, string? owner)
    {
        LocalMember member = new(address, owner);
        if (walk.Seen.Add(member with { Address = address.ToLowerInvariant() }))
            walk.Found.Add(member);
    }
}
