using System.Diagnostics;
using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>What is made of what senders want of TLS (RFC 8689).</summary>
/// <param name="IsEnabled">requiretls_enable.</param>
/// <param name="HeedsHeader">tls_required_enable.</param>
/// <param name="Actions">smtp_requiretls_policy.</param>
internal sealed record RequireTlsPolicy(bool IsEnabled, bool HeedsHeader, ActionList Actions)
{
    /// <summary>How far the servers of a next hop must hold to it.</summary>
    /// <param name="wish">Of the sender.</param>
    /// <param name="nextHop">Without brackets and port.</param>
    /// <exception cref="Tables.LookupException">It cannot be said now.</exception>
    /// <exception cref="FormatException">The operator has to put something right.</exception>
    internal RequireTlsLevel LevelFor(RequireTls wish, string nextHop) => wish != RequireTls.Yes || !IsEnabled ? RequireTlsLevel.Disable
        : Actions.For(nextHop) switch
        {
            null or "enforce" => RequireTlsLevel.Enforce,
            "opportunistic+starttls" => RequireTlsLevel.OpportunisticStartTls,
            "opportunistic" => RequireTlsLevel.Opportunistic,
            "disable" => RequireTlsLevel.Disable,
            "error" => throw new FormatException("smtp_requiretls_policy says \"error\""),
            string action => throw new UnreachableException(action),
        };

    /// <summary>The sender would rather have it delivered than protected: what recipients' domains want of TLS does not hold. What the operator wants does.</summary>
    internal bool PrefersDelivery(RequireTls wish) => wish == RequireTls.No && HeedsHeader;
}
