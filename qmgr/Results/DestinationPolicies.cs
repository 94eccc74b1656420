using PostfixNet.Configuration;

namespace PostfixNet.Qmgr;

/// <summary>The retry policies of main.toml's tables [destination."NAME"], and the usual one.</summary>
internal sealed class DestinationPolicies
{
    private readonly Dictionary<string, DestinationPolicy> _byRule;

    /// <param name="rules">The tables.</param>
    /// <param name="minimum">minimal_backoff_time.</param>
    /// <param name="maximum">maximal_backoff_time.</param>
    internal DestinationPolicies(DestinationRules rules, TimeSpan minimum, TimeSpan maximum)
    {
        Usual = Of(rules.Any, minimum, maximum);
        _byRule = rules.All.ToDictionary(static rule => rule.Name, rule => Of(rule, minimum, maximum), StringComparer.Ordinal);
    }

    /// <summary>For mail that no table is for, or of which nothing is known.</summary>
    internal DestinationPolicy Usual { get; }

    /// <summary>The policy of a table.</summary>
    /// <param name="rule">null: no table is for this mail.</param>
    internal DestinationPolicy For(DestinationRule? rule) =>
        rule is not null && _byRule.TryGetValue(rule.Name, out DestinationPolicy? own) ? own : Usual;

    /// <summary>No pause of any policy is longer, for mail up to this age.</summary>
    internal TimeSpan LongestPause(TimeSpan age) => _byRule.Values.Append(Usual)
        .SelectMany(static policy => (RetryPolicy[])[policy.Refused, policy.Unreachable]).Max(policy => policy.LongestPause(age));

    private static DestinationPolicy Of(DestinationRule? rule, TimeSpan minimum, TimeSpan maximum)
    {
        RetryPolicy refused = new(rule?.Retry, rule?.Jitter, minimum, maximum);
        return new DestinationPolicy(refused, rule?.RetryUnreachable is { } own ? new RetryPolicy(own, rule.Jitter, minimum, maximum) : refused);
    }
}
