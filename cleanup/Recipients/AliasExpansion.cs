namespace PostfixNet.Cleanup;

/// <summary>Turns one recipient into those that virtual_alias_maps names.</summary>
internal sealed class AliasExpansion(CleanupOptions options)
{
    /// <summary>The addresses that take the place of <paramref name="address"/>: itself when it is no alias.</summary>
    /// <exception cref="Refusal">A limit is exceeded, or there is no address in the table: it is broken, and the message waits until it is
    /// repaired.</exception>
    internal IReadOnlyList<string> Expand(Message message, string address)
    {
        if (options.VirtualAliases is not { } aliases || !message.IsMapped)
            return [address];
        // The first member takes the place of its alias, the others go to the end, where their turn comes.
        List<string> members = [address];
        List<int> depths = [0];
        for (int i = 0; i < members.Count; i++)
        {
            while (depths[i] != Final && aliases.Find(members[i]) is { } results)
            {
                if (results.Count == 0 || results.Contains(""))
                    throw Trouble(message, "result without an address", members[i]);
                if (depths[i] >= options.RecursionLimit - 1)
                    throw Trouble(message, "nesting", address);
                (string alias, int depth) = (members[i], depths[i] + 1);
                for (int k = 0; k < results.Count; k++)
                {
                    string result = results[k];
                    if (result.Length > options.AliasLengthLimit)
                        throw Trouble(message, "result length", address);
                    // An alias that lists itself means "also deliver here".
                    int itsDepth = result.Equals(alias, StringComparison.OrdinalIgnoreCase) ? Final : depth;
                    if (k == 0)
                    {
                        (members[i], depths[i]) = (result, itsDepth);
                        continue;
                    }
                    members.Add(result);
                    depths.Add(itsDepth);
                }
                if (members.Count > options.ExpansionLimit)
                    throw Trouble(message, "expansion size", address);
            }
        }
        return members;
    }

    private const int Final = int.MaxValue;

    private static Refusal Trouble(Message message, string what, string address)
    {
        message.Log.AliasTrouble(message, what, address);
        return Refusal.OfExpansion();
    }
}
