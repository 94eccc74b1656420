namespace PostfixNet.Mail;

/// <summary>What else is done with a message than to deliver it. The numbers are those of the attribute trace_flags of queue files.</summary>
[Flags]
public enum Tracing
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Only find out what would become of it, and report that (sendmail -bv): nothing is delivered.</summary>
    Probe = 1 << 9,
    /// <summary>Deliver, and report each result to the sender (sendmail -v).</summary>
    Report = 1 << 10,
    /// <summary>The sender was told of the delay, and is to hear of the delivery (confirm_delay_cleared).</summary>
    DelayWasTold = 1 << 13,
}

/// <summary>How <see cref="Tracing"/> is written.</summary>
public static class TracingFlags
{
    private const Tracing All = Tracing.Probe | Tracing.Report | Tracing.DelayWasTold;

    /// <summary>Understands the number of a queue file or request; bits without a meaning are left out.</summary>
    public static Tracing FromNumber(long number) => (Tracing)number & All;
}
