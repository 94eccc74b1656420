namespace PostfixNet.Tables;

/// <summary>unionmap:{type:name, type:name}: what all of them have, with commas between.</summary>
internal sealed class UnionTable(IReadOnlyList<Table> tables) : Table
{
    public override bool IsForWholeKeys => tables[0].IsForWholeKeys;

    public override bool Waits => tables.Any(static table => table.Waits);

    public override bool MayTakeLong => tables.Any(static table => table.MayTakeLong);

    public override string? Find(string key)
    {
        string found = "";
        foreach (Table table in tables)
        {
            if (table.Find(key) is { } value)
                found = found.Length == 0 ? value : $"{found},{value}";
        }
        return found.Length == 0 ? null : found;
    }
}
