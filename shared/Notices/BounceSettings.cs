using PostfixNet.Configuration;

namespace PostfixNet.Notices;

/// <summary>What a bounce service must know; the names are those of main.toml.</summary>
public sealed record BounceSettings
{
    /// <summary>myhostname.</summary>
    public required string MyHostname { get; init; }
    /// <summary>mydomain: the domain of recipients without one, in VERP addresses.</summary>
    public required string MyDomain { get; init; }
    /// <summary>double_bounce_sender, local part.</summary>
    public required string DoubleBounceSender { get; init; }
    /// <summary>notify_classes has bounce.</summary>
    public required bool TellPostmasterOfBounces { get; init; }
    /// <summary>notify_classes has 2bounce.</summary>
    public required bool TellPostmasterOfDoubleBounces { get; init; }
    /// <summary>notify_classes has delay.</summary>
    public required bool TellPostmasterOfDelays { get; init; }
    /// <summary>notify_classes has software: a notice that cleanup will never take is this system's fault.</summary>
    public required bool TellPostmasterOfSoftware { get; init; }
    /// <summary>bounce_notice_recipient.</summary>
    public required string BounceNoticeRecipient { get; init; }
    /// <summary>2bounce_notice_recipient.</summary>
    public required string DoubleBounceNoticeRecipient { get; init; }
    /// <summary>delay_notice_recipient.</summary>
    public required string DelayNoticeRecipient { get; init; }
    /// <summary>bounce_size_limit.</summary>
    public required long BounceSizeLimit { get; init; }
    /// <summary>requiretls_redact_dsn: notices of mail with REQUIRETLS go without it.</summary>
    public required bool RedactsRequireTls { get; init; }
    /// <summary>enable_threaded_bounces.</summary>
    public required bool ThreadedBounces { get; init; }
    /// <summary>confirm_delay_cleared.</summary>
    public required bool ConfirmDelayCleared { get; init; }
    /// <summary>disable_verp_bounces.</summary>
    public required bool DisableVerpBounces { get; init; }
    /// <summary>backwards_bounce_logfile_compatibility.</summary>
    public required bool OldStyleLine { get; init; }
    /// <summary>delay_warning_time.</summary>
    public required TimeSpan DelayWarningTime { get; init; }
    /// <summary>bounce_digest_limit: failure notices that a sender gets within the window; 0: all.</summary>
    public required int DigestLimit { get; init; }
    /// <summary>bounce_digest_window.</summary>
    public required TimeSpan DigestWindow { get; init; }
    /// <summary>maximal_queue_lifetime.</summary>
    public required TimeSpan MaximalQueueLifetime { get; init; }

    /// <summary>From main.toml.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    public static BounceSettings From(MainConfig config)
    {
        IReadOnlyList<string> classes = config.Get(Parameters.NotifyClasses);
        return new BounceSettings
        {
            MyHostname = config.Get(Parameters.MyHostname),
            MyDomain = config.Get(Parameters.MyDomain),
            DoubleBounceSender = config.Get(Parameters.DoubleBounceSender),
            TellPostmasterOfBounces = Has("bounce"),
            TellPostmasterOfDoubleBounces = Has("2bounce"),
            TellPostmasterOfDelays = Has("delay"),
            TellPostmasterOfSoftware = Has("software"),
            BounceNoticeRecipient = config.Get(Parameters.BounceNoticeRecipient),
            DoubleBounceNoticeRecipient = config.Get(Parameters.DoubleBounceNoticeRecipient),
            DelayNoticeRecipient = config.Get(Parameters.DelayNoticeRecipient),
            BounceSizeLimit = config.Get(Parameters.BounceSizeLimit),
            RedactsRequireTls = config.Get(Parameters.RequiretlsRedactDsn),
            ThreadedBounces = config.Get(Parameters.EnableThreadedBounces),
            ConfirmDelayCleared = config.Get(Parameters.ConfirmDelayCleared),
            DisableVerpBounces = config.Get(Parameters.DisableVerpBounces),
            OldStyleLine = config.Get(Parameters.BackwardsBounceLogfileCompatibility),
            DelayWarningTime = config.Get(Parameters.DelayWarningTime),
            DigestLimit = config.Get(Parameters.BounceDigestLimit),
            DigestWindow = config.Get(Parameters.BounceDigestWindow),
            MaximalQueueLifetime = config.Get(Parameters.MaximalQueueLifetime),
        };

        bool Has(string name)
        {
            foreach (string listed in classes)
            {
                if (listed.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
            return false;
        }
    }
}
