using System.Diagnostics.Metrics;
using PostfixNet.Delivery;
using PostfixNet.Queue;

namespace PostfixNet.Metrics;

/// <summary>Tells how things are: the last look.</summary>
/// <remarks>What is not known has no value, rather than 0.</remarks>
internal sealed class StateMeters
{
    private readonly Func<SystemState?> _last;
    private readonly Sites _sites;

    internal StateMeters(Meter meter, Func<SystemState?> last, Sites sites, TimeProvider clock)
    {
        (_last, _sites) = (last, sites);
        long Now() => clock.GetUtcNow().ToUnixTimeSeconds();
        meter.CreateObservableGauge("postfixnet.look.age", () => Of(state => Math.Max(0, Now() - state.At)), "s", "Time since queue, master and queue manager were last looked at.");
        meter.CreateObservableGauge("postfixnet.queue.messages", () => Many(Messages), null, "Messages by queue.");
        meter.CreateObservableGauge("postfixnet.queue.oldest.age", () => Many(state => Ages(state, Now())), "s", "Age of the oldest message by queue, 0 when it is empty.");
        meter.CreateObservableGauge("postfixnet.queue.free", () => Of(static state => state.FreeBytes), "By", "Free space of the queue's file system.");
        meter.CreateObservableGauge("postfixnet.queue.writable", () => Of(static state => state.IsWritable ? 1 : 0), null, "1: mail can be written to the queue, and there is the room that queue_minfree wants.");

        meter.CreateObservableGauge("postfixnet.master.up", () => Of(static state => state.Master is { IsStopping: false } ? 1 : 0), null, "1: master answers, and does not stop.");
        meter.CreateObservableGauge("postfixnet.master.started", () => Of(static state => state.Master?.Started), "s", "When master was started, in seconds since 1970.");
        meter.CreateObservableGauge("postfixnet.service.processes", () => Many(Processes), null, "Processes by service.");
        meter.CreateObservableGauge("postfixnet.service.process.limit", () => Each(static service => service.Limit), null, "Processes at most; no value: no limit.");
        meter.CreateObservableGauge("postfixnet.service.throttled", () => Each(static service => service.IsThrottled ? 1 : 0), null, "1: it could not start, or crashed at once, and is held back.");
        meter.CreateObservableCounter("postfixnet.service.requests", () => Each(static service => service.Requests), null, "Times that a process began to serve.");
        meter.CreateObservableCounter("postfixnet.service.starts", () => Each(static service => service.Starts), null, "Processes started.");
        meter.CreateObservableCounter("postfixnet.service.crashes", () => Each(static service => service.Crashes), null, "Processes that ended with an error.");
        meter.CreateObservableCounter("postfixnet.service.throttles", () => Each(static service => service.Throttles), null, "Times that the service was held back.");

        meter.CreateObservableGauge("postfixnet.transport.deliveries", () => Many(Deliveries), null, "Deliveries in the queue manager by transport: waiting, and under way.");
        meter.CreateObservableGauge("postfixnet.transport.destinations", () => Many(Destinations), null, "Destinations in the queue manager by transport: all with mail or in trouble, and those left alone after failures.");
        meter.CreateObservableGauge("postfixnet.transport.suspended", () => Many(Suspended), null, "1: the transport is paused, or suspended after failures.");
        meter.CreateObservableGauge("postfixnet.destinations.held", () => Many(Held), null, "Destinations whose mail waits, by what it waits for: limits, failures, free processes. Counted are the heaviest thousand.");
        meter.CreateObservableGauge("postfixnet.site.waiting", () => Many(SitesWaiting), null, "Deliveries that wait in the queue manager, by destination.");
    }

    private IEnumerable<Measurement<long>> Of(Func<SystemState, long?> value) => _last() is { } state && value(state) is { } known ? [new(known)] : [];

    private IEnumerable<Measurement<long>> Many(Func<SystemState, IEnumerable<Measurement<long>>> values) => _last() is { } state ? values(state) : [];

    private IEnumerable<Measurement<long>> Each(Func<ServiceNumbers, long?> value) => Many(state => state.Master?.Services
        .Select(service => (service.Name, Value: value(service))).Where(static pair => pair.Value is not null)
        .Select(static pair => With(pair.Value!.Value, ("service", pair.Name))) ?? []);

    private static Measurement<long> With(long value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        KeyValuePair<string, object?>[] tags = new KeyValuePair<string, object?>[labels.Length];
        for (int i = 0; i < tags.Length; i++)
            tags[i] = new(labels[i].Name, labels[i].Value);
        return new Measurement<long>(value, tags);
    }

    private static IEnumerable<Measurement<long>> Messages(SystemState state) =>
        state.Counts?.All.Select(static queue => With(queue.Count.Messages, ("queue", QueueDirectories.NameOf(queue.Queue)))) ?? [];

    private static IEnumerable<Measurement<long>> Ages(SystemState state, long now) =>
        state.Counts?.All.Select(queue => With(queue.Count.Oldest is { } oldest ? Math.Max(0, now - oldest) : 0, ("queue", QueueDirectories.NameOf(queue.Queue)))) ?? [];

    private static IEnumerable<Measurement<long>> Processes(SystemState state) => state.Master?.Services.SelectMany(static service => (Measurement<long>[])
    [
        With(service.Busy, ("service", service.Name), ("state", "busy")),
        With(service.Processes - service.Busy, ("service", service.Name), ("state", "idle")),
    ]) ?? [];

    private static IEnumerable<Measurement<long>> Deliveries(SystemState state) => state.Destinations?.Transports.SelectMany(static transport => (Measurement<long>[])
    [
        With(transport.Waiting, ("transport", transport.Name), ("state", "waiting")),
        With(transport.Busy, ("transport", transport.Name), ("state", "busy")),
    ]) ?? [];

    private static IEnumerable<Measurement<long>> Destinations(SystemState state) => state.Destinations?.Transports.SelectMany(static transport => (Measurement<long>[])
    [
        With(transport.Destinations, ("transport", transport.Name), ("state", "all")),
        With(transport.Dead, ("transport", transport.Name), ("state", "dead")),
    ]) ?? [];

    private static IEnumerable<Measurement<long>> Suspended(SystemState state) =>
        state.Destinations?.Transports.Select(static transport => With(transport.IsTroubled ? 1 : 0, ("transport", transport.Name))) ?? [];

    private static IEnumerable<Measurement<long>> Held(SystemState state) => state.Destinations?.Told
        .Where(static destination => destination.State.Code is not null and not WaitCode.Delivering and not WaitCode.Finishing)
        .GroupBy(static destination => (destination.State.Transport, destination.State.Code!.Value))
        .Select(static group => With(group.LongCount(), ("transport", group.Key.Transport), ("reason", group.Key.Value.Word()))) ?? [];

    private IEnumerable<Measurement<long>> SitesWaiting(SystemState state)
    {
        if (state.Destinations is not { } report)
            return [];
        Dictionary<string, long> waiting = _sites.Named.ToDictionary(static site => site, static _ => 0L, StringComparer.Ordinal);
        long others = report.Transports.Sum(static transport => transport.Waiting);
        foreach (DestinationState destination in report.Told)
        {
            string site = Sites.SiteOf(destination.State.NextHop);
            if (!waiting.TryGetValue(site, out long count))
                continue;
            long more = destination.State.Load?.Waiting ?? 0;
            (waiting[site], others) = (count + more, others - more);
        }
        waiting[Words.Other] = waiting.GetValueOrDefault(Words.Other) + Math.Max(0, others);
        return waiting.Select(static pair => With(pair.Value, ("site", pair.Key)));
    }
}
