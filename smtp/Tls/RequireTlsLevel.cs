using PostfixNet.Mail;

namespace PostfixNet.Smtp;

/// <summary>How far servers must hold to REQUIRETLS: the actions of smtp_requiretls_policy, the weakest first.</summary>
internal enum RequireTlsLevel
{
    /// <summary>The sender did not ask for it, or it is not passed on.</summary>
    Disable,
    /// <summary>Passed on to servers that know it.</summary>
    Opportunistic,
    /// <summary>Likewise, and only over TLS.</summary>
    OpportunisticStartTls,
    /// <summary>Only over TLS with servers that proved who they are, and that know it: RFC 8689 section 4.2.1.</summary>
    Enforce,
}

/// <summary>What a level asks of a server.</summary>
internal static class RequireTlsLevels
{
    // RFC 8689 section 4.2.1: no server knows it; no session over TLS can be had.
    private const string NotSupported = "5.7.30", NoTls = "5.7.10";

    /// <summary>Whether mail of this level may go to a server.</summary>
    /// <param name="peer">It.</param>
    /// <param name="policy">What the conversation needed.</param>
    /// <param name="isEncrypted">It goes over TLS.</param>
    /// <param name="isVerified">The server proved who it is, as the policy wanted it to.</param>
    /// <param name="isAnnounced">It announced REQUIRETLS, over TLS.</param>
    /// <returns>Words for the log line, as Postfix has them (smtp_log_tls_feature_status); and why not, null: it may.</returns>
    internal static (string Feature, Dsn? Lack) Judge(this RequireTlsLevel level, SmtpPeer peer, TlsPolicy policy, bool isEncrypted, bool isVerified, bool isAnnounced)
    {
        bool isEnforced = level == RequireTlsLevel.Enforce;
        return (level, isEncrypted, isVerified, isAnnounced) switch
        {
            (RequireTlsLevel.Disable, _, _, _) => ("", null),
            (RequireTlsLevel.Enforce, _, false, _) => ("!requiretls:nocertmatch", SmtpTrouble.Why(NotSupported,
                $"REQUIRETLS support required: the sender wants a server that proves its name, and TLS at level \"{TlsPolicy.WordFor(policy.Level)}\" does not verify that of host {peer.Name}")),
            (RequireTlsLevel.OpportunisticStartTls, false, _, _) => ("!requiretls:nostarttls", SmtpTrouble.Why(NoTls,
                $"encryption needed: the sender requires TLS, but it was not offered by host {peer.Name}")),
            (_, false, _, _) => ("requiretls:nostarttls", null),
            (_, _, _, false) => isEnforced
                ? ("!requiretls:none", SmtpTrouble.Why(NotSupported, $"REQUIRETLS support required, but not offered by host {peer.Name}"))
                : ("requiretls:none", null),
            (_, _, false, _) => ("requiretls:nocertmatch", null),
            _ => ("requiretls", null),
        };
    }
}
