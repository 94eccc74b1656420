using System.Text.RegularExpressions;

namespace PostfixNet.Reports;

/// <summary>Reports without a part for programs: those of Exim, qmail, old servers and gateways, by the sentences that they have always used.</summary>
/// <remarks>Whom such a report is about the return path says; here it is only decided what it says. In doubt it is something else, and goes to the sender as it is.</remarks>
internal static partial class TextReports
{
    private const int Looked = 16 * 1024;

    // The first that is found decides; delays come first, since their texts speak of failures to come.
    private static readonly (string Sentence, ReportKind Kind)[] s_sentences =
    [
        ("this is a warning message only", ReportKind.Delay),
        ("transient non-fatal errors", ReportKind.Delay),
        ("has been delayed", ReportKind.Delay),
        ("delivery incomplete", ReportKind.Delay),
        ("has not yet been delivered", ReportKind.Delay),
        ("no action is required on your part", ReportKind.Delay),
        ("delivery is delayed to these recipients", ReportKind.Delay),
        ("hi. this is the ", ReportKind.Failure), // qmail: "... qmail-send program at"
        ("permanent fatal errors", ReportKind.Failure),
        ("permanent error. the following address(es) failed", ReportKind.Failure), // Exim
        ("could not be delivered to one or more of its recipients", ReportKind.Failure), // Exim
        ("could not be delivered to one or more recipients", ReportKind.Failure), // Postfix
        ("delivery has failed to these recipients", ReportKind.Failure), // Exchange
        ("did not reach some or all of the intended recipients", ReportKind.Failure), // Exchange 2000, 2003
        ("delivery to the following recipients failed", ReportKind.Failure), // Exchange, IIS
        ("delivery to the following recipient failed permanently", ReportKind.Failure), // Gmail
        ("your message wasn't delivered to", ReportKind.Failure), // Gmail, Exchange Online
        ("unable to deliver your message to the following address", ReportKind.Failure), // Yahoo
        ("sorry, we were unable to deliver your message", ReportKind.Failure), // Yahoo
        ("the following message to <", ReportKind.Failure), // IronPort: "... was undeliverable"
        ("was undeliverable", ReportKind.Failure),
        ("your message could not be delivered", ReportKind.Failure),
        ("your message cannot be delivered to the following recipients", ReportKind.Failure), // iPlanet, Oracle
        ("user unknown", ReportKind.Failure),
        ("could not deliver the message to", ReportKind.Failure),
        ("mail delivery failed: returning message to sender", ReportKind.Failure),
    ];

    private static readonly string[] s_subjectsOfDelays = ["warning: could not send message", "delivery status notification (delay)", "delayed mail", "warning: message "];

    private static readonly string[] s_subjectsOfFailures =
        ["mail delivery failed", "undelivered mail returned", "failure notice", "returned mail:", "undeliverable", "delivery status notification (failure)", "delivery failure", "mail system error"];

    // From there on it is the message that is returned.
    private static readonly string[] s_ends =
    [
        "--- below this line is a copy of the message", "------ this is a copy of", "original message follows", "----- original message", "--- enclosed is a copy of", "--- original message",
        "----- unsent message follows", "original message headers:", "the body of the message is",
    ];

    /// <param name="subject">Of the message.</param>
    /// <param name="failed">X-Failed-Recipients of Exim; empty: none.</param>
    /// <param name="text">Its first text.</param>
    internal static ReturnedReport Read(string subject, string failed, string text)
    {
        string looked = text[..Math.Min(text.Length, Looked)], small = Blanks().Replace(looked.ToLowerInvariant(), " "), about = subject.ToLowerInvariant();
        foreach (string end in s_ends)
        {
            if (small.IndexOf(end, StringComparison.Ordinal) is > 0 and int at)
                small = small[..at];
        }
        ReportKind kind = s_subjectsOfDelays.Any(word => about.Contains(word, StringComparison.Ordinal)) ? ReportKind.Delay
            : s_sentences.FirstOrDefault(known => small.Contains(known.Sentence, StringComparison.Ordinal)) is { Sentence: { } } found && IsCertain(found.Sentence, about, failed) ? found.Kind
            : failed.Length > 0 ? ReportKind.Failure : ReportKind.Other;
        if (kind == ReportKind.Other)
            return ReturnedReport.Nothing;
        string status = kind == ReportKind.Failure ? FailureIn(small) : "4.0.0";
        string address = failed.Length > 0 ? StatusFields.AddressOf(failed.Split(',')[0]) : "";
        return new ReturnedReport(kind, [new ReportedRecipient(address, kind, status, DiagnosticIn(looked))]);
    }

    // Words that people use, too, need the subject of a report.
    private static bool IsCertain(string sentence, string subject, string failed) => failed.Length > 0
        || sentence is not ("hi. this is the " or "user unknown" or "was undeliverable" or "has been delayed" or "your message could not be delivered" or "the following message to <")
        || s_subjectsOfFailures.Any(word => subject.Contains(word, StringComparison.Ordinal));

    private static string FailureIn(string text)
    {
        foreach (Match match in FailureCode().Matches(text))
        {
            if (match.Value != "5.0.0")
                return match.Value;
        }
        return "5.0.0";
    }

    private static string DiagnosticIn(string text) => DiagnosticLine().Match(text) is { Success: true } match ? Blanks().Replace(match.Groups[1].Value, " ").Trim() : "";

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.]\d)", RegexOptions.CultureInvariant)]
    private static partial Regex FailureCode();

    // "550 5.1.1 ...", and the line that it goes on in.
    [GeneratedRegex(@"(?<!\d)(5[0-5]\d[ -][^\r\n]{3,400})", RegexOptions.CultureInvariant)]
    private static partial Regex DiagnosticLine();
}
