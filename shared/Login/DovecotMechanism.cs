namespace PostfixNet.Login;

/// <summary>A mechanism that Dovecot offers: MECH name flags.</summary>
/// <param name="Name">As in the AUTH command.</param>
/// <param name="Offers">What it offers.</param>
internal sealed record DovecotMechanism(string Name, SecurityOptions Offers)
{
    /// <summary>The mechanism of a line; null: it is none that can be used here.</summary>
    /// <param name="fields">The line after MECH.</param>
    internal static DovecotMechanism? Read(ReadOnlySpan<string> fields)
    {
        if (fields.Length == 0 || fields[0].Length is 0 or > 64 || fields[0].AsSpan().ContainsAnyExceptInRange('!', '~'))
            return null;
        // Flags say what it lacks, but for two.
        SecurityOptions offers = SecurityOptions.NoPlaintext | SecurityOptions.NoActive | SecurityOptions.NoDictionary | SecurityOptions.NoAnonymous;
        foreach (string flag in fields[1..])
        {
            switch (flag.ToLowerInvariant())
            {
                case "plaintext":
                    offers &= ~SecurityOptions.NoPlaintext;
                    break;
                case "active":
                    offers &= ~SecurityOptions.NoActive;
                    break;
                case "dictionary":
                    offers &= ~SecurityOptions.NoDictionary;
                    break;
                case "anonymous":
                    offers &= ~SecurityOptions.NoAnonymous;
                    break;
                case "forward-secrecy":
                    offers |= SecurityOptions.ForwardSecrecy;
                    break;
                case "mutual-auth":
                    offers |= SecurityOptions.MutualAuth;
                    break;
                case "private":
                    // Between parts of Dovecot.
                    return null;
            }
        }
        // Nothing in the protocol carries what a login would be bound to.
        string name = fields[0].ToUpperInvariant();
        return name.EndsWith("-PLUS", StringComparison.Ordinal) ? null : new DovecotMechanism(name, offers);
    }
}
