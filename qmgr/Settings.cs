using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>The parameters of the queue manager, read once.</summary>
internal sealed class Settings(MainConfig config)
{
    internal TimeSpan QueueRunDelay { get; } = config.Get(Parameters.QueueRunDelay);

    internal TimeSpan MinimalBackoff { get; } = config.Get(Parameters.MinimalBackoffTime);

    internal TimeSpan MaximalBackoff { get; } = config.Get(Parameters.MaximalBackoffTime);

    internal TimeSpan QueueLifetime { get; } = config.Get(Parameters.MaximalQueueLifetime);

    internal TimeSpan BounceLifetime { get; } = config.Get(Parameters.BounceQueueLifetime);

    internal int MessageLimit { get; } = config.Get(Parameters.QmgrMessageActiveLimit);

    internal int RecipientLimit { get; } = config.Get(Parameters.QmgrMessageRecipientLimit);

    internal int RecipientMinimum { get; } = config.Get(Parameters.QmgrMessageRecipientMinimum);

    internal TimeSpan TransportRetry { get; } = config.Get(Parameters.TransportRetryTime);

    /// <summary>For one answer of a service that should answer at once.</summary>
    internal TimeSpan ReportTimeout { get; } = config.Get(Parameters.QmgrIpcTimeout);

    internal TimeSpan ChannelIdle { get; } = config.Get(Parameters.IpcIdle);

    internal int DelayResolution { get; } = config.Get(Parameters.DelayLoggingResolutionLimit);

    internal string BounceService { get; } = config.Get(Parameters.BounceServiceName);

    internal string DeferService { get; } = config.Get(Parameters.DeferServiceName);

    internal string TraceService { get; } = config.Get(Parameters.TraceServiceName);

    internal IReadOnlyList<string> DeferTransports { get; } = config.Get(Parameters.DeferTransports);

    /// <summary>When mail that was just tried, and not delivered, is tried again: its age, within bounds (S5-20).</summary>
    /// <param name="age">Time since the message was queued; negative when the clock went back.</param>
    internal TimeSpan Backoff(TimeSpan age) =>
        age < MinimalBackoff ? MinimalBackoff : age > MaximalBackoff ? MaximalBackoff : age;

    /// <summary>Whether mail is too old to be tried again (S5-17); notices may have a shorter life (A0.11).</summary>
    internal bool IsExpired(TimeSpan age, bool isNotice) => age >= (isNotice ? BounceLifetime : QueueLifetime);
}
