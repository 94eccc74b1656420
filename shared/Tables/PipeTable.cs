namespace PostfixNet.Tables;

/// <summary>pipemap:{type:name, type:name}: what one has is looked up in the next.</summary>
internal sealed class PipeTable(IReadOnlyList<Table> tables) : Table
{
    public override bool IsForWholeKeys => tables[0].IsForWholeKeys;

    public override bool Waits => tables.Any(static table => table.Waits);

    public override bool MayTakeLong => tables.Any(static table => table.MayTakeLong);

    public override string? Find(string key)
    {
        foreach (Table table in tables)
        {
            if (table.Find(key) is not { } value)
                return null;
            key = value;
        }
        return key;
    }
}
