namespace PostfixNet.Tables;

/// <summary>randmap:{value, value}: one of them, whatever the key.</summary>
internal sealed class RandomTable(IReadOnlyList<string> values) : Table
{
    public override bool IsForWholeKeys => true;

    public override IEnumerable<string> KnownValues => values;

    public override string? Find(string key) => values[Random.Shared.Next(values.Count)];
}
