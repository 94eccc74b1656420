namespace PostfixNet.Tables;

/// <summary>static:value: the same for every key.</summary>
internal sealed class StaticTable(string value) : Table
{
    public override IEnumerable<string> KnownValues => [value];

    public override string? Find(string key) => value;
}
