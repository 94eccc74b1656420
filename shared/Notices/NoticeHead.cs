using PostfixNet.Mail;

namespace PostfixNet.Notices;

/// <summary>What all reports begin with: the header of the message.</summary>
/// <param name="Id">Queue id of the report.</param>
/// <param name="Now">Seconds since 1970.</param>
/// <param name="To">Who gets it, internal form.</param>
internal sealed record NoticeHead(string MyHostname, string Id, long Now, string From, string Subject, string To)
{
    /// <summary>Message-Id of the message that it is about, to be referred to; null: none.</summary>
    internal string? Thread { get; init; }

    /// <summary>RFC 3834 section 5: "auto-replied" to senders, "auto-generated" to the postmaster.</summary>
    internal string AutoSubmitted { get; init; } = "auto-replied";

    /// <summary>"TLS-Required: No" (RFC 8689).</summary>
    internal bool IsTlsOptional { get; init; }

    /// <summary>Adds it to a report.</summary>
    internal void AddTo(MimeReport report)
    {
        string date = MailTime.HeaderDate(Now);
        report.AddHeader($"Received: by {MyHostname} (Postfix)\n\tid {Id}; {date}");
        report.AddHeader($"Date: {date}");
        report.AddHeader($"From: {From}");
        report.AddHeader($"Subject: {Subject}");
        report.AddHeader($"To: {NoticeText.Readable(Address.ToExternal(To))}");
        if (Thread is not null)
        {
            report.AddHeader($"References: {Thread}");
            report.AddHeader($"In-Reply-To: {Thread}");
        }
        if (IsTlsOptional)
            report.AddHeader("TLS-Required: No");
        report.AddHeader($"Auto-Submitted: {AutoSubmitted}");
        report.AddHeader("MIME-Version: 1.0");
    }
}
