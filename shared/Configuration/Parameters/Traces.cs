namespace PostfixNet.Configuration;

// Read by cleanup, sendmail and metrics. Not Postfix's.
public static partial class Parameters
{
    /// <summary>Mail is part of the trace that its sender names.</summary>
    public static readonly Parameter<bool> TracesEnable = Flag("traces_enable", "no");

    /// <summary>The header traceparent stays in the message.</summary>
    public static readonly Parameter<bool> TraceKeepHeader = Flag("trace_keep_header", "no");

    /// <summary>Of messages whose sender names no trace, one in so many begins one; 0: none.</summary>
    public static readonly Parameter<int> TraceSampleRatio = Number("trace_sample_ratio", "0");

    /// <summary>URL of a collector that spans are sent to by OTLP over HTTP; empty: none.</summary>
    public static readonly Parameter<string> TracesOtlpEndpoint = Text("traces_otlp_endpoint", "");
}
