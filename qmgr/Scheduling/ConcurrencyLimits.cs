using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>Bounds of one destination's concurrency, from the transport's parameters.</summary>
/// <param name="Initial">initial_destination_concurrency.</param>
/// <param name="Limit">destination_concurrency_limit; 0: none.</param>
/// <param name="Positive">Growth per success: a number, or one divided by the window or by its root.</param>
/// <param name="Negative">Shrinking per failure, likewise.</param>
/// <param name="FailedCohorts">So many windows full of failures, without a success between, and the destination is dead; 0: never.</param>
internal sealed record ConcurrencyLimits(int Initial, int Limit, Feedback Positive, Feedback Negative, int FailedCohorts)
{
    internal static ConcurrencyLimits Of(MainConfig config, string transport) => new(
        Math.Max(1, config.ForTransport(Parameters.InitialDestinationConcurrency, transport)),
        config.ForTransport(Parameters.DefaultDestinationConcurrencyLimit, transport),
        Feedback.Parse(config.ForTransport(Parameters.DefaultDestinationConcurrencyPositiveFeedback, transport)),
        Feedback.Parse(config.ForTransport(Parameters.DefaultDestinationConcurrencyNegativeFeedback, transport)),
        config.ForTransport(Parameters.DefaultDestinationConcurrencyFailedCohortLimit, transport));
}
