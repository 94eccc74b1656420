using PostfixNet.Configuration;
using PostfixNet.Milter;

namespace PostfixNet.Cleanup;

/// <summary>What main.toml says about milters, to this program.</summary>
/// <param name="Settings">What holds for all of them.</param>
/// <param name="Others">non_smtpd_milters: of mail that no server takes in.</param>
/// <param name="FilteredClasses">internal_mail_filter_classes: mail of the system itself that passes them, too.</param>
/// <param name="Network">Reaches them.</param>
internal sealed record CleanupMilters(MilterSettings Settings, IReadOnlyList<MilterOptions> Others, IReadOnlyList<string> FilteredClasses, BlockingMilterNetwork Network)
{
    /// <summary>myhostname.</summary>
    internal required string MyHostname { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static CleanupMilters Read(MainConfig config)
    {
        MilterSettings settings = MilterSettings.Read(config);
        return new CleanupMilters(settings, settings.List(config, Parameters.NonSmtpdMilters), config.Get(Parameters.InternalMailFilterClasses),
            new BlockingMilterNetwork(config.Get(Parameters.DnsNameservers)))
        {
            MyHostname = config.Get(Parameters.MyHostname),
        };
    }
}
