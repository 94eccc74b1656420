namespace PostfixNet.Smtp;

/// <summary>What the DNS said of a name, and whether DNSSEC vouches for it.</summary>
/// <param name="Name">The name that was asked for.</param>
/// <param name="Canonical">The name that aliases led to; without any the same.</param>
/// <param name="IsAuthentic">DNSSEC vouches for the records and for each alias on the way to them.</param>
internal sealed record NameOrigin(string Name, string Canonical, bool IsAuthentic)
{
    /// <summary>It was not found by DNSSEC, or not in the DNS at all.</summary>
    internal static NameOrigin Unknown(string name) => new(name, name, false);
}
