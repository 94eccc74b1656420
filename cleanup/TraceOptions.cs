using PostfixNet.Configuration;
using PostfixNet.Mail;

namespace PostfixNet.Cleanup;

/// <summary>What is done with the traces that senders name.</summary>
/// <param name="KeepsHeader">trace_keep_header.</param>
/// <param name="SampleRatio">trace_sample_ratio.</param>
internal sealed record TraceOptions(bool KeepsHeader, int SampleRatio)
{
    /// <returns>null: nothing.</returns>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static TraceOptions? Read(MainConfig config)
    {
        TraceOptions options = new(config.Get(Parameters.TraceKeepHeader), config.Get(Parameters.TraceSampleRatio));
        if (!config.Get(Parameters.TracesEnable))
            return null;
        return config.Get(Parameters.EventsEnable) ? options : throw config.Refuse(Parameters.TracesEnable, "traces are made of events, and there are none without events_enable = true");
    }

    /// <summary>A trace for a message whose sender names none; null: it is in none.</summary>
    internal TraceContext? Begin() => SampleRatio > 0 && Random.Shared.Next(SampleRatio) == 0 ? TraceContext.Begin(Random.Shared) : null;
}
