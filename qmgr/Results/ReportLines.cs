namespace PostfixNet.Qmgr;

/// <summary>The lines to the services that keep recipient results.</summary>
internal sealed class ReportLines(ISurroundings surroundings, Settings settings)
{
    /// <summary>Recipients that failed, and the notice about them.</summary>
    internal IReportLine Bounce { get; } = surroundings.LineTo(settings.BounceService, settings);

    /// <summary>Recipients that are put off; the warning about them, and the notice at the end.</summary>
    internal IReportLine Defer { get; } = surroundings.LineTo(settings.DeferService, settings);

    /// <summary>Successes that the sender wants to hear of.</summary>
    internal IReportLine Trace { get; } = surroundings.LineTo(settings.TraceService, settings);

    /// <summary>To the bounce service as well: sending digests takes its time, and nothing waits for it.</summary>
    internal IReportLine Digests { get; } = surroundings.LineTo(settings.BounceService, settings);

    /// <summary>Requests not yet answered that a message waits for.</summary>
    internal int Pending => Bounce.Pending + Defer.Pending + Trace.Pending;
}
