using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>Turns one recipient into those that virtual_alias_maps names.</summary>
internal sealed class AliasExpansion(CleanupOptions options)
{
    /// <summary>The addresses that take the place of <paramref name="address"/>: itself when it is no alias.</summary>
    /// <exception cref="Refusal">A limit is exceeded: the table is broken, and the message waits until it is repaired.</exception>
    internal IReadOnlyList<string> Expand(Message message, string address)
    {
        if (options.VirtualAliases is not { } find)
            return [address];
        AddressLookup aliases = new(find, options.LocalDomains);
        List<string> done = [];
        // Depth first, in the order of the table; the stack holds what is still to be looked up.
        Stack<(string Address, int Depth)> open = new([(address, 0)]);
        while (open.TryPop(out (string Address, int Depth) next))
        {
            List<string>? expansion = next.Depth <= options.RecursionLimit ? Find(aliases, next.Address) : null;
            if (expansion is not null && next.Depth == options.RecursionLimit)
                throw Trouble(message, "nesting", address);
            if (expansion is null || expansion.Count == 0)
            {
                done.Add(next.Address);
                continue;
            }
            for (int i = expansion.Count - 1; i >= 0; i--)
            {
                string result = expansion[i];
                if (result.Length > options.AliasLengthLimit)
                    throw Trouble(message, "result length", address);
                // An alias that lists itself means "also deliver here".
                open.Push((result, result.Equals(next.Address, StringComparison.OrdinalIgnoreCase) ? int.MaxValue : next.Depth + 1));
            }
            if (done.Count + open.Count > options.ExpansionLimit)
                throw Trouble(message, "expansion size", address);
        }
        return done;
    }

    private List<string>? Find(AddressLookup aliases, string address)
    {
        if (aliases.Find(address) is not { Value: var value })
            return null;
        if (value is ['@', .. var target] && !target.Contains(','))
            return [$"{Address.Split(address).Local}@{target.Trim()}"];
        List<string> results = [];
        foreach (HeaderAddress result in HeaderAddresses.Parse(value, options.TokenLimit))
        {
            if (Address.Complete(result.Address, options.Completion) is { Length: > 0 } complete)
                results.Add(complete);
        }
        return results;
    }

    private static Refusal Trouble(Message message, string what, string address)
    {
        message.Log.AliasTrouble(message, what, address);
        return new Refusal("alias expansion error", isTemporary: true);
    }
}
