using System.Diagnostics.CodeAnalysis;
using PostfixNet.Configuration;
using PostfixNet.ReturnPaths;
using PostfixNet.Suppression;

namespace PostfixNet.Qmgr;

/// <summary>The parameters of the queue manager, read at its start and at each reload.</summary>
internal sealed class Settings
{
    /// <exception cref="ConfigurationException">One cannot be used.</exception>
    internal Settings(MainConfig config) => Read(config);

    internal TimeSpan QueueRunDelay { get; private set; }

    internal TimeSpan MinimalBackoff { get; private set; }

    /// <summary>When mail that was tried, and not delivered, is tried again.</summary>
    internal DestinationPolicies Retries { get; private set; }

    /// <summary>No pause between attempts is longer.</summary>
    internal TimeSpan LongestPause { get; private set; }

    internal TimeSpan QueueLifetime { get; private set; }

    internal TimeSpan BounceLifetime { get; private set; }

    internal int MessageLimit { get; private set; }

    internal int RecipientLimit { get; private set; }

    internal int RecipientMinimum { get; private set; }

    /// <summary>Recipients beyond the limit for messages that come while large ones fill the memory.</summary>
    internal int ExtraRecipients { get; private set; }

    /// <summary>A large message is read on when so many of its recipients are done,</summary>
    internal int RefillLimit { get; private set; }

    /// <summary>or any, and so much time has passed.</summary>
    internal TimeSpan RefillDelay { get; private set; }

    /// <summary>For one answer of a service that should answer at once.</summary>
    internal TimeSpan ReportTimeout { get; private set; }

    internal TimeSpan ChannelIdle { get; private set; }

    internal int DelayResolution { get; private set; }

    /// <summary>No mail is returned to its sender by a refusal.</summary>
    internal bool SoftBounce { get; private set; }

    /// <summary>Senders that were told of a delay are told of the delivery too.</summary>
    internal bool ConfirmDelayCleared { get; private set; }

    /// <summary>Domain of recipients without one, in VERP addresses.</summary>
    internal string MyDomain { get; private set; } = "";

    /// <summary>What main.toml says of the suppression list.</summary>
    internal SuppressionSettings Suppression { get; private set; }

    /// <summary>What main.toml says of return paths.</summary>
    internal ReturnPathSettings ReturnPaths { get; private set; }

    internal string BounceService { get; private set; } = "";

    internal string DeferService { get; private set; } = "";

    internal string TraceService { get; private set; } = "";

    /// <summary>Takes the values of a configuration, for all who hold these settings.</summary>
    /// <exception cref="ConfigurationException">One cannot be used; a configuration that settings were made of before is safe.</exception>
    [MemberNotNull(nameof(Retries), nameof(Suppression), nameof(ReturnPaths))]
    internal void Read(MainConfig config)
    {
        Suppression = new SuppressionSettings(config);
        ReturnPaths = new ReturnPathSettings(config);
        QueueRunDelay = config.Get(Parameters.QueueRunDelay);
        MinimalBackoff = config.Get(Parameters.MinimalBackoffTime);
        QueueLifetime = config.Get(Parameters.MaximalQueueLifetime);
        Retries = new DestinationPolicies(config.Destinations, MinimalBackoff, config.Get(Parameters.MaximalBackoffTime));
        // A dead destination is left alone for a quarter longer than minimal_backoff_time at most.
        TimeSpan longest = Retries.LongestPause(QueueLifetime), dead = MinimalBackoff * 1.25;
        LongestPause = longest > dead ? longest : dead;
        BounceLifetime = config.Get(Parameters.BounceQueueLifetime);
        MessageLimit = config.Get(Parameters.QmgrMessageActiveLimit);
        RecipientLimit = config.Get(Parameters.QmgrMessageRecipientLimit);
        RecipientMinimum = config.Get(Parameters.QmgrMessageRecipientMinimum);
        ExtraRecipients = config.Get(Parameters.DefaultExtraRecipientLimit);
        RefillLimit = config.Get(Parameters.DefaultRecipientRefillLimit);
        RefillDelay = config.Get(Parameters.DefaultRecipientRefillDelay);
        ReportTimeout = config.Get(Parameters.QmgrIpcTimeout);
        ChannelIdle = config.Get(Parameters.IpcIdle);
        DelayResolution = config.Get(Parameters.DelayLoggingResolutionLimit);
        SoftBounce = config.Get(Parameters.SoftBounce);
        ConfirmDelayCleared = config.Get(Parameters.ConfirmDelayCleared);
        MyDomain = config.Get(Parameters.MyDomain);
        BounceService = config.Get(Parameters.BounceServiceName);
        DeferService = config.Get(Parameters.DeferServiceName);
        TraceService = config.Get(Parameters.TraceServiceName);
    }

    /// <summary>Whether two configurations name files and services alike; if not, only a new process can change over.</summary>
    internal static bool NamesAreTheSame(MainConfig one, MainConfig other)
    {
        Parameter<string>[] names = [Parameters.QueueDirectory, Parameters.BounceServiceName, Parameters.DeferServiceName, Parameters.TraceServiceName];
        return names.All(name => one.Get(name) == other.Get(name))
            && one.Get(Parameters.HashQueueDepth) == other.Get(Parameters.HashQueueDepth)
            && one.Get(Parameters.HashQueueNames).SequenceEqual(other.Get(Parameters.HashQueueNames));
    }

    /// <summary>Whether mail is too old to be tried again (S5-17); notices may have a shorter life (A0.11).</summary>
    internal bool IsExpired(TimeSpan age, bool isNotice) => age >= (isNotice ? BounceLifetime : QueueLifetime);
}
