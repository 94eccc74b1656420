using PostfixNet.Configuration;
using PostfixNet.Log;

namespace PostfixNet.Smtpd;

/// <summary>All that the service reads of main.toml.</summary>
/// <param name="Options">What a session is like.</param>
/// <param name="Access">Who may do what.</param>
/// <param name="Milters">Who looks at mail before it is queued; null: nobody.</param>
internal sealed record SmtpdSettings(SmtpdOptions Options, AccessOptions Access, MilterChoice? Milters)
{
    /// <summary>debug_peer_list; null: empty.</summary>
    internal required PeerList? DebugPeers { get; init; }

    /// <summary>Looks at where filters are.</summary>
    internal required Action Examine { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static SmtpdSettings Read(MainConfig config)
    {
        // First: others follow mynetworks.
        AccessOptions access = AccessOptions.Read(config);
        return new SmtpdSettings(SmtpdOptions.Read(config), access, MilterChoice.Read(config))
        {
            DebugPeers = Verbosity.Peers(config),
            Examine = () =>
            {
                TransportCheck check = TransportCheck.Of(config);
                check.RunContentFilter();
                check.RunFilters(access.Tables);
            },
        };
    }
}
