using System.Globalization;
using PostfixNet.Log;
using PostfixNet.Mail;

namespace PostfixNet.Tlsrpt;

/// <summary>All lines of this program.</summary>
/// <param name="log">Where they go.</param>
internal sealed class Log(ILog log)
{
    /// <summary>A place has a report.</summary>
    internal void Sent(DomainDay report, Sending.Place place) => log.Info($"{Name(report)}: sent to {PrintableText.Of(place.Uri.Text)} ({PrintableText.Of(place.Answer)})");

    /// <summary>A place has it not yet, or never will.</summary>
    internal void NotSent(DomainDay report, Sending.Place place, long now) => log.Warning(place.IsHopeless
        ? $"{Name(report)}: not sent to {PrintableText.Of(place.Uri.Text)}: {PrintableText.Of(place.Answer)}; given up"
        : string.Create(CultureInfo.InvariantCulture, $"{Name(report)}: not sent to {PrintableText.Of(place.Uri.Text)}: {PrintableText.Of(place.Answer)}; tried again in {(place.Next - now) / 60} min"));

    internal void NotWanted(DomainDay report) => log.Info($"{Name(report)}: not sent: {ReportingRecord.NameOf(report.Domain)} asks for none any more");

    internal void RecordUnknown(DomainDay report, string reason, bool isLast) => log.Warning($"{Name(report)}: not sent: {PrintableText.Of(reason)}{(isLast ? "; given up" : "")}");

    internal void NotKept(string why) => log.Warning($"results are not on stable storage: {why}");

    internal void NotRead(string path, string why) => log.Warning($"{path}: not read: {why}; its report is not sent");

    internal void NotRemoved(string path, string why) => log.Warning($"{path}: not removed: {why}");

    internal void TooMany(int limit, string domain) => log.Warning($"results of {PrintableText.Of(domain)} and others are not counted: {limit} domains have results today already");

    internal void BadRequest(string why) => log.Warning(PrintableText.Of(why));

    private static string Name(DomainDay report) => string.Create(CultureInfo.InvariantCulture, $"report of {report.Day:yyyy-MM-dd} for {report.Domain}");
}
