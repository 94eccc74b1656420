using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Queue;
using PostfixNet.Service;

namespace PostfixNet.Qmgr;

/// <summary>What holds for mail to an address, for "master config --for": its route, and the limits there.</summary>
internal static class RouteFacts
{
    /// <summary>Names of facts that the asking program goes on with.</summary>
    internal const string Transport = "transport", NextHop = "next hop", Table = "table";

    /// <param name="config">main.toml.</param>
    /// <param name="question">Recipient, sender.</param>
    internal static IEnumerable<Fact> Of(MainConfig config, IReadOnlyList<string> question)
    {
        (string address, string sender) = (question[0], question.Count > 1 ? question[1] : "");
        List<string> troubles = [];
        Routing routing = new(config, new Sites(), troubles.Add);
        Route route = routing.Of(address, sender);
        (string transportBy, string hopBy) = routing.Reasons(address, sender);
        yield return new Fact(Transport, route.Transport, troubles.Count > 0 ? troubles[0] : transportBy);
        yield return new Fact(NextHop, route.NextHop, route.BuiltIn is null ? hopBy : transportBy);
        if (route.BuiltIn is not null)
            yield break;
        DestinationRule? rule = route.Rule;
        if (rule is not null)
            yield return new Fact(Table, rule.Name, $"[destination.\"{rule.Name}\"]: {rule.Describe()}");
        TransportLimits limits = new TransportTable(config).Of(route.Transport);
        string Said(string name, bool byRule) => byRule ? $"[destination.\"{rule!.Name}\"]" : Name(config, name, route.Transport);
        yield return new Fact("deliveries at once", Number(rule?.Concurrency ?? limits.Concurrency.Limit), Said("default_destination_concurrency_limit", rule?.Concurrency is not null));
        yield return new Fact("deliveries at first", Number(Math.Min(limits.Concurrency.Initial, rule?.Concurrency ?? int.MaxValue)), Said("initial_destination_concurrency", false));
        yield return new Fact("recipients in one", Number(rule?.Recipients ?? limits.Recipients), Said("default_destination_recipient_limit", rule?.Recipients is not null));
        yield return new Fact("processes", Number(limits.Agents), $"master.toml, or default_process_limit, of {route.Transport}");
        if ((rule?.Delay ?? limits.DestinationRateDelay) is { Ticks: > 0 } delay)
            yield return new Fact("pause between", Seconds(delay), Said("default_destination_rate_delay", rule?.Delay is not null));
        if (limits.RateDelay.Ticks > 0)
            yield return new Fact("pause of transport", Seconds(limits.RateDelay), Said("default_transport_rate_delay", false));
        if (rule?.RatePeriod is { } period)
            yield return new Fact("rate", string.Create(CultureInfo.InvariantCulture, $"{rule.RateMessages}/{period.TotalSeconds:0}s"), $"[destination.\"{rule.Name}\"]");
        yield return new Fact("tried again", rule?.Retry is null ? $"after its age, {Seconds(config.Get(Parameters.MinimalBackoffTime))} to {Seconds(config.Get(Parameters.MaximalBackoffTime))}" : "by a rule of its own",
            rule?.Retry is null ? "minimal_backoff_time, maximal_backoff_time" : $"[destination.\"{rule.Name}\"]");
        bool isNotice = sender.Length == 0;
        yield return new Fact("returned after", Seconds(config.Get(isNotice ? Parameters.BounceQueueLifetime : Parameters.MaximalQueueLifetime)),
            isNotice ? "bounce_queue_lifetime, of mail without sender" : "maximal_queue_lifetime");
        if (limits.Suspension is not null)
            yield return new Fact("waits", "until it is taken out of defer_transports", "defer_transports");
        if (PauseList.Read(config.Get(Parameters.QueueDirectory)).Find(route.Transport, route.NextHop, sender, address) is { } pause)
            yield return new Fact("paused", "until \"master resume\"", pause.IsEverything ? "master pause" : $"master pause {pause}");
    }

    // The parameter of the transport, when main.toml gives one.
    private static string Name(MainConfig config, string parameter, string transport)
    {
        string own = parameter.StartsWith("default_", StringComparison.Ordinal) ? $"{transport}{parameter["default".Length..]}" : $"{transport}_{parameter}";
        return config.AllSettings().Find(own) is { Place: not null } ? own : parameter;
    }

    private static string Number(int limit) => limit is 0 or int.MaxValue ? "no limit" : limit.ToString(CultureInfo.InvariantCulture);

    // In the largest unit that has it whole, as main.toml could say it.
    private static string Seconds(TimeSpan time)
    {
        long seconds = (long)time.TotalSeconds;
        (long unit, char letter) = seconds > 0 ? Array.Find<(long Unit, char Letter)>([(86400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')], unit => seconds % unit.Unit == 0) : (1, 's');
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / unit}{letter}");
    }
}
