namespace PostfixNet.Milter;

/// <summary>What is done when a milter cannot be asked, or says what it must not: milter_default_action.</summary>
internal static class MilterFailure
{
    /// <summary>The words that the parameter takes.</summary>
    internal const string Actions = "accept reject tempfail quarantine shutdown";

    /// <summary>The connection is broken, or was never there.</summary>
    internal static MilterVerdict? Broken(string action) => action switch
    {
        "accept" => null,
        "reject" => new(MilterDecision.Refuse, "550 5.5.0 Service unavailable"),
        "shutdown" => new(MilterDecision.Refuse, "421 4.7.1 Service unavailable - try again later"),
        "quarantine" => new(MilterDecision.Hold, "default_action"),
        _ => new(MilterDecision.Refuse, "451 4.7.1 Service unavailable - try again later"),
    };

    /// <summary>The milter asks for what makes no sense.</summary>
    internal static MilterVerdict? Nonsense(string action) => action switch
    {
        "accept" => null,
        "shutdown" => new(MilterDecision.Refuse, "421 4.3.5 Server configuration problem - try again later"),
        "quarantine" => new(MilterDecision.Hold, "default_action"),
        _ => new(MilterDecision.Refuse, "451 4.3.5 Server configuration problem - try again later"),
    };
}

/// <summary>A milter broke the protocol, or its connection broke; the message is a warning.</summary>
/// <param name="isNonsense">It speaks the protocol, and asks for what makes no sense.</param>
internal sealed class MilterException(string message, bool isNonsense = false) : Exception(message)
{
    internal bool IsNonsense => isNonsense;
}
