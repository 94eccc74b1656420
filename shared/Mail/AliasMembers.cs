namespace PostfixNet.Mail;

/// <summary>What an alias stands for, aliases(5): addresses, and what only local delivery could do.</summary>
public static class AliasMembers
{
    private const string WayOut = "there is no local delivery: give addresses of another system, or leave the whole domain to one (local_transport)";

    /// <summary>The addresses in the value of an alias, in order.</summary>
    public static IReadOnlyList<HeaderAddress> Parse(string value) => HeaderAddresses.Parse(value);

    /// <summary>Why the value of an alias cannot be used: a member is no address, or there is none; null: all are addresses.</summary>
    public static string? Problem(string value)
    {
        IReadOnlyList<HeaderAddress> members = Parse(value);
        if (members.Count == 0)
            return "stands for no address";
        foreach (HeaderAddress member in members)
        {
            if (member.Address.StartsWith('|'))
                return $"runs a command ({member.Address}), and {WayOut}";
            if (member.Address.StartsWith('/') && !member.Address.Contains('@', StringComparison.Ordinal))
                return $"writes to a file ({member.Address}), and {WayOut}";
            if (member.Address.StartsWith(":include:", StringComparison.OrdinalIgnoreCase))
                return $"has its members in a file of its own ({member.Address}), which is not read: list them here";
        }
        // A backslash is gone once the address is understood.
        return value.Split(',').Any(static member => member.AsSpan().TrimStart().StartsWith("\\"))
            ? $"delivers to a mailbox here (\\name), and {WayOut}" : null;
    }
}
