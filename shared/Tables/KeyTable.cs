namespace PostfixNet.Tables;

/// <summary>Keys and values held in memory. Letter case of keys does not matter (ASCII).</summary>
public sealed class KeyTable : Table
{
    private readonly Dictionary<string, string> _entries = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string? Find(string key) => _entries.GetValueOrDefault(Fold(key));

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Entries => _entries;

    /// <summary>Adds an entry.</summary>
    /// <returns>False: there is one of that key, and it stays.</returns>
    public bool TryAdd(string key, string value) => _entries.TryAdd(Fold(key), value);

    /// <summary>Adds an entry, in the place of one of that key.</summary>
    internal void Put(string key, string value) => _entries[Fold(key)] = value;

    private static string Fold(string key)
    {
        foreach (char c in key)
        {
            if (char.IsAsciiLetterUpper(c))
                return string.Create(key.Length, key, static (folded, original) =>
                {
                    for (int i = 0; i < folded.Length; i++)
                        folded[i] = char.IsAsciiLetterUpper(original[i]) ? (char)(original[i] | 0x20) : original[i];
                });
        }
        return key;
    }
}
