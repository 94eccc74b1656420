namespace PostfixNet.Tables;

/// <summary>One lookup table, ready to be asked: "type:name" of Postfix. Several threads may ask at once.</summary>
public abstract class Table
{
    /// <summary>The value of exactly this key; null when there is none.</summary>
    /// <exception cref="LookupException">It cannot be said now.</exception>
    public abstract string? Find(string key);

    /// <summary>It looks at keys as a whole: a domain alone, a user alone, an address without its extension or a part of a network are not
    /// looked up in it.</summary>
    public virtual bool IsForWholeKeys => false;

    /// <summary>Its answer comes from a server, and may take long.</summary>
    public virtual bool Waits => false;

    /// <summary>Its answer may take long, whoever gives it: nothing for a loop that serves others.</summary>
    public virtual bool MayTakeLong => Waits;

    /// <summary>All keys, folded, with their values; null: they are not known beforehand.</summary>
    public virtual IReadOnlyDictionary<string, string>? Entries => null;

    /// <summary>Values that it may give, as far as they are known beforehand.</summary>
    public virtual IEnumerable<string> KnownValues => Entries?.Values ?? [];
}
