using PostfixNet.Configuration;
using PostfixNet.Mtasts;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>Parameters of mtasts.</summary>
public sealed class MtaStsRows
{
    internal static readonly Row[] All =
    [
        new("mta_sts_cache_limit", "7", static toml => Options(toml).CacheLimit.ToString(System.Globalization.CultureInfo.InvariantCulture), "7"),
        new("mta_sts_tls_CAfile", $"'{Path.GetTempPath()}no-such-file.pem'", Refusal, "mta_sts_tls_CAfile: open "),
        new("mta_sts_tls_CAfile", "'/etc/hostname'", Refusal, "there is no certificate in /etc/hostname, in PEM format"),
    ];

    private static MtaStsOptions Options(string toml) => MtaStsOptions.Read(Row.Config("", toml));

    private static string Refusal(string toml)
    {
        try
        {
            return Options(toml).ToString();
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    }
}
