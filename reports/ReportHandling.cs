using System.Globalization;
using PostfixNet.Mail;
using PostfixNet.ReturnPaths;
using PostfixNet.Suppression;

namespace PostfixNet.Reports;

/// <summary>What a report has to do with, besides itself.</summary>
internal interface IReportOutside
{
    /// <summary>Who mail was from and to; null: that is not known any more.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal SentRecipient? Find(int day, long place);

    /// <summary>Has the suppression list take notice.</summary>
    /// <exception cref="IOException">The queue manager cannot be asked.</exception>
    internal void Tell(ReportedResult result);

    /// <summary>Has it told as an event. A crash after that may tell it again.</summary>
    /// <param name="recipient">Whom it is about; empty: that is not known.</param>
    internal void Record(ReturnedReport report, string recipient, SentRecipient? sent);

    /// <summary>Sends the message on.</summary>
    /// <returns>null: it is queued; otherwise why not.</returns>
    internal string? Forward(string recipient);
}

/// <summary>What became of a message to a return path.</summary>
/// <param name="Status">Of the delivery, e.g. "2.0.0"; 4: it is to be tried again; 5: it is returned.</param>
/// <param name="Text">For the log.</param>
internal sealed record Handled(string Status, string Text);

/// <summary>Decides what a report leads to: the one place.</summary>
internal sealed class ReportHandling(ReturnPathMaker paths, SeenReports seen, IReportOutside outside, TimeProvider clock)
{
    /// <param name="address">To which it came, internal form.</param>
    /// <param name="read">Reads it.</param>
    internal Handled Handle(string address, Func<ReturnedReport> read)
    {
        long now = MailTime.Microseconds(clock) / 1_000_000;
        ReturnPathState state = paths.Verify(address, now, out ReturnPath path);
        if (state != ReturnPathState.Good)
            return new Handled("5.1.1", state == ReturnPathState.TooOld ? "too old: its time is over" : "forged: not a return path of this system");
        try
        {
            seen.RemoveBefore(paths.FirstDay(now));
            ReturnedReport report = read();
            // A place that is not its own cannot have been said under the MAC; but the file may have been lost, and begun anew.
            SentRecipient? sent = outside.Find(path.Day, path.Place) is { } found && paths.IsFor(path, found.Recipient) ? found : null;
            string recipient = sent?.Recipient ?? report.Recipients.FirstOrDefault(known => paths.IsFor(path, known.Address))?.Address ?? "", what = What(report, recipient, sent);
            string? trouble = null;
            bool? done = seen.Once(path.Day, $"{address.ToLowerInvariant()} {report.Kind}", () =>
            {
                if (sent is not null && (trouble = outside.Forward(sent.Sender)) is not null)
                    return false;
                outside.Record(report, recipient, sent);
                if (recipient.Length > 0 && Result(report, recipient, sent) is { } result)
                    trouble = Tell(result);
                return true;
            });
            return done switch
            {
                null => new Handled("2.0.0", $"replayed: {what} has come before"),
                false => new Handled("4.3.0", trouble ?? "not forwarded"),
                _ => new Handled("2.0.0", (sent is null ? $"{what}; its sender is not known any more" : $"{what}, forwarded to <{Address.ToExternal(sent.Sender)}>") + (trouble is null ? "" : $"; {trouble}")),
            };
        }
        catch (IOException e)
        {
            return new Handled("4.3.0", e.Message);
        }
    }

    // Its sender has heard of it, and must not hear of it again: what the list does not get to know costs one more refusal.
    private string? Tell(ReportedResult result)
    {
        try
        {
            outside.Tell(result);
            return null;
        }
        catch (IOException e)
        {
            return $"the suppression list does not know: {e.Message}";
        }
    }

    private static ReportedResult? Result(ReturnedReport report, string recipient, SentRecipient? sent)
    {
        ReportedRecipient said = report.Of(recipient);
        return report.Kind switch
        {
            ReportKind.Complaint => new ReportedResult(sent?.Sender ?? "", recipient, "", $"complaint ({report.Type})", IsComplaint: true),
            // What is said to have failed has, also when it was only put off too long.
            ReportKind.Failure when said.Kind == ReportKind.Failure => new ReportedResult(sent?.Sender ?? "", recipient, said.Status.StartsWith('4') ? $"5{said.Status.AsSpan(1)}" : said.Status,
                said.Diagnostic.Length > 0 ? said.Diagnostic : said.Status, IsComplaint: false),
            _ => null,
        };
    }

    private static string What(ReturnedReport report, string recipient, SentRecipient? sent)
    {
        string kind = report.Kind switch
        {
            ReportKind.Complaint => $"complaint ({report.Type})",
            ReportKind.Failure => $"failure {report.Of(recipient).Status}",
            ReportKind.Delay => "delay",
            ReportKind.Success => "success",
            _ => "answer",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{kind}{(sent is null ? "" : $" of {sent.QueueId}")}{(recipient.Length > 0 ? $" for <{Address.ToExternal(recipient)}>" : "")}");
    }
}
