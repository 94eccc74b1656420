namespace PostfixNet.Configuration;

// Read by mtasts; the second one by smtp, too. Not Postfix's.
public static partial class Parameters
{
    /// <summary>Domains whose MTA-STS policies are kept.</summary>
    public static readonly Parameter<int> MtaStsCacheLimit = Number("mta_sts_cache_limit", "10000", minimum: 1, maximum: 1_000_000);

    /// <summary>Certificates to trust where MTA-STS is concerned, in one file; empty: those that the system trusts.</summary>
    public static readonly Parameter<string> MtaStsTlsCAfile = Text("mta_sts_tls_CAfile", "");
}
