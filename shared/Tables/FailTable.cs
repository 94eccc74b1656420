namespace PostfixNet.Tables;

/// <summary>fail:reason: no lookup succeeds.</summary>
internal sealed class FailTable(string reason) : Table
{
    public override bool IsForWholeKeys => true;

    public override string? Find(string key) => throw new LookupException($"fail:{reason} lookup error");
}
