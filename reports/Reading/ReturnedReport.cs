namespace PostfixNet.Reports;

/// <summary>What a message to a return path is.</summary>
internal enum ReportKind
{
    /// <summary>Something else: the answer of a person or of a program.</summary>
    Other,
    /// <summary>The message was not delivered, and will not be.</summary>
    Failure,
    /// <summary>It is still tried.</summary>
    Delay,
    /// <summary>It was delivered, or handed on.</summary>
    Success,
    /// <summary>Its recipient did not want it (RFC 5965).</summary>
    Complaint,
}

/// <summary>What a report says of one recipient.</summary>
/// <param name="Address">Internal form; empty: not told.</param>
/// <param name="Kind">Never a complaint.</param>
/// <param name="Status">E.g. "5.1.1".</param>
/// <param name="Diagnostic">What the server said, or why; without "smtp;".</param>
internal sealed record ReportedRecipient(string Address, ReportKind Kind, string Status, string Diagnostic);

/// <summary>A message that came to a return path, as far as it is understood.</summary>
/// <param name="Kind">What it is, as a whole.</param>
/// <param name="Recipients">Whom it is about; may be empty where there is no doubt about that.</param>
/// <param name="Type">Of a complaint, its Feedback-Type.</param>
internal sealed record ReturnedReport(ReportKind Kind, IReadOnlyList<ReportedRecipient> Recipients, string Type = "")
{
    internal static ReturnedReport Nothing { get; } = new(ReportKind.Other, []);

    /// <summary>What became of the one recipient that the message went to. It may have gone on from there to others, of whom some have it.</summary>
    /// <param name="recipient">Internal form.</param>
    internal ReportedRecipient Of(string recipient)
    {
        if (Recipients.FirstOrDefault(known => known.Address.Equals(recipient, StringComparison.OrdinalIgnoreCase)) is { } named)
            return named;
        ReportedRecipient first = Recipients.FirstOrDefault(known => known.Kind == Kind) ?? new ReportedRecipient(recipient, Kind, Kind == ReportKind.Failure ? "5.0.0" : "", "");
        return Kind == ReportKind.Failure && Recipients.Any(static known => known.Kind is ReportKind.Success or ReportKind.Delay) ? first with { Kind = ReportKind.Delay } : first;
    }
}
